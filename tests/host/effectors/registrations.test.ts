import assert from "node:assert/strict";
import { test } from "node:test";
import type { Effector, Source } from "../../../host/shim/actor.js";
import { DecisionKind, OutcomeResult } from "../../../host/shim/generated/layout.js";
import type { Shim } from "../../../host/shim/shim.js";
import { realActors } from "../../../host/sources/registry.js";
import { arrayOf } from "../shim/support.js";
import { FakeIsns } from "../sources/fake-isns.js";
import { decisionOf, until, watchedShim } from "../sources/support.js";

const ARRAY = `
name: array
profile: small
controllers: [a, b]
ports:
  - {name: p1, controller: a, address: "10.0.0.1:3260", tag: 11}
  - {name: p2, controller: a, address: "10.0.0.2:3260", tag: 12}
  - {name: p3, controller: b, address: "10.0.0.3:3260", tag: 13}
targets:
  - {name: t1}
  - {name: t2, ports: [p1, p3]}
sources:
  isns: {entity: array-1, socket: /run/isnsd.socket, pollMs: 10, timeoutMs: 500}
`;

const P1 = "10.0.0.1:3260";
const P2 = "10.0.0.2:3260";

class Rig {
  readonly server = new FakeIsns();
  readonly shim: Shim;
  readonly outcomes: { sequence: number; result: number }[];
  readonly reports: string[] = [];
  private readonly effector: Effector;
  private readonly sources: Source[];
  private sequence = 0;

  constructor(prepare: (shim: Shim) => void = () => undefined) {
    const { shim, outcomes } = watchedShim(ARRAY);
    this.shim = shim;
    this.outcomes = outcomes;
    prepare(shim);
    const report = (line: string) => void this.reports.push(line);
    const actors = realActors(arrayOf(ARRAY), { controller: "a", report, run: this.server.run });
    this.sources = actors.sources;
    this.effector = actors.effectors[0] as Effector;
  }

  start(): void {
    for (const source of this.sources) source.attach(this.shim);
  }

  async started(): Promise<this> {
    this.start();
    await until("the first registration", () => this.observed("t1") === 0b011);
    return this;
  }

  /** Port bits of a target as the module was told. */
  observed(target: string): number {
    return this.shim.core.views.registrationInput.ports(this.shim.names.targets.row(target));
  }

  /** Has the effector carry out a withdrawal or a restoration. @returns the decision's sequence */
  decide(kind: "withdraw" | "restore", target: string, port: string, epochLow = 1): number {
    const sequence = ++this.sequence;
    const subject = this.shim.names.targets.row(target);
    const row = this.shim.names.ports.row(port);
    const withdraws = kind === "withdraw";
    const what = withdraws
      ? { kind: DecisionKind.WITHDRAW_REGISTRATION, from: row }
      : { kind: DecisionKind.RESTORE_REGISTRATION, to: row };
    this.effector.handle(decisionOf({ sequence, subject, epochLow, ...what }));
    return sequence;
  }

  async outcome(sequence: number): Promise<number> {
    await until(`an outcome of ${sequence}`, () => this.outcomes.some((each) => each.sequence === sequence));
    return this.outcomes.find((each) => each.sequence === sequence)?.result ?? -1;
  }

  async close(): Promise<void> {
    for (const source of this.sources) await source.close();
  }
}

test("at the start every own portal is registered with its tag, and what isn't configured is NULL", async () => {
  const rig = await new Rig().started();
  assert.deepEqual(rig.server.listed, [`t1 ${P1}=11`, `t1 ${P2}=12`, `t2 ${P1}=11`]);
  assert.equal(rig.server.groups.get(`t2 ${P2}`), 0);
  const words = rig.server.commands.flat();
  assert.ok(!words.includes("--replace"));
  assert.ok(
    words.every((word) => !word.includes("10.0.0.3")),
    "another controller's portal",
  );
  assert.ok(
    rig.server.commands.filter(([first]) => first === "--register").every(([, entity]) => entity === "entity=array-1"),
  );
  await rig.close();
});

test("a withdrawal takes the pair, and only it, out of the listing; a restoration puts it back with its tag", async () => {
  const rig = await new Rig().started();
  assert.equal(await rig.outcome(rig.decide("withdraw", "t1", "p1")), OutcomeResult.DONE);
  assert.deepEqual(rig.server.listed, [`t1 ${P2}=12`, `t2 ${P1}=11`]);
  assert.equal(rig.observed("t1"), 0b010);
  assert.equal(await rig.outcome(rig.decide("restore", "t1", "p1")), OutcomeResult.DONE);
  assert.equal(rig.server.groups.get(`t1 ${P1}`), 11);
  assert.equal(rig.observed("t1"), 0b011);
  await rig.close();
});

