/**
 * A local stand-in for the part of `@std/assert` that the tests use, for machines that cannot reach
 * JSR. Same names, same signatures; `links` in deno.json puts it in place of the real package.
 * @module
 */

import nodeAssert from "node:assert";
import { inspect } from "node:util";
import { equal } from "./equal.ts";

export { equal };

/** What every assertion throws. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

// deno-lint-ignore no-explicit-any
type AnyConstructor = abstract new (...args: any[]) => any;
// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return inspect(value, { depth: 10, sorted: true, breakLength: 100, maxArrayLength: 100 });
}

function suffix(message?: string): string {
  return message ? `: ${message}` : ".";
}

function differences(actual: unknown, expected: unknown): string {
  try {
    nodeAssert.deepStrictEqual(actual, expected);
  } catch (error) {
    return (error as Error).message.split("\n").slice(1).join("\n");
  }
  return "";
}

function check(holds: boolean, message: () => string): asserts holds {
  if (!holds) throw new AssertionError(message());
}

export function assert(expression: unknown, message = ""): asserts expression {
  if (!expression) throw new AssertionError(message);
}

export function assertFalse(expression: unknown, message = ""): asserts expression is false {
  if (expression) throw new AssertionError(message);
}

export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  check(
    equal(actual, expected),
    () =>
      `Values are not equal${suffix(message)}\n\n    [Diff] Actual / Expected\n\n` +
      `${differences(actual, expected)}\n`,
  );
}

export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  check(
    !equal(actual, expected),
    () => `Expected actual: ${show(actual)} not to be: ${show(expected)}${suffix(message)}`,
  );
}

export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is T {
  check(
    Object.is(actual, expected),
    () =>
      `Values are not strictly equal${suffix(message)}\n` +
      `    actual: ${show(actual)}\n    expected: ${show(expected)}`,
  );
}

export function assertNotStrictEquals<T>(actual: T, expected: T, message?: string): void {
  check(
    !Object.is(actual, expected),
    () => `Expected "actual" to not be strictly equal to: ${show(actual)}${suffix(message)}\n`,
  );
}

export function assertExists<T>(
  actual: T,
  message?: string,
): asserts actual is NonNullable<T> {
  check(
    actual !== undefined && actual !== null,
    () => `Expected actual: "${actual}" to not be null or undefined${suffix(message)}`,
  );
}

export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  message = "",
): asserts actual is InstanceType<T> {
  check(
    actual instanceof expectedType,
    () =>
      `Expected object to be an instance of "${expectedType.name}" but was ` +
      `"${classOf(actual)}"${suffix(message)}`,
  );
}

export function assertNotInstanceOf<A, T>(
  actual: A,
  // deno-lint-ignore no-explicit-any
  unexpectedType: abstract new (...args: any[]) => T,
  message?: string,
): asserts actual is Exclude<A, T> {
  check(
    !(actual instanceof unexpectedType),
    () => `Expected object to not be an instance of "${unexpectedType.name}"${suffix(message)}`,
  );
}

function classOf(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? value.constructor?.name ?? "Object" : typeof value;
}

export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  check(
    expected.test(actual),
    () => `Expected actual: "${actual}" to match: "${expected}"${suffix(message)}`,
  );
}

export function assertNotMatch(actual: string, expected: RegExp, message?: string): void {
  check(
    !expected.test(actual),
    () => `Expected actual: "${actual}" to not match: "${expected}"${suffix(message)}`,
  );
}

export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  check(
    actual.includes(expected),
    () => `Expected actual: "${actual}" to contain: "${expected}"${suffix(message)}`,
  );
}

export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  message?: string,
): void {
  const present = Array.from(actual);
  const missing = Array.from(expected).filter((x) => !present.some((y) => equal(x, y)));
  check(
    missing.length === 0,
    () =>
      `Expected actual: "${show(actual)}" to include: "${show(expected)}"${suffix(message)}\n` +
      `missing: ${show(missing)}`,
  );
}

export function assertGreater<T>(actual: T, low: T, message?: string): void {
  check(actual > low, () => `Expect ${show(actual)} > ${show(low)}${suffix(message)}`);
}

export function assertGreaterOrEqual<T>(actual: T, low: T, message?: string): void {
  check(actual >= low, () => `Expect ${show(actual)} >= ${show(low)}${suffix(message)}`);
}

export function assertLess<T>(actual: T, high: T, message?: string): void {
  check(actual < high, () => `Expect ${show(actual)} < ${show(high)}${suffix(message)}`);
}

export function assertLessOrEqual<T>(actual: T, high: T, message?: string): void {
  check(actual <= high, () => `Expect ${show(actual)} <= ${show(high)}${suffix(message)}`);
}

/** The default tolerance is one ten-millionth of the expected value. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  check(
    Math.abs(expected - actual) <= allowed,
    () =>
      `Expected actual: "${actual}" to be close to "${expected}": ` +
      `delta "${Math.abs(expected - actual)}" is greater than "${allowed}"${suffix(message)}`,
  );
}

export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  message?: string,
): void {
  const partial = pick(actual, expected);
  check(
    equal(partial, expected),
    () => `Values are not equal${suffix(message)}\n${differences(partial, expected)}`,
  );
}

/** The part of `value` that has the shape of `shape`: objects lose the keys that it lacks. */
function pick(value: unknown, shape: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value) && Array.isArray(shape)) {
    return value.slice(0, shape.length).map((item, i) => pick(item, shape[i]));
  }
  if (typeof shape !== "object" || shape === null || Array.isArray(shape)) return value;
  if (![Object.prototype, null].includes(Object.getPrototypeOf(shape))) return value;
  const keys = Reflect.ownKeys(shape).filter((key) => key in value);
  return Object.fromEntries(
    keys.map((key) => [key, pick(Reflect.get(value, key), Reflect.get(shape, key))]),
  );
}

