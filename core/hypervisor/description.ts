/** What the log says of a VM when it is made. @module */

import { hexRange } from "../hex.ts";
import type { Log } from "./exit.ts";
import type { Vm } from "./vm.ts";

/** Says where a VM's vCPUs, memory and windows are. */
export function describe(vm: Vm, log: Log): void {
  const { plan, label } = vm;
  const cpus = plan.vcpus.map((v) => `0x${v.mpidr.toString(16)}`).join(", ");
  log("debug", label, `"${vm.name}": vCPUs ${cpus}`);
  plan.memory.forEach((region, i) => {
    const pieces = (vm.memory[i] ?? []).map((p) => hexRange(p.base, p.bytes));
    log("debug", label, `memory ${hexRange(region.gpa, region.bytes)} is ${pieces.join(", ")}`);
  });
  for (const { gpa, hpa, bytes } of vm.devices.windows) {
    const where = gpa === hpa ? "" : ` is ${hexRange(hpa, bytes)}`;
    log("debug", label, `window ${hexRange(gpa, bytes)}${where}`);
  }
}
