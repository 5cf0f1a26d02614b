import { assertEquals } from "@std/assert";
import { ImageError } from "../../../core/images/image_error.ts";

Deno.test("ImageError: says file, expectation, finding and offset", () => {
  const error = new ImageError("a/Image", 0x18, "a little-endian kernel", "a big-endian one");
  assertEquals(
    error.message,
    'Cannot use image "a/Image": expected a little-endian kernel, found a big-endian one ' +
      "at offset 0x0000_0018",
  );
  assertEquals(error.offset, 0x18);
});
