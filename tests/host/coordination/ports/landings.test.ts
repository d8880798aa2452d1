/** Where a session comes up that had to leave: seen by the controller on whose port it is, accounted by the one that moved it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "../../../../host/coordination/commands/link.js";
import { MoveState, SessionFlag } from "../../../../host/shim/generated/layout.js";
import { ARRAY, DIGEST, owner } from "./owner.js";
import { PortsWorld, type WorldOptions } from "./world.js";

/** Three hosts on the first port of controller 0, one of which has to leave. */
async function moved(options: Omit<WorldOptions, "seed">): Promise<PortsWorld> {
  const world = new PortsWorld({ seed: 5, ...options });
  for (const [host, target] of ["t0", "t1", "t2"].entries()) world.login(`h${host}`, target, "p0.0");
  await world.run(4000);
  return world;
}

/** Runs until the host that had to leave is elsewhere, and its own module has heard of it. */
async function untilLanded(world: PortsWorld): Promise<void> {
  const { move } = (world.controllers[0] as PortsWorld["controllers"][number]).shim.core.views;
  for (let step = 0; step < 100 && move.state(0) !== MoveState.SETTLING; step++) await world.run(100);
  assert.equal(move.state(0), MoveState.SETTLING, world.decisions.join("; "));
}

test("a session that takes a third controller's port has landed there, and the room that was kept is given back", async () => {
  const all = ["p0.0", "p1.0", "p2.0"];
  const world = await moved({ ports: [1, 1, 1], targets: [all, all, all], stray: () => "p2.0" });
  await untilLanded(world);
  const [asker, reserved] = world.controllers.map(({ shim }) => shim) as [PortsWorld["controllers"][0]["shim"], never];
  const { move, targetPortState } = asker.core.views;
  assert.match(world.decisions[0] ?? "", /^c0 reserve t\d p1\.0$/);
  assert.equal(asker.names.ports.name(move.to(0)), "p2.0");
  const arriving = (port: string) => targetPortState.arrivingPermille(asker.names.ports.row(port));
  assert.deepEqual([arriving("p1.0"), arriving("p2.0")], [0, 250], "planned where it is");
  await world.run(1000);
  const kept = (reserved as typeof asker).core.views.targetPortState;
  assert.equal(kept.arrivingPermille((reserved as typeof asker).names.ports.row("p1.0")), 0, "given back");
  await world.run(30_000);
  const restored = world.decisions.filter((decision) => decision.includes("restore"));
  assert.equal(restored.length, 1, "as after a landing: given back once the port is relieved");
  assert.deepEqual([world.on("p0.0"), world.on("p1.0"), world.on("p2.0")], [2, 0, 1]);
  assert.equal(
    targetPortState.sessions(asker.names.ports.row("p2.0")),
    0,
    "its owner's load shows it: not counted here",
  );
  assert.equal(targetPortState.failedMoves(asker.names.ports.row("p0.0")), 0);
  assert.deepEqual([world.notBack, world.violations], [[], []]);
});

test("so has one that should have stayed on the controller's own ports", async () => {
  const all = ["p0.0", "p0.1", "p1.0"];
  const world = await moved({ ports: [2, 1], targets: [all, all, all], redirection: true, stray: () => "p1.0" });
  await untilLanded(world);
  const { names, core } = (world.controllers[0] as PortsWorld["controllers"][number]).shim;
  assert.equal(names.ports.name(core.views.move.to(0)), "p1.0");
  assert.equal(
    world.decisions.some((decision) => decision.includes("reserve")),
    false,
  );
  await world.run(65_000);
  assert.deepEqual([world.notBack, world.violations], [[], []]);
});

test("it is heard of although most messages are lost", async () => {
  const all = ["p0.0", "p0.1", "p1.0"];
  const world = await moved({ ports: [2, 1], targets: [all, all, all], redirection: true, stray: () => "p1.0" });
  world.network.set({ loss: 0.7 });
  await world.run(65_000);
  assert.equal(world.on("p1.0"), 1);
  assert.deepEqual([world.notBack, world.violations], [[], []]);
});

