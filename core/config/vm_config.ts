/**
 * One VM's description: from TOML text, flat or with tables, to checked values.
 *
 * @module
 */

import {
  type EmulatedKind,
  emulatedKind,
  kindList,
  type KindNumbering,
  numberingOf,
} from "./emulated_kinds.ts";
import { refuse } from "./old_layouts.ts";
import type { Place, Problem } from "./problem.ts";
import { type JsonSchema, type Report, table, type UnknownKeys } from "./schema.ts";
import { readToml, type TomlTable, type TomlValue } from "./toml.ts";
import { StaleKeys, VmKeys, type VmTable, type VmValues } from "./vm_keys.ts";

/** A checked description that remembers where each value came from. */
export interface VmConfig {
  readonly file: string;
  readonly layout: "flat" | "tables";
  readonly values: VmValues;
  /** What each of `emu_devices` is. */
  readonly emulatedKinds: readonly EmulatedKind[];
  /** A problem with the value at `path` ("kernel.entry_point"), placed where it stands. */
  problem(
    severity: Problem["severity"],
    path: string,
    expected: string,
    found: string,
    hint?: string,
  ): Problem;
}

const Tables = Object.keys(VmKeys) as VmTable[];

/** Reads a description; `config` is missing when a value cannot be used. */
export function readVmConfig(
  bytes: Uint8Array,
  file: string,
): { config?: VmConfig; problems: Problem[] } {
  const root = readToml(bytes, file);
  if ("severity" in root) return { problems: [root] };
  const refusal = refuse(root);
  if (refusal !== undefined) {
    const { place, ...rest } = refusal;
    return { problems: [{ severity: "error", file, ...place, ...rest }] };
  }
  const layout = Tables.some((t) => root.entries.get(t)?.value.kind === "table")
    ? "tables"
    : "flat";
  const findings = collect(file, layout);
  const values = layout === "flat"
    ? checkFlat(root, findings.report)
    : checkTables(root, findings.report);
  const kinds = checkKinds(values, layout, findings);
  const { problems } = findings;
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  if (!findings.usable()) return { problems };
  const config: VmConfig = {
    file,
    layout,
    values,
    emulatedKinds: kinds,
    problem: findings.problem,
  };
  return { config, problems };
}

