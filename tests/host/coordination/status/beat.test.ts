/** When status is sent. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock, VirtualTime } from "../../../../host/coordination/simulated/time.js";
import { StatusBeat } from "../../../../host/coordination/status/beat.js";

function beating(intervalMs: number): { time: VirtualTime; beat: StatusBeat; at: number[]; clock: VirtualClock } {
  const time = new VirtualTime();
  const clock = new VirtualClock(time);
  const at: number[] = [];
  return { time, clock, at, beat: new StatusBeat(clock, intervalMs, () => at.push(time.nowMs)) };
}

test("at once, then at each interval, until it is stopped", () => {
  const { time, beat, at } = beating(100);
  beat.start();
  time.advanceTo(350);
  beat.stop();
  time.advanceTo(1000);
  assert.deepEqual(at, [0, 100, 200, 300]);
});

test("a change goes out at once; many changes in a row as one message, a few milliseconds apart", () => {
  const { time, beat, at } = beating(1000);
  beat.start();
  time.at(50, () => beat.soon());
  for (const ms of [51, 52, 53, 57]) time.at(ms, () => beat.soon());
  time.advanceTo(500);
  assert.deepEqual(at, [0, 50, 55, 60]);
});

test("nothing is sent before the start, and after the stop", () => {
  const { time, beat, at } = beating(1000);
  beat.soon();
  time.advanceTo(10);
  assert.deepEqual(at, []);
  beat.start();
  beat.soon();
  beat.stop();
  time.advanceTo(100);
  assert.deepEqual(at, [10]);
});

test("a paused process sends one message when it goes on, not all that it missed", () => {
  const { time, beat, at, clock } = beating(100);
  beat.start();
  time.at(150, () => clock.pause());
  time.at(1020, () => clock.resume());
  time.advanceTo(1250);
  assert.deepEqual(at, [0, 100, 1020, 1100, 1200]);
});
