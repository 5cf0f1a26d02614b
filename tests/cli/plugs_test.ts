import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { openPlugs } from "../../cli/plugs.ts";
import type { VmPlan } from "../../core/config/vm_plan.ts";
import { UsageError } from "../../cli/usage_error.ts";

Deno.test("openPlugs() makes disks first, then the network interface", () => {
  const file = Deno.makeTempFileSync();
  Deno.writeFileSync(file, new Uint8Array(512));
  const drive = { file, readOnly: true, snapshot: false };
  const { virtio, capture } = openPlugs({ drive: [drive, drive], net: true }, [], () => {});
  const names = virtio.map((plug) => plug.kind === "block" ? plug.serial : plug.kind);
  assertEquals([names, capture], [["drive0", "drive1", "net"], undefined]);
  Deno.removeSync(file);
});

Deno.test("openPlugs() records the network from the beginning", () => {
  const file = Deno.makeTempFileSync();
  const { capture } = openPlugs({ pcap: file }, [], () => {});
  assertEquals(Deno.statSync(file).size, 24);
  capture?.(1, new Uint8Array(60));
  assertEquals(Deno.statSync(file).size, 24 + 16 + 60);
  Deno.removeSync(file);
  assertThrows(
    () => openPlugs({ pcap: join(file, "x") }, [], () => {}),
    UsageError,
    "Cannot write",
  );
});

/** The parts of a plan that matter here: a VM with this many disks. */
function vm(id: number, disks: number, disk?: string): VmPlan {
  const emulated = Array.from({ length: disks }, () => ({ kind: "virtio-blk" }));
  return { id, emulated, ...(disk === undefined ? {} : { disk }) } as unknown as VmPlan;
}

Deno.test("openPlugs() gives VMs their disks, that of the description first", () => {
  const [small, large] = [1, 2].map((sectors) => {
    const file = Deno.makeTempFileSync();
    Deno.writeFileSync(file, new Uint8Array(512 * sectors));
    return file;
  }) as [string, string];
  const drive = { file: large, readOnly: true, snapshot: false };
  const plans = [vm(1, 2, small), vm(2, 1)];
  const options = { drive: [{ ...drive, vm: 2 }, drive, { ...drive, vm: 1 }] };
  const { virtio, disks } = openPlugs(options, plans, () => {});
  const sizes = [1, 2].map((id) => disks.get(id)?.map(({ sectors }) => sectors));
  assertEquals([sizes, virtio.length], [[[1, 2], [2]], 1]);
  for (const file of [small, large]) Deno.removeSync(file);
});

Deno.test("openPlugs() refuses disks that nobody has a device for", () => {
  const drive = { file: "disk", readOnly: false, snapshot: false };
  const message = (id: number, plans: readonly VmPlan[]) =>
    assertThrows(() => openPlugs({ drive: [{ ...drive, vm: id }] }, plans, () => {}), UsageError)
      .message;
  assertEquals(
    [message(3, [vm(1, 1), vm(2, 1)]), message(1, []), message(1, [vm(1, 0)])],
    [
      "Cannot use --drive vm=3: it must be the id of a VM, found 1, 2",
      "Cannot use --drive vm=1: it must be the id of a VM, found none",
      "Cannot give VM 1 1 disks: its emu_devices must have as many of the kind virtio-blk, " +
      "found 0",
    ],
  );
  assertThrows(
    () => openPlugs({}, [vm(1, 1, "/nowhere/disk")], () => {}),
    UsageError,
    'Cannot use disk_path "/nowhere/disk" of VM 1: it must be a file, found no such file',
  );
});
