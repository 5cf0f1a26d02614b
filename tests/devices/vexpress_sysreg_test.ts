import { assertEquals } from "@std/assert";
import { vexpressSysreg } from "../../devices/vexpress_sysreg.ts";

const Data = 0xa0;
const Ctrl = 0xa4;
const Stat = 0xa8;

function rig() {
  const told: string[] = [];
  const chip = vexpressSysreg({ power: (r) => told.push(r), log: (m) => told.push(m) });
  const command = (word: number) => {
    chip.write(Stat, 4, 0, 0);
    chip.write(Ctrl, 4, word, 0);
    return chip.read(Stat, 4, 0);
  };
  return { chip, told, command };
}

Deno.test("vexpress sysreg: an oscillator reads as it was set", () => {
  const { chip, command } = rig();
  assertEquals(command(0x8010_0001), 1);
  assertEquals(chip.read(Data, 4, 0), 23_750_000);
  chip.write(Data, 4, 63_500_000, 0);
  assertEquals(command(0xc010_0001), 1);
  chip.write(Data, 4, 0, 0);
  assertEquals(command(0x8010_0001), 1);
  assertEquals(chip.read(Data, 4, 0), 63_500_000);
  assertEquals(chip.read(Ctrl, 4, 0), 0x0010_0001);
});

Deno.test("vexpress sysreg: functions 8, 9 and 5 ask for power off and for resets", () => {
  const { told, command } = rig();
  command(0xc080_0000);
  command(0xc090_0000);
  command(0xc050_0000);
  command(0x4080_0000); // not started
  assertEquals(told, ["off", "reset", "reset"]);
});

Deno.test("vexpress sysreg: an unknown function completes with an error", () => {
  const { told, command } = rig();
  assertEquals(command(0x8040_0000), 3);
  assertEquals(told.length, 1);
});

Deno.test("vexpress sysreg: flags are set and cleared bit by bit", () => {
  const { chip } = rig();
  chip.write(0x30, 4, 0xf0, 0);
  chip.write(0x30, 4, 0x0f, 0);
  chip.write(0x34, 4, 0x81, 0);
  assertEquals(chip.read(0x30, 4, 0), 0x7e);
});
