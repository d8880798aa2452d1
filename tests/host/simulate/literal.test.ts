import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LiteralPolicy, type LiteralView } from "../../../host/simulate/policies/literal.js";
import type { World, WorldShape } from "../../../host/simulate/world.js";
import { logOf, worldOf } from "./helpers.js";

/** Load = logins, as in the seed's example. */
function logins(world: World): LiteralView {
  const count = (port: number) => world.portOf.filter((at) => at === port).length;
  return { sample: () => undefined, load: count, recentCost: () => 0 };
}

/** Runs the flow chart with T_over 3 and T_ok 2, a pass each 500 ms, and tells what happened. */
function play(world: World, untilMs: number, view: Partial<LiteralView> = {}): string[] {
  const log = logOf(world);
  const policy = new LiteralPolicy(world, { ...logins(world), ...view }, { over: 3, ok: 2 }, 500);
  for (let nowMs = 100; nowMs <= untilMs; nowMs += 100) {
    world.events.advance(nowMs);
    policy.step(nowMs);
  }
  return log;
}

describe("the seed's flow chart to the letter", () => {
  test("Figures 8 to 13: 10a is moved from 41a to 41b, the registration comes back, then nothing", () => {
    const world = worldOf({}, [0, 0, 0]);
    assert.deepEqual(play(world, 60_000), [
      "700ms target 0 listed on 1", // 107, Figure 9
      "1000ms logout 0 from 0", // 108, Figure 10
      "1200ms target 0 listed on 0,1", // 112, Figure 13
      "1500ms login 0 on 1", // 305, Figure 12
    ]);
    assert.deepEqual([...world.portOf], [1, 0, 0]);
    assert.deepEqual(world.counts, { logouts: 1, moves: 1, cameBack: 0, loggedOutMs: 500 });
  });

  test("101 no, 110 no: a port between the thresholds is left alone", () => {
    assert.deepEqual(play(worldOf({}, [0, 0, 0]), 5000, { load: () => 2.5 }), []);
  });

  test("101 no, 110 yes, 111 none: nothing is registered that wasn't withdrawn", () => {
    assert.deepEqual(play(worldOf({}, [0, 0, 1]), 5000), []);
  });

  test("105 no: an initiator whose target has no other port stays; 109 takes the next one", () => {
    const world = worldOf({}, [0, 0, 0]);
    world.register(0, 1, false, () => undefined);
    world.events.advance(300);
    const log = play(world, 60_000);
    assert.deepEqual([...world.portOf], [0, 1, 0]);
    assert.equal(log[0], "1200ms target 1 listed on 1", "a pass later than where the first initiator could be moved");
  });

  test("106 no: nothing goes to a port above T_ok; 109 comes to the end and 101 begins anew", () => {
    const full: Partial<WorldShape> = { targets: 6, initiatorOf: [0, 1, 2, 3, 4, 5], targetOf: [0, 1, 2, 3, 4, 5] };
    const world = worldOf(full, [0, 0, 0, 1, 1, 1]);
    assert.deepEqual(play(world, 10_000), []);
    assert.equal(world.counts.logouts, 0);
  });

  test("106 yes at T_ok, as the load is before the move: the other port is then overloaded itself", () => {
    const world = worldOf({ targets: 5, initiatorOf: [0, 1, 2, 3, 4], targetOf: [0, 1, 2, 3, 4] }, [0, 0, 0, 1, 1]);
    play(world, 1500);
    assert.deepEqual([...world.portOf], [1, 0, 0, 1, 1]);
  });

  test("103: the initiator with the least recent I/O goes first", () => {
    const world = worldOf({}, [0, 0, 0]);
    play(world, 60_000, { recentCost: (session) => [5, 4, 3][session] as number });
    assert.deepEqual([...world.portOf], [0, 0, 1]);
  });

  test("nothing waits for an effect: with logouts slower than passes it goes too far, and one comes back", () => {
    const world = worldOf({ delays: { registrationMs: 200, logoutMs: 900, loginMs: 500, retryMs: 1000 } }, [0, 0, 0]);
    play(world, 3100);
    assert.equal(world.counts.logouts, 3);
    assert.deepEqual([...world.portOf], [1, 1, 0], "112 had restored 41a before 10c asked the server");
    assert.equal(world.counts.cameBack, 1);
  });

  test("107 stands until the server has answered; no second request meanwhile", () => {
    const world = worldOf({ delays: { registrationMs: 1700, logoutMs: 300, loginMs: 500, retryMs: 1000 } }, [0, 0, 0]);
    assert.deepEqual(play(world, 2400), ["2200ms target 0 listed on 1"]);
  });
});
