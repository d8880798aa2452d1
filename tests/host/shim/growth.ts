/** How much the heap grows in steady ticks, measured in a process of its own (`node --expose-gc`). */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROUNDS = 5;
const TICKS = 50_000;
/**
 * Half of the smallest object a tick, which is 16 bytes. The rest is what measuring itself leaves behind, and a boxed
 * number of code that runs every fourth tick and that the optimizing compiler, short of processor time, hasn't reached.
 */
const GROWTH_MAX_BYTES_PER_TICK = 8;

interface Measured {
  ticks: number;
  grown: number[];
}

/** In the child: runs rounds of ticks after one to warm up, and prints how the heap grew in each. */
export function measureGrowth(run: (ticks: number) => void): void {
  run(TICKS);
  const grown: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    run(TICKS);
    grown.push(process.memoryUsage().heapUsed - before);
  }
  process.stdout.write(JSON.stringify({ ticks: TICKS, grown }));
}

/** In the test: fails unless the rounds of a child that calls `measureGrowth` leave nothing behind. */
export function assertNothingAllocated(child: URL, ...args: string[]): void {
  const command = ["--expose-gc", fileURLToPath(child), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const { ticks, grown } = JSON.parse(stdout) as Measured;
  assert.equal(grown.length, ROUNDS);
  // Compilers work beside a round and leave something in one or the other; what ticks allocate is in all of them.
  const least = Math.min(...grown);
  assert.ok(least < ticks * GROWTH_MAX_BYTES_PER_TICK, `${grown.join(", ")} bytes in ${ticks} ticks`);
}
