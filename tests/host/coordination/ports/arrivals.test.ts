/** Reservations between two controllers: what is asked, what is answered, and what is refused unread. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Arrivals } from "../../../../host/coordination/arrivals.js";
import {
  type CommandLink,
  LinkError,
  type Message,
  type RequestHandler,
} from "../../../../host/coordination/commands/link.js";
import { LinkState, MoveState } from "../../../../host/shim/generated/layout.js";
import { Shim } from "../../../../host/shim/shim.js";
import { arrayOf, newCore } from "../../shim/support.js";
import { decisionOf } from "../../sources/support.js";

/** A link whose other end is the test. */
class TestLink implements CommandLink {
  readonly handlers = new Map<string, RequestHandler>();
  readonly asked: { controller: string; message: Message }[] = [];
  answer: (message: Message) => Message | undefined = () => undefined;

  request(controller: string, message: Message): Promise<Message> {
    this.asked.push({ controller, message });
    const answer = this.answer(message);
    return answer === undefined ? Promise.reject(new LinkError("no answer in time")) : Promise.resolve(answer);
  }

  serve(kind: string, handler: RequestHandler): void {
    this.handlers.set(kind, handler);
  }

  /** What another controller asks of this one. */
  ask(from: string, message: Message): Promise<Message> {
    return (this.handlers.get(message.kind) as RequestHandler)(from, message);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const ARRAY = `name: x
profile: small
controllers: [a, b]
portDefaults: {capacity: {processor: 0, sessions: 4}}
ports: [{name: pa, controller: a}, {name: pb, controller: b}]
targets: [t0, t1]
`;
const DIGEST = 77;

/** Controller `a`, past its grace, with its port up and both targets listed on both ports. */
function owner(): { shim: Shim; arrivals: Arrivals; link: TestLink; tick: (times?: number) => Promise<void> } {
  const shim = new Shim(newCore(), { incarnation: 1, controller: "a" });
  assert.deepEqual(shim.configure(arrayOf(ARRAY)), []);
  shim.start(0);
  for (const port of [0, 1]) shim.setLink(port, LinkState.UP);
  for (const target of [0, 1]) shim.setRegistrations(target, [0, 1]);
  const link = new TestLink();
  const arrivals = new Arrivals({
    link,
    controllers: () => ["a", "b"],
    configuration: () => DIGEST,
    timeoutMs: 1000,
    grantMs: 60_000,
  });
  arrivals.attach(shim);
  let nowMs = 0;
  const tick = async (times = 1) => {
    for (let each = 0; each < times; each++) {
      nowMs += 100;
      shim.portCounters(0, nowMs, 0, 0, 0, 0);
      arrivals.beforeTick(nowMs);
      shim.tick(nowMs, () => {});
      await Promise.resolve();
    }
  };
  return { shim, arrivals, link, tick };
}

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

test("the asker is told once that the session has landed", async () => {
  const { shim, link, tick } = owner();
  await tick(40);
  const answer = link.ask("b", wish());
  await tick(2);
  await answer;
  shim.login(shim.initiator("other"), 0, 0, 0);
  await tick(3);
  assert.deepEqual(link.asked, []);
  shim.login(shim.initiator("h"), 0, 0, 0);
  await tick(3);
  const tries = link.asked.length;
  assert.ok(tries > 0, "without an answer it is told again");
  link.answer = () => ({ kind: "landed" });
  await tick(5);
  const told = link.asked.length;
  await tick(5);
  assert.equal(link.asked.length, told);
  assert.deepEqual(link.asked[0], { controller: "b", message: { kind: "landed", incarnation: 3, sequence: 9 } });
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