export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: ErrorClass<E>,
  includes?: string | RegExp,
  message?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(
      `Expected "error" to be an Error object${suffix(message)}, found ${classOf(error)}`,
    );
  }
  check(
    ErrorClass === undefined || error instanceof ErrorClass,
    () =>
      `Expected error to be instance of "${ErrorClass?.name}", but was ` +
      `"${error.constructor.name}"${suffix(message)}\n${error.stack}`,
  );
  const fits = includes instanceof RegExp
    ? includes.test(error.message)
    : error.message.includes(includes ?? "");
  check(
    fits,
    () =>
      `Expected error message to include ${show(includes)}, but got ` +
      `${JSON.stringify(error.message)}${suffix(message)}`,
  );
}

export function assertThrows(fn: () => unknown, message?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  includes?: string | RegExp,
  message?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMessage?: ErrorClass<Error> | string,
  includes?: string | RegExp,
  message?: string,
): unknown {
  const expected = typeof classOrMessage === "string" ? undefined : classOrMessage;
  const note = typeof classOrMessage === "string" ? classOrMessage : message;
  let thrown: unknown;
  try {
    fn();
  } catch (error) {
    thrown = error;
    if (expected !== undefined) assertIsError(error, expected, includes, note);
    return thrown;
  }
  throw new AssertionError(`Expected function to throw${suffix(note)}`);
}

export function assertRejects(fn: () => PromiseLike<unknown>, message?: string): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  includes?: string | RegExp,
  message?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMessage?: ErrorClass<Error> | string,
  includes?: string | RegExp,
  message?: string,
): Promise<unknown> {
  const expected = typeof classOrMessage === "string" ? undefined : classOrMessage;
  const note = typeof classOrMessage === "string" ? classOrMessage : message;
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch {
    throw new AssertionError(`Function throws when expected to reject${suffix(note)}`);
  }
  try {
    await promise;
  } catch (error) {
    if (expected !== undefined) assertIsError(error, expected, includes, note);
    return error;
  }
  throw new AssertionError(`Expected function to reject${suffix(note)}`);
}

export function fail(message?: string): never {
  throw new AssertionError(`Failed assertion${suffix(message)}`);
}

export function unimplemented(message?: string): never {
  throw new AssertionError(`Unimplemented${suffix(message)}`);
}

export function unreachable(message?: string): never {
  throw new AssertionError(`Unreachable${suffix(message)}`);
}
