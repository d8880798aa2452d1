import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { smallWorld } from "./small-array.js";

const TARGET = 0;

describe("simulated iSNS server (steps 201 to 205)", () => {
  it("lists a target's portals in listing order, the withdrawn ones left out", () => {
    const { world, events } = smallWorld({}, (array) => {
      array.ports.forEach((port, index) => {
        port.listOrder = 10 - index;
      });
    });
    assert.deepEqual(world.isns.portals(TARGET), [3, 2, 1, 0]);
    world.isns.deregister(TARGET, 2);
    assert.deepEqual(world.isns.portals(TARGET), [3, 1, 0]);
    assert.deepEqual(world.isns.portals(1), [3, 2, 1, 0], "other targets keep theirs");
    world.isns.register(TARGET, 2);
    assert.deepEqual(world.isns.portals(TARGET), [3, 2, 1, 0]);
    world.isns.register(TARGET, 2);
    assert.deepEqual(
      events.map((event) => event.event),
      ["WITHDRAWN", "REGISTERED"],
      "a second registration changes nothing",
    );
  });

  it("answers after a time, one request after the other", () => {
    const { world } = smallWorld();
    const answers: [client: number, atMs: number][] = [];
    for (let client = 0; client < 3; client++) {
      world.isns.request(
        () => world.isns.portals(TARGET),
        () => answers.push([client, world.nowMs]),
        () => assert.fail("timed out"),
      );
    }
    world.advance(1);
    assert.equal(answers.length, 0);
    world.advance(200);
    assert.equal(answers.length, 3);
    const times = answers.map(([, atMs]) => atMs);
    assert.ok(Math.min(...times) >= 4, "two ways of the network and the server's work");
    assert.equal(new Set(times).size, 3);
  });

  it("leaves requests without an answer while it is down, and those that it had taken in", () => {
    const { world, events } = smallWorld();
    const answers: string[] = [];
    const request = (name: string) =>
      world.isns.request(
        () => world.isns.deregister(TARGET, 0),
        () => answers.push(`${name} answered`),
        () => answers.push(`${name} timed out at ${world.nowMs}`),
      );
    request("before");
    world.advance(3);
    world.restartServer(500, "kept");
    request("during");
    world.advance(1900);
    request("after");
    world.advance(5000);
    assert.deepEqual(answers, ["after answered", "before timed out at 2000", "during timed out at 2003"]);
    assert.deepEqual(
      events.filter((event) => event.event === "SERVER").map((event) => event.timeMs),
      [3, 503],
    );
  });

  it("comes back with what it kept, what was configured, or nothing", () => {
    const after = (memory: "kept" | "configured" | "nothing") => {
      const { world } = smallWorld();
      world.isns.deregister(TARGET, 1);
      world.isns.forget(1, 0);
      world.restartServer(100, memory);
      world.advance(200);
      return [world.isns.portals(TARGET), world.isns.portals(1)];
    };
    assert.deepEqual(after("kept"), [
      [0, 2, 3],
      [1, 2, 3],
    ]);
    assert.deepEqual(after("configured"), [
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ]);
    assert.deepEqual(after("nothing"), [[], []]);
  });
});
