import { assertEquals } from "@std/assert";
import { Account, Latencies } from "../../../../core/hypervisor/scheduling/account.ts";
import { VcpuAccount, VcpuStates } from "../../../../core/hypervisor/scheduling/vcpu_account.ts";

const sum = (account: VcpuAccount, now: number) =>
  VcpuStates.reduce((total, state) => total + account.spent(state, now), 0);

Deno.test("account: times add up to what has passed, also when a change comes early", () => {
  const account = new Account(["idle", "busy"], "idle", 100);
  account.become("busy", 150);
  account.become("idle", 400);
  account.become("busy", 380); // by the clock of a core that is not as far
  assertEquals([account.spent("idle", 390), account.spent("busy", 390)], [50, 250]);
  assertEquals([account.spent("idle", 500), account.spent("busy", 500)], [50, 350]);
});

Deno.test("account: a wake-up lasts from being ready to running, and a lost core is none", () => {
  const account = new VcpuAccount(0);
  account.become("ready", 10);
  account.become("running", 17);
  account.become("ready", 30);
  account.become("running", 1000);
  account.become("blocked", 1100);
  account.become("ready", 1200);
  account.become("running", 1201);
  const { count, minNs, maxNs, sumNs } = account.wakeups;
  assertEquals({ count, minNs, maxNs, sumNs }, { count: 2, minNs: 1, maxNs: 7, sumNs: 8 });
  assertEquals(VcpuStates.map((state) => account.spent(state, 1301)), [10, 978, 213, 100]);
  assertEquals(sum(account, 1301), 1301);
});

Deno.test("account: a switch to another core than before is a migration", () => {
  const account = new VcpuAccount(0);
  for (const core of [0, 0, 1, 0]) account.switchedTo(core);
  assertEquals([account.switches, account.migrations], [4, 2]);
});

Deno.test("account: latencies are counted by powers of two", () => {
  const latencies = new Latencies();
  for (const ns of [0, 1, 2, 3, 4, 1023, 1024, 2 ** 40]) latencies.add(ns);
  assertEquals([...latencies.buckets.subarray(0, 12)], [1, 1, 2, 1, 0, 0, 0, 0, 0, 0, 1, 1]);
  assertEquals([latencies.buckets[32], latencies.count, latencies.maxNs], [1, 8, 2 ** 40]);
});
