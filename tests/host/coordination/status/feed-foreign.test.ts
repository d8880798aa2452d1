/** A controller is believed about its own things only; and what it said is void, all of it, once its liveness key is gone. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { composeStatus } from "../../../../host/coordination/status/compose.js";
import type { OwnStatus } from "../../../../host/coordination/status/status.js";
import { LinkState } from "../../../../host/shim/generated/layout.js";
import { FACTS, World } from "./feed-support.js";

const { UP, DOWN } = LinkState;
const PLACE_OF_A = 0;

/** A message of controller c with something in it that c has no say in. */
function sayAsC(world: World, change: (status: OwnStatus) => void): void {
  const { c } = world;
  const status = composeStatus(c.shim, c.feed, FACTS);
  change(status);
  c.channel.send(status);
  world.time.advanceTo(world.time.nowMs + 10);
}

test("of another controller's network port and target port nothing is taken", () => {
  const world = new World();
  const { a, b, c } = world;
  for (const { shim } of [a, b, c]) shim.setRegistrations(0, [0, 1, 2]);
  a.shim.networkPort(a.shim.names.networkPorts.row("n-a"), UP, 3);
  world.exchange();
  const { networkPortInput, registrationInput } = b.shim.core.views;
  const row = b.shim.names.networkPorts.row("n-a");
  sayAsC(world, ({ networkPorts }) => networkPorts.push({ place: PLACE_OF_A, link: DOWN, errors: 9 }));
  assert.deepEqual([networkPortInput.link(row), networkPortInput.errors(row)], [UP, 3]);
  assert.equal(registrationInput.ports(0), 0b111);
  sayAsC(world, ({ registrations }) => registrations.push({ port: PLACE_OF_A, first: 0, words: [0] }));
  assert.equal(registrationInput.ports(0), 0b111, "not withdrawn by c's word");
});

test("an address on another controller's port is not believed", () => {
  const world = new World();
  const { a, b } = world;
  b.feed.holdings("b", { interfaces: [], units: [] });
  a.feed.holdings("a", { interfaces: [{ name: "i-b", port: "n-a" }], units: [] });
  world.exchange();
  const { interfaceInput } = b.shim.core.views;
  const at = (name: string) => interfaceInput.port(b.shim.names.interfaces.row(name));
  assert.equal(at("i-b"), b.shim.names.networkPorts.row("n-a"));
  sayAsC(world, (status) => {
    status.held = [{ first: 0, last: 2, held: [{ interface: 1, port: PLACE_OF_A }] }];
  });
  assert.equal(b.feed.ownInterfaces.doubled, 0, "c claims nothing by naming a's port");
  assert.equal(at("i-b"), b.shim.names.networkPorts.row("n-a"));
});

test("a unit that a controller served is served by nobody once its liveness key is gone", () => {
  const world = new World();
  const { a, b } = world;
  a.feed.holdings("a", { interfaces: [], units: ["u0"] });
  world.exchange();
  b.feed.admits("u0", "a");
  const { unitInput } = b.shim.core.views;
  const [server] = b.feed.places.servers;
  assert.deepEqual([unitInput.server(0), unitInput.serving(0)], [server, server]);
  b.feed.gone("a");
  assert.equal(unitInput.server(0), server, "the shelf admits it as before");
  assert.notEqual(unitInput.serving(0), server);
});
