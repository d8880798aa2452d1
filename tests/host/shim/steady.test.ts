import { test } from "node:test";
import { assertNothingAllocated } from "./growth.js";

for (const kind of ["plain", "shared"]) {
  test(`${kind}: steady ticks allocate nothing`, () => {
    assertNothingAllocated(new URL("./steady-child.js", import.meta.url), kind);
  });
}
