import { assertEquals } from "@std/assert";
import { describeAccess, readAccessDescriptor } from "../../../core/engine/access_descriptor.ts";

Deno.test("access descriptor: gives back what it was made of", () => {
  for (const bytes of [1, 2, 3, 4, 8, 12, 16, 24, 32, 48, 64]) {
    for (const kind of ["read", "write", "update"] as const) {
      for (const unprivileged of [false, true]) {
        const rest = { bytes, kind, unprivileged };
        assertEquals(
          readAccessDescriptor(describeAccess(bytes, kind, { unprivileged })),
          { ...rest, mustAlign: false, unit: bytes },
        );
        assertEquals(
          readAccessDescriptor(describeAccess(bytes, kind, { unprivileged, align: 16 })),
          { ...rest, mustAlign: true, unit: 16 },
        );
        assertEquals(
          readAccessDescriptor(describeAccess(bytes, kind, { unprivileged, element: 8 })),
          { ...rest, mustAlign: false, unit: 8 },
        );
      }
    }
  }
});
