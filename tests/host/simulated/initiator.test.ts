import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Path } from "../../../host/sources/simulated/path.js";
import type { World } from "../../../host/sources/simulated/world.js";
import type { WorldEvent } from "../../../host/sources/simulated/world-event.js";
import { smallWorld } from "./small-array.js";

function pathOf(world: World, initiator: string, target = 0): Path {
  const path = world.paths.find(
    ({ application }) => application.initiator.name === initiator && application.target === target,
  );
  return path ?? assert.fail(`no path of ${initiator}`);
}

/** Withdraws the target from the path's port and asks for logout, as the module would. */
function moveAway(world: World, path: Path, deadlineMs = 3000): { endedMs: number } {
  const result = { endedMs: -1 };
  world.isns.deregister(path.application.target, path.port);
  world.targetSide.askForLogout(path, path.session, deadlineMs, () => {
    result.endedMs = world.nowMs;
  });
  return result;
}

function logins(events: readonly WorldEvent[]): string[] {
  return events.flatMap((event) => (event.event === "LOGIN" ? [`${event.initiator} ${event.from}>${event.port}`] : []));
}

describe("simulated initiators (steps 301 to 305)", () => {
  it("begin on the first portal listed, each with its sessions on different targets", () => {
    const { world } = smallWorld();
    assert.equal(world.paths.length, 12);
    for (const path of world.paths) assert.deepEqual([path.port, path.state], [0, "serving"]);
    const pairs = world.paths.map(({ application }) => `${application.initiator.name} ${application.target}`);
    assert.equal(new Set(pairs).size, 12);
  });

  it("log out when asked, ask the server, and take the first portal that it still lists", () => {
    const { world, events } = smallWorld();
    const path = pathOf(world, "h2");
    const result = moveAway(world, path);
    world.advance(20);
    assert.equal(path.state, "leaving");
    world.advance(2000);
    assert.deepEqual(logins(events), ["h2 p1>p2"]);
    assert.deepEqual([path.port, path.state, path.session], [1, "serving", 2]);
    assert.ok(result.endedMs > 20 && result.endedMs < 3000, "asked, not closed");
    const order = events.map((event) => event.event);
    assert.deepEqual(order, ["WITHDRAWN", "LOGOUT", "LOGIN"]);
  });

  it("take the portal after the one they lost, round to the first, when that is their rule", () => {
    const { world, events } = smallWorld({}, (array) => {
      for (const initiator of array.initiators) initiator.nextPortal = "following";
    });
    const path = pathOf(world, "h1");
    for (let move = 1; move <= 4; move++) {
      world.targetSide.askForLogout(path, path.session, 3000, () => {});
      world.advance(move * 2000);
    }
    assert.deepEqual(logins(events), ["h1 p1>p2", "h1 p2>p3", "h1 p3>p4", "h1 p4>p1"]);
  });

  it("go back to the same portal where the server still lists it first", () => {
    const { world, events } = smallWorld();
    const path = pathOf(world, "h1");
    world.targetSide.askForLogout(path, path.session, 3000, () => {});
    world.advance(2000);
    assert.deepEqual(logins(events), ["h1 p1>p1"]);
  });

  it("are closed at the deadline, rounded up to seconds, when they do not understand the request", () => {
    const { world, events } = smallWorld({ deafInitiators: 1 });
    const path = pathOf(world, "h4");
    const result = moveAway(world, path, 1200);
    world.advance(1999);
    assert.equal(path.state, "serving");
    world.advance(4000);
    assert.equal(result.endedMs, 2000);
    assert.deepEqual(
      events.flatMap((event) => (event.event === "LOGOUT" ? [event.how] : [])),
      ["closed"],
    );
    assert.deepEqual(logins(events), ["h4 p1>p2"]);
  });

  it("are redirected at their login", () => {
    const { world, events } = smallWorld();
    const path = pathOf(world, "h3");
    world.targetSide.redirect(path, 3);
    moveAway(world, path);
    world.advance(2000);
    assert.deepEqual(logins(events), ["h3 p1>p4"]);
    assert.ok(events.some((event) => event.event === "REDIRECTED" && event.from === "p2" && event.port === "p4"));
    moveAway(world, path);
    world.advance(4000);
    assert.deepEqual(logins(events), ["h3 p1>p4", "h3 p4>p2"], "a redirection counts once");
  });

  it("are not redirected by what was said long ago", () => {
    const { world, events } = smallWorld();
    const path = pathOf(world, "h3");
    const { initiator } = path.application;
    world.setReturnsTo(initiator, "nowhere");
    world.targetSide.redirect(path, 3);
    moveAway(world, path);
    world.advance(20_001);
    world.setReturnsTo(initiator, "next");
    world.advance(22_000);
    assert.deepEqual(logins(events), ["h3 p1>p2"]);
  });

  it("come back to the same port, or not at all, when told to", () => {
    const { world, events } = smallWorld();
    const stubborn = pathOf(world, "h1");
    const gone = pathOf(world, "h2");
    world.setReturnsTo(stubborn.application.initiator, "same");
    world.setReturnsTo(gone.application.initiator, "nowhere");
    moveAway(world, stubborn);
    moveAway(world, gone);
    world.advance(10_000);
    assert.deepEqual(logins(events), ["h1 p1>p1"]);
    assert.equal(gone.state, "disconnected");
    world.setReturnsTo(gone.application.initiator, "next");
    world.advance(12_000);
    assert.deepEqual(logins(events), ["h1 p1>p1", "h2 p1>p2"]);
  });

  it("notice a dead link, try the next portal when one does not answer, and ask again until one does", () => {
    const { world, events } = smallWorld();
    for (const port of [0, 1, 2, 3]) world.setLink(port, false);
    world.advance(6000);
    assert.equal(logins(events).length, 0);
    assert.ok(events.filter((event) => event.event === "LOGOUT").every((event) => event.how === "link-lost"));
    assert.ok(
      events.some((event) => event.event === "LOGIN_FAILED" && event.port === "p4"),
      "tried all",
    );
    world.setLink(2, true);
    world.advance(16_000);
    assert.equal(logins(events).length, 12);
    assert.ok(world.paths.every((path) => path.port === 2 && path.state === "serving"));
  });

  it("wait for a server that is down", () => {
    const { world, events } = smallWorld();
    const path = pathOf(world, "h1");
    moveAway(world, path);
    world.restartServer(4000, "kept");
    world.advance(4000);
    assert.deepEqual(logins(events), []);
    world.advance(8000);
    assert.deepEqual(logins(events), ["h1 p1>p2"]);
  });

  it("hold their two paths on two ports, also while both log in again", () => {
    const { world, events } = smallWorld({ twoPathInitiators: 2, sessions: 12 });
    const twoPaths = world.applications.filter((application) => application.paths.length === 2);
    assert.ok(twoPaths.length >= 2);
    const [application] = twoPaths;
    if (application === undefined) return;
    assert.deepEqual(application.paths.map((path) => path.port).sort(), [0, 1]);
    for (const path of application.paths) world.targetSide.askForLogout(path, path.session, 3000, () => {});
    world.advance(3000);
    assert.equal(logins(events).length, 2);
    assert.deepEqual(application.paths.map((path) => path.port).sort(), [0, 1]);
  });
});
