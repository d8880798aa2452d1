import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Account, BoundAccount, type PortCapacity, spread, WindowDemand } from "../../../host/simulate/accounting.js";

const capacity: PortCapacity = { ports: 2, perWindow: 100, overloadShare: 0.8 };

function windowOf(...costs: number[]): WindowDemand {
  const demand = new WindowDemand(costs.length);
  for (const [session, cost] of costs.entries()) demand.add(session, cost);
  return demand;
}

describe("account", () => {
  test("adds a window's demand up where each session was when it began", () => {
    const account = new Account(capacity, 3);
    const ports = Int16Array.of(0, 0, 1);
    account.begin(ports);
    ports[0] = 1;
    account.end(windowOf(50, 30, 20));
    assert.deepEqual(account.series, { ratio: [1.6], worst: [0.8] });
    assert.equal(account.overloadedPortWindows, 1, "80 of 100 is overloaded at 80 %");
    account.begin(ports);
    account.end(windowOf(50, 30, 20));
    assert.deepEqual(account.series.ratio, [1.6, 1.4]);
    assert.equal(account.overloadedPortWindows, 1);
  });

  test("counts every port that is overloaded", () => {
    const account = new Account(capacity, 2);
    account.begin(Int16Array.of(0, 1));
    account.end(windowOf(80, 200));
    assert.equal(account.overloadedPortWindows, 2);
  });

  test("has no ratio for a window without demand", () => {
    const account = new Account(capacity, 1);
    account.begin(Int16Array.of(0));
    account.end(windowOf(0));
    assert.deepEqual(account.series, { ratio: [Number.NaN], worst: [0] });
    assert.deepEqual(spread(account.series), { mean: 0, p95: 0, max: 0, weighted: 0 });
  });

  test("is never below the planner's", () => {
    const bound = new BoundAccount(capacity, 3);
    bound.end(windowOf(50, 30, 20));
    bound.end(windowOf(90, 5, 5));
    assert.deepEqual(bound.series, { ratio: [1, 1.8], worst: [0.5, 0.9] });
    assert.deepEqual(bound.reached, bound.series);
    assert.equal(bound.overloadedPortWindows, 1);
  });
});

describe("spread", () => {
  test("gives mean, 95th percentile, maximum, and the mean weighed by demand", () => {
    const ratio = Array.from({ length: 40 }, (_, i) => 1 + i / 40);
    const found = spread({ ratio: [...ratio, Number.NaN], worst: [...ratio, 0] });
    assert.ok(Math.abs(found.mean - 1.4875) < 1e-12);
    assert.equal(found.p95, 1 + 37 / 40);
    assert.equal(found.max, 1 + 39 / 40);
    assert.ok(Math.abs(found.weighted - 1.4875) < 1e-12, "all windows have the same mean load");
    assert.equal(spread({ ratio: [2, 1], worst: [0.2, 0.9] }).weighted, 1.1 / 1);
  });
});
