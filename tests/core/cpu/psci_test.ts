import { assertEquals } from "@std/assert";
import {
  callPsci,
  type PowerController,
  type PowerState,
  psciFirmware,
  psciFunctions,
  PsciStatus,
} from "../../../core/cpu/psci.ts";
import { executeCall } from "../../../core/cpu/exceptions.ts";
import { rig as coreRig } from "./rig.ts";

/** Core 0 calls; core 1 is off, core 0x100 is starting. */
function rig(also: Partial<PowerController> = {}) {
  const states = new Map<bigint, PowerState>([[0n, "on"], [1n, "off"], [0x100n, "pending"]]);
  const log: string[] = [];
  const power: PowerController = {
    powerOf: (affinity) => states.get(affinity),
    turnOn: (affinity, entry, context) => {
      states.set(affinity, "on");
      log.push(`on ${affinity} ${entry} ${context}`);
    },
    turnOff: (affinity) => void log.push(`off ${affinity}`),
    suspend: (affinity) => void log.push(`suspend ${affinity}`),
    systemOff: () => void log.push("system off"),
    systemReset: () => void log.push("system reset"),
    ...also,
  };
  const call = (...args: bigint[]) => {
    const x = [...args, 0n, 0n, 0n];
    callPsci({ x: (n) => x[n] ?? 0n, setX: (n, v) => void (x[n] = v) }, power, 0n);
    return BigInt.asIntN(64, x[0] ?? 0n);
  };
  return { power, log, call };
}

Deno.test("psci: versions are PSCI 1.1 and SMCCC 1.1", () => {
  const { call } = rig();
  assertEquals([call(0x8400_0000n), call(0x8000_0000n)], [0x1_0001n, 0x1_0001n]);
});

Deno.test("psci: CPU_ON starts a core that is off, and says why it cannot start another", () => {
  const { call, log } = rig();
  assertEquals(call(0xc400_0003n, 1n, 0x4008_0000n, 7n), PsciStatus.success);
  assertEquals(call(0xc400_0003n, 1n, 0x4008_0000n, 7n), PsciStatus.alreadyOn);
  assertEquals(call(0xc400_0003n, 0x100n, 0n, 0n), PsciStatus.onPending);
  assertEquals(call(0xc400_0003n, 5n, 0n, 0n), PsciStatus.invalidParameters);
  assertEquals(log, [`on 1 ${0x4008_0000} 7`]);
  assertEquals(rig().call(0xc400_0003n, 1n, 2n), PsciStatus.invalidAddress);
});

Deno.test("psci: SMC32 calls see 32-bit arguments", () => {
  const { call, log } = rig();
  call(0x8400_0003n, 0xffff_ffff_0000_0001n, 0xf_4000_0000n, 0x1_0000_0002n);
  assertEquals(log, [`on 1 ${0x4000_0000} 2`]);
});

Deno.test("psci: AFFINITY_INFO tells on, off and pending", () => {
  const { call } = rig();
  const info = (target: bigint, level = 0n) => call(0xc400_0004n, target, level);
  assertEquals([info(0n), info(1n), info(0x100n), info(9n)], [0n, 1n, 2n, -2n]);
  assertEquals([info(1n, 1n), info(1n, 4n)], [0n, -2n]);
});

Deno.test("psci: calls that do not return leave X0 alone", () => {
  const { call, log } = rig();
  for (const id of [0x8400_0002n, 0x8400_0008n, 0x8400_0009n]) assertEquals(call(id), id);
  assertEquals(log, ["off 0", "system off", "system reset"]);
});

Deno.test("psci: CPU_SUSPEND waits and succeeds; no Trusted OS needs migration", () => {
  const { call, log } = rig();
  assertEquals([call(0xc400_0001n), call(0x8400_0006n)], [0n, 2n]);
  assertEquals(log, ["suspend 0"]);
});

Deno.test("psci: entry points are where there is memory to execute", () => {
  const { call } = rig({ isExecutable: (entry) => entry < 0x8000_0000n });
  assertEquals(call(0xc400_0003n, 1n, 0x8000_0000n), PsciStatus.invalidAddress);
  assertEquals(call(0xc400_0001n, 0x1_0000n, 0x8000_0000n), PsciStatus.invalidAddress);
  assertEquals(call(0xc400_0001n, 0x1_0000n, 0x4000_0002n), PsciStatus.invalidAddress);
  assertEquals(call(0xc400_0001n, 0x1_0000n, 0x4000_0000n), PsciStatus.success);
  assertEquals(call(0xc400_0003n, 1n, 0x4000_0000n), PsciStatus.success);
});

Deno.test("psci: CPU_SUSPEND knows no bits that DEN 0022 does not define", () => {
  for (const bit of [17n, 23n, 26n, 31n]) {
    assertEquals(rig().call(0xc400_0001n, 1n << bit), PsciStatus.invalidParameters);
  }
});

Deno.test("psci: stolen time is there where it is given", () => {
  const [features, stolen] = [0xc500_0020n, 0xc500_0021n];
  const ask = (call: ReturnType<typeof rig>["call"]) => [
    call(0x8000_0001n, features),
    call(0x8400_000an, features),
    call(features, stolen),
    call(features, 0x8400_0000n),
    call(stolen),
  ];
  assertEquals(ask(rig().call), [-1n, -1n, -1n, -1n, -1n]);
  assertEquals(ask(rig({ stolenTime: () => 0x1000n }).call), [0n, -1n, 0n, -1n, 0x1000n]);
  assertEquals(rig({ stolenTime: () => -1n }).call(stolen), -1n);
});

Deno.test("psci: PSCI_FEATURES claims exactly what answers", () => {
  for (let n = 0n; n < 0x20n; n++) {
    for (const base of [0x8400_0000n, 0xc400_0000n]) {
      const claimed = rig().call(0x8400_000an, base + n) === 0n;
      const answered = rig().call(base + n, 1n, 0n, 0n) !== PsciStatus.notSupported;
      // PSCI_FEATURES itself answers about function 1, which is nobody's.
      assertEquals(claimed, answered || base + n === 0x8400_000an, (base + n).toString(16));
    }
  }
});

Deno.test("psci: SMCCC_ARCH_FEATURES knows itself and has no workarounds", () => {
  const { call } = rig();
  const feature = (id: bigint) => call(0x8000_0001n, id);
  assertEquals([feature(0x8000_0000n), feature(0x8000_0001n)], [0n, 0n]);
  assertEquals([feature(0x8000_8000n), feature(0x8000_7fffn), feature(0x8400_0000n)], [
    -1n,
    -1n,
    -1n,
  ]);
});

Deno.test("psci: identifiers are unique and unknown calls are not supported", () => {
  assertEquals(new Set(psciFunctions.map((f) => f.id)).size, psciFunctions.length);
  assertEquals(rig().call(0x8400_0050n), -1n);
});

Deno.test("psci: as firmware it answers a core's SMC in X0", () => {
  const { power } = rig();
  const { core } = coreRig({ el: 1, firmware: psciFirmware(power), index: 1 });
  core.state.x[0] = 0x8400_0000n;
  assertEquals(executeCall(core, "smc", 0), "answered");
  assertEquals(core.state.x[0], 0x1_0001n);
});