test("decisions for a target that come together share a message", async () => {
  const rig = await new Rig().started();
  const before = rig.server.commands.length;
  const first = rig.decide("withdraw", "t1", "p1");
  const second = rig.decide("withdraw", "t1", "p2");
  const third = rig.decide("restore", "t1", "p2");
  for (const sequence of [first, second, third]) assert.equal(await rig.outcome(sequence), OutcomeResult.DONE);
  assert.deepEqual(rig.server.listed, [`t1 ${P2}=12`, `t2 ${P1}=11`]);
  const registers = rig.server.commands.slice(before).filter(([word]) => word === "--register");
  assert.ok(registers.length <= 2, `${registers.length} messages`);
  await rig.close();
});

test("an outcome says what really came of it", async () => {
  const rig = await new Rig().started();
  rig.server.deaf = true;
  assert.equal(await rig.outcome(rig.decide("withdraw", "t1", "p1")), OutcomeResult.FAILED);
  rig.server.deaf = false;
  rig.server.fault = "timeout";
  assert.equal(await rig.outcome(rig.decide("withdraw", "t1", "p1")), OutcomeResult.TIMED_OUT);
  rig.server.fault = "refused";
  assert.equal(await rig.outcome(rig.decide("withdraw", "t1", "p1")), OutcomeResult.REFUSED);
  rig.server.fault = "unreachable";
  assert.equal(await rig.outcome(rig.decide("withdraw", "t1", "p1")), OutcomeResult.FAILED);
  rig.server.fault = "none";
  assert.equal(await rig.outcome(rig.decide("withdraw", "t1", "p1")), OutcomeResult.DONE);
  await rig.close();
});

test("another controller's portal and an epoch that has passed are refused", async () => {
  const rig = await new Rig().started();
  assert.equal(await rig.outcome(rig.decide("withdraw", "t1", "p3")), OutcomeResult.REFUSED);
  assert.equal(await rig.outcome(rig.decide("withdraw", "t1", "p1", 5)), OutcomeResult.DONE);
  assert.equal(await rig.outcome(rig.decide("restore", "t1", "p1", 4)), OutcomeResult.REFUSED);
  assert.equal(rig.server.groups.get(`t1 ${P1}`), 0);
  await rig.close();
});

test("a server that has forgotten everything gets everything again, but not what is withdrawn, not for a moment", async () => {
  const rig = await new Rig().started();
  await rig.outcome(rig.decide("withdraw", "t1", "p1"));
  const seen: string[] = [];
  const set = rig.server.groups.set.bind(rig.server.groups);
  rig.server.groups.set = (pair, tag) => {
    if (tag > 0) seen.push(pair);
    return set(pair, tag);
  };
  rig.server.forget();
  await until("the registrations", () => rig.server.listed.length === 2);
  assert.deepEqual(rig.server.listed, [`t1 ${P2}=12`, `t2 ${P1}=11`]);
  assert.ok(!seen.includes(`t1 ${P1}`));
  assert.ok(!seen.includes(`t2 ${P2}`));
  assert.match(rig.reports.join(), /has forgotten this array/);
  await rig.close();
});

test("what the module kept as withdrawn from an earlier host is registered as NULL from the start", async () => {
  const rig = new Rig((shim) => shim.core.views.registrationState.setWithdrawn(shim.names.targets.row("t1"), 0b001));
  rig.start();
  await until("the first registration", () => rig.observed("t1") === 0b010);
  assert.deepEqual(rig.server.listed, [`t1 ${P2}=12`, `t2 ${P1}=11`]);
  await rig.close();
});

test("a wrong tag is put right; another controller's registrations are left alone", async () => {
  const rig = await new Rig().started();
  rig.server.groups.set(`t1 ${P1}`, 1);
  rig.server.groups.set("t1 10.0.0.3:3260", 99);
  await until("the right tag", () => rig.server.groups.get(`t1 ${P1}`) === 11);
  assert.equal(rig.server.groups.get("t1 10.0.0.3:3260"), 99);
  assert.equal(rig.observed("t1"), 0b111);
  await rig.close();
});
