/**
 * Versatile Express system registers, with the configuration port that reaches oscillators and power.
 *
 * @module
 */

import { type Chip, device, type Register } from "../core/board/device.ts";

/** Where the registers lead. */
export interface VexpressSysregWires {
  /** Software asks for power to go, or for a new start. */
  readonly power: (request: "off" | "reset") => void;
  readonly log: (message: string) => void;
}

/** Registers software can change. */
export type VexpressSysregState = {
  led: number;
  flags: number;
  nvFlags: number;
  cfgData: number;
  cfgCtrl: number;
  cfgStat: number;
  /** Rates that software set, by device number of the oscillator; zero when it set none. */
  oscillatorHz: number[];
};

/** SYS_CFGCTRL.FUNCTION (Arm DUI 0447, SYS_CFGCTRL). */
const Function = { Osc: 1, Reset: 5, Shutdown: 8, Reboot: 9 } as const;
const Start = 0x8000_0000;
const Write = 0x4000_0000;
const Complete = 1;
const Failed = 2;
/** Oscillator 1 of the motherboard, the only one device trees name, clocks the display. */
const DisplayHz = 23_750_000;
const Oscillators = 16;

/** Carries out the command in SYS_CFGCTRL; commands take no time. */
function configure(s: VexpressSysregState, w: VexpressSysregWires): void {
  if ((s.cfgCtrl & Start) === 0) return;
  s.cfgCtrl = (s.cfgCtrl & ~Start) >>> 0;
  s.cfgStat = Complete;
  const writes = (s.cfgCtrl & Write) !== 0;
  const index = s.cfgCtrl & 0xfff;
  const code = s.cfgCtrl >>> 20 & 0x3f;
  if (code === Function.Osc && index < Oscillators) {
    if (writes) s.oscillatorHz[index] = s.cfgData;
    else s.cfgData = s.oscillatorHz[index] || DisplayHz;
  } else if (code === Function.Shutdown && writes) {
    w.power("off");
  } else if ((code === Function.Reset || code === Function.Reboot) && writes) {
    w.power("reset");
  } else {
    s.cfgStat = Complete | Failed;
    w.log(`configuration function ${code} of device ${index}: not modelled, reports an error`);
  }
}

const registers: readonly Register<VexpressSysregState, VexpressSysregWires>[] = [
  { name: "SYS_ID", at: 0x00, read: () => 0 },
  { name: "SYS_SW", at: 0x04, read: () => 0 },
  { name: "SYS_LED", at: 0x08, mask: 0xff, field: "led" },
  {
    name: "SYS_FLAGS",
    at: 0x30,
    field: "flags",
    write: (s, _, value) => void (s.flags = (s.flags | value) >>> 0),
  },
  {
    name: "SYS_FLAGSCLR",
    at: 0x34,
    write: (s, _, value) => void (s.flags = (s.flags & ~value) >>> 0),
  },
  {
    name: "SYS_NVFLAGS",
    at: 0x38,
    field: "nvFlags",
    write: (s, _, value) => void (s.nvFlags = (s.nvFlags | value) >>> 0),
  },
  {
    name: "SYS_NVFLAGSCLR",
    at: 0x3c,
    write: (s, _, value) => void (s.nvFlags = (s.nvFlags & ~value) >>> 0),
  },
  { name: "SYS_MCI", at: 0x48, read: () => 0 },
  { name: "SYS_FLASH", at: 0x4c, read: () => 0 },
  { name: "SYS_CFGDATA", at: 0xa0, mask: 0xffff_ffff, field: "cfgData" },
  { name: "SYS_CFGCTRL", at: 0xa4, mask: 0xffff_ffff, field: "cfgCtrl", write: configure },
  { name: "SYS_CFGSTAT", at: 0xa8, mask: Complete | Failed, field: "cfgStat" },
];

/** The register block at the start of a Versatile Express motherboard's peripherals. */
export function vexpressSysreg(wires: VexpressSysregWires): Chip<VexpressSysregState> {
  return device({
    kind: "vexpress-sysreg",
    size: 0x1000,
    reset: () => ({
      led: 0,
      flags: 0,
      nvFlags: 0,
      cfgData: 0,
      cfgCtrl: 0,
      cfgStat: 0,
      oscillatorHz: new Array<number>(Oscillators).fill(0),
    }),
    registers,
    settle: () => {},
    stray: wires.log,
  }, wires);
}
