/** What a machine's MMU sees of its cores, memory and devices. @module */

import type { Bus } from "../board/bus.ts";
import type { CpuModel } from "../cpu/cpu_models.ts";
import { SystemSlots } from "../cpu/system_register_slots.ts";
import { MemoryMap } from "../memory_map.ts";
import type { MmuHost } from "../mmu/host.ts";
import { mmuFeatures } from "./features.ts";
import type { Ram } from "./memory.ts";

/** What there is before. */
interface Parts {
  readonly memory: WebAssembly.Memory;
  readonly ram: Ram;
  readonly bus: Bus;
  readonly cores: number;
  readonly model: CpuModel;
  readonly unmapped: "abort" | "zero";
}

/** What is made after the MMU. */
interface Later {
  readonly cores: () => readonly { readonly active: boolean }[];
  /** Who keeps decoded instructions. */
  readonly code: () => Pick<MmuHost, "isCodePage" | "codeWritten">;
}

/** The host of a machine's MMU. */
export function mmuHost(parts: Parts, { cores, code }: Later): MmuHost {
  const { ram, bus, memory, unmapped } = parts;
  return {
    cores: parts.cores,
    memory: memory.buffer,
    features: mmuFeatures(parts.model),
    registerSlots: SystemSlots,
    stateBase: (core) =>
      cores()[core]?.active ? MemoryMap.window : MemoryMap.saved + core * MemoryMap.stateBytes,
    hostOffset: (pa) => ram.hostOffset(pa),
    mmio: {
      deviceAt: (pa, bytes) => {
        const region = bus.find(pa);
        return region && pa + bytes <= region.base + region.device.size ? region : undefined;
      },
      covers: (pa) => unmapped === "zero" || bus.find(pa) !== undefined,
      read: (pa, width, core) => {
        const region = bus.find(pa);
        return region ? region.device.read(pa - region.base, width, core) : 0;
      },
      write: (pa, width, value, core) => {
        const region = bus.find(pa);
        region?.device.write(pa - region.base, width, value, core);
      },
    },
    isCodePage: (page) => code().isCodePage(page),
    codeWritten: (host, bytes) => code().codeWritten(host, bytes),
  };
}
