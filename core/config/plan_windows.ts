/**
 * The windows onto the board that a VM description asks for, in each of its ways.
 *
 * @module
 */

import { hex } from "../hex.ts";
import { MaxGuestAddress, rangeOf, regionsOf } from "./plan_memory.ts";
import type { DeviceFact, PlatformFacts } from "./platform_facts.ts";
import { nearest, type Problem } from "./problem.ts";
import { endOf, PageBytes, type Range, roundUp, wholePages } from "./ranges.ts";
import type { VmConfig } from "./vm_config.ts";

/** A window as the file asks for it. */
export interface Wish extends Range {
  readonly key: string;
  readonly name: string;
  /** Host address minus guest address. */
  readonly offset: number;
  /** Found by a path: gives way to emulated devices and joins with others. */
  readonly found: boolean;
  readonly irq: number;
}

/** All windows asked for, as they are asked for. */
export function readWishes(config: VmConfig, facts: PlatformFacts, problems: Problem[]): Wish[] {
  const excluded = config.values.devices.excluded_devices.flat();
  const visible = facts.devices.filter((d) => !excluded.some((path) => isUnder(d.path, path)));
  return [
    ...explicitWishes(config, problems),
    ...pathWishes(config, facts, visible, problems),
  ];
}

function isUnder(path: string | undefined, ancestor: string): boolean {
  if (path === undefined) return false;
  return ancestor === "/" || path === ancestor || path.startsWith(`${ancestor}/`) ||
    path.startsWith(`${ancestor}@`);
}

function explicitWishes(config: VmConfig, problems: Problem[]): Wish[] {
  const { passthrough_devices, passthrough_addresses } = config.values.devices;
  const wishes: Wish[] = [];
  passthrough_devices.forEach(({ name, base_gpa, base_hpa, length, irq_id }, i) => {
    const key = `devices.passthrough_devices[${i}]`;
    if (length === 0) {
      if (!name.startsWith("/")) {
        problems.push(config.problem(
          "error",
          key,
          "[name, base_gpa, base_hpa, length, irq_id] or the path of a device tree node",
          `"${name}" without a length`,
          `write "/${name}" for a node of that name`,
        ));
      }
      return;
    }
    const range = { base: base_gpa, bytes: length };
    wishes.push({ key, name, ...range, offset: base_hpa - base_gpa, found: false, irq: irq_id });
  });
  passthrough_addresses.forEach(({ base_gpa, length }, i) => {
    const key = `devices.passthrough_addresses[${i}]`;
    const name = hex(base_gpa);
    wishes.push({ key, name, base: base_gpa, bytes: length, offset: 0, found: true, irq: 0 });
  });
  for (const { key, region } of regionsOf(config).windows) {
    const name = hex(region.gpa);
    wishes.push({ key, name, ...rangeOf(region), offset: 0, found: true, irq: 0 });
  }
  return wishes.map((wish) => aligned(config, wish, problems));
}

function aligned(config: VmConfig, wish: Wish, problems: Problem[]): Wish {
  for (const [what, value] of [["guest", wish.base], ["host", wish.base + wish.offset]] as const) {
    if (value % PageBytes !== 0) {
      problems.push(config.problem(
        "error",
        wish.key,
        `a ${what} address that is a multiple of 4 KiB`,
        hex(value),
      ));
    }
  }
  if (wish.bytes % PageBytes === 0) return wish;
  problems.push(config.problem(
    "warning",
    wish.key,
    "a length that is a multiple of 4 KiB",
    hex(wish.bytes),
    "the rest of the page is passed through as well",
  ));
  return { ...wish, bytes: roundUp(wish.bytes, PageBytes) };
}

function pathWishes(
  config: VmConfig,
  facts: PlatformFacts,
  visible: readonly DeviceFact[],
  problems: Problem[],
): Wish[] {
  const { passthrough_devices, address_space_policy } = config.values.devices;
  const paths = passthrough_devices
    .map(({ name, length }, i) => ({
      path: name,
      length,
      key: `devices.passthrough_devices[${i}]`,
    }))
    .filter(({ path, length }) => length === 0 && path.startsWith("/"));
  if (address_space_policy === "passthrough") {
    paths.push({ path: "/", length: 0, key: "devices.address_space_policy" });
  }
  return paths.flatMap(({ path, key }) => {
    const known = [...facts.devices.flatMap((d) => d.path ?? []), ...facts.otherPaths];
    if (path !== "/" && !known.some((k) => isUnder(k, path))) {
      const near = nearest(path, new Set(known));
      problems.push(config.problem(
        "error",
        key,
        `the path of a device tree node of ${facts.name}`,
        `"${path}"`,
        near === undefined ? undefined : `did you mean "${near}"?`,
      ));
    }
    const reachable = visible.filter((d) => isUnder(d.path, path) && endOf(d) <= MaxGuestAddress);
    return reachable.map((d) => ({
      key,
      name: d.name,
      ...wholePages(d),
      offset: 0,
      found: true,
      irq: 0,
    }));
  });
}
