import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ArrayDescription } from "../../../host/array/description.js";
import { DecisionKind, LinkState, OutcomeResult } from "../../../host/shim/generated/layout.js";
import { SimulatedArray } from "../../../host/sources/simulated/array.js";
import { defaultSettings, type SimulatedSettings } from "../../../host/sources/simulated/settings.js";
import { FakeShim } from "./fake-shim.js";
import { smallWorld } from "./small-array.js";

/** The host's clock need not begin at zero. */
const START_MS = 5_000_000;

function setUp(settings: Partial<SimulatedSettings> = {}, change: (array: ArrayDescription) => void = () => {}) {
  const { world, events } = smallWorld(settings, change);
  const array = new SimulatedArray(world);
  const shim = new FakeShim(world);
  array.attach(shim.asShim());
  const run = (untilMs: number) => {
    for (; shim.hostMs <= untilMs; shim.hostMs += 100) array.beforeTick(START_MS + shim.hostMs);
  };
  return { world, events, array, shim, run };
}

describe("simulated array as a source", () => {
  it("reports links, sessions and registrations from the first ticks on", () => {
    const { shim, run } = setUp();
    run(100);
    assert.deepEqual([...shim.links.values()], [LinkState.UP, LinkState.UP, LinkState.UP, LinkState.UP]);
    assert.equal(shim.sessions.filter((session) => session.loggedIn).length, 12);
    for (const target of ["t1", "t2", "t3"]) assert.deepEqual(shim.registeredPorts(target), ["p1", "p2", "p3", "p4"]);
    assert.equal(shim.portOf("h3", "t2"), "p1");
    assert.equal(shim.unseenDropped, 1, "sessions of an earlier host that are not there end, once");
  });

  it("gives counters with the host's time: of ports in each tick, of sessions twice a second", () => {
    const { world, shim, run } = setUp();
    run(2000);
    const sample = shim.portSamples.get(shim.names.ports.row("p1"));
    assert.equal(sample?.hostMs, START_MS + 2000);
    assert.equal(sample?.operations, Math.floor(world.ports[0]?.operations ?? 0));
    assert.ok((sample?.busyUs ?? 0) > 0 && (sample?.bytes ?? 0) > 0);
    const counters = shim.sessions.map((session) => session.counters);
    assert.ok(counters.every((counter) => counter?.hostMs === START_MS + 2000));
    const sum = counters.reduce((total, counter) => total + (counter?.operations ?? 0), 0);
    const served = sample?.operations ?? 0;
    assert.ok(Math.abs(sum - served) <= 12, `sessions ${sum}, port ${served}`);
  });

  it("notices by polling what the server forgot or added", () => {
    const { world, shim, run } = setUp();
    run(1000);
    world.isns.forget(1, 2);
    run(2500);
    assert.deepEqual(shim.registeredPorts("t2"), ["p1", "p2", "p4"]);
    world.isns.register(1, 2);
    run(4000);
    assert.deepEqual(shim.registeredPorts("t2"), ["p1", "p2", "p3", "p4"]);
  });

  it("takes no older answer of the server for a newer one", () => {
    // Answers that overtake each other are rare: many changes, each watched for a while.
    const delays = { ...defaultSettings.delays, networkMs: [1, 200] as const, pollMs: 10 };
    const { array, shim, run } = setUp({ delays });
    run(1000);
    for (let change = 0; change < 1000; change++) {
      const listed = change % 2 === 1;
      const decision = listed ? shim.restore("t1", "p2") : shim.withdraw("t1", "p2");
      array.handle(decision);
      while (shim.resultOf(decision) === undefined) run(shim.hostMs);
      for (let tick = 0; tick < 3; tick++, run(shim.hostMs)) {
        assert.equal(shim.registeredPorts("t1").includes("p2"), listed, `change ${change}`);
      }
    }
  });

  it("keeps the last observation while the server is down, and reads all anew when it is back", () => {
    const { world, shim, run } = setUp();
    run(1000);
    world.restartServer(3000, "nothing");
    run(3900);
    assert.equal(shim.registeredPorts("t1").length, 4);
    run(8000);
    assert.deepEqual(shim.registeredPorts("t1"), []);
  });

  it("reports a link that goes down and comes up", () => {
    const { world, shim, run } = setUp();
    const row = shim.names.ports.row("p2");
    run(500);
    world.setLink(1, false);
    run(600);
    assert.equal(shim.links.get(row), LinkState.DOWN);
    world.setLink(1, true);
    run(700);
    assert.equal(shim.links.get(row), LinkState.UP);
  });
});

