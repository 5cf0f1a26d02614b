/** What `deno task bench` measures. @module */

/** Groups of workloads, as `--only` and `--json` name them. */
export const groups = [
  "integer",
  "memory",
  "fp",
  "simd",
  "cold",
  "hvc",
  "hypercall",
  "mmio",
  "timer",
  "linux-boot",
  "linux",
  "syscall",
] as const;
/** See {@linkcode groups}. */
export type Group = typeof groups[number];

/** A benchmark of guests/images/bench.img. */
export interface ImageWorkload {
  readonly kind: "image";
  readonly name: string;
  readonly group: Group;
  /** Level it is entered at. */
  readonly el: 1 | 2;
  /** As a VM of the built-in hypervisor, which QEMU has no counterpart of. */
  readonly vm?: true;
  /** Percent of the image's own number of iterations. */
  readonly scale: number;
}

/** A command in Debian's Linux, which runs as a VM. */
export interface LinuxWorkload {
  readonly kind: "linux";
  readonly name: string;
  readonly group: Group;
  /** What the shell runs before it powers the machine off. */
  readonly command: string;
}

/** One thing to measure. */
export type Workload = ImageWorkload | LinuxWorkload;

/** Benchmarks by name, with their scale: what takes QEMU about one and a half seconds. */
function image(
  group: Group,
  scales: Readonly<Record<string, number>>,
  { el = 1, ...more }: Partial<Pick<ImageWorkload, "el" | "vm">> = {},
): ImageWorkload[] {
  return Object.entries(scales).map(([name, scale]) => ({
    kind: "image",
    name,
    group,
    el,
    scale,
    ...more,
  }));
}

function linux(group: Group, name: string, command: string): LinuxWorkload {
  return { kind: "linux", name, group, command };
}

/** Everything that is measured. */
export const workloads: readonly Workload[] = [
  ...image("integer", {
    ...{ sieve: 450, crc32: 500, sha256: 600, matmul: 700, dispatch: 500, fib: 500 },
  }),
  ...image("memory", { qsort: 350, chase: 250, memcpy: 400, strlen: 900 }),
  ...image("fp", { dmatmul: 400, fmatmul: 400, nbody: 450, mandelbrot: 350 }),
  ...image("simd", { saxpy: 600, dot: 350, bytemax: 400, shuffle: 450 }),
  ...image("cold", { cold: 100 }),
  ...image("hvc", { hvc: 200 }, { el: 2 }),
  ...image("hypercall", { psci: 100 }, { vm: true }),
  ...image("mmio", { mmio: 400 }),
  ...image("timer", { timer: 800 }),
  linux("linux-boot", "boot", "true"),
  linux("linux", "sha256sum", "dd if=/dev/zero bs=1M count=48 2>/dev/null | sha256sum"),
  linux(
    "linux",
    "gzip",
    "for i in 1 2 3 4; do cat /bin/busybox; done | head -c 6000000 | gzip -c | md5sum",
  ),
  linux("linux", "awk", "awk 'BEGIN{for(i=0;i<800000;i++)s+=i*i;print s}'"),
  linux("linux", "fork-exec", "for i in $(seq 400); do /bin/busybox true; done"),
  linux("syscall", "dd", "dd if=/dev/zero of=/dev/null bs=512 count=200000"),
];

/** The same machine with nothing to do; its time is taken off. Linux says when it begins itself. */
export function baseline(workload: Workload): Workload | undefined {
  return workload.kind === "image" ? { ...workload, scale: 0 } : undefined;
}

/** Texts on the console between which time is taken; without a first one, from the process's start. */
export interface Span {
  readonly from?: string;
  readonly to: string;
}

/** What Linux prints (guests/fetch/init.sh) before and after what is measured. */
export function spanOf({ kind, group }: Workload): Span | undefined {
  if (kind === "image") return undefined;
  return group === "linux-boot"
    ? { to: "HVSIM-MARK shell-ready" }
    : { from: "HVSIM-MARK run-start", to: "HVSIM-MARK run-exit" };
}

/** Equal for workloads that are the same run; without work, benchmarks do not differ. */
export function keyOf(workload: Workload): string {
  if (workload.kind === "linux") return `linux ${workload.command}`;
  const { name, el, vm, scale } = workload;
  return `image ${scale === 0 ? "" : name} el${el}${vm ? " vm" : ""} ${scale}`;
}
