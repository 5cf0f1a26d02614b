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

/** Sets an option; `arg` is the argument as written. */
type Give = (key: string, value: unknown, arg: string, collects?: boolean) => void;

/** Reads command line arguments. */
export function parseArgs(args: readonly string[], options: ParseOptions = {}): Args {
  const declared = declare(options);
  const found: Args = { _: [] };
  const separator = args.indexOf("--");
  const before = separator < 0 ? [...args] : args.slice(0, separator);
  const after = separator < 0 ? [] : args.slice(separator + 1);

  const give: Give = (key, value, arg, collects = true) => {
    const known = isDeclared(key, declared) || (declared.all && /^--[^=]+$/.test(arg));
    if (!known && options.unknown?.(arg, key, value) === false) return;
    const typed = typeof value === "string" && !declared.strings.has(key) ? typedValue(value) : value;
    const listed = collects && declared.collected.has(key);
    for (const name of [key, ...declared.aliases.get(key) ?? []]) {
      if (!listed) found[name] = typed;
      else if (Array.isArray(found[name])) found[name].push(typed);
      else found[name] = [typed];
    }
  };

  for (let i = 0; i < before.length; i++) {
    const arg = before[i] as string;
    const next = before[i + 1];
    if (/^--[^-=]/.test(arg)) {
      if (longOption(arg, next, declared, give)) i++;
    } else if (/^-[^-]/.test(arg)) {
      if (shortOptions(arg, next, declared, give)) i++;
    } else {
      if (options.unknown?.(arg) !== false) {
        found._.push(declared.strings.has("_") ? arg : typedValue(arg));
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

/** Reads `--name`, `--name=value`, `--name value` and `--no-name`; whether the next argument was used. */
function longOption(
  arg: string,
  next: string | undefined,
  declared: Declared,
  give: Give,
): boolean {
  const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) as unknown as [string, string, string?];
  if (value !== undefined) {
    give(name, declared.booleans.has(name) ? value !== "false" : value, arg);
    return false;
  }
  const positive = name.slice("no-".length);
  if (name.startsWith("no-") && declared.negatable.has(positive)) {
    give(positive, false, arg, false);
    return false;
  }
  const takes = !declared.all && !declared.booleans.has(name) && !next?.startsWith("-");
  return withNext({ key: name, arg, next, takes }, declared, give);
}

/** Reads `-abc`, `-n5`, `-n=5` and `-n 5`; whether the next argument was used. */
function shortOptions(
  arg: string,
  next: string | undefined,
  declared: Declared,
  give: Give,
): boolean {
  for (let i = 1; i < arg.length - 1; i++) {
    const key = arg[i] as string;
    const rest = arg.slice(i + 1);
    const value = shortValue(key, rest);
    if (value === undefined) give(key, bare(key, declared), arg);
    else give(key, value, arg);
    if (value !== undefined && rest !== "-") return false;
  }
  const key = arg.slice(-1);
  if (key === "-") return false;
  const takes = !declared.booleans.has(key) && !/^--?[^-]/.test(next ?? "");
  return withNext({ key, arg, next, takes }, declared, give);
}

/** The value that is glued to a letter, if the rest is one. */
function shortValue(letter: string, rest: string): string | undefined {
  if (rest === "-") return rest;
  if (rest === "=") return "";
  if (/[A-Za-z]/.test(letter)) {
    const afterEquals = /=(.+)/.exec(rest)?.[1];
    if (afterEquals !== undefined) return afterEquals;
    if (/-?\d+(\.\d*)?(e-?\d+)?$/.test(rest)) return rest;
  }
  return /^\W/.test(rest) && rest.length > 1 ? rest : undefined;
}

function withNext(
  { key, arg, next, takes }: { key: string; arg: string; next: string | undefined; takes: boolean },
  declared: Declared,
  give: Give,
): boolean {
  if (next && (takes || isBoolean(next))) {
    give(key, takes ? next : next === "true", arg);
    return true;
  }
  give(key, bare(key, declared), arg);
  return false;
}

/** What an option without a value is. */
function bare(key: string, declared: Declared): "" | true {
  return declared.strings.has(key) ? "" : true;
}

function isBoolean(text: string): boolean {
  return text === "true" || text === "false";
}

function typedValue(text: string): string | number {
  return /\S/.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
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

function isDeclared(key: string, declared: Declared): boolean {
  return declared.booleans.has(key) || declared.strings.has(key) || declared.aliases.has(key) ||
    declared.collected.has(key);
}

/** Booleans that were not given are false; collected strings and booleans are empty lists. */
function fillDefaults(found: Args, declared: Declared, options: ParseOptions): void {
  for (const [name, value] of Object.entries(options.default ?? {})) {
    if (Object.hasOwn(found, name)) continue;
    for (const key of [name, ...declared.aliases.get(name) ?? []]) found[key] = value;
  }
  for (const key of [...declared.booleans, ...declared.strings]) {
    if (Object.hasOwn(found, key)) continue;
    if (declared.collected.has(key)) found[key] = [];
    else if (declared.booleans.has(key)) found[key] = false;
  }
}
