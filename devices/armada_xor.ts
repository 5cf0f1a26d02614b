/**
 * Marvell Armada 3720 XOR engine: two channels that copy memory, or combine it by exclusive or.
 *
 * Registers, descriptors and interrupt causes are as Linux's mv_xor driver uses them. A chain of
 * descriptors takes no time. Address windows are kept and not applied: all memory is within reach.
 * CRC and RAID 6 operations end in a decode error.
 *
 * @module
 */

import { type Chip, device, type Register } from "../core/board/device.ts";
import type { IrqLine } from "../core/board/irq.ts";
import { hex } from "../core/hex.ts";
import type { GuestMemory } from "./virtio/chain.ts";

/** What an XOR engine is connected to. */
export interface ArmadaXorWires {
  readonly memory: GuestMemory;
  /** One line for each channel. */
  readonly irqs: readonly [IrqLine, IrqLine];
  readonly log: (message: string) => void;
}

const powerOn = () => ({
  config: [0, 0],
  /** 16 bits for each channel. */
  cause: 0,
  mask: 0,
  errorCause: 0,
  errorAddress: 0,
  next: [0, 0],
  current: [0, 0],
  barEnable: [0, 0],
  windowBase: [0, 0, 0, 0, 0, 0, 0, 0],
  windowSize: [0, 0, 0, 0, 0, 0, 0, 0],
  windowRemap: [0, 0, 0, 0],
  override: [0, 0],
});

type ArmadaXorState = ReturnType<typeof powerOn>;

/** Interrupt causes of a channel. */
const Cause = { descriptor: 1 << 0, chain: 1 << 1, decode: 1 << 4, owner: 1 << 7 } as const;

/** XOR_CONFIG: bits 2:0 select the operation. */
const Mode = { xor: 0, copy: 2, inDescriptor: 7 } as const;

/** Words of a descriptor. */
const Word = { status: 0, command: 2, next: 3, bytes: 4, destination: 5, sources: 6 } as const;
const DescriptorWords = 16;
const Sources = 8;
/** Status: the engine may work on the descriptor. */
const Owned = 0x8000_0000;
/** Status: the work is done. */
const Success = 0x4000_0000;
/** Command: its end is a cause of its own. */
const Tells = 0x8000_0000;
/** The byte count's 24 bits. */
const MaxBytes = 0xff_ffff;
const BlockBytes = 0x1_0000;
/** What one activation works off at most: a chain may be as long as memory has room for. */
const MaxWork = 1 << 28;

/** Why a descriptor could not be carried out. */
interface Trouble {
  readonly cause: number;
  readonly address: number;
}

function load(memory: GuestMemory, address: number): Uint32Array | undefined {
  const words = new Uint32Array(DescriptorWords);
  return memory.read(address, new Uint8Array(words.buffer)) ? words : undefined;
}

/** Reads the sources' bytes at `offset`, combined; or the address of one that is not memory. */
function combined(
  memory: GuestMemory,
  sources: readonly number[],
  offset: number,
  bytes: number,
): Uint8Array | number {
  const sum = new Uint8Array(bytes);
  const block = new Uint8Array(bytes);
  for (const source of sources) {
    if (!memory.read(source + offset, block)) return source;
    for (let i = 0; i < bytes; i++) sum[i] = (sum[i] as number) ^ (block[i] as number);
  }
  return sum;
}

/** Carries out one descriptor. */
function carryOut(words: Uint32Array, mode: number, memory: GuestMemory): Trouble | undefined {
  const word = (i: number) => words[i] as number;
  const command = word(Word.command);
  const operation = mode === Mode.inDescriptor ? command >>> 24 & 0xf : mode;
  const destination = word(Word.destination);
  const chosen = operation === Mode.copy ? 1 : operation === Mode.xor ? command & 0xff : 0;
  if (operation !== Mode.copy && operation !== Mode.xor) {
    return { cause: Cause.decode, address: destination };
  }
  const sources = Array.from({ length: Sources }, (_, i) => i)
    .filter((i) => chosen >>> i & 1).map((i) => word(Word.sources + i));
  const bytes = word(Word.bytes) & MaxBytes;
  for (let offset = 0; offset < bytes; offset += BlockBytes) {
    const size = Math.min(BlockBytes, bytes - offset);
    const sum = combined(memory, sources, offset, size);
    if (typeof sum === "number") return { cause: Cause.decode, address: sum };
    if (!memory.write(destination + offset, sum)) {
      return { cause: Cause.decode, address: destination };
    }
  }
  return undefined;
}

