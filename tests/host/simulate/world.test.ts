import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Events } from "../../../host/simulate/events.js";
import { randomNumbers } from "../../../host/simulate/generate.js";
import { logOf, worldOf } from "./helpers.js";

const nothing = () => undefined;

describe("events", () => {
  test("run in the order of their time, then in the order in which they were set", () => {
    const events = new Events();
    const random = randomNumbers(3);
    const seen: [number, number][] = [];
    const set = Array.from({ length: 500 }, (_, i) => [Math.floor(random() * 50), i] as [number, number]);
    for (const [delay, i] of set) events.after(delay, () => seen.push([events.nowMs, i]));
    events.advance(100);
    assert.deepEqual(
      seen,
      set.sort((a, b) => a[0] - b[0] || a[1] - b[1]),
    );
    assert.equal(events.nowMs, 100);
  });

  test("wait for their time, also those set by others", () => {
    const events = new Events();
    const seen: number[] = [];
    events.after(100, () => events.after(100, () => seen.push(events.nowMs)));
    events.advance(199);
    assert.deepEqual(seen, []);
    events.advance(250);
    assert.deepEqual(seen, [200]);
  });
});

describe("an initiator of the seed", () => {
  test("closes the connection, asks the server, and takes the first that is listed (302–305)", () => {
    const world = worldOf({ ports: 4 }, [2, 0, 0]);
    const log = logOf(world);
    world.register(0, 0, false, nothing);
    world.logout(0, nothing);
    world.events.advance(2000);
    assert.deepEqual(log, ["200ms target 0 listed on 1,2,3", "300ms logout 0 from 2", "800ms login 0 on 1"]);
  });

  test("or the one listed after the one it lost, round to the first", () => {
    const world = worldOf({ ports: 4, nextPortal: "following" }, [2, 3, 0]);
    world.register(0, 3, false, nothing);
    world.events.advance(250);
    world.logout(0, nothing);
    world.logout(1, nothing);
    world.events.advance(2000);
    assert.deepEqual([...world.portOf], [0, 0, 0]);
  });

  test("goes by what the server lists when the connection closes, not later", () => {
    const world = worldOf({}, [0, 0, 0]);
    world.logout(0, nothing);
    world.events.advance(350);
    world.register(0, 0, false, nothing);
    world.events.advance(2000);
    assert.equal(world.portOf[0], 0);
    assert.deepEqual(world.counts, { logouts: 1, moves: 0, cameBack: 1, loggedOutMs: 500 });
  });

  test("asks again while nothing is listed, and is accounted to the port it left", () => {
    const world = worldOf({}, [0, 0, 0]);
    world.register(0, 0, false, nothing);
    world.register(0, 1, false, nothing);
    world.events.advance(250);
    world.logout(0, nothing);
    world.events.advance(1000);
    assert.equal(world.portOf[0], -1);
    assert.equal(world.accountedTo[0], 0);
    world.register(0, 1, true, nothing);
    world.events.advance(5000);
    assert.equal(world.portOf[0], 1);
    assert.equal(world.counts.loggedOutMs, 1500, "asked at 550 ms and 1550 ms, in at 2050 ms");
  });

  test("is sent on by a redirection, whatever is listed", () => {
    const world = worldOf({ ports: 4 }, [0, 0, 0]);
    world.logout(0, nothing, 1000, 3);
    world.events.advance(2000);
    assert.equal(world.portOf[0], 3);
  });

  test("has its connection closed when its time is up", () => {
    const world = worldOf({}, [0, 0, 0]);
    const log = logOf(world);
    assert.equal(world.logout(0, nothing, 50), true);
    assert.equal(world.logout(0, nothing, 50), false, "it is leaving already");
    world.events.advance(100);
    assert.deepEqual(log, ["50ms logout 0 from 0"]);
  });

  test("would go to the portal that is left once its own is withdrawn; asking changes nothing", () => {
    const world = worldOf({ ports: 3 }, [0, 0, 0]);
    assert.equal(world.destination(0, 0), 1);
    assert.equal(world.isRegistered(0, 0), true);
    assert.equal(world.destination(0, 2), 0);
    world.register(0, 1, false, nothing);
    world.register(0, 2, false, nothing);
    world.events.advance(200);
    assert.equal(world.destination(0, 0), -1, "a target's only port");
    assert.equal(world.destination(0, 2), 0);
    assert.equal(world.isRegistered(0, 2), false);
  });

  test("came back if the same port was left within the window", () => {
    const world = worldOf({ nextPortal: "following" }, [0, 0, 0], 5000);
    world.logout(0, nothing);
    world.events.advance(1000);
    world.logout(0, nothing);
    world.events.advance(2000);
    assert.equal(world.counts.cameBack, 1, "0 to 1 and back");
    world.events.advance(9000);
    world.logout(0, nothing);
    world.events.advance(10_000);
    assert.equal(world.counts.cameBack, 1, "back on 1 after eight seconds");
    assert.equal(world.counts.moves, 3);
  });

  test("still without a login at the end, its time counts", () => {
    const world = worldOf({}, [0, 0, 0]);
    world.logout(0, nothing);
    world.events.advance(500);
    world.finish();
    assert.equal(world.counts.loggedOutMs, 200);
  });
});
