import { assert, assertEquals, assertThrows } from "@std/assert";
import { assemble, type BoardOptions } from "../../platforms/assemble.ts";
import { platforms } from "../../platforms/mod.ts";
import { type Platform, windowOf } from "../../platforms/platform.ts";
import { qemuVirt } from "../../platforms/qemu_virt.ts";

const Usual: BoardOptions = {
  cores: 1,
  memoryBytes: 2 ** 30,
  gicVersion: 2,
  epochSeconds: 1_700_000_000,
};

function rig(platform: Platform = qemuVirt, options: Partial<BoardOptions> = {}) {
  const lines: string[] = [];
  const log: string[] = [];
  const gicVersion = platform.gic.defaultVersion;
  const board = assemble(platform, { ...Usual, gicVersion, ...options }, {
    lines: (core, mask) => void lines.push(`${core}:${mask}`),
    log: (device, message) => void log.push(`${device}: ${message}`),
  });
  const put = (at: number, value: number) => board.bus.write(at, 4, BigInt(value), 0);
  const get = (at: number) => Number(board.bus.read(at, 4, 0));
  return { board, lines, log, put, get };
}

/** Enables INTID 33 (the UART's) for core 0 in the GICv2, without priorities or masks. */
function enableUartInterrupt(put: (at: number, value: number) => void) {
  put(0x0800_0000, 1); // GICD_CTLR
  put(0x0800_0104, 1 << 1); // GICD_ISENABLER1
  put(0x0800_0820, 1 << 8); // GICD_ITARGETSR8, byte 1
  put(0x0801_0004, 0xff); // GICC_PMR
  put(0x0801_0000, 1); // GICC_CTLR
}

for (const platform of platforms) {
  for (const gicVersion of [2, 3] as const) {
    if (!(gicVersion === 2 ? platform.gic.v2 : platform.gic.v3)) continue;
    const it = `${platform.name} with GICv${gicVersion}`;
    Deno.test(`assemble: ${it} has all devices and GIC frames where they belong`, () => {
      const { board } = rig(platform, { gicVersion, cores: platform.cpus.max });
      for (const slot of platform.devices) {
        const region = board.bus.find(slot.base);
        const { base, size } = windowOf(slot);
        assertEquals([region?.name, region?.base, region?.device.size], [slot.name, base, size]);
      }
      const frames = gicVersion === 2 ? platform.gic.v2 : platform.gic.v3;
      for (const [name, window] of Object.entries(frames ?? {})) {
        const region = board.bus.find(window.base);
        assertEquals(region?.name, `gic.${name}`);
        assert((region?.device.size ?? Infinity) <= window.size, `${name} fits its window`);
      }
      assertEquals([...board.serials.keys()], [...platform.consoles]);
    });
  }
  Deno.test(`assemble: ${platform.name} restores what it saved and resets to power-on`, () => {
    const { board, put } = rig(platform);
    const fresh = board.snapshot();
    for (const slot of platform.devices) put(slot.base + 0x08, 0x55);
    board.events.advanceTo(1e6);
    const saved = board.snapshot();
    board.reset();
    assertEquals(board.snapshot().devices, fresh.devices);
    board.restore(saved);
    assertEquals(board.snapshot(), saved);
    const other = rig(platform).board;
    other.restore(saved);
    assertEquals(other.snapshot(), saved);
  });
}
Deno.test("assemble: a byte received reaches the core as an interrupt through the GIC", () => {
  const { board, lines, put } = rig();
  enableUartInterrupt(put);
  put(0x0900_0038, 1 << 4); // UARTIMSC: RXIM
  lines.length = 0;
  board.serials.get("uart0")?.receive(0x61);
  assertEquals(lines, ["0:1"]);
  assertEquals(board.gic.outputs(0), 1);
});
Deno.test("assemble: bytes the guest sends go to whoever is plugged in", () => {
  const { board, put } = rig();
  const sent: number[] = [];
  put(0x0900_0000, 0x61);
  board.serials.get("uart0")?.onTransmit((byte) => void sent.push(byte));
  put(0x0900_0000, 0x62);
  put(0x0904_0000, 0x63);
  assertEquals(sent, [0x62]);
});
Deno.test("assemble: input that waits is asked for once the guest listens", () => {
  const { board, get } = rig();
  const waiting = [1, 2, 3];
  const serial = board.serials.get("uart0");
  serial?.onReady(() => {
    while (waiting.length > 0 && serial.canReceive()) serial.receive(waiting.shift() as number);
  });
  const got: number[] = [];
  for (let i = 0; i < 100; i++) if ((get(0x0900_0018) & 0x10) === 0) got.push(get(0x0900_0000));
  assertEquals(got, [1, 2, 3]);
});
Deno.test("assemble: the clock starts at the epoch, the power key moves its pin", () => {
  const { board, get } = rig();
  assertEquals(get(0x0901_0000), 1_700_000_000);
  board.keys.get("poweroff")?.(true);
  assertEquals(get(0x0903_03fc), 1 << 3);
});
Deno.test("assemble: what nobody modelled says so once, with its name", () => {
  const { log, get } = rig();
  assertEquals([get(0x0902_0000), get(0x0902_0004), get(0x40_1000_0000)], [0, 0, 0xffff_ffff]);
  assertEquals(log, [
    "fw-cfg: read32 at 0x0000_0000: not modelled, reads zero and ignores writes",
    "pcie-ecam: read32 at 0x0000_0000: not modelled, reads ones and ignores writes",
  ]);
});
Deno.test("assemble: more cores than the board has are refused", () => {
  assertThrows(() => rig(qemuVirt, { cores: 9 }), RangeError, "9 cores: it must be 1 to 8");
});
Deno.test("assemble: a snapshot of another board is refused, naming a device", () => {
  const [virt, bin] = [rig().board, rig(platforms[2]).board];
  assertThrows(
    () => virt.restore(bin.snapshot()),
    TypeError,
    'Cannot restore qemu-virt: devices must be the same, the board has "virtio0", ' +
      "the snapshot lacks it",
  );
});
