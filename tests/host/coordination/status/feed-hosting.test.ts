/** From one controller's module, over the network, into another's tables: network ports, addresses, units, configurations. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { LeaseStatus, LinkState } from "../../../../host/shim/generated/layout.js";
import { NONE } from "../../../../host/shim/names.js";
import { arrayOf } from "../../shim/support.js";
import { arrayText, CONTROLLERS, FIRST_SERVER, World } from "./feed-support.js";

const { UP, UNKNOWN } = LinkState;

const held = (name: string, port: string) => ({ interfaces: [{ name, port }], units: [] });
const nothing = { interfaces: [], units: [] };

test("places are turned into each module's own rows", () => {
  const world = new World(arrayOf(arrayText(["c", "b"])));
  const { shim, feed } = world.b;
  assert.deepEqual(
    [...feed.places.servers].map((row) => row - FIRST_SERVER),
    [2, 1, 0],
    "a has come last there",
  );
  const rowOf = (name: string) => shim.names.networkPorts.row(name);
  assert.notEqual(rowOf("n-a"), world.a.shim.names.networkPorts.row("n-a"));
  world.a.shim.networkPort(world.a.shim.names.networkPorts.row("n-a"), UP, 12);
  world.exchange();
  shim.tick(1000, () => {});
  const { networkPortInput, heartbeat } = shim.core.views;
  assert.deepEqual([networkPortInput.link(rowOf("n-a")), networkPortInput.errors(rowOf("n-a"))], [UP, 12]);
  assert.equal(networkPortInput.link(rowOf("n-c")), UNKNOWN);
  assert.equal(heartbeat.hears0(feed.places.servers[0] as number), 0b011, "a hears b, in row 1, and c, in row 0");
  assert.equal(heartbeat.hears0(feed.places.processors[0] as number), 0b011);
});

test("an address is where a controller says that it holds it; that nobody does is known when all have said so", () => {
  const world = new World();
  const { a, b, c } = world;
  const { interfaceInput } = b.shim.core.views;
  const row = b.shim.names.interfaces.row("i-a");
  const known = () => (interfaceInput.incarnation(row) === 4 ? interfaceInput.port(row) : "unknown");
  const port = (name: string) => b.shim.names.networkPorts.row(name);
  b.feed.holdings("b", nothing);
  world.exchange();
  assert.equal(known(), "unknown", "a and c have not been asked by themselves yet");
  a.feed.holdings("a", held("i-a", "n-a"));
  world.exchange();
  assert.equal(known(), port("n-a"));
  a.feed.holdings("a", nothing);
  world.exchange();
  assert.equal(known(), port("n-a"), "c has said nothing: it may have it");
  c.feed.holdings("c", nothing);
  world.exchange();
  assert.equal(known(), NONE);
  b.feed.holdings("b", held("i-a", "n-b"));
  assert.equal(known(), port("n-b"));
});

test("what a controller said is void once its liveness key is gone", () => {
  const world = new World();
  const { a, b } = world;
  const { interfaceInput } = b.shim.core.views;
  const row = b.shim.names.interfaces.row("i-a");
  a.feed.holdings("a", held("i-a", "n-a"));
  b.feed.holdings("b", nothing);
  world.exchange();
  assert.equal(interfaceInput.port(row), b.shim.names.networkPorts.row("n-a"));
  for (const name of ["a", "c"]) {
    const member = b.feed.places.servers[CONTROLLERS.indexOf(name)] as number;
    b.shim.membership.memberInput(member, LeaseStatus.GONE, 0);
    b.feed.gone(name);
  }
  assert.equal(interfaceInput.port(row), NONE);
});

test("of two that claim an address the later counts, and the doubled claim is counted", () => {
  const world = new World();
  const { a, b } = world;
  const { interfaceInput } = b.shim.core.views;
  const row = b.shim.names.interfaces.row("i-a");
  a.feed.holdings("a", held("i-a", "n-a"));
  world.exchange();
  b.feed.holdings("b", held("i-a", "n-b"));
  assert.equal(interfaceInput.port(row), b.shim.names.networkPorts.row("n-b"));
  assert.equal(b.feed.ownInterfaces.doubled, 1);
  world.exchange();
  assert.equal(interfaceInput.port(row), b.shim.names.networkPorts.row("n-b"), "the same again is no news");
  b.feed.holdings("b", nothing);
  assert.equal(interfaceInput.port(row), b.shim.names.networkPorts.row("n-a"));
});

test("a unit: who is admitted by the shelf, and who says that it serves it", () => {
  const world = new World();
  const { a, b } = world;
  const { unitInput } = b.shim.core.views;
  const servers = b.feed.places.servers;
  a.feed.holdings("a", { interfaces: [], units: ["u0"] });
  world.exchange();
  assert.notEqual(unitInput.incarnation(0), 4, "before the shelf was asked nothing is known");
  b.feed.admits("u0", "a");
  assert.deepEqual([unitInput.server(0), unitInput.serving(0)], [servers[0], servers[0]]);
  a.feed.holdings("a", nothing);
  world.exchange();
  assert.deepEqual([unitInput.server(0), unitInput.serving(0)], [servers[0], NONE]);
  b.feed.admits("u0", undefined);
  assert.deepEqual([unitInput.server(0), unitInput.serving(0)], [NONE, NONE]);
});

test("stored epochs are told; of another configuration nothing is taken but the heartbeat, and that is said once", () => {
  const world = new World();
  const { a, b } = world;
  world.time.advanceTo(world.time.nowMs + 10);
  a.send({ epochs: [{ kind: 2, subject: 1, epoch: 2 ** 40 }] });
  world.time.advanceTo(world.time.nowMs + 10);
  assert.equal(b.feed.storedEpoch("a", 2, 1), 2 ** 40);
  assert.equal(b.feed.storedEpoch("a", 2, 0), 0);
  assert.deepEqual(a.shim.configure({ ...world.array, name: "y" }), []);
  a.channel.follow(a.feed.reconfigured());
  a.shim.networkPort(a.shim.names.networkPorts.row("n-a"), UP, 0);
  world.exchange();
  world.exchange();
  b.shim.tick(1000, () => {});
  const { networkPortInput, heartbeat } = b.shim.core.views;
  assert.equal(networkPortInput.link(b.shim.names.networkPorts.row("n-a")), UNKNOWN);
  assert.equal(heartbeat.configuration(FIRST_SERVER), a.feed.places.digest);
  assert.deepEqual(b.reports, ["controller a has another configuration"]);
  assert.deepEqual(b.shim.configure({ ...world.array, name: "y" }), []);
  b.channel.follow(b.feed.reconfigured());
  world.exchange();
  assert.equal(networkPortInput.link(b.shim.names.networkPorts.row("n-a")), UP);
});
