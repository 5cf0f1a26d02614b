import { assertEquals } from "@std/assert";
import {
  ConfigError,
  hasErrors,
  nearest,
  type Problem,
  problemText,
} from "../../../core/config/problem.ts";

const problem: Problem = {
  severity: "error",
  file: "vm.toml",
  line: 3,
  column: 7,
  key: "base.id",
  expected: "an integer in 0..65535",
  found: '"one"',
};

Deno.test("problemText: place, key, expectation, finding and hint stand in one line", () => {
  assertEquals(
    problemText({ ...problem, hint: "write 1" }),
    'vm.toml:3:7: error: base.id: expected an integer in 0..65535, found "one" (write 1)',
  );
  assertEquals(
    problemText({ ...problem, severity: "warning", key: "" }),
    'vm.toml:3:7: warning: expected an integer in 0..65535, found "one"',
  );
});

Deno.test("hasErrors: warnings are no errors", () => {
  assertEquals(hasErrors([]), false);
  assertEquals(hasErrors([{ ...problem, severity: "warning" }]), false);
  assertEquals(hasErrors([{ ...problem, severity: "warning" }, problem]), true);
});

Deno.test("ConfigError: the message lists every problem", () => {
  const error = new ConfigError([problem, { ...problem, line: 4 }]);
  assertEquals(error.message.split("\n").length, 2);
  assertEquals(error.problems[1]?.line, 4);
});

Deno.test("nearest: finds what is meant and nothing far off", () => {
  const keys = ["entry_point", "kernel_path", "kernel_load_addr"];
  assertEquals(nearest("entry_pont", keys), "entry_point");
  assertEquals(nearest("Kernel_Path", keys), "kernel_path");
  assertEquals(nearest("colour", keys), undefined);
  assertEquals(nearest("", keys), undefined);
});
