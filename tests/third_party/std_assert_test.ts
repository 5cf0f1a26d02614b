/**
 * What the tests rely on from `@std/assert`; holds for the real package and for the stand-in.
 * @module
 */

import * as std from "@std/assert";
import {
  assert,
  assertEquals,
  AssertionError,
  assertIsError,
  assertRejects,
  assertThrows,
} from "@std/assert";

function fails(check: () => void, text = ""): void {
  try {
    check();
  } catch (error) {
    assert(error instanceof AssertionError);
    assert(error.message.includes(text), `"${error.message}" lacks "${text}"`);
    return;
  }
  throw new Error(`no failure: ${check}`);
}

const same: [unknown, unknown][] = [
  [0, -0],
  [NaN, NaN],
  [[1, [2, { a: 3n }]], [1, [2, { a: 3n }]]],
  [{ a: 1, b: 2 }, { b: 2, a: 1 }],
  [new Set([1, { a: 2 }]), new Set([{ a: 2 }, 1])],
  [new Map([["a", [1]]]), new Map([["a", [1]]])],
  [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  [new Float64Array([NaN, 0]), new Float64Array([NaN, -0])],
  [new Date(5), new Date(5)],
  [/a/g, /a/g],
  [Object.assign(Object.create(null), { x: 1 }), { x: 1 }],
];

const different: [unknown, unknown][] = [
  [1, 1n],
  [1, "1"],
  [null, undefined],
  [{ a: undefined }, {}],
  [[undefined], []],
  [[1, 2], [2, 1]],
  [new Uint8Array([1]), new Int8Array([1])],
  [new Uint8Array([1]), [1]],
  [new Map([["a", 1]]), new Map([["a", 2]])],
  [new Set([1]), new Set([2])],
  [new Date(5), new Date(6)],
  [/a/g, /a/i],
  [new (class A {})(), new (class B {})()],
];

Deno.test("std assert: equality is structural", () => {
  for (const [a, b] of same) {
    std.assertEquals(a, b);
    fails(() => std.assertNotEquals(a, b));
  }
  for (const [a, b] of different) {
    std.assertNotEquals(a, b);
    fails(() => std.assertEquals(a, b), "Values are not equal");
  }
  fails(() => std.assertEquals([1], [2], "of the list"), "Values are not equal: of the list");
});

Deno.test("std assert: strict equality is Object.is", () => {
  std.assertStrictEquals(NaN, NaN);
  fails(() => std.assertStrictEquals<unknown>({}, {}));
  fails(() => std.assertStrictEquals(0, -0));
  std.assertNotStrictEquals({}, {});
  fails(() => std.assertNotStrictEquals(1, 1));
});

Deno.test("std assert: plain checks pass and fail", () => {
  std.assert(1);
  fails(() => std.assert(0, "zero"), "zero");
  std.assertFalse(0);
  fails(() => std.assertFalse(1));
  std.assertExists("");
  fails(() => std.assertExists(null));
  std.assertInstanceOf(new Date(), Date);
  fails(() => std.assertInstanceOf({}, Date), 'an instance of "Date"');
  std.assertNotInstanceOf({}, Date);
  fails(() => std.assertNotInstanceOf(new Date(), Date));
  std.assertMatch("abc", /b/);
  fails(() => std.assertMatch("abc", /d/));
  std.assertNotMatch("abc", /d/);
  fails(() => std.assertNotMatch("abc", /b/));
  std.assertStringIncludes("abc", "bc");
  fails(() => std.assertStringIncludes("abc", "d"));
  std.assertArrayIncludes([1, { a: 2 }, 3], [{ a: 2 }]);
  fails(() => std.assertArrayIncludes([1], [2]));
  fails(() => std.fail("here"), "here");
  fails(() => std.unreachable());
});

Deno.test("std assert: comparisons pass and fail", () => {
  std.assertGreater(2, 1);
  fails(() => std.assertGreater(1, 1));
  std.assertGreaterOrEqual(1n, 1n);
  fails(() => std.assertGreaterOrEqual(0, 1));
  std.assertLess(1, 2);
  fails(() => std.assertLess(1, 1));
  std.assertLessOrEqual(1, 1);
  fails(() => std.assertLessOrEqual(2, 1));
  std.assertAlmostEquals(1, 1 + 1e-9);
  fails(() => std.assertAlmostEquals(1, 1.1));
  std.assertAlmostEquals(1, 1.1, 0.2);
});

Deno.test("std assert: object match looks at the expected keys alone", () => {
  std.assertObjectMatch({ a: 1, b: { c: 2, d: 3 } }, { b: { c: 2 } });
  fails(() => std.assertObjectMatch({ a: 1 }, { a: 2 }));
  fails(() => std.assertObjectMatch({ a: 1 }, { b: 1 }));
});

Deno.test("std assert: assertThrows checks class and message and returns the error", () => {
  const error = assertThrows(() => JSON.parse("{"), SyntaxError, "JSON");
  assertIsError(error, SyntaxError, /JSON/);
  assertEquals(assertThrows(() => std.assert(false, "x")) instanceof AssertionError, true);
  fails(() => assertThrows(() => 1), "Expected function to throw");
  fails(() => assertThrows(() => JSON.parse("{"), TypeError), "SyntaxError");
  fails(() => assertThrows(() => JSON.parse("{"), SyntaxError, "absent"), "absent");
});

Deno.test("std assert: assertRejects checks class and message and returns the error", async () => {
  const error = await assertRejects(() => Promise.reject(new RangeError("far")), RangeError, "far");
  assertEquals(error.message, "far");
  await assertRejects(() => assertRejects(() => Promise.resolve(1)), AssertionError, "to reject");
  await assertRejects(
    () => assertRejects(() => Promise.reject(new RangeError("far")), TypeError),
    AssertionError,
    "RangeError",
  );
});
