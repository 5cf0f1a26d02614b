import { assertEquals } from "@std/assert";
import type { Core } from "../../../core/cpu/types.ts";
import { vcpuInterrupts } from "../../../core/hypervisor/delivery.ts";
import { HardwareLinks } from "../../../core/hypervisor/hardware_links.ts";
import { ListDelivery } from "../../../core/hypervisor/list_delivery.ts";
import {
  ListControl,
  type ListEntry,
  type PhysicalGic,
  resetInterface,
} from "../../../core/hypervisor/physical_gic.ts";
import { virtualDistributor } from "../../../devices/gic/virtual_distributor.ts";

/** No timers are linked, so nothing looks at it. */
const core = {} as Core;

/** Four list registers, a distributor with SPIs 32 to 63 enabled, and a guest that uses them. */
function rig() {
  let lists: (ListEntry | undefined)[] = [];
  let control = 0;
  let ended = 0;
  const deactivated: number[] = [];
  const nothing = () => {};
  const gic: PhysicalGic = {
    version: 2,
    listCount: 4,
    initialize: nothing,
    initializeCore: nothing,
    acknowledge: () => 1023,
    end: nothing,
    deactivate: (_, id) => void deactivated.push(id),
    sendSgi: nothing,
    configureSpi: nothing,
    setActive: nothing,
    readList: (_, n) => ({
      pending: lists[n]?.pending ?? false,
      active: lists[n]?.active ?? false,
    }),
    writeList: (_, n, entry) => void (lists[n] = entry),
    setListControl(_, value) {
      control = value;
      ended = 0;
    },
    endCount: () => ended,
    saveInterface: resetInterface,
    loadInterface: nothing,
  };
  const config = { version: 2, vcpus: 1, spis: 32, mpidr: () => 0, log: nothing } as const;
  const distributor = virtualDistributor(config);
  distributor.distributor.write(0x000, 4, 1, 0);
  distributor.distributor.write(0x104, 4, -1, 0);
  distributor.distributor.write(0xc08, 4, 0xaaaa_aaaa | 0, 0); // edge-triggered
  distributor.distributor.write(0xc0c, 4, 0xaaaa_aaaa | 0, 0);
  const links = new HardwareLinks(gic, distributor);
  const delivery = new ListDelivery(gic, distributor, links);
  const owner = { index: 0, interrupts: vcpuInterrupts() };
  const priority = (intid: number, value: number) =>
    distributor.distributor.write(0x400 + intid, 1, value, 0);
  /** The most urgent pending entry becomes active. */
  const acknowledge = () => {
    const [best] = lists.filter((entry) => entry?.pending).sort((a, b) =>
      (a as ListEntry).priority - (b as ListEntry).priority
    );
    lists = lists.map((entry) =>
      entry === best && entry ? { ...entry, pending: false, active: true } : entry
    );
    return best?.intid;
  };
  const end = (intid: number) => {
    if (!lists.some((entry) => entry?.intid === intid && entry.active)) ended++;
    lists = lists.map((entry) => entry?.intid === intid ? { ...entry, active: false } : entry);
  };
  return {
    distributor,
    delivery,
    links,
    owner,
    deactivated,
    priority,
    acknowledge,
    end,
    flush: () => delivery.flush(core, owner),
    sync: () => delivery.sync(core, owner),
    listed: () => lists.flatMap((entry) => entry ? entry.intid : []),
    wants: (bit: number) => (control & bit) !== 0,
  };
}

Deno.test("list delivery: more interrupts than list registers come one after the other", () => {
  const { distributor, flush, sync, acknowledge, end, listed, wants } = rig();
  for (let intid = 40; intid < 47; intid++) distributor.latch(0, intid);
  const taken: (number | undefined)[] = [];
  for (let i = 0; i < 8; i++) {
    flush();
    assertEquals([listed().length, wants(ListControl.uie)], [Math.min(4, 7 - i), i < 3]);
    const intid = acknowledge();
    taken.push(intid);
    if (intid !== undefined) end(intid);
    sync();
  }
  assertEquals(taken, [40, 41, 42, 43, 44, 45, 46, undefined]);
  assertEquals(distributor.hasPending(0), false);
});

Deno.test("list delivery: the most urgent have the list registers", () => {
  const { distributor, priority, flush, sync, listed } = rig();
  for (let intid = 40; intid < 46; intid++) {
    priority(intid, 0xa0);
    distributor.latch(0, intid);
  }
  flush();
  assertEquals(listed(), [40, 41, 42, 43]);
  sync();
  priority(45, 0x10);
  flush();
  assertEquals(listed(), [45, 40, 41, 42]);
});

Deno.test("list delivery: an active interrupt without a list register ends all the same", () => {
  const { distributor, owner, links, priority, deactivated, ...guest } = rig();
  const { flush, sync, acknowledge, end, listed, wants } = guest;
  const link = links.add(77, 40);
  priority(40, 0xf0);
  links.inject(owner, link);
  flush();
  assertEquals(acknowledge(), 40);
  sync();
  for (let intid = 41; intid < 45; intid++) {
    priority(intid, 0x10);
    distributor.latch(0, intid);
  }
  flush();
  assertEquals([listed(), wants(ListControl.lrenpie)], [[41, 42, 43, 44], true]);
  end(40);
  sync();
  assertEquals([distributor.isActive(0, 40), link.inFlight, deactivated], [false, false, [77]]);
});

Deno.test("list delivery: what the guest has not taken is news only after more has come", () => {
  const { distributor, delivery, owner, flush, sync } = rig();
  distributor.latch(0, 40);
  assertEquals(delivery.hasNews(owner), true);
  flush();
  sync();
  assertEquals(delivery.hasNews(owner), false);
  distributor.latch(0, 41);
  assertEquals(delivery.hasNews(owner), true);
});
