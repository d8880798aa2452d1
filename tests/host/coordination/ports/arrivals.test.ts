/** Reservations between two controllers: what is asked, what is answered, and what is refused unread. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "../../../../host/coordination/commands/link.js";
import { MoveState } from "../../../../host/shim/generated/layout.js";
import { arrayOf } from "../../shim/support.js";
import { decisionOf } from "../../sources/support.js";
import { ARRAY, DIGEST, owner } from "./owner.js";

function wish(fields: Readonly<Record<string, unknown>> = {}): Message {
  const plain = { initiator: "h", target: "t0", port: "pa", loadPermille: 250, incarnation: 3, sequence: 9 };
  return { kind: "reserve", ...plain, configuration: DIGEST, ...fields };
}

test("room is granted by the module, pinned, counted, and given back", async () => {
  const { shim, link, tick } = owner();
  await tick(40);
  const { registrationState, targetPortState, arrivalInput } = shim.core.views;
  const answer = link.ask("b", wish());
  await tick(2);
  assert.deepEqual(await answer, { kind: "reserve", granted: true });
  assert.equal(registrationState.pinned(0), 1);
  assert.equal(targetPortState.arrivingPermille(0), 250);
  assert.equal(arrivalInput.requester(0), 2, "one more than the asker's place");
  const again = link.ask("b", wish());
  await tick(2);
  assert.deepEqual(await again, { kind: "reserve", granted: true });
  assert.equal(targetPortState.arrivingPermille(0), 250, "the same asked twice is one");
  await link.ask("b", { ...wish(), kind: "release" });
  await tick(2);
  assert.deepEqual([registrationState.pinned(0), targetPortState.arrivingPermille(0)], [0, 0]);
});

test("what would fill the port is refused", async () => {
  const { link, tick } = owner();
  await tick(40);
  const first = link.ask("b", wish({ loadPermille: 500 }));
  const second = link.ask("b", wish({ loadPermille: 500, sequence: 10, target: "t1" }));
  await tick(2);
  assert.deepEqual([(await first).granted, (await second).granted], [true, false]);
});

test("of a stranger, of another configuration, or not as described: refused without asking the module", async () => {
  const { shim, link, tick } = owner();
  await tick(40);
  const bad: [string, Message][] = [
    ["stranger", wish()],
    ["b", wish({ configuration: 78 })],
    ["b", wish({ target: "t9" })],
    ["b", wish({ port: "p9" })],
    ["b", wish({ port: 1 })],
    ["b", wish({ initiator: "" })],
    ["b", wish({ initiator: null })],
    ["b", wish({ loadPermille: -1 })],
    ["b", wish({ loadPermille: 70_000 })],
    ["b", wish({ loadPermille: "250" })],
    ["b", wish({ sequence: 1.5 })],
    ["b", wish({ incarnation: undefined })],
    ["b", { kind: "reserve" }],
  ];
  for (const [from, message] of bad) {
    assert.deepEqual(await link.ask(from, message), { kind: "reserve", granted: false }, JSON.stringify(message));
  }
  assert.equal(shim.core.views.arrivalInput.requester(0), 0);
});

test("a grant outlives another configuration that keeps its port and target, and ends with one that doesn't", async () => {
  const { shim, link, tick } = owner();
  await tick(40);
  const answer = link.ask("b", wish());
  await tick(2);
  await answer;
  assert.deepEqual(shim.configure(arrayOf(ARRAY.replace("name: x", "name: y"))), []);
  await tick(3);
  assert.equal(shim.core.views.registrationState.pinned(0), 1);
  assert.deepEqual(shim.configure(arrayOf(ARRAY.replace("targets: [t0, t1]", "targets: [t1]"))), []);
  await tick(3);
  assert.equal(shim.core.views.arrivalInput.requester(0), 0);
});

test("a decision that no move stands behind is refused, and the owner's silence is a refusal", async () => {
  const { shim, arrivals, link, tick } = owner();
  await tick(2);
  const outcomes: number[] = [];
  shim.outcome = (_, __, result) => outcomes.push(result) > 0;
  arrivals.handle(decisionOf({ kind: 1, subject: 0, from: 0, to: 1, sequence: 5 }));
  await tick(1);
  assert.equal(outcomes.length, 1);
  assert.equal(link.asked[0]?.controller, "b");
  assert.equal(arrivals.held, 1, "it may have been granted all the same: it is given back until the owner answers");
  link.answer = (message) => ({ kind: message.kind });
  await tick(3);
  assert.equal(arrivals.held, 0);
  assert.equal(link.asked.at(-1)?.message.kind, "release");
});

test("a host whose other path the owner moves itself gets no room: it would lose two at once", async () => {
  const { shim, link, tick } = owner();
  await tick(40);
  const { move } = shim.core.views;
  const host = shim.initiator("h");
  // As a move of h's own path to t0 stands in the table; the module doesn't run while it does.
  move.setState(0, MoveState.WITHDRAWING);
  move.setInitiator(0, host);
  move.setTarget(0, 0);
  const refused = { kind: "reserve", granted: false };
  assert.deepEqual(await link.ask("b", wish()), refused);
  move.setState(0, MoveState.SETTLING);
  let answered: Message | undefined;
  void link.ask("b", wish()).then((answer) => {
    answered = answer;
  });
  await Promise.resolve();
  assert.equal(answered, undefined, "one that has landed is no obstacle: the module is asked");
  move.setState(0, MoveState.FREE);
});
