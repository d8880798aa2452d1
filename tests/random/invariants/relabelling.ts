/**
 * Row numbers mean nothing: the same run with sessions and initiators in other rows, so that within a tick they are looked
 * at in another order too, makes the same decisions about the same things.
 */

import { readModule } from "../../../host/cli/exit.js";
import type { ArrayDescription } from "../../../host/array/description.js";
import type { Shim } from "../../../host/shim/shim.js";
import { Random } from "../../../host/sources/simulated/random.js";
import type { RandomCase } from "../case.js";
import { randomCase } from "../generate/case.js";
import { shuffled } from "../generate/draw.js";
import { decisionLine } from "../observe/decisions.js";
import type { Comparison } from "../run/comparison.js";
import { runCase } from "../run/run.js";

/** Rows that are permuted among each other: as many as one tick takes in, so that the work bound plays no part. */
const SESSION_ROWS = 256;
const INITIATOR_ROWS = 64;
const WARM_TICKS = 64;

export const relabelling: Comparison = {
  name: "other rows, the same decisions",
  every: 4,
  compare(seed) {
    // Damage picks its rows by number. The standard profile's work bound is larger than the rows that these runs use.
    const random = randomCase(seed, { profile: "standard", without: ["damage"] });
    const order = new Random(random.seed, "rows");
    const rows = (count: number) => Array.from({ length: count }, (_, row) => row);
    const lines = (candidate: RandomCase, sessions: number[], initiators: number[]) =>
      runCase(candidate, {
        module: readModule("standard", false),
        invariants: [],
        prepare: (shim, array, hostMs) => orderRows(shim, array, hostMs, sessions, initiators),
      }).decisions.map(decisionLine);
    const one = lines(random, rows(SESSION_ROWS), rows(INITIATOR_ROWS));
    const two = lines(random, shuffled(order, rows(SESSION_ROWS)), shuffled(order, rows(INITIATOR_ROWS)));
    const at = one.findIndex((line, index) => line !== two[index]);
    if (at < 0 && one.length === two.length) return undefined;
    return `decision ${at}: ${one[at] ?? "none"}; in other rows: ${two[at] ?? "none"}`;
  },
};

/**
 * Has the shim give out rows of sessions and initiators in a given order: all are taken, and given back in that order.
 * Ids of initiators stay the same, since they are given out by name beforehand.
 */
function orderRows(
  shim: Shim,
  array: ArrayDescription,
  hostMs: number,
  sessions: number[],
  initiators: number[],
): void {
  const { sessionInput, initiatorInput } = shim.core.views;
  const port = shim.names.ports.rows()[0] ?? 0;
  const target = shim.names.targets.rows()[0] ?? 0;
  const taken: number[] = [];
  for (let row = 0; row < initiatorInput.capacity; row++) shim.initiator(`nobody${row}`);
  for (let row = 0; row < sessionInput.capacity; row++) {
    taken.push(shim.login(row % initiatorInput.capacity, target, port, 0));
  }
  // An initiator without a session waits to be replaced, the longest idle first.
  const rest = taken.filter((row) => !sessions.includes(row));
  const isLast = (row: number) => row >= sessionInput.capacity - initiatorInput.capacity;
  const idle = [
    ...initiators.map((row) => sessionInput.capacity - initiatorInput.capacity + row),
    ...rest.filter(isLast),
  ];
  for (const row of [...sessions, ...rest.filter((row) => !isLast(row))]) shim.logout(row);
  for (const row of new Set(idle)) shim.logout(row);
  for (const { name } of array.initiators) shim.initiator(name);
  for (let tick = 0; tick < WARM_TICKS; tick++) shim.tick(hostMs, () => {});
}
