/**
 * A local stand-in for the part of `@std/cli` that hvsim uses: `parseArgs` with `string`, `boolean`,
 * `collect`, `default`, `alias`, `negatable`, `stopEarly`, `unknown` and `--`.
 *
 * What the real package has besides is absent: the types derived from the options (values are
 * `any`), and dotted names that nest.
 * @module
 */

/** What the arguments became; `_` holds the ones that are no options. */
export interface Args {
  _: (string | number)[];
  "--"?: string[];
  // deno-lint-ignore no-explicit-any
  [name: string]: any;
}

export interface ParseOptions {
  /** Puts what follows `--` under `--` instead of `_`. */
  readonly "--"?: boolean;
  /** Other names; a value under one shows under all. */
  readonly alias?: Readonly<Record<string, string | readonly string[]>>;
  /** Options without a value; `true`: all that have no `=`. */
  readonly boolean?: boolean | string | readonly string[];
  /** Options that may come more than once; always lists. */
  readonly collect?: string | readonly string[];
  readonly default?: Readonly<Record<string, unknown>>;
  /** Options that `--no-NAME` sets to false. */
  readonly negatable?: string | readonly string[];
  /** Whether everything from the first argument that is no option on goes to `_`. */
  readonly stopEarly?: boolean;
  /** Options whose value is never read as a number. */
  readonly string?: string | readonly string[];
  /** Called for each argument that no option declares; `false` drops it. */
  readonly unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

interface Declared {
  readonly all: boolean;
  readonly booleans: ReadonlySet<string>;
  readonly strings: ReadonlySet<string>;
  readonly collected: ReadonlySet<string>;
  readonly negatable: ReadonlySet<string>;
  readonly aliases: ReadonlyMap<string, readonly string[]>;
}

const numeral = /^(0x[0-9a-f]+|[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?)$/i;

/** Reads command line arguments. */
export function parseArgs(args: readonly string[], options: ParseOptions = {}): Args {
  const declared = declare(options);
  const found: Args = { _: [] };
  const separator = args.indexOf("--");
  const before = separator < 0 ? [...args] : args.slice(0, separator);
  const after = separator < 0 ? [] : args.slice(separator + 1);

  const unwanted = (arg: string, key?: string, value?: unknown): boolean => {
    if (options.unknown === undefined) return false;
    if (key !== undefined && isDeclared(key, declared, options)) return false;
    return options.unknown(arg, key, value) === false;
  };
  const give = (key: string, value: unknown, arg: string, fromNegation = false): void => {
    if (!fromNegation && unwanted(arg, key, value)) return;
    const text = typeof value === "string" && !declared.strings.has(key) && numeral.test(value);
    const typed = text ? Number(value) : value;
    for (const name of [key, ...declared.aliases.get(key) ?? []]) {
      if (!declared.collected.has(name)) found[name] = typed;
      else if (Array.isArray(found[name])) found[name].push(typed);
      else found[name] = [typed];
    }
  };

  for (let i = 0; i < before.length; i++) {
    const arg = before[i] as string;
    const next = before[i + 1];
    const long = /^--([^=]+)(?:=(.*))?$/s.exec(arg);
    if (long !== null) {
      const [, name, value] = long as unknown as [string, string, string | undefined];
      const positive = name.replace(/^no-/, "");
      if (value !== undefined) {
        give(name, declared.booleans.has(name) ? value !== "false" : value, arg);
      } else if (name !== positive && declared.negatable.has(positive)) {
        give(positive, false, arg, true);
      } else if (takesNext(name, next, declared)) {
        give(name, next, arg);
        i++;
      } else if (declared.booleans.has(name) && (next === "true" || next === "false")) {
        give(name, next === "true", arg);
        i++;
      } else {
        give(name, declared.strings.has(name) ? "" : true, arg);
      }
    } else if (/^-[^-]/.test(arg) && !numeral.test(arg)) {
      if (shortOptions(arg, next, declared, give)) i++;
    } else {
      if (!unwanted(arg)) {
        found._.push(!declared.strings.has("_") && numeral.test(arg) ? Number(arg) : arg);
      }
      if (options.stopEarly) {
        found._.push(...before.slice(i + 1));
        break;
      }
    }
  }
  fillDefaults(found, declared, options);
  if (options["--"]) found["--"] = after;
  else found._.push(...after);
  return found;
}

/** Reads `-abc`, `-n5`, `-n=5` and `-n 5`; whether the next argument was used. */
function shortOptions(
  arg: string,
  next: string | undefined,
  declared: Declared,
  give: (key: string, value: unknown, arg: string) => void,
): boolean {
  const letters = arg.slice(1);
  for (let i = 0; i < letters.length; i++) {
    const key = letters[i] as string;
    const rest = letters.slice(i + 1);
    const last = rest === "";
    if (rest.startsWith("=")) {
      give(key, declared.booleans.has(key) ? rest.slice(1) !== "false" : rest.slice(1), arg);
      return false;
    }
    if (last && takesNext(key, next, declared)) {
      give(key, next, arg);
      return true;
    }
    if (last && declared.booleans.has(key) && (next === "true" || next === "false")) {
      give(key, next === "true", arg);
      return true;
    }
    if (!last && /[A-Za-z]/.test(key) && /^-?\d+(\.\d*)?(e-?\d+)?$/.test(rest)) {
      give(key, rest, arg);
      return false;
    }
    if (!last && /\W/.test(rest[0] as string)) {
      give(key, rest, arg);
      return false;
    }
    give(key, declared.strings.has(key) ? "" : true, arg);
  }
  return false;
}

function takesNext(key: string, next: string | undefined, declared: Declared): boolean {
  if (next === undefined || declared.all || declared.booleans.has(key)) return false;
  return !next.startsWith("-") || numeral.test(next);
}

function declare(options: ParseOptions): Declared {
  const aliases = new Map<string, string[]>();
  for (const [name, others] of Object.entries(options.alias ?? {})) {
    const group = [...new Set([name, ...[others].flat()])] as string[];
    for (const member of group) aliases.set(member, group.filter((other) => other !== member));
  }
  const withAliases = (names: string | readonly string[] | boolean | undefined) => {
    const listed = typeof names === "boolean" ? [] : ([names ?? []].flat() as string[]);
    return new Set(listed.flatMap((name) => [name, ...aliases.get(name) ?? []]));
  };
  return {
    all: options.boolean === true,
    booleans: withAliases(options.boolean),
    strings: withAliases(options.string),
    collected: withAliases(options.collect),
    negatable: withAliases(options.negatable),
    aliases,
  };
}

function isDeclared(key: string, declared: Declared, options: ParseOptions): boolean {
  return declared.all || declared.booleans.has(key) || declared.strings.has(key) ||
    declared.collected.has(key) || declared.negatable.has(key) || declared.aliases.has(key) ||
    Object.hasOwn(options.default ?? {}, key);
}

/** Booleans that were not given are false, collected options empty lists. */
function fillDefaults(found: Args, declared: Declared, options: ParseOptions): void {
  for (const [name, value] of Object.entries(options.default ?? {})) {
    for (const key of [name, ...declared.aliases.get(name) ?? []]) found[key] ??= value;
  }
  for (const key of declared.booleans) {
    if (!Object.hasOwn(found, key)) found[key] = declared.collected.has(key) ? [] : false;
  }
  for (const key of declared.collected) {
    if (!Object.hasOwn(found, key)) found[key] = [];
  }
}