function wanted(fields: Readonly<Record<string, unknown>> = {}): Message {
  const plain = { initiator: "h", target: "t0", port: "pa", left: false, incarnation: 3, sequence: 9 };
  return { kind: "watch", ...plain, configuration: DIGEST, ...fields };
}

const WATCHING = { kind: "watch", watching: true };

test("the asker is told once, of that host at that target only", async () => {
  const { shim, link, tick } = owner();
  assert.deepEqual(await link.ask("b", wanted()), WATCHING);
  shim.login(shim.initiator("other"), 0, 0, 0);
  shim.login(shim.initiator("h"), 1, 0, 0);
  await tick(3);
  assert.deepEqual(link.asked, []);
  shim.login(shim.initiator("h"), 0, 0, 0);
  await tick(3);
  assert.ok(link.asked.length > 1, "without an answer it is told again");
  let answer: (message: Message) => void = () => undefined;
  link.answer = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  await tick(5);
  const told = link.asked.length;
  await tick(5);
  assert.equal(link.asked.length, told, "while it is being told it isn't told again");
  answer({ kind: "landed" });
  await tick(5);
  assert.equal(link.asked.length, told);
  const message = { kind: "landed", incarnation: 3, sequence: 9, port: "pa" };
  assert.deepEqual(link.asked[0], { controller: "b", message });
});

test("a path that the host had before is no landing, but where it was to land; nor is another's port", async () => {
  const { shim, link, tick } = owner();
  link.answer = () => ({ kind: "landed" });
  const path = shim.login(shim.initiator("h"), 0, 0, 0);
  shim.login(shim.initiator("h"), 0, 1, 0);
  await tick(2);
  await link.ask("b", wanted({ port: "pb" }));
  await tick(3);
  assert.deepEqual(link.asked, [], "it was there before");
  await link.ask("b", wanted({ port: "pb", left: true }));
  await tick(3);
  assert.deepEqual(link.asked, [], "what is known of it isn't forgotten when it is asked again");
  shim.logout(path);
  await tick(1);
  shim.login(shim.initiator("h"), 0, 0, 0);
  await tick(3);
  assert.equal(link.asked.length, 1, "this one is new");
  await link.ask("b", wanted({ sequence: 10 }));
  await tick(3);
  assert.equal(link.asked.length, 2, "the expected port counts as it is, as between ports of one controller");
  await link.ask("b", wanted({ port: "pb", sequence: 11, left: true }));
  await tick(3);
  assert.equal(link.asked.length, 3, "one that is asked for after it had left is taken for the one that came");
});

test("a watch ends with its time, and is never one more than an asker can have moves", async () => {
  const { shim, link, tick } = owner();
  link.answer = () => ({ kind: "landed" });
  const { capacity } = shim.core.views.move;
  for (let sequence = 0; sequence <= capacity; sequence++) await link.ask("b", wanted({ sequence, target: "t1" }));
  await link.ask("a", wanted({ sequence: 1 })); // another asker's doesn't push it out
  await tick(1);
  shim.login(shim.initiator("h"), 1, 0, 0);
  await tick(3);
  assert.deepEqual(
    link.asked.map(({ message }) => message.sequence),
    Array.from({ length: capacity }, (_, at) => at + 1),
    "the oldest is gone",
  );
  await link.ask("b", wanted());
  await tick(610);
  const told = link.asked.length;
  shim.login(shim.initiator("h"), 0, 0, 0);
  await tick(3);
  assert.equal(link.asked.length, told);
});

test("of a stranger, of another configuration, or not as described: not watched for", async () => {
  const { link } = owner();
  const bad: [string, Message][] = [
    ["stranger", wanted()],
    ["b", wanted({ configuration: 78 })],
    ["b", wanted({ initiator: 1 })],
    ["b", wanted({ target: undefined })],
    ["b", wanted({ port: null })],
    ["b", wanted({ left: "yes" })],
    ["b", wanted({ incarnation: 1.5 })],
    ["b", wanted({ sequence: undefined })],
    ["b", { kind: "watch" }],
  ];
  for (const [from, message] of bad) {
    assert.deepEqual(await link.ask(from, message), { kind: "watch", watching: false }, JSON.stringify(message));
  }
});

