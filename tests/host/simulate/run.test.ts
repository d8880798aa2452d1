import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TickDemand } from "../../../host/simulate/demand.js";
import type { Counters, PolicyContext } from "../../../host/simulate/policies/policy.js";
import { Run, type RunShape } from "../../../host/simulate/run.js";
import { SampledView } from "../../../host/simulate/sampled-view.js";
import { seedShape } from "./helpers.js";

const shape: RunShape = {
  world: { ...seedShape, nextPortal: "following" },
  start: "first",
  capacity: { ports: 2, perWindow: 1000, overloadShare: 0.8 },
  returnWindowMs: 60_000,
};

/** A tick in which session 0 asks for `cost` in one command of `bytes`. */
function demandOf(tick: number, cost: number, bytes: number): TickDemand {
  return {
    ...{ tick, touched: Uint32Array.of(0), count: 1 },
    ...{ cost: Float64Array.of(cost), commands: Float64Array.of(1), bytes: Float64Array.of(bytes) },
  };
}

/** A run whose policy does what `step` says; its counters are handed out. */
function runOf(step: (context: PolicyContext, nowMs: number) => void): { run: Run; counters: Counters } {
  let seen: Counters | undefined;
  const run = new Run("static", shape, (context) => {
    seen = context.counters;
    return { step: (nowMs) => step(context, nowMs) };
  });
  return { run, counters: seen as Counters };
}

describe("run", () => {
  test("carries a session's I/O on the port it is on; without a login it is held, and carried once at the login", () => {
    const { run, counters } = runOf(({ world }, nowMs) => {
      if (nowMs === 200) world.logout(0, () => undefined);
    });
    const ports: number[][] = [];
    for (let tick = 0; tick < 12; tick++) {
      run.step(demandOf(tick, 10, 512), (tick + 1) * 100);
      ports.push([...counters.portCost]);
    }
    // Logged out at 500 ms, logged in again at 1000 ms: ticks 5 to 9 are held.
    const from = ports.map((loads) => loads[0]);
    const to = ports.map((loads) => loads[1]);
    assert.deepEqual(from, [10, 20, 30, 40, 50, 50, 50, 50, 50, 50, 50, 50]);
    assert.deepEqual(to, [0, 0, 0, 0, 0, 0, 0, 0, 0, 50, 60, 70]);
    assert.equal(counters.sessionCost[0], 120);
    assert.equal(counters.sessionCommands[0], 12);
    assert.equal(counters.portBytes[1], 7 * 512);
    assert.deepEqual([counters.heldCost[0], counters.heldCommands[0], counters.heldBytes[0]], [0, 0, 0]);
  });

  test("accounts what a session asks for without a login to the port it left", () => {
    const { run } = runOf(({ world }, nowMs) => {
      if (nowMs === 200) world.logout(0, () => undefined);
    });
    for (let tick = 0; tick < 6; tick++) run.step(demandOf(tick, 10, 512), (tick + 1) * 100);
    assert.deepEqual([...run.world.portOf], [-1, 0, 0]);
    assert.deepEqual([...run.world.accountedTo], [0, 0, 0]);
  });

  for (const [start, expected] of [
    ["first", [0, 0, 0]],
    ["target", [0, 1, 0]],
    ["session", [0, 0, 0]],
  ] as const) {
    test(`starts as told: ${start}`, () => {
      const run = new Run("static", { ...shape, start }, () => ({ step: () => undefined }));
      assert.deepEqual([...run.world.portOf], expected);
    });
  }
});

describe("sampled view", () => {
  test("shows loads as shares of capacity since the latest sample", () => {
    const { run, counters } = runOf(() => undefined);
    const view = new SampledView(counters, 1000);
    for (let tick = 0; tick < 5; tick++) run.step(demandOf(tick, 40, 0), (tick + 1) * 100);
    view.sample(500);
    assert.equal(view.load(0), 0.4);
    assert.equal(view.recentCost(0), 200);
    assert.equal(view.recentCost(1), 0);
    run.step(demandOf(5, 90, 0), 600);
    assert.equal(view.load(0), 0.4, "until the next sample");
    view.sample(600);
    assert.equal(view.load(0), 0.9);
    assert.equal(view.recentCost(0), 90);
  });
});
