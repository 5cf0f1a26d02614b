import { assertEquals, assertMatch } from "@std/assert";
import { hvsim } from "./hvsim.ts";

/** Options that each of the images in guests/images/ is run with. */
const runs: Readonly<Record<string, readonly string[]>> = {
  exceptions: ["--el 1", "--el 2", "--el 1 --cpu cortex-a53", "--el 2 --cpu max"],
  mmu: ["--el 1", "--el 2", "--el 1 --cpu cortex-a53", "--el 1 --cpu max"],
  timer: ["--el 1", "--el 2"],
  psci: ["--el 1 --cpus 2", "--el 2 --cpus 2"],
  stage2: ["--el 2", "--el 2 --cpu max"],
  el2: ["--el 2", "--el 2 --cpu max"],
  gicv2: ["--el 1 --gic 2 --cpus 2", "--el 2 --gic 2 --cpus 2"],
  gicv3: ["--el 1 --gic 3 --cpus 2", "--el 2 --gic 3 --cpus 2"],
};

for (const [image, variants] of Object.entries(runs)) {
  for (const options of variants) {
    Deno.test(`conformance: ${image}.img passes with ${options}`, async () => {
      const { code, stdout, stderr } = await hvsim([
        ...["--kernel", `guests/images/${image}.img`, "--memory", "128M", "--timeout", "60"],
        ...options.split(" "),
      ]);
      const failures = stdout.split("\n").filter((line) => line.startsWith("FAIL"));
      assertEquals(failures, []);
      assertMatch(stdout, /[1-9]\d* passed, 0 failed\s*$/, stderr);
      assertEquals(code, 0);
    });
  }
}