/** Works off the chain that NEXT_DESC of `channel` begins. */
function activate(s: ArmadaXorState, w: ArmadaXorWires, value: number, channel: number): void {
  if ((value & 1) === 0) return;
  const raise = (cause: number) => void (s.cause = (s.cause | cause << 16 * channel) >>> 0);
  const fail = ({ cause, address }: Trouble) => {
    s.errorCause = cause;
    s.errorAddress = address;
    raise(cause);
    w.log(`channel ${channel}: stops with cause ${hex(cause)} at ${hex(address)}`);
  };
  let work = 0;
  for (;;) {
    const address = s.next[channel] as number;
    const words = load(w.memory, address);
    if (!words) return fail({ cause: Cause.decode, address });
    if (((words[Word.status] as number) & Owned) === 0) {
      return fail({ cause: Cause.owner, address });
    }
    s.current[channel] = address;
    const trouble = carryOut(words, (s.config[channel] as number) & 7, w.memory);
    if (trouble) return fail(trouble);
    w.memory.write(address, new Uint8Array(new Uint32Array([Success]).buffer));
    if ((words[Word.command] as number) & Tells) raise(Cause.descriptor);
    s.next[channel] = words[Word.next] as number;
    work += DescriptorWords + ((words[Word.bytes] as number) & MaxBytes);
    if (s.next[channel] === 0 || work > MaxWork) return raise(Cause.chain);
  }
}

const All = 0xffff_ffff;

const registers: readonly Register<ArmadaXorState, ArmadaXorWires>[] = [
  { name: "XOR_CONFIG", at: 0x10, count: 2, mask: All, field: "config" },
  {
    name: "XOR_ACTIVATION",
    at: 0x20,
    count: 2,
    read: () => 0, // never busy
    write: activate,
  },
  {
    name: "XOR_INTR_CAUSE",
    at: 0x30,
    field: "cause",
    // A zero clears its bit.
    write: (s, _, value, __, ___, lanes) => void (s.cause = (s.cause & (value | ~lanes)) >>> 0),
  },
  { name: "XOR_INTR_MASK", at: 0x40, mask: All, field: "mask" },
  { name: "XOR_ERROR_CAUSE", at: 0x50, mask: All, field: "errorCause" },
  { name: "XOR_ERROR_ADDR", at: 0x60, field: "errorAddress" },
  { name: "XOR_NEXT_DESC", at: 0x200, count: 2, mask: All, field: "next" },
  { name: "XOR_CURR_DESC", at: 0x210, count: 2, field: "current" },
  { name: "XOR_BYTE_COUNT", at: 0x220, count: 2, read: () => 0 },
  { name: "WINDOW_BAR_ENABLE", at: 0x240, count: 2, mask: All, field: "barEnable" },
  { name: "WINDOW_BASE", at: 0x250, count: 8, mask: All, field: "windowBase" },
  { name: "WINDOW_SIZE", at: 0x270, count: 8, mask: All, field: "windowSize" },
  { name: "WINDOW_REMAP_HIGH", at: 0x290, count: 4, mask: All, field: "windowRemap" },
  { name: "WINDOW_OVERRIDE_CTRL", at: 0x2a0, count: 2, mask: All, field: "override" },
];

/** A powered-on XOR engine. */
export function armadaXor(wires: ArmadaXorWires): Chip<ArmadaXorState> {
  return device({
    kind: "armada-xor",
    size: 0x300,
    reset: powerOn,
    registers,
    settle: (s, w) => {
      const pending = s.cause & s.mask;
      w.irqs[0].set((pending & 0xffff) !== 0);
      w.irqs[1].set(pending >>> 16 !== 0);
    },
    stray: wires.log,
  }, wires);
}
