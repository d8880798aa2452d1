/** Virtual time and the simulated network do what tests of several controllers rely on. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../../host/sources/simulated/random.js";
import { Every, sleep } from "../../../../host/coordination/clock.js";
import { SimulatedNetwork } from "../../../../host/coordination/simulated/network.js";
import { VirtualClock, VirtualTime } from "../../../../host/coordination/simulated/time.js";

test("timers of a paused process run when it goes on, in the order in which they were due; time went on", () => {
  const time = new VirtualTime();
  const clock = new VirtualClock(time);
  const ran: string[] = [];
  clock.after(20, () => ran.push(`second at ${clock.monotonicMs()}`));
  clock.after(10, () => ran.push(`first at ${clock.monotonicMs()}`));
  clock.after(5, () => ran.push("before"));
  time.at(7, () => clock.pause());
  time.at(100, () => clock.resume());
  time.advanceTo(50);
  assert.deepEqual(ran, ["before"]);
  time.advanceTo(200);
  assert.deepEqual(ran, ["before", "first at 100", "second at 100"]);
});

test("a process that is paused again while it catches up stays paused", () => {
  const time = new VirtualTime();
  const clock = new VirtualClock(time);
  const ran: string[] = [];
  clock.after(1, () => {
    ran.push("first");
    clock.pause();
  });
  clock.after(2, () => ran.push("second"));
  clock.pause();
  time.at(10, () => clock.resume());
  time.advanceTo(20);
  assert.deepEqual(ran, ["first"]);
  clock.resume();
  time.advanceTo(30);
  assert.deepEqual(ran, ["first", "second"]);
});

test("a process that has ended runs nothing, and gets nothing", () => {
  const time = new VirtualTime();
  const clock = new VirtualClock(time);
  clock.after(10, assert.fail);
  clock.pause();
  clock.deliver(assert.fail);
  clock.end();
  clock.resume();
  clock.deliver(assert.fail);
  time.advanceTo(100);
  assert.equal(clock.running, false);
});

test("a cancelled timer doesn't run, also not after a pause", () => {
  const time = new VirtualTime();
  const clock = new VirtualClock(time);
  const timer = clock.after(10, assert.fail);
  clock.pause();
  time.advanceTo(20);
  timer.cancel();
  clock.resume();
  time.advanceTo(30);
});

test("wall clocks differ and are stepped; the monotonic one is not", () => {
  const time = new VirtualTime();
  const [a, b] = [new VirtualClock(time), new VirtualClock(time, 250)];
  time.advanceTo(40);
  assert.equal(b.wallMs() - a.wallMs(), 250);
  const before = a.wallMs();
  a.stepWall(-3000);
  assert.equal(a.wallMs(), before - 3000);
  assert.equal(a.monotonicMs(), 40);
});

test("what repeats stays on its grid and leaves out what it missed", () => {
  const time = new VirtualTime();
  const clock = new VirtualClock(time);
  const at: number[] = [];
  const every = new Every(clock, 10, () => at.push(clock.monotonicMs()));
  time.at(25, () => clock.pause());
  time.at(57, () => clock.resume());
  time.advanceTo(80);
  every.cancel();
  time.advanceTo(200);
  assert.deepEqual(at, [10, 20, 57, 60, 70, 80]);
});

test("promises settle between two events", async () => {
  const time = new VirtualTime();
  const clock = new VirtualClock(time);
  const seen: number[] = [];
  const run = async () => {
    for (let round = 0; round < 3; round++) {
      await sleep(clock, 10);
      seen.push(clock.monotonicMs());
    }
  };
  void run();
  let checks = 0;
  await time.runTo(100, () => checks++);
  assert.deepEqual(seen, [10, 20, 30]);
  assert.ok(checks >= 3);
  await assert.rejects(
    time
      .runTo(200, () => assert.fail("never comes: nothing happens"))
      .then(() => {
        throw new Error("ended");
      }),
    /ended/,
  );
});

/** Two ends, and how many datagrams arrive of so many sent. */
function arrivals(sent: number, set: (network: SimulatedNetwork) => void): { count: number; at: number[] } {
  const time = new VirtualTime();
  const network = new SimulatedNetwork(time, new Random(3, "network"));
  const [a, b] = [0, 1].map((controller) => network.join(controller, new VirtualClock(time)));
  const at: number[] = [];
  b?.onDatagram((_, bytes) => at.push(time.nowMs * 1000 + (bytes[0] ?? 0)));
  set(network);
  for (let each = 0; each < sent; each++) a?.send(0, 1, new Uint8Array([each & 255]));
  time.advanceTo(1000);
  return { count: at.length, at };
}

test("the network loses, doubles and delays as it is told", () => {
  assert.equal(arrivals(100, () => {}).count, 100);
  const lossy = arrivals(1000, (network) => network.set({ loss: 0.25 })).count;
  assert.ok(lossy > 700 && lossy < 800, `${lossy}`);
  const doubled = arrivals(1000, (network) => network.set({ doubled: 0.5 })).count;
  assert.ok(doubled > 1400 && doubled < 1600, `${doubled}`);
  const { at } = arrivals(200, (network) => network.set({ delayMs: [10, 30] }));
  const times = at.map((each) => Math.floor(each / 1000));
  assert.equal(Math.min(...times), 10);
  assert.equal(Math.max(...times), 30);
  const order = at.map((each) => each % 1000);
  assert.ok(
    order.some((each, index) => index > 0 && each < (order[index - 1] as number)),
    "they overtake one another",
  );
});

test("a cut is of one direction, of both, or of a link; the other ways stay", () => {
  const time = new VirtualTime();
  const network = new SimulatedNetwork(time, new Random(3, "network"), 2);
  const came: string[] = [];
  const ends = [0, 1, 2].map((controller) => {
    const end = network.join(controller, new VirtualClock(time));
    end.onDatagram((link, bytes) => came.push(`${bytes[0]}>${controller}/${link}`));
    return end;
  });
  const all = () => {
    came.length = 0;
    for (const [from, end] of ends.entries()) {
      for (const link of [0, 1])
        for (const to of [0, 1, 2]) if (to !== from) end.send(link, to, new Uint8Array([from]));
    }
    time.advanceTo(time.nowMs + 1);
    return came.length;
  };
  assert.equal(all(), 12);
  network.cutOneWay(0, 1, 1);
  assert.equal(all(), 11);
  assert.ok(!came.includes("0>1/1") && came.includes("1>0/1") && came.includes("0>1/0"));
  network.isolate(2);
  assert.equal(all(), 3);
  network.heal();
  network.split([0], [1, 2]);
  assert.equal(all(), 4);
});

test("what is under way when a cut comes is lost; what comes to a paused process waits", () => {
  const time = new VirtualTime();
  const network = new SimulatedNetwork(time, new Random(3, "network"));
  const clock = new VirtualClock(time);
  const [a, b] = [network.join(0, new VirtualClock(time)), network.join(1, clock)];
  const came: number[] = [];
  b.onDatagram((_, bytes) => came.push(bytes[0] as number));
  network.set({ delayMs: [10, 10] });
  a.send(0, 1, new Uint8Array([1]));
  time.advanceTo(5);
  network.cut(0, 1);
  time.advanceTo(20);
  network.heal();
  clock.pause();
  a.send(0, 1, new Uint8Array([2]));
  time.advanceTo(40);
  assert.deepEqual(came, []);
  clock.resume();
  time.advanceTo(50);
  assert.deepEqual(came, [2]);
});
