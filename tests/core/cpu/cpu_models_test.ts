import { assertEquals } from "@std/assert";
import {
  cpuFeatures,
  cpuModel,
  CpuModels,
  type CpuName,
  idRegisters,
} from "../../../core/cpu/cpu_models.ts";
import type { MmuFeatures } from "../../../core/mmu/host.ts";
import { mrs, rig } from "./rig.ts";

const at = (cpu: CpuName, hasEl2 = true, gicv3 = true) =>
  idRegisters(cpuModel(cpu), { hasEl2, gicv3 });

Deno.test("cpu models: the identification is that of the cores named", () => {
  assertEquals(at("cortex-a53").MIDR_EL1, 0x410fd034n);
  assertEquals(at("cortex-a57").MIDR_EL1, 0x411fd070n);
  assertEquals(at("cortex-a72").MIDR_EL1, 0x410fd083n);
  assertEquals(at("cortex-a72").ID_AA64MMFR0_EL1, 0x1124n);
  assertEquals(at("cortex-a53").ID_AA64MMFR0_EL1, 0x1122n);
});

Deno.test("cpu models: no model claims AArch32, EL3, SVE, MTE or pointer authentication", () => {
  for (const cpu of Object.keys(CpuModels) as CpuName[]) {
    const id = at(cpu);
    const field = (value: bigint | undefined, shift: bigint) => ((value ?? 0n) >> shift) & 15n;
    assertEquals((id.ID_AA64PFR0_EL1 ?? 0n) & 0xf0ffn, 0x11n, cpu);
    assertEquals(field(id.ID_AA64PFR0_EL1, 32n), 0n, "SVE");
    assertEquals(field(id.ID_AA64PFR1_EL1, 8n), 0n, "MTE");
    for (const shift of [4n, 8n, 24n, 28n]) {
      assertEquals(field(id.ID_AA64ISAR1_EL1, shift), 0n, "PAuth");
    }
  }
});

Deno.test("cpu models: the board decides about EL2 and the GIC fields", () => {
  assertEquals(at("cortex-a72", true, true).ID_AA64PFR0_EL1, 0x0100_0111n);
  assertEquals(at("cortex-a72", false, false).ID_AA64PFR0_EL1, 0x11n);
  assertEquals(at("cortex-a72", true, false).ID_PFR1_EL1, 0x1_1001n);
});

Deno.test("cpu models: features follow from the identification registers", () => {
  const a72 = cpuFeatures(cpuModel("cortex-a72"));
  assertEquals([a72.vhe, a72.pan, a72.fp16, a72.vmid16, a72.addressBits], [
    false,
    false,
    false,
    false,
    44,
  ]);
  const max = cpuFeatures(cpuModel("max"));
  assertEquals([max.vhe, max.pan2, max.uao, max.fp16, max.hafdbs, max.vmid16, max.xnx], [
    true,
    true,
    true,
    true,
    true,
    true,
    true,
  ]);
  assertEquals([max.granule16K, max.asid16, max.addressBits], [true, true, 48]);
});

Deno.test("cpu models: a core reads its model's registers", () => {
  const { core } = rig({ cpu: "max" });
  assertEquals(mrs(core, "ID_AA64ISAR0_EL1"), 0x0021_1111_1021_2120n);
  assertEquals(mrs(core, "CTR_EL0"), 0x8444_c004n);
});

Deno.test("cpu models: translation takes its features from the same registers", () => {
  const features: MmuFeatures = cpuFeatures(cpuModel("cortex-a53"));
  assertEquals([features.addressBits, features.granule16K, features.asid16], [40, false, true]);
});
