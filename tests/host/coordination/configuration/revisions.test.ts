import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { leaseRevisionStore, parseRecord } from "../../../../host/coordination/configuration/record.js";
import { type RevisionRefused, Revisions } from "../../../../host/coordination/configuration/revisions.js";
import { StoredLease } from "../../../../host/coordination/lease/stored-lease.js";
import { SimulatedLinks } from "../../../../host/coordination/simulated/commands.js";
import { SimulatedLeaseServer, SimulatedLeaseStore } from "../../../../host/coordination/simulated/lease.js";
import { SimulatedNetwork } from "../../../../host/coordination/simulated/network.js";
import { VirtualClock, VirtualTime } from "../../../../host/coordination/simulated/time.js";
import { Random } from "../../../../host/sources/simulated/random.js";

const NAMES = ["a", "b", "c"];
const CONFIRM_MS = 5000;

interface Node {
  revisions: Revisions;
  store: SimulatedLeaseStore;
  /** Texts that its module took, the latest last. */
  adopted: string[];
  lines: string[];
}

interface Ground {
  time: VirtualTime;
  server: SimulatedLeaseServer;
  network: SimulatedNetwork;
  nodes: Map<string, Node>;
  node(name: string): Node;
  /** Runs on for so long; promises settle. */
  pass(ms: number): Promise<void>;
}

/** A text with `bad` in it is refused by the controller that it names. */
function checkOf(name: string) {
  return (text: string) =>
    text.includes(`bad for ${name}`) ? { problems: ["line 1: wrong"] } : { digest: text.length };
}

async function ground(): Promise<Ground> {
  const time = new VirtualTime();
  const server = new SimulatedLeaseServer(time, new Random(1, "lease"));
  const network = new SimulatedNetwork(time, new Random(1, "network"));
  const links = new SimulatedLinks(time, network, NAMES);
  const nodes = new Map<string, Node>();
  for (const name of NAMES) {
    const clock = new VirtualClock(time);
    const points = { issue: (_: string, act: () => void) => void clock.after(0, act) };
    const store = new SimulatedLeaseStore(server, clock, points);
    const lease = new StoredLease(store, clock, { controller: name, ttlMs: 3000, marginMs: 300, renewMs: 500 });
    const adopted: string[] = [];
    const lines: string[] = [];
    const revisions = new Revisions({
      clock,
      link: links.join(name, clock, points),
      store: leaseRevisionStore(lease, (line) => void lines.push(line)),
      others: () => NAMES.filter((other) => other !== name),
      check: checkOf(name),
      adopt: (text) => {
        adopted.push(text);
        return [];
      },
      initial: "first",
      confirmMs: CONFIRM_MS,
      timeoutMs: 500,
      report: (line) => void lines.push(line),
    });
    void lease.start();
    nodes.set(name, { revisions, store, adopted, lines });
  }
  const made: Ground = {
    time,
    server,
    network,
    nodes,
    node: (name) => nodes.get(name) as Node,
    pass: (ms) => time.runTo(time.nowMs + ms),
  };
  await made.pass(100);
  return made;
}

/** What a promise comes to while time goes on. */
async function during<T>(world: Ground, work: Promise<T>): Promise<T> {
  const settled = work.then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error;
    },
  );
  await world.pass(1000);
  return (await settled)();
}

const latest = (world: Ground) => NAMES.map((name) => world.node(name).adopted.at(-1));

describe("configuration by revision", () => {
  it("is committed once all have checked it alike, adopted by all, and stays when confirmed", async () => {
    const world = await ground();
    const { revisions } = world.node("a");
    const { revision } = await during(world, revisions.commit("second"));
    assert.deepEqual(latest(world), ["second", "second", "second"]);
    await during(world, revisions.confirm(revision));
    await world.pass(CONFIRM_MS * 2);
    assert.deepEqual(latest(world), ["second", "second", "second"]);
    assert.deepEqual(
      NAMES.map((name) => world.node(name).revisions.revision),
      [1, 1, 1],
    );
  });

  it("that nobody confirms is given back by itself, everywhere", async () => {
    const world = await ground();
    await during(world, world.node("b").revisions.commit("second"));
    await world.pass(CONFIRM_MS * 2);
    assert.deepEqual(latest(world), ["first", "first", "first"]);
    assert.deepEqual(
      NAMES.map((name) => world.node(name).revisions.revision),
      [2, 2, 2],
    );
    assert.match(world.node("c").lines.join("\n"), /not confirmed in time/);
    const { revision } = await during(world, world.node("a").revisions.commit("third"));
    assert.equal(revision, 3);
  });

  it("is refused where one finds it wrong, or doesn't answer: nothing changes anywhere", async () => {
    const world = await ground();
    const { revisions } = world.node("a");
    await assert.rejects(during(world, revisions.commit("bad for c")), (error: RevisionRefused) => {
      assert.deepEqual(error.reasons, ["c: line 1: wrong"]);
      return true;
    });
    world.network.split([0, 2], [1]);
    await assert.rejects(during(world, revisions.commit("second")), /b: no answer/);
    assert.deepEqual(latest(world), [undefined, undefined, undefined]);
    assert.equal(world.server.entries.has("configuration"), false);
  });

  it("of two commits at one time, one is refused; and so is one before the last is confirmed", async () => {
    const world = await ground();
    const commits = ["a", "b"].map((name) =>
      world
        .node(name)
        .revisions.commit(`from ${name}`)
        .then(
          () => "done",
          (error: Error) => error.message,
        ),
    );
    await world.pass(1000);
    const results = await Promise.all(commits);
    assert.deepEqual(
      results.filter((result) => result !== "done"),
      ["another revision came first"],
    );
    assert.equal(new Set(latest(world)).size, 1);
    await assert.rejects(during(world, world.node("c").revisions.commit("third")), /waits to be confirmed/);
    await assert.rejects(during(world, world.node("c").revisions.confirm(7)), /does not wait/);
  });

  it("reaches a controller that was out of reach when it comes back; cut off, it gives back for itself", async () => {
    const world = await ground();
    const c = world.node("c");
    const { revisions } = world.node("a");
    const { revision } = await during(world, revisions.commit("second"));
    c.store.conditions.cut = true;
    await during(world, revisions.confirm(revision));
    await world.pass(CONFIRM_MS * 2);
    assert.deepEqual(latest(world), ["second", "second", "first"]);
    assert.match(c.lines.join("\n"), /given back here alone/);
    c.store.conditions.cut = false;
    await world.pass(2000);
    assert.deepEqual(latest(world), ["second", "second", "second"]);
  });

  it("passes over what is no record", () => {
    for (const text of ["", "null", "[]", '{"revision":-1}', '{"revision":1,"digest":2,"confirmed":true,"text":3}']) {
      assert.equal(parseRecord(text), undefined, text);
    }
  });
});
