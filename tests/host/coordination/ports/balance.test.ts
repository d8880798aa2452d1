/** Port balance over several controllers: no target loses its last registrations, no third port is filled by two. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { PortsWorld, type Weakening } from "./world.js";

const BOTH = ["p0.0", "p1.0"];

/** Puts sessions of hosts of their own on a port. */
function fill(world: PortsWorld, port: string, targets: readonly string[]): void {
  for (const [host, target] of targets.entries()) world.login(`${port}/h${host}`, target, port);
}

test("a session moves into another controller's port: reserved there, landed there, accounted there", async () => {
  const world = new PortsWorld({ ports: [1, 1], targets: [BOTH, BOTH, BOTH], seed: 1 });
  fill(world, "p0.0", ["t0", "t1", "t2"]);
  await world.run(30_000);
  assert.deepEqual(world.violations, []);
  assert.deepEqual([world.on("p0.0"), world.on("p1.0")], [2, 1]);
  const [reserve, withdraw, logout, restore, ...more] = world.decisions;
  assert.match(reserve ?? "", /^c0 reserve t\d p1\.0$/);
  assert.match(withdraw ?? "", /^c0 withdraw t\d p0\.0$/);
  assert.match(logout ?? "", /^c0 logout p0\.0\/h\d p0\.0$/);
  assert.match(restore ?? "", /^c0 restore t\d p0\.0$/);
  assert.deepEqual(more, []);
  const [asker, owner] = world.controllers;
  assert.equal(asker?.arrivals.held, 0, "the room was given back");
  const port = owner?.shim.names.ports.row("p1.0") as number;
  assert.equal(owner?.shim.core.views.targetPortState.arrivingPermille(port), 0);
  const remote = asker?.shim.names.ports.row("p1.0") as number;
  assert.equal(asker?.shim.core.views.targetPortInput.remoteLoadPermille(remote), 250, "as its owner says");
  assert.equal(asker?.shim.core.views.targetPortState.sessions(remote), 0, "and not counted here as well");
});

test("two controllers that want to fill the same third port: one of them is refused", async () => {
  const [left, right] = [
    ["p0.0", "p2.0"],
    ["p1.0", "p2.0"],
  ];
  const world = new PortsWorld({ ports: [1, 1, 1], targets: [left, left, left, right, right, right], seed: 2 });
  fill(world, "p0.0", ["t0", "t1", "t2"]);
  fill(world, "p1.0", ["t3", "t4", "t5"]);
  fill(world, "p2.0", ["t0"]);
  await world.run(40_000);
  assert.deepEqual(world.violations, []);
  assert.equal(world.on("p2.0"), 2);
  assert.equal(world.on("p0.0") + world.on("p1.0"), 5);
});

/** Both ports of the only target fill at once, while neither controller hears of the other's. */
async function bothAtOnce(weakening: Weakening): Promise<PortsWorld> {
  const world = new PortsWorld({ ports: [1, 1], targets: [BOTH], seed: 3, weakening });
  await world.run(6000); // each knows that the other's port is empty
  world.network.set({ delayMs: [800, 900] });
  fill(world, "p0.0", ["t0", "t0", "t0"]);
  fill(world, "p1.0", ["t0", "t0", "t0"]);
  await world.run(30_000);
  return world;
}

test("two controllers that want to withdraw a target's last two registrations at once: neither does", async () => {
  const world = await bothAtOnce("none");
  assert.deepEqual(world.violations, []);
  assert.deepEqual(
    world.decisions.map((decision) => decision.split(" ").slice(0, 2).join(" ")).sort(),
    ["c0 reserve", "c1 reserve"],
    "both have asked, and neither went on",
  );
  assert.deepEqual([...(world.server.get("t0") ?? [])], BOTH);
});

test("the same two cases, without asking the other controller first, go wrong: the check sees it", async () => {
  const weakening = "grants without asking";
  const full = [
    ["p0.0", "p2.0"],
    ["p1.0", "p2.0"],
  ];
  const [left, right] = full as [string[], string[]];
  const third = new PortsWorld({
    ports: [1, 1, 1],
    targets: [left, left, left, right, right, right],
    seed: 2,
    weakening,
  });
  fill(third, "p0.0", ["t0", "t1", "t2"]);
  fill(third, "p1.0", ["t3", "t4", "t5"]);
  fill(third, "p2.0", ["t0"]);
  await third.run(40_000);
  assert.ok(
    third.violations.some((violation) => violation.includes("p2.0 is full")),
    third.violations.join("; "),
  );
  const last = await bothAtOnce(weakening);
  assert.ok(
    last.violations.some((violation) => violation.includes("lost its last")),
    last.violations.join("; "),
  );
});

/**
 * A session is on its way from one controller's port to the other's when that one goes into maintenance, at each of
 * many moments; neither has heard yet of what the other is about to withdraw.
 */
async function maintenanceAmidMove(weakening: Weakening): Promise<string[]> {
  const violations: string[] = [];
  for (let atMs = 0; atMs < 3000; atMs += 100) {
    const world = new PortsWorld({ ports: [1, 1], targets: [BOTH, BOTH, BOTH], seed: 4, weakening });
    await world.run(6000);
    world.network.set({ delayMs: [300, 400] });
    fill(world, "p0.0", ["t0", "t1", "t2"]);
    await world.run(500 + atMs);
    world.maintain(new Set(["p1.0"]));
    await world.run(8000);
    violations.push(...world.violations.map((violation) => `maintenance after ${atMs} ms: ${violation}`));
  }
  return violations;
}

test("a granted registration is pinned: its port keeps it, also when it goes into maintenance meanwhile", async () => {
  assert.deepEqual(await maintenanceAmidMove("none"), []);
});

test("with grants that end at once, a target loses its last registrations: the check sees it", async () => {
  const violations = await maintenanceAmidMove("grants end at once");
  assert.ok(violations.some((violation) => violation.includes("lost its last")));
});
