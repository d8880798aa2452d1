import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** Less than the smallest object a tick, which is 16 bytes; the rest is what measuring itself leaves behind. */
const GROWTH_MAX_BYTES_PER_TICK = 4;

interface Measured {
  ticks: number;
  grown: number[];
}

for (const kind of ["plain", "shared"]) {
  test(`${kind}: steady ticks allocate nothing`, () => {
    const child = fileURLToPath(new URL("./steady-child.js", import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", child, kind], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    const { ticks, grown } = JSON.parse(stdout) as Measured;
    assert.equal(grown.length, 5);
    // Compilers work beside a round and leave something in one or the other; what ticks allocate is in all of them.
    const least = Math.min(...grown);
    assert.ok(least < ticks * GROWTH_MAX_BYTES_PER_TICK, `${grown.join(", ")} bytes in ${ticks} ticks`);
  });
}
