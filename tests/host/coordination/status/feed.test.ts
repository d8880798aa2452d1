/** From one controller's module, over the network, into another's tables: members and target ports. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { composeStatus, OwnLinks } from "../../../../host/coordination/status/compose.js";
import { LinkState, MemberReport, ScopeKind } from "../../../../host/shim/generated/layout.js";
import { storedEpochs } from "../../../../host/coordination/status/epochs.js";
import { scopesOf } from "../../../../host/coordination/scopes.js";
import { arrayOf } from "../../shim/support.js";
import { type Controller, FACTS, FIRST_SERVER, World } from "./feed-support.js";

const { UP, DOWN } = LinkState;

test("heartbeats: both of a controller's members, with whom it hears", () => {
  const world = new World();
  world.exchange();
  world.network.isolate(2);
  world.time.advanceTo(world.time.nowMs + 400);
  world.a.send({ selfTests: 7, penalty: 9 });
  world.b.send();
  world.time.advanceTo(world.time.nowMs + 10);
  world.a.send({ selfTests: 7, penalty: 9 });
  world.time.advanceTo(world.time.nowMs + 10);
  const { shim, feed } = world.b;
  shim.tick(1000, () => {});
  const { heartbeat } = shim.core.views;
  for (const row of [0, FIRST_SERVER]) {
    assert.equal(heartbeat.beat(row), 5);
    assert.equal(heartbeat.bootCount(row), 1);
    assert.equal(heartbeat.selfTests(row), 7);
    assert.equal(heartbeat.penalty(row), 9);
    assert.equal(heartbeat.role(row), 0x102);
    assert.equal(heartbeat.configuration(row), feed.places.digest);
    assert.equal(heartbeat.flags(row), MemberReport.REACHES_LEASE_SERVICE);
    assert.equal(heartbeat.hears0(row), 0b010, "a hears b, and c no more");
  }
});

test("own heartbeats are told to the own module", () => {
  const { a } = new World();
  a.feed.takeOwn({ ...FACTS, configuration: 5, carried: 1 }, 7, 2 ** 32 + 9, a.channel.hears());
  const { heartbeat } = a.shim.core.views;
  a.shim.tick(1000, () => {});
  assert.deepEqual([heartbeat.beat(FIRST_SERVER), heartbeat.bootCount(0), heartbeat.hears0(0)], [9, 7, 0b110]);
});

test("a target port's link, load and reserved load; another controller's port is left alone", () => {
  const world = new World();
  const { a, b } = world;
  const row = (controller: Controller, name: string) => controller.shim.names.ports.row(name);
  a.shim.setLink(row(a, "p-a"), UP);
  a.shim.core.views.targetPortState.setLoadPermille(row(a, "p-a"), 420);
  a.shim.core.views.targetPortState.setArrivingPermille(row(a, "p-a"), 70);
  b.shim.setLink(row(b, "p-b"), DOWN);
  world.exchange();
  const { targetPortInput } = b.shim.core.views;
  const port = row(b, "p-a");
  const read = [
    targetPortInput.link(port),
    targetPortInput.remoteLoadPermille(port),
    targetPortInput.remotePlannedPermille(port),
  ];
  assert.deepEqual(read, [UP, 420, 70]);
  assert.equal(targetPortInput.link(row(b, "p-b")), DOWN);
  // One that speaks of another's port is not believed.
  const status = composeStatus(a.shim, a.feed, FACTS);
  status.targetPorts = [{ place: 1, link: UP, loadPermille: 1, plannedPermille: 1 }];
  a.channel.send(status);
  world.time.advanceTo(world.time.nowMs + 10);
  assert.equal(targetPortInput.link(row(b, "p-b")), DOWN);
});

test("a registration that its owner withdraws counts as not listed, whatever the server lists yet", () => {
  const world = new World();
  const { a, b, c } = world;
  for (const { shim } of [a, b, c]) {
    for (const target of [0, 1, 2]) shim.setRegistrations(target, [0, 1, 2]);
  }
  world.exchange();
  const { registrationInput } = b.shim.core.views;
  const listed = () => [0, 1, 2].map((target) => registrationInput.ports(target));
  assert.deepEqual(listed(), [0b111, 0b111, 0b111]);
  a.shim.core.views.registrationState.setWithdrawn(1, 0b001);
  world.exchange();
  assert.deepEqual(listed(), [0b111, 0b110, 0b111]);
  b.shim.setRegistrations(1, [0, 1]);
  assert.deepEqual(listed(), [0b111, 0b010, 0b111], "also when the server is read again");
  a.shim.core.views.registrationState.setWithdrawn(1, 0);
  world.exchange();
  assert.deepEqual(listed(), [0b111, 0b011, 0b111]);
});

test("a link that changes calls for a message at once, another controller's doesn't", () => {
  const { a } = new World();
  const links = new OwnLinks();
  links.note(a.shim, a.feed);
  assert.equal(links.changed(a.shim, a.feed), false);
  a.shim.setLink(a.shim.names.ports.row("p-b"), DOWN);
  assert.equal(links.changed(a.shim, a.feed), false);
  a.shim.setLink(a.shim.names.ports.row("p-a"), UP);
  assert.equal(links.changed(a.shim, a.feed), true);
  links.note(a.shim, a.feed);
  assert.equal(links.changed(a.shim, a.feed), false);
  a.shim.networkPort(a.shim.names.networkPorts.row("n-a"), DOWN);
  assert.equal(links.changed(a.shim, a.feed), true);
});

test("stored epochs: of the own group, the own pair and the array", () => {
  const text =
    "name: x\nprofile: small\ncontrollers: [{name: a, partner: b, group: 1}, {name: b, partner: a, group: 0}, {name: c}]\nports: [p]\ntargets: [t]\n";
  const array = arrayOf(text);
  const stored = new Map([
    ["group/0", 3],
    ["group/1", 4],
    ["pair/a", 2 ** 33],
    ["pair/c", 6],
    ["array", 9],
  ]);
  const epochs = (self: string) =>
    storedEpochs(scopesOf(array), self, ["a", "b", "c"], (scope) => stored.get(scope) ?? 0);
  assert.deepEqual(epochs("b"), [
    { kind: ScopeKind.GROUP, subject: 0, epoch: 3 },
    { kind: ScopeKind.PAIR, subject: 0, epoch: 2 ** 33 },
    { kind: ScopeKind.ARRAY, subject: 0, epoch: 9 },
  ]);
  stored.delete("array");
  assert.deepEqual(
    epochs("a").map(({ epoch }) => epoch),
    [4, 2 ** 33],
  );
});
