import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openPlugs } from "../../cli/plugs.ts";
import { vmSession } from "../../cli/vm_session.ts";
import { loadVms } from "../../core/config/load_vms.ts";
import { platformFacts } from "../../platforms/facts.ts";
import { qemuVirt } from "../../platforms/qemu_virt.ts";
import { Calls, Spin } from "../boot/vm_programs.ts";
import { PlayedConsole, tinyVm } from "../boot/vm_rig.ts";

/** A session with VM 1 on a board of 128 MiB; descriptions of VMs 1 and 2 can be read. */
function start() {
  const files: Record<string, string | Uint8Array> = {
    ...tinyVm(1, Spin, { emulated: PlayedConsole, core: 0 }),
    ...tinyVm(2, Calls, { emulated: PlayedConsole, core: 0 }),
    "bad.toml": "[base]\nid = 3\n",
  };
  const read = (path: string) => {
    const file = files[path] ?? "no such file";
    if (path.endsWith(".toml") && file !== "no such file") {
      return new TextEncoder().encode(file as string);
    }
    return file;
  };
  const choice = {
    platform: qemuVirt,
    cores: 1,
    memoryBytes: 2 ** 27,
    gicVersion: 2,
    cpu: "cortex-a72",
    epochSeconds: 0,
  } as const;
  const { plans } = loadVms(["tiny1.toml"], platformFacts(qemuVirt, choice), { read });
  const load = { choice, plans, access: { read }, warnings: "" };
  const plugs = openPlugs({}, plans, () => {});
  const session = vmSession(load, { startNs: 0, plugs, log: () => {} });
  assert(session.vms);
  return { session, vms: session.vms };
}

Deno.test("session: a VM that is made later has a console, which goes with it", () => {
  const { session, vms } = start();
  const before = session.consoles;
  assertEquals(before.map(({ name }) => name), ["vm1"]);
  session.run(1e6);
  assert(vms.create("tiny2.toml").ok);
  assert(session.consoles !== before);
  assertEquals([session.consoles.map(({ name }) => name), session.labelled], [
    ["vm1", "vm2"],
    true,
  ]);
  let text = "";
  session.consoles[1]?.onTransmit((byte) => void (text += String.fromCharCode(byte)));
  assert(vms.hypervisor.start(2).ok);
  session.run(60e6);
  assertEquals(text, "11101");
  assert(vms.delete(2).ok);
  assertEquals(session.consoles.map(({ name }) => name), ["vm1"]);
  assertEquals(session.guests().map(({ name }) => name), ["vm1"]);
});

Deno.test("session: what keeps a VM from being made is said", () => {
  const { vms } = start();
  const why = (file: string) => {
    const result = vms.create(file);
    return result.ok ? "" : result.why;
  };
  assertStringIncludes(why("none.toml"), "a VM description in TOML");
  assertStringIncludes(why("bad.toml"), "bad.toml");
  assertEquals(why("tiny1.toml"), "Cannot create vm1: there is a VM with that id");
});
