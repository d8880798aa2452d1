import assert from "node:assert/strict";
import { test } from "node:test";
import type { Effector, Source } from "../../../host/shim/actor.js";
import { DecisionKind, OutcomeResult, SessionFlag } from "../../../host/shim/generated/layout.js";
import type { Shim } from "../../../host/shim/shim.js";
import type { CommandRunner } from "../../../host/sources/command.js";
import { realActors } from "../../../host/sources/registry.js";
import { arrayOf } from "../shim/support.js";
import { FakeTgt } from "../sources/fake-tgt.js";
import { decisionOf, until, watchedShim } from "../sources/support.js";

const ARRAY = `
name: array
profile: small
ports:
  - {name: p1, address: "10.0.0.1:3260"}
  - {name: p2, address: "10.0.0.2:3260"}
  - {name: p3, address: "[fd00::3]:3261"}
targets:
  - {name: t1}
  - {name: t2, redirection: true}
sources:
  kernel: {ports: {p1: {device: lo}}}
  tgt: {pollMs: 10, timeoutMs: 400, redirectMs: 60000, ports: {p1: {controlPort: 1}, p2: {controlPort: 2}, p3: {controlPort: 3}}}
`;

class Rig {
  readonly servers = [1, 2, 3].map(() => new FakeTgt(["t1", "t2"]));
  readonly shim: Shim;
  readonly outcomes: { sequence: number; result: number }[];
  private readonly effector: Effector;
  private readonly sources: Source[];
  private sequence = 0;

  constructor(text = ARRAY) {
    const { shim, outcomes } = watchedShim(text);
    this.shim = shim;
    this.outcomes = outcomes;
    const run: CommandRunner = (file, args, options) => {
      const server = this.servers[Number(args[args.indexOf("--control-port") + 1]) - 1] as FakeTgt;
      return server.run(file, args, options);
    };
    const array = arrayOf(text);
    // The kernel's part has tests of its own.
    delete array.sources.kernel;
    const actors = realActors(array, { controller: "controller", report: () => undefined, run });
    this.sources = actors.sources;
    this.effector = actors.effectors[0] as Effector;
  }

  async start(): Promise<this> {
    for (const source of this.sources) {
      source.beforeTick(1000);
      source.attach(this.shim);
    }
    await until("the sessions", () => this.rows().length === 1);
    return this;
  }

  rows(): number[] {
    const { sessionInput } = this.shim.core.views;
    return [...Array(sessionInput.capacity).keys()].filter(
      (row) => (sessionInput.flags(row) & SessionFlag.LOGGED_IN) !== 0,
    );
  }

  /** Decides the end of the one session; `to`: a port to redirect to. */
  async decide(to?: string, generationsAhead = 0): Promise<number> {
    const sequence = ++this.sequence;
    const subject = this.rows()[0] ?? 0;
    const subjectGeneration = this.shim.core.views.sessionInput.generation(subject) + generationsAhead;
    const kind = to === undefined ? DecisionKind.LOGOUT_SESSION : DecisionKind.REDIRECT_SESSION;
    const port = to === undefined ? 0xffff : this.shim.names.ports.row(to);
    this.effector.handle(decisionOf({ sequence, kind, subject, subjectGeneration, to: port }));
    await until("an outcome", () => this.outcomes.some((each) => each.sequence === sequence));
    return this.outcomes.find((each) => each.sequence === sequence)?.result ?? -1;
  }

  async close(): Promise<void> {
    for (const source of this.sources) await source.close();
  }
}

test("a logout closes the connection; the session is gone before the outcome says so", async () => {
  // No poll comes by itself in the time of the test.
  const rig = new Rig(ARRAY.replace("pollMs: 10", "pollMs: 60000"));
  rig.servers[0]?.login(1, "host-a");
  await rig.start();
  assert.equal(await rig.decide(), OutcomeResult.DONE);
  assert.deepEqual(rig.rows(), []);
  assert.equal(
    rig.servers.every((server) => server.redirections.size === 0),
    true,
  );
  await rig.close();
});

test("a session that has ended by itself, or whose row is another's now, is done", async () => {
  const rig = new Rig();
  rig.servers[0]?.login(1, "host-a");
  await rig.start();
  assert.equal(await rig.decide(undefined, 1), OutcomeResult.DONE);
  assert.equal(rig.rows().length, 1);
  await rig.close();
});

test("a connection that does not close is a time-out, and a missing tgtd has no session", async () => {
  const rig = new Rig();
  const server = rig.servers[0] as FakeTgt;
  server.login(1, "host-a");
  await rig.start();
  server.deaf = true;
  assert.equal(await rig.decide(), OutcomeResult.TIMED_OUT);
  assert.equal(rig.rows().length, 1);
  server.fault = "timeout";
  assert.equal(await rig.decide(), OutcomeResult.TIMED_OUT);
  server.fault = "absent";
  assert.equal(await rig.decide(), OutcomeResult.DONE);
  await rig.close();
});

test("a redirection stands on every port but the one meant until the session has landed", async () => {
  const rig = new Rig();
  const [first, second, third] = rig.servers as [FakeTgt, FakeTgt, FakeTgt];
  first.login(2, "host-a");
  await rig.start();
  assert.equal(await rig.decide("p3"), OutcomeResult.DONE);
  const expected = { RedirectPort: "3261", RedirectReason: "Temporary", RedirectAddress: "[fd00::3]" };
  assert.deepEqual(first.redirections.get(2), expected);
  assert.deepEqual(second.redirections.get(2), expected);
  assert.equal(third.redirections.size, 0);
  third.login(2, "host-a");
  await until("the end of the redirection", () => first.redirections.size + second.redirections.size === 0);
  await rig.close();
});

test("redirections end with the host, and those that one left are taken away by the next", async () => {
  const rig = new Rig();
  const [first, second] = rig.servers as [FakeTgt, FakeTgt, FakeTgt];
  first.login(2, "host-a");
  await rig.start();
  await rig.decide("p3");
  assert.equal(first.redirections.size, 1);
  await rig.close();
  assert.equal(first.redirections.size, 0);

  const next = new Rig();
  const left = next.servers as [FakeTgt, FakeTgt, FakeTgt];
  left[0].login(1, "host-a");
  left[0].redirections.set(2, { RedirectAddress: "10.0.0.2", RedirectPort: "3260" });
  // Not a port of this array, or a target that fairlead doesn't redirect: somebody else's.
  left[1].redirections.set(2, { RedirectAddress: "192.0.2.1", RedirectPort: "3260" });
  left[2].redirections.set(1, { RedirectAddress: "10.0.0.2", RedirectPort: "3260" });
  await next.start();
  await until("the sweep", () => left[0].redirections.size === 0);
  await next.close();
  assert.equal(left[1].redirections.size, 1);
  assert.equal(left[2].redirections.size, 1);
  assert.equal(second.redirections.size, 0);
});
