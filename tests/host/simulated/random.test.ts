import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { paretoMean, Random } from "../../../host/sources/simulated/random.js";

function draw(count: number, next: () => number): number[] {
  return Array.from({ length: count }, next);
}

describe("random numbers of the simulated array", () => {
  it("repeats a stream for the same seed and label, and for no other", () => {
    const stream = (seed: number, label: string) => {
      const random = new Random(seed, label);
      return draw(50, () => random.next());
    };
    assert.deepEqual(stream(7, "load"), stream(7, "load"));
    assert.notDeepEqual(stream(7, "load"), stream(8, "load"));
    assert.notDeepEqual(stream(7, "load"), stream(7, "delays"));
  });

  it("gives the same numbers on every machine", () => {
    const random = new Random(1, "fixed");
    assert.deepEqual(
      draw(4, () => random.below(1_000_000)),
      [941660, 979250, 996569, 858852],
    );
  });

  it("spreads evenly over [0, 1)", () => {
    const random = new Random(3, "even");
    const counts = new Array<number>(10).fill(0);
    for (const value of draw(100_000, () => random.next())) {
      assert.ok(value >= 0 && value < 1);
      const bin = Math.floor(value * 10);
      counts[bin] = (counts[bin] as number) + 1;
    }
    // A bin holds 10,000 ± 95 (one standard deviation); six of them leave no room for bad luck.
    for (const count of counts) assert.ok(Math.abs(count - 10_000) < 570, `${counts}`);
  });

  it("has the mean it says for exponential and cut-off Pareto numbers, and stays within the cut", () => {
    const random = new Random(5, "means");
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    assert.ok(Math.abs(mean(draw(200_000, () => random.exponential(40))) - 40) < 0.6);
    const tailed = draw(200_000, () => random.pareto(1.5, 2, 24));
    assert.ok(tailed.every((value) => value >= 2 && value <= 24));
    const expected = paretoMean(1.5, 2, 24);
    assert.ok(Math.abs(mean(tailed) - expected) < 0.01 * expected, `${mean(tailed)} ${expected}`);
  });
});