/** Gathers problems and places under paths like `kernel.entry_point`. */
function collect(file: string, layout: VmConfig["layout"]) {
  const problems: Problem[] = [];
  const places = new Map<string, Place>();
  let usable = true;
  // Flat files have no tables, so their keys have no table's name before them.
  const spelling = (path: string) =>
    layout === "flat" ? path.replace(/^(base|kernel|devices)(\.|$)/, "") : path;
  const placeOf = (path: string): Place => {
    for (let at = path; at !== ""; at = at.replace(/(^|\.|\[)[^.[]*$/, "")) {
      const place = places.get(at);
      if (place !== undefined) return place;
    }
    return { line: 1, column: 1 };
  };
  const problem: VmConfig["problem"] = (severity, path, expected, found, hint) => ({
    severity,
    file,
    ...placeOf(path),
    key: spelling(path),
    expected,
    found,
    ...(hint === undefined ? {} : { hint }),
  });
  const add = (p: Problem, place: Place) => void problems.push({ ...p, ...place });
  const report: Report = {
    wrong(path, place, expected, found, hint) {
      usable = false;
      add(problem("error", path, expected, found, hint), place);
    },
    unknown(path, place, expected, hint) {
      const name = JSON.stringify(path.slice(path.lastIndexOf(".") + 1));
      add(problem("error", path, expected, name, hint), place);
    },
    stale(path, place, why) {
      add(problem("warning", path, "no such key", "one of an older version, ignored", why), place);
    },
    seen: (path, place) => void places.set(path, place),
  };
  return { problems, report, problem, placeOf, usable: () => usable };
}

function unknownKeys(here: VmTable | undefined): UnknownKeys {
  return {
    stale: (key) => Object.hasOwn(StaleKeys, key) ? StaleKeys[key] : undefined,
    hint: (key) => {
      const home = Tables.find((t) => t !== here && Object.hasOwn(VmKeys[t], key));
      return home === undefined ? undefined : `it belongs in [${home}]`;
    },
  };
}

const rules = {
  base: table(VmKeys.base, unknownKeys("base")),
  kernel: table(VmKeys.kernel, unknownKeys("kernel")),
  devices: table(VmKeys.devices, unknownKeys("devices")),
};

function checkTables(root: TomlTable, report: Report): VmValues {
  const known = { base: passing, kernel: passing, devices: passing };
  table(known, unknownKeys(undefined)).check(root, "", report);
  const part = (name: VmTable): TomlValue => {
    const value = root.entries.get(name)?.value;
    if (value !== undefined) return value;
    if (name !== "devices") {
      report.wrong(name, root.place, `a table [${name}]`, "nothing");
    }
    return { kind: "table", place: root.place, source: "", entries: new Map() };
  };
  const silent: Report = { ...report, wrong() {} };
  const toward = (name: VmTable) => root.entries.has(name) || name === "devices" ? report : silent;
  return {
    base: rules.base.check(part("base"), "base", toward("base")),
    kernel: rules.kernel.check(part("kernel"), "kernel", toward("kernel")),
    devices: rules.devices.check(part("devices"), "devices", toward("devices")),
  };
}

/** Accepts anything; what is in the tables is checked by their own rules. */
const passing = { expected: "a table", json: {}, absent: { value: 0 }, check: () => 0 };

function checkFlat(root: TomlTable, report: Report): VmValues {
  const all: readonly string[] = Tables.flatMap((t) => Object.keys(VmKeys[t]));
  const known = Object.fromEntries(all.map((key) => [key, passing]));
  table(known, unknownKeys(undefined)).check(root, "", report);
  const part = (name: VmTable): TomlTable => ({
    ...root,
    entries: new Map([...root.entries].filter(([key]) => Object.hasOwn(VmKeys[name], key))),
  });
  return {
    base: rules.base.check(part("base"), "base", report),
    kernel: rules.kernel.check(part("kernel"), "kernel", report),
    devices: rules.devices.check(part("devices"), "devices", report),
  };
}

function checkKinds(
  values: VmValues,
  layout: VmConfig["layout"],
  { report, placeOf }: Pick<ReturnType<typeof collect>, "report" | "placeOf">,
): EmulatedKind[] {
  const numbers = values.devices.emu_devices.map((d) => d.emu_type);
  const numbering: KindNumbering = numberingOf(layout, numbers);
  return numbers.map((number, i) => {
    const kind = emulatedKind(numbering, number);
    if (kind !== undefined) return kind;
    const path = `devices.emu_devices[${i}].emu_type`;
    report.wrong(path, placeOf(path), `one of ${kindList(numbering)}`, String(number));
    return "dummy";
  });
}

/** The JSON Schema of both layouts, for editors. */
export function vmConfigJsonSchema(): JsonSchema {
  const stale = Object.fromEntries(
    Object.entries(StaleKeys).map(([key, why]) => [key, { description: `Ignored: ${why}` }]),
  );
  const tables = Tables.map((t) => {
    const json = rules[t].json as { properties: object; required: readonly string[] };
    return { ...json, properties: { ...json.properties, ...stale } };
  });
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "A virtual machine, as ArceOS hypervisors describe it",
    anyOf: [
      {
        title: "With tables (since March 2025)",
        type: "object",
        properties: Object.fromEntries(Tables.map((t, i) => [t, tables[i]])),
        required: ["base", "kernel"],
        additionalProperties: false,
      },
      {
        title: "Flat (December 2024 to March 2025)",
        type: "object",
        properties: Object.assign({}, ...tables.map((t) => t.properties)),
        required: tables.flatMap((t) => t.required),
        additionalProperties: false,
      },
    ],
  };
}
