/** Guest memory as the hypervisor fills it. @module */

import { hex } from "../hex.ts";
import type { Machine } from "../machine/machine.ts";
import type { MemoryRegion } from "../config/vm_plan.ts";
import type { PhysicalRange } from "./memory_pool.ts";
import type { Mapping } from "./stage2.ts";

const PageBytes = 4096;
const PageWords = PageBytes / 4;

/**
 * Copies `bytes` to guest-physical `gpa`.
 *
 * @throws {RangeError} When the guest has no memory there.
 */
export function writeGuest(
  machine: Machine,
  mappings: readonly Mapping[],
  gpa: number,
  bytes: Uint8Array,
): void {
  for (let done = 0; done < bytes.length;) {
    const at = gpa + done;
    const home = mappings.find((m) => at >= m.gpa && at < m.gpa + m.bytes);
    if (!home) throw new RangeError(`Cannot write to guest memory at ${hex(at)}: none is there`);
    const count = Math.min(bytes.length - done, home.gpa + home.bytes - at);
    writeRam(machine, home.hpa + at - home.gpa, bytes.subarray(done, done + count));
    done += count;
  }
}

function writeRam(machine: Machine, pa: number, bytes: Uint8Array): void {
  machine.parts.ram.slice(pa, bytes.length).set(bytes);
  forgetCode(machine, pa, bytes.length);
}

/** Who has memory at guest-physical addresses. */
interface MemoryOwner {
  readonly plan: { readonly memory: readonly MemoryRegion[] };
  readonly memory: readonly (readonly PhysicalRange[])[];
}

/**
 * Offset in host memory of a 64-bit word of the guest's; undefined where the guest has no memory,
 * or the word is not aligned.
 */
export function guestRam(machine: Machine, vm: MemoryOwner, gpa: bigint): number | undefined {
  if (gpa & 7n) return undefined;
  for (const [i, region] of vm.plan.memory.entries()) {
    let at = BigInt(region.gpa);
    for (const { base, bytes } of vm.memory[i] ?? []) {
      const offset = gpa - at;
      if (offset >= 0n && offset < BigInt(bytes)) {
        const host = machine.parts.ram.hostOffset(base + Number(offset));
        return host < 0 ? undefined : host;
      }
      at += BigInt(bytes);
    }
  }
  return undefined;
}

/** Empties RAM. Pages that are empty are not touched, as touching makes the host provide them. */
export function clearRam(machine: Machine, pa: number, bytes: number): void {
  const ram = machine.parts.ram.slice(pa, bytes);
  const words = new Int32Array(ram.buffer, ram.byteOffset, bytes / 4);
  for (let at = 0; at < words.length; at += PageWords) {
    const end = at + PageWords;
    let word = at;
    while (word < end && words[word] === 0) word++;
    if (word < end) words.fill(0, word, end);
  }
  forgetCode(machine, pa, bytes);
}

/** Decoded instructions of RAM that was written behind the cores' backs are stale. */
function forgetCode(machine: Machine, pa: number, bytes: number): void {
  const { engine } = machine.runner;
  for (const page of hostPages(machine, pa, bytes)) {
    if (engine.isCodePage(page)) engine.codeWritten(page, PageBytes);
  }
}

/** RAM holds no instructions any more; the TLBs must be flushed afterwards. */
export function dropCode(machine: Machine, pa: number, bytes: number): void {
  for (const page of hostPages(machine, pa, bytes)) machine.runner.engine.dropCodePage(page);
}

function* hostPages(machine: Machine, pa: number, bytes: number): Iterable<number> {
  const host = machine.parts.ram.hostOffset(pa);
  const first = Math.floor(host / PageBytes) * PageBytes;
  for (let page = first; page < host + bytes; page += PageBytes) yield page;
}
