/** Where vCPUs stand and what their registers hold, wherever these are now. @module */

import { stored } from "../../core/cpu/controls.ts";
import type { SystemSlot } from "../../core/cpu/system_register_slots.ts";
import type { Core } from "../../core/cpu/types.ts";
import type { Vcpu } from "../../core/hypervisor/vm.ts";

/** The core that executes the guest; between runs none is at EL2 on its behalf. */
function executing(vcpu: Vcpu): Core | undefined {
  const core = vcpu.loadedOn;
  return core && vcpu.state === "running" && core.state.u32("el") < 2 ? core : undefined;
}

/** Where the guest goes on. */
export function vcpuPc(vcpu: Vcpu): bigint {
  return executing(vcpu)?.state.u64("pc") ?? vcpu.pc;
}

/** Its exception level. */
export function vcpuEl(vcpu: Vcpu): number {
  return executing(vcpu)?.state.u32("el") ?? Number((vcpu.pstate >> 2n) & 3n);
}

/** A register that belongs to the guest. */
export function vcpuRegister(vcpu: Vcpu, name: SystemSlot): bigint {
  return vcpu.loadedOn ? stored(vcpu.loadedOn, name) : vcpu.context.register(name);
}
