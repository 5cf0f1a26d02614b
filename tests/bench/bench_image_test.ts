import { assert, assertEquals } from "@std/assert";
import { openImage } from "../../core/images/image.ts";
import { planBareBoot, startBare } from "../../platforms/bare_boot.ts";
import { qemuVirt } from "../../platforms/qemu_virt.ts";
import { buildSimulator } from "../../platforms/simulator.ts";
import { benchImage, qemuCommand, qemuVersion } from "./emulators.ts";
import { type ImageWorkload, workloads } from "./workloads.ts";

/** Virtual time enough for all benchmarks at the smallest scale. */
const LimitNs = 5e9;

/** Checksums by name at scale=1, as QEMU 7.2 computes them. */
const expected: Readonly<Record<string, string>> = {
  sieve: "0000000000010d88",
  crc32: "000000006da4b1e4",
  sha256: "167f376efcda9701",
  matmul: "000000180ec8dfdc",
  dispatch: "1e892e8a3fac01c0",
  fib: "00000000000159eb",
  qsort: "ff1c427540c7b916",
  chase: "7fffffffffffe32f",
  memcpy: "64437fd70aaad98b",
  strlen: "a66bb0ca32d0c649",
  dmatmul: "fffffffffef0df09",
  fmatmul: "fffffffffef0df08",
  nbody: "fffffffe449394e3",
  mandelbrot: "8a9cb38285853383",
  saxpy: "00000000005fc89c",
  dot: "c2cc6caaffc05c9d",
  bytemax: "aec1b8793f0895a5",
  shuffle: "26ef3369765e1fc4",
  cold: "009c8400455814a5",
  psci: "0000000000002710",
  mmio: "0000000000013880",
  timer: "00000000000000c8",
  hvc: "0000000000003a98",
};

const board = { cores: 1, memoryBytes: 128 * 2 ** 20, gicVersion: 2 } as const;
const names = Object.keys(expected);

/** The name and checksum of each line; the time is left out. */
function checksums(console: string): Record<string, string> {
  const lines = [...console.matchAll(/^(\w+) (?:\d+ \d+ )?(\w+)\r?$/gm)];
  return Object.fromEntries(lines.map(([, name, sum]) => [name, sum]));
}

/** What an image entered at `el` prints: HVC goes to its own EL2, or else to the firmware. */
function expectedAt(el: 1 | 2): Record<string, string> {
  return { ...expected, [el === 1 ? "hvc" : "psci"]: "unavailable" };
}

async function runOnHvsim(el: 1 | 2, translate: boolean): Promise<Record<string, string>> {
  const simulator = buildSimulator(qemuVirt, {
    ...board,
    cpu: "cortex-a72",
    epochSeconds: 0,
    hasEl2: el === 2,
    engine: { translate },
    log: () => {},
  });
  const bytes: number[] = [];
  const [serial] = simulator.board.serials.values();
  serial?.onTransmit((byte) => void bytes.push(byte));
  const kernel = openImage(await Deno.readFile(benchImage), "bench.img");
  startBare(
    simulator,
    planBareBoot(qemuVirt, { ...board, cpuCompatible: "arm,cortex-a72" }, {
      kernel,
      startEl: el,
      append: "scale=1",
    }),
  );
  assertEquals(simulator.machine.run(LimitNs), "off");
  return checksums(new TextDecoder().decode(new Uint8Array(bytes)));
}

for (const el of [1, 2] as const) {
  for (const translate of [false, true]) {
    const engine = translate ? "translator" : "interpreter";
    Deno.test(`bench: the ${engine} computes the checksums, entered at EL${el}`, async () => {
      assertEquals(await runOnHvsim(el, translate), expectedAt(el));
    });
  }
}

const qemu = await qemuVersion();
Deno.test({
  name: `bench: QEMU computes the checksums${qemu ? "" : " (skipped: it is not installed)"}`,
  ignore: qemu === undefined,
  async fn() {
    for (const el of [1, 2] as const) {
      const all: ImageWorkload = {
        kind: "image",
        name: "all",
        group: "integer",
        el,
        scale: 1,
      };
      const [program, ...args] = qemuCommand(all) ?? [""];
      const { stdout } = await new Deno.Command(program, {
        args: args.map((arg) => arg.replace("bench=all ", "")),
        stdin: "null",
      }).output();
      assertEquals(checksums(new TextDecoder().decode(stdout)), expectedAt(el));
    }
  },
});

Deno.test("bench: every benchmark of the image is measured", () => {
  const measured = workloads.filter(({ kind }) => kind === "image").map(({ name }) => name);
  assert(names.length > 0);
  assertEquals(measured.toSorted(), names.toSorted());
});
