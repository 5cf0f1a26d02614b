import { assertEquals } from "@std/assert";
import type { EmulatedDevice } from "../../core/config/plan_devices.ts";
import { Switch } from "../../devices/virtio/switch.ts";
import { vmVirtio } from "../../platforms/vm_virtio.ts";
import { Driver, memoryDisk, wires } from "../devices/virtio/rig.ts";

function rig(kinds: readonly EmulatedDevice["kind"][], disks: number) {
  const { memory, clock } = wires();
  const messages: string[] = [];
  const levels = new Map<number, boolean>();
  const { placed, consoles } = vmVirtio(
    kinds.map((kind, i) => ({
      kind,
      name: `${kind}-${i}`,
      gpa: 0xa00_0000 + 0x200 * i,
      bytes: 0x200,
      irq: 48 + i,
      config: [],
    })),
    {
      vm: 3,
      clock,
      memory,
      network: new Switch({ clock }),
      disks: Array.from({ length: disks }, () => memoryDisk(8).backend),
      line: (intid) => ({ set: (level) => void levels.set(intid, level) }),
      log: (device, message) => void messages.push(`${device}: ${message}`),
    },
  );
  const drivers = placed.map(({ device }) => new Driver(device, memory));
  return { placed, consoles, drivers, messages, levels };
}

Deno.test("vmVirtio() makes disks, interfaces and consoles, and nothing of other kinds", () => {
  const { placed, drivers, consoles } = rig(
    ["virtio-blk", "console", "virtio-net", "virtio-console", "virtio-net"],
    1,
  );
  assertEquals(drivers.map((driver) => driver.get(8)), [2, 1, 3, 1]);
  assertEquals(placed.map(({ gpa }) => gpa & 0xfff), [0, 0x400, 0x600, 0x800]);
  assertEquals([drivers[1], drivers[3]].map((d) => d?.get(0x104)), [0x1_0003, 0x1_0103]);
  assertEquals(consoles.length, 1);
});

Deno.test("vmVirtio() leaves a slot empty when it has no disk for it, and says so", () => {
  const { drivers, messages } = rig(["virtio-blk", "virtio-blk"], 1);
  assertEquals(drivers.map((driver) => driver.get(8)), [2, 0]);
  assertEquals(messages, ["virtio-blk-1: no disk is given for it: the guest finds an empty slot"]);
});

Deno.test("vmVirtio() connects a console to both ends", () => {
  const { drivers, consoles, levels } = rig(["virtio-console"], 0);
  const [driver, console] = [drivers[0] as Driver, consoles[0]];
  let text = "";
  console?.onTransmit((byte) => text += String.fromCharCode(byte));
  let calls = 0;
  console?.onReady(() => calls++);
  driver.start(2);
  assertEquals([calls, console?.canReceive()], [1, true]);
  driver.store(0x4001_0000, [104, 105]);
  driver.send(1, [{ address: 0x4001_0000, bytes: 2 }]);
  driver.send(0, [{ address: 0x4001_0100, bytes: 8, w: true }]);
  console?.receive(33);
  assertEquals([text, driver.load(0x4001_0100, 1), levels.get(48)], ["hi", [33], true]);
});