/** Controller `a` with a move of h's session to t0 in its table, whose module doesn't run meanwhile. */
async function asking(array = ARRAY) {
  const each = owner(array);
  await each.tick(2);
  const { shim, arrivals, link } = each;
  const { move, moduleState } = shim.core.views;
  moduleState.setMovesInUse(0, 1);
  move.setInitiator(0, shim.initiator("h"));
  move.setTarget(0, 0);
  move.setTo(0, 1);
  move.setStartedMs(0, 1000);
  move.setState(0, MoveState.RESERVING);
  const look = async (hostMs: number) => {
    arrivals.beforeTick(hostMs);
    await Promise.resolve();
  };
  return { shim, arrivals, link, move, look };
}

test("owners are asked before the session has to leave, and again, until they have told", async () => {
  const { shim, link, move, look } = await asking();
  await look(1000);
  assert.equal(link.asked.length, 0, "while room is asked for nobody leaves");
  move.setState(0, MoveState.WITHDRAWING);
  await look(1100);
  await look(1200);
  const message = { ...wanted({ port: "pb", incarnation: 1, sequence: 1 }), configuration: DIGEST };
  assert.deepEqual([...link.asked], [{ controller: "b", message }]);
  move.setState(0, MoveState.AWAITING_LOGIN);
  await look(2100);
  assert.equal(link.asked.length, 2);
  assert.equal(link.asked[1]?.message.left, true);
  const before = shim.core.views.sessionInput;
  const told = { kind: "landed", incarnation: 1, sequence: 1, port: "pb" };
  for (const wrong of [
    { ...told, incarnation: 2 },
    { ...told, sequence: 2 },
    { ...told, port: "pa" },
    { kind: "landed" },
  ]) {
    await link.ask("b", wrong);
  }
  await link.ask("stranger", told);
  assert.equal(before.flags(0) & SessionFlag.LOGGED_IN, 0, "nobody else tells, and nothing else is told");
  await link.ask("b", told);
  await link.ask("b", told);
  assert.deepEqual([before.flags(0) & SessionFlag.LOGGED_IN, before.port(0)], [SessionFlag.LOGGED_IN, 1]);
  assert.equal(before.flags(1) & SessionFlag.LOGGED_IN, 0, "told twice, it stands there once");
  await look(9000);
  assert.equal(link.asked.length, 2, "it is known where it is");
  move.setState(0, MoveState.SETTLING);
  await look(9100);
  assert.equal(before.flags(0) & SessionFlag.LOGGED_IN, SessionFlag.LOGGED_IN);
  move.setState(0, MoveState.FREE);
  await look(9200);
  assert.equal(before.flags(0) & SessionFlag.LOGGED_IN, 0, "the owner's load shows it from now on");
});

test("another move in the same row is watched for by itself, and a row that is another session's is left alone", async () => {
  const { shim, link, move, look } = await asking();
  move.setState(0, MoveState.LOGGING_OUT);
  await look(1000);
  await link.ask("b", { kind: "landed", incarnation: 1, sequence: 1, port: "pb" });
  shim.logout(0);
  // Rows are given out in turn: this goes on until the one that stood for the session is another's.
  let other = -1;
  while (other !== 0) other = shim.login(shim.initiator("other"), 1, 0, 0);
  move.setStartedMs(0, 5000);
  await look(1100);
  assert.notEqual(shim.core.views.sessionInput.flags(other) & SessionFlag.LOGGED_IN, 0);
  const asked = link.asked.map(({ message }) => message.sequence);
  assert.deepEqual(asked, [1, 2]);
});

test("a target that has no other owner is watched for by nobody", async () => {
  const array = ARRAY.replace("targets: [t0, t1]", "targets: [{name: t0, ports: [pa]}, t1]");
  const { link, move, look } = await asking(array);
  move.setState(0, MoveState.WITHDRAWING);
  await look(1100);
  assert.deepEqual(link.asked, []);
});
