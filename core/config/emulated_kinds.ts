/**
 * The numbers by which VM descriptions name emulated devices: two sets, by the age of the file.
 *
 * @module
 */

/** Numbers of ArceOS-VMM until July 2025; all flat files use them. */
const Before202507 = {
  0: "console",
  1: "gicd",
  2: "gppt",
  3: "virtio-blk",
  4: "virtio-net",
  5: "virtio-console",
  6: "iommu",
  7: "icc-sre",
  8: "sgir",
  9: "gicr",
  10: "dummy",
} as const;

/** Numbers of axvmconfig since July 2025. */
const Since202507 = {
  0x00: "dummy",
  0x01: "gicd",
  0x02: "console",
  0x03: "fw-cfg",
  0x0a: "ivc-channel",
  0x20: "gppt-gicr",
  0x21: "gppt-gicd",
  0x22: "gppt-its",
  0x23: "x86-ioapic",
  0x24: "x86-pit",
  0x25: "loongarch-pch-pic",
  0x30: "pppt-global",
  0xe1: "virtio-blk",
  0xe2: "virtio-net",
  0xe3: "virtio-console",
} as const;

/** What an emulated device is, in a word. */
export type EmulatedKind =
  | typeof Before202507[keyof typeof Before202507]
  | typeof Since202507[keyof typeof Since202507];

export type KindNumbering = "before 2025-07" | "since 2025-07";

const Numberings: Readonly<Record<KindNumbering, Readonly<Record<number, EmulatedKind>>>> = {
  "before 2025-07": Before202507,
  "since 2025-07": Since202507,
};

/**
 * Which numbers a file uses. Flat files are older than the new ones; files with tables are newer
 * unless they use a number that only the old set has.
 */
export function numberingOf(layout: "flat" | "tables", numbers: readonly number[]): KindNumbering {
  const onlyOld = numbers.some((n) => n in Before202507 && !(n in Since202507));
  return layout === "flat" || onlyOld ? "before 2025-07" : "since 2025-07";
}

/** The word for a number; undefined when it has none. */
export function emulatedKind(numbering: KindNumbering, value: number): EmulatedKind | undefined {
  return Numberings[numbering][value];
}

/** The numbers and words of a numbering, for messages. */
export function kindList(numbering: KindNumbering): string {
  return Object.entries(Numberings[numbering])
    .map(([n, kind]) => `0x${Number(n).toString(16)} (${kind})`)
    .join(", ");
}