describe("simulated array as an effector", () => {
  it("withdraws a registration, reads it back, and reports the outcome only then", () => {
    const { array, shim, run } = setUp();
    run(1000);
    const decision = shim.withdraw("t2", "p1");
    array.handle(decision);
    assert.equal(shim.resultOf(decision), undefined);
    run(1300);
    assert.equal(shim.resultOf(decision), OutcomeResult.DONE);
    assert.deepEqual(shim.registeredPorts("t2"), ["p2", "p3", "p4"]);
    const again = shim.withdraw("t2", "p1");
    array.handle(again);
    run(1500);
    const restore = shim.restore("t2", "p1");
    array.handle(restore);
    run(1800);
    assert.deepEqual([shim.resultOf(again), shim.resultOf(restore)], [OutcomeResult.DONE, OutcomeResult.DONE]);
    assert.deepEqual(shim.registeredPorts("t2"), ["p1", "p2", "p3", "p4"]);
  });

  it("times out when the server is down, and fails when the change was undone before it could be read back", () => {
    const { world, array, shim, run } = setUp();
    run(1000);
    world.restartServer(10_000, "kept");
    const timesOut = shim.withdraw("t1", "p1");
    array.handle(timesOut);
    run(4000);
    assert.equal(shim.resultOf(timesOut), OutcomeResult.TIMED_OUT);
    run(12_000);
    const undone = shim.withdraw("t1", "p2");
    world.onEvent = (event) => {
      if (event.event === "WITHDRAWN") world.isns.register(0, 1);
    };
    array.handle(undone);
    run(13_000);
    assert.equal(shim.resultOf(undone), OutcomeResult.FAILED);
  });

  it("has a session log out and come back through the next port as another row or generation", () => {
    const { events, array, shim, run } = setUp();
    run(1000);
    array.handle(shim.withdraw("t1", "p1"));
    run(1300);
    const decision = shim.logOut("h4", "t1");
    array.handle(decision);
    run(3000);
    assert.equal(shim.resultOf(decision), OutcomeResult.DONE);
    assert.equal(shim.portOf("h4", "t1"), "p2");
    assert.ok(events.some((event) => event.event === "LOGIN" && event.elsewhere && event.withoutSessionMs > 0));
    assert.equal(shim.sessions.filter((session) => session.loggedIn).length, 12);
  });

  it("leaves a later session of the same row alone", () => {
    const { array, shim, run } = setUp();
    run(1000);
    const late = shim.logOut("h1", "t1");
    array.handle(shim.logOut("h1", "t1"));
    run(3000);
    assert.equal(shim.sessionRow("h1", "t1"), late.subject, "the row is in use again");
    array.handle(late);
    run(6000);
    assert.equal(shim.resultOf(late), OutcomeResult.DONE);
    assert.equal(shim.sessions[late.subject]?.generation, late.subjectGeneration + 1);
  });

  it("redirects the next login", () => {
    const { array, shim, run } = setUp();
    run(1000);
    const to = shim.names.ports.row("p4");
    array.handle(shim.logOut("h2", "t3", { kind: DecisionKind.REDIRECT_SESSION, to }));
    run(3000);
    assert.equal(shim.portOf("h2", "t3"), "p4");
  });

  it("refuses an epoch lower than it has seen in the scope", () => {
    const { array, shim, run } = setUp();
    run(1000);
    array.handle({ ...shim.withdraw("t1", "p1"), epochLow: 3, epochHigh: 1 });
    const old = { ...shim.withdraw("t1", "p2"), epochLow: 4 };
    array.handle(old);
    const otherScope = { ...shim.withdraw("t1", "p3"), epochLow: 4, scope: 1 };
    array.handle(otherScope);
    run(2000);
    assert.deepEqual([shim.resultOf(old), shim.resultOf(otherScope)], [OutcomeResult.REFUSED, OutcomeResult.DONE]);
    assert.deepEqual(shim.registeredPorts("t1"), ["p2", "p4"]);
  });

  it("answers for a port of another controller by its load, and refuses what it does not know", () => {
    const { world, array, shim, run } = setUp();
    world.surge(0, 3000, 60_000);
    run(3000);
    const reserve = (port: string) => {
      const decision = shim.decision({ kind: DecisionKind.RESERVE_ARRIVAL, to: shim.names.ports.row(port) });
      array.handle(decision);
      return shim.resultOf(decision);
    };
    assert.equal(reserve("p1"), OutcomeResult.REFUSED);
    assert.equal(reserve("p2"), OutcomeResult.DONE);
    assert.equal(reserve("no such port"), OutcomeResult.REFUSED);
    const alarm = shim.decision({ kind: DecisionKind.ALARM });
    array.handle(alarm);
    assert.equal(shim.resultOf(alarm), OutcomeResult.DONE);
  });
});
