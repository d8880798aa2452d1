/** What the status messages have come to, as it is shown. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../../../host/coordination/simulated/time.js";
import { channelFactsOf } from "../../../../host/coordination/status/channel-facts.js";
import { Controller, World } from "./feed-support.js";

test("facts of a channel: counters, the age of each link, and what two say they hold", () => {
  const world = new World();
  const { channel, feed } = world.a;
  const clock = new VirtualClock(world.time);
  const read = () => channelFactsOf(channel, feed, clock, "a");
  const before = read();
  assert.deepEqual(
    before.links.map(({ controller, link, dead }) => [controller, link, dead]),
    [
      ["b", 0, false],
      ["c", 0, false],
    ],
  );
  assert.ok(before.counters.received > 0 && before.counters.sent > 0);
  assert.deepEqual([before.doubledInterfaces, before.doubledUnits], [0, 0]);
  // Copies: what is read stays as it was.
  world.exchange();
  assert.equal(read().counters.sent, before.counters.sent + 2);
  feed.ownInterfaces.say(1, 0, 1);
  feed.ownInterfaces.say(2, 0, 2);
  feed.ownUnits.say(1, 0, 1);
  assert.deepEqual([read().doubledInterfaces, read().doubledUnits], [1, 0]);
  feed.ownUnits.say(2, 0, 2);
  assert.equal(read().doubledUnits, 1);
});

test("a link has no age before it has brought anything, and then the one of its latest message", () => {
  const world = new World();
  const started = new Controller(world, "a");
  const clock = new VirtualClock(world.time);
  const ages = () =>
    channelFactsOf(started.channel, started.feed, clock, "a").links.map(({ heardAgeMs }) => heardAgeMs);
  assert.deepEqual(ages(), [null, null]);
  // It is heard once the others have said that they hear this start.
  started.send();
  world.time.advanceTo(world.time.nowMs + 10);
  world.b.send();
  world.time.advanceTo(world.time.nowMs + 250);
  assert.deepEqual(
    ages().map((age) => age !== null && age >= 240 && age <= 250),
    [true, false],
  );
});
