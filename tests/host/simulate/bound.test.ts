import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { boundWindow, longestFirst, relaxation } from "../../../host/simulate/bound.js";
import { randomNumbers } from "../../../host/simulate/generate.js";

/** The least worst load over every assignment there is. */
function bruteForce(demands: readonly number[], ports: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let assignment = 0; assignment < ports ** demands.length; assignment++) {
    const loads = new Array<number>(ports).fill(0);
    let rest = assignment;
    for (const demand of demands) {
      loads[rest % ports] = (loads[rest % ports] as number) + demand;
      rest = Math.floor(rest / ports);
    }
    best = Math.min(best, Math.max(...loads));
  }
  return best;
}

function descending(demands: readonly number[]): Float64Array {
  return Float64Array.from(demands).sort().reverse();
}

describe("bound of a window", () => {
  test("never lies above the optimum, and what it says is reached is", () => {
    const random = randomNumbers(11);
    for (let round = 0; round < 400; round++) {
      const ports = 2 + Math.floor(random() * 3);
      const largest = [4, 20, 1000][round % 3] as number;
      const demands = Array.from({ length: 1 + Math.floor(random() * 7) }, () => 1 + Math.floor(random() * largest));
      const best = bruteForce(demands, ports);
      const found = boundWindow(Float64Array.from(demands), demands.length, ports);
      const place = `${demands} on ${ports} ports`;
      assert.ok(relaxation(descending(demands), ports) <= best, `relaxation of ${place}`);
      assert.ok(longestFirst(descending(demands), ports) >= best, `assignment of ${place}`);
      assert.equal(found.lower, best, `lower bound of ${place}`);
      assert.equal(found.reached, best, `reached for ${place}`);
    }
  });

  test("each part of the relaxation is needed", () => {
    assert.equal(relaxation(descending([10, 9, 8, 7, 6]), 4), 13, "two of the five heaviest share a port");
    assert.equal(relaxation(descending([50, 1, 1]), 2), 50, "the heaviest session");
    assert.equal(relaxation(descending([5, 5, 5, 5, 5, 5, 2]), 3), 12, "pigeonhole with three on a port");
    assert.equal(relaxation(descending([3, 3, 3, 1, 1]), 2), 6, "the mean is 5.5, and loads are whole numbers");
  });

  test("finds the optimum where heaviest first doesn't", () => {
    const demands = descending([5, 5, 4, 4, 3, 3, 3]);
    assert.equal(longestFirst(demands, 3), 11);
    assert.equal(bruteForce([...demands], 3), 9);
    assert.deepEqual(boundWindow(demands, 7, 3), { lower: 9, reached: 9 });
  });

  test("stays a lower bound where the search is cut short or left out", () => {
    const random = randomNumbers(5);
    for (const count of [18, 20, 21, 60]) {
      const demands = Float64Array.from({ length: count }, () => 1 + Math.floor(random() ** 4 * 100_000));
      const { lower, reached } = boundWindow(demands, count, 7);
      assert.ok(lower <= reached && lower >= relaxation(demands, 7) && reached <= longestFirst(demands, 7), `${count}`);
    }
  });

  test("says so where a search that was cut short leaves the optimum unknown", () => {
    const random = randomNumbers(8);
    let open = 0;
    for (let round = 0; round < 40; round++) {
      const demands = Float64Array.from({ length: 20 }, () => 500 + Math.floor(random() * 500));
      const { lower, reached } = boundWindow(demands, 20, 7);
      if (lower < reached) open++;
    }
    assert.ok(open > 0 && open <= 40, `${open} of 40`);
  });

  test("looks at the sessions given and no others; none at all is no load", () => {
    assert.deepEqual(boundWindow(Float64Array.from([3, 9, 9, 9]), 1, 2), { lower: 3, reached: 3 });
    assert.deepEqual(boundWindow(new Float64Array(3), 0, 2), { lower: 0, reached: 0 });
  });
});
