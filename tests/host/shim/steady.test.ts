import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** Two bytes a tick: far less than the smallest object, more than what compilers and feedback leave behind. */
const GROWTH_MAX_BYTES = 200_000;

for (const kind of ["plain", "shared"]) {
  test(`${kind}: a hundred thousand steady ticks allocate nothing`, () => {
    const child = fileURLToPath(new URL("./steady-child.js", import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", child, kind], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    const { ticks, grown, collections } = JSON.parse(stdout) as Record<string, number>;
    assert.equal(ticks, 100_000);
    assert.equal(collections, 0);
    assert.ok((grown as number) < GROWTH_MAX_BYTES, `${grown} bytes`);
  });
}
