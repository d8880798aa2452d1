import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Pace } from "../../../../host/cli/run/pace.js";

/** A clock that a test moves; timers of the test runner's real time only say when to look at it. */
function clockFrom(startMs: number) {
  const clock = { ms: startMs, now: () => clock.ms };
  return clock;
}

describe("pace of a run", () => {
  it("ticks on a grid as fast as it can, the last tick at the end of its duration", async () => {
    const ticks: number[] = [];
    await new Pace({ tickMs: 100, speed: Number.POSITIVE_INFINITY, durationMs: 1000 }).run((ms) => ticks.push(ms));
    assert.deepEqual(ticks, [0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
  });

  it("gives the monotonic clock's milliseconds at speed 1, whatever a tick takes", async () => {
    const clock = clockFrom(5000.4);
    const ticks: number[] = [];
    const pace = new Pace({ tickMs: 10, speed: 1, durationMs: 60, now: clock.now });
    await pace.run((ms) => {
      ticks.push(ms);
      // Each tick takes 7 ms; then the clock is at the next place of the grid.
      clock.ms += 7;
      queueMicrotask(() => {
        clock.ms = 5000.4 + ticks.length * 10;
      });
    });
    assert.deepEqual(ticks, [5000, 5010, 5020, 5030, 5040, 5050, 5060]);
  });

  it("leaves out the ticks that it was held up for, at speed 1", async () => {
    const clock = clockFrom(0);
    const ticks: number[] = [];
    const pace = new Pace({ tickMs: 10, speed: 1, durationMs: 100, now: clock.now });
    await pace.run((ms) => {
      ticks.push(ms);
      clock.ms += ticks.length === 2 ? 47 : 10;
    });
    assert.deepEqual(ticks, [0, 10, 57, 67, 77, 87, 97, 100], "the last one at the end");
  });

  it("makes up for them at another speed, on the grid", async () => {
    const clock = clockFrom(0);
    const ticks: number[] = [];
    const pace = new Pace({ tickMs: 100, speed: 10, durationMs: 800, now: clock.now });
    await pace.run((ms) => {
      ticks.push(ms);
      if (ticks.length === 2) clock.ms += 41;
      if (ms % 300 === 0) clock.ms += 10;
    });
    assert.deepEqual(ticks, [0, 100, 200, 300, 400, 500, 600, 700, 800]);
  });

  it("stops between two ticks and wakes up for it", async () => {
    const ticks: number[] = [];
    const pace = new Pace({ tickMs: 1000, speed: 0.001, durationMs: Number.POSITIVE_INFINITY });
    const running = pace.run((ms) => {
      ticks.push(ms);
      // The next tick is 1000 s away.
      setImmediate(() => pace.stop());
    });
    await running;
    assert.deepEqual(ticks, [0]);
    assert.equal(pace.wasStopped, true);
  });
});
