import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { leaseRevisionStore, parseRecord } from "../../../../host/coordination/configuration/record.js";
import { RevisionRefused } from "../../../../host/coordination/configuration/refused.js";
import { Revisions } from "../../../../host/coordination/configuration/revisions.js";
import type {
  Checked,
  RunningConfiguration,
} from "../../../../host/coordination/configuration/running-configuration.js";
import { StoredLease } from "../../../../host/coordination/lease/stored-lease.js";
import { SimulatedLinks } from "../../../../host/coordination/simulated/commands.js";
import { SimulatedLeaseServer, SimulatedLeaseStore } from "../../../../host/coordination/simulated/lease.js";
import { SimulatedNetwork } from "../../../../host/coordination/simulated/network.js";
import { VirtualClock, VirtualTime } from "../../../../host/coordination/simulated/time.js";
import { problemOf } from "../../../../host/shim/staging.js";
import { Random } from "../../../../host/sources/simulated/random.js";
import { during } from "./during.js";

const NAMES = ["a", "b", "c", "d"];
const FIRST = "first: a b c";
const CONFIRM = { confirmMs: 5000 };

/** A configuration that is a line: `title: controllers`. A title with `bad for NAME` in it is refused by that one. */
class Line implements RunningConfiguration {
  /** Texts that were adopted, the latest last. */
  readonly adopted: string[] = [];
  readonly kept: string[] = [];
  mayTakePart = true;
  /** What is wrong with any text once it is to be adopted. */
  adoptProblem: string | undefined;
  left: Error | undefined;

  constructor(private readonly name: string) {}

  get text(): string {
    return this.adopted.at(-1) ?? FIRST;
  }

  read(text: string): Checked {
    let digest = 0;
    for (const character of text) digest = (Math.imul(digest, 31) + character.charCodeAt(0)) >>> 0;
    return { digest, controllers: text.split(": ")[1]?.split(" ") ?? [] };
  }

  check(text: string): Checked {
    const bad = text.includes(`bad for ${this.name}`);
    return bad ? { problems: [problemOf("ports[1]", "wrong", "right")] } : this.read(text);
  }

  adopt(text: string) {
    if (this.adoptProblem !== undefined) return [problemOf("", this.adoptProblem, "")];
    this.adopted.push(text);
    return [];
  }

  takePart(may: boolean) {
    this.mayTakePart = may;
  }

  settled() {
    return this.left === undefined ? Promise.resolve() : Promise.reject(this.left);
  }

  keep(text: string) {
    this.kept.push(text);
  }

  digest() {
    const read = this.read(this.text);
    return "digest" in read ? read.digest : 0;
  }

  controllers() {
    const read = this.read(this.text);
    return "controllers" in read ? read.controllers : [];
  }
}

interface Node {
  revisions: Revisions;
  store: SimulatedLeaseStore;
  running: Line;
  lines: string[];
  clock: VirtualClock;
}

class World {
  readonly time = new VirtualTime();
  readonly server = new SimulatedLeaseServer(this.time, new Random(1, "lease"));
  readonly network = new SimulatedNetwork(this.time, new Random(1, "network"));
  private readonly links = new SimulatedLinks(this.time, this.network, NAMES);
  private readonly nodes = new Map<string, Node>();

  static async of(names: readonly string[]): Promise<World> {
    const world = new World();
    for (const name of names) world.start(name);
    await world.pass(100);
    return world;
  }

  /** Another start of one that ran before is another process: the earlier one has ended. */
  start(name: string): Node {
    this.nodes.get(name)?.clock.end();
    const clock = new VirtualClock(this.time);
    const points = { issue: (_: string, act: () => void) => void clock.after(0, act) };
    const store = new SimulatedLeaseStore(this.server, clock, points);
    const lease = new StoredLease(store, clock, { controller: name, ttlMs: 3000, marginMs: 300, renewMs: 500 });
    const running = new Line(name);
    const lines: string[] = [];
    const report = (line: string) => void lines.push(line);
    const revisions = new Revisions({
      self: name,
      clock,
      link: this.links.join(name, clock, points),
      store: leaseRevisionStore(lease, report),
      running,
      initial: FIRST,
      timeoutMs: 500,
      joinMs: 300,
      report,
    });
    void lease.start();
    const node = { revisions, store, running, lines, clock };
    this.nodes.set(name, node);
    return node;
  }

  node(name: string): Node {
    return this.nodes.get(name) ?? assert.fail(`no ${name}`);
  }

  /** Text in force at each of some. */
  texts(names: readonly string[] = ["a", "b", "c"]): string[] {
    return names.map((name) => this.node(name).running.text);
  }

  /** Runs on for so long; promises settle. */
  pass(ms: number): Promise<void> {
    return this.time.runTo(this.time.nowMs + ms);
  }

  /** What a promise comes to while time goes on. */
  during<T>(work: Promise<T>, ms = 1200): Promise<T> {
    return during(work, () => this.pass(ms));
  }

  /** Why something is refused, by controller. */
  async refusal(work: Promise<unknown>): Promise<string> {
    try {
      await this.during(work);
    } catch (error) {
      if (error instanceof RevisionRefused) return `${error.code}\n${error.message}`;
      throw error;
    }
    return assert.fail("it was not refused");
  }
}

describe("configuration by revision", () => {
  it("is committed once all have checked it alike, adopted by all, and stays when confirmed", async () => {
    const world = await World.of(["a", "b", "c"]);
    const { revisions } = world.node("a");
    const second = "second: a b c";
    const { revision } = await world.during(revisions.commit(second, CONFIRM));
    assert.deepEqual(world.texts(), [second, second, second]);
    assert.deepEqual(world.node("b").running.kept, [], "before it is confirmed a start is a way back");
    await world.during(revisions.confirm(revision));
    await world.pass(10_000);
    assert.deepEqual(world.texts(), [second, second, second]);
    for (const name of ["a", "b", "c"]) {
      assert.equal(world.node(name).revisions.revision, 1);
      assert.deepEqual(world.node(name).running.kept, [second], name);
    }
  });

  it("that nobody confirms is given back by itself, everywhere, in its own time", async () => {
    const world = await World.of(["a", "b", "c"]);
    await world.during(world.node("b").revisions.commit("second: a b c", { confirmMs: 8000 }));
    await world.pass(6000);
    assert.equal(world.node("c").running.text, "second: a b c");
    assert.ok((world.node("c").revisions.waiting?.leftMs ?? 0) > 0);
    await world.pass(3000);
    assert.deepEqual(world.texts(), [FIRST, FIRST, FIRST]);
    assert.deepEqual(
      ["a", "b", "c"].map((name) => world.node(name).revisions.revision),
      [2, 2, 2],
    );
    assert.match(world.node("c").lines.join("\n"), /not confirmed in time/);
    const { revision } = await world.during(world.node("a").revisions.commit("third: a b c", CONFIRM));
    assert.equal(revision, 3);
  });

  it("is refused where one finds it wrong, with that controller's own words: nothing changes anywhere", async () => {
    const world = await World.of(["a", "b", "c"]);
    const { revisions } = world.node("a");
    const why = await world.refusal(revisions.commit("bad for b, bad for c: a b c", CONFIRM));
    assert.match(why, /^not_adopted\nb: ports\[1\]: wrong.*\nc: ports\[1\]: wrong/);
    assert.deepEqual(world.texts(), [FIRST, FIRST, FIRST]);
    assert.equal(world.server.entries.has("configuration"), false);
  });

  it("is refused where one doesn't answer, until it does", async () => {
    const world = await World.of(["a", "b", "c"]);
    world.network.split([0, 2], [1]);
    const { revisions } = world.node("a");
    assert.match(await world.refusal(revisions.commit("second: a b c", CONFIRM)), /^not_adopted\nb: no answer/);
    assert.equal(world.server.entries.has("configuration"), false);
    world.network.heal();
    await world.during(revisions.commit("second: a b c", CONFIRM));
    assert.equal(world.node("b").running.text, "second: a b c");
  });

  it("is refused where one has another configuration in force, or not yet given up what it had", async () => {
    const world = await World.of(["a", "b", "c"]);
    world.node("b").running.adopted.push("of its own: a b c");
    world.node("c").running.left = new Error("an address stays");
    const why = await world.refusal(world.node("a").revisions.commit("second: a b c", CONFIRM));
    assert.match(why, /b: has another configuration in force/);
    assert.match(why, /c: what the configuration before had is not gone: an address stays/);
  });

  it("of two commits at one time, one is refused; and so is one before the last is confirmed", async () => {
    const world = await World.of(["a", "b", "c"]);
    const commits = ["a", "b"].map((name) =>
      world
        .node(name)
        .revisions.commit(`from ${name}: a b c`, CONFIRM)
        .then(
          () => "done",
          (error: RevisionRefused) => error.code,
        ),
    );
    const results = await world.during(Promise.all(commits));
    assert.deepEqual(
      results.filter((result) => result !== "done"),
      ["changed"],
    );
    assert.equal(new Set(world.texts()).size, 1);
    const third = world.node("c").revisions;
    assert.match(await world.refusal(third.commit("third: a b c", CONFIRM)), /^unconfirmed/);
    assert.match(await world.refusal(third.put("third: a b c", () => true)), /^unconfirmed/);
    assert.match(await world.refusal(third.confirm(7)), /^nothing_unconfirmed/);
  });

  it("carried out twice is carried out once; looked at too long ago, not at all", async () => {
    const world = await World.of(["a", "b", "c"]);
    const text = "second: a b c";
    const first = await world.during(world.node("a").revisions.commit(text, CONFIRM));
    const again = await world.during(world.node("b").revisions.commit(text, CONFIRM));
    assert.equal(again.revision, first.revision);
    await world.during(world.node("c").revisions.giveBack(first.revision));
    const late = world.node("a").revisions.commit(text, { ...CONFIRM, still: () => false });
    assert.match(await world.refusal(late), /^changed/);
    assert.deepEqual(world.texts(), [FIRST, FIRST, FIRST]);
  });

  it("is not confirmed before every controller has it in force", async () => {
    const world = await World.of(["a", "b", "c"]);
    world.node("c").running.adoptProblem = "no room";
    const { revisions } = world.node("a");
    const { revision } = await world.during(revisions.commit("second: a b c", CONFIRM));
    assert.match(
      await world.refusal(revisions.confirm(revision)),
      /^not_in_force\nc: revision 1 is not in force there/,
    );
    assert.match(world.node("c").lines.join("\n"), /configuration 1: not adopted: no room/);
    world.node("c").running.adoptProblem = undefined;
    await world.pass(6000);
    assert.deepEqual(world.texts(), [FIRST, FIRST, FIRST]);
  });

  it("reaches one that is started in the middle, and is given back there too", async () => {
    const world = await World.of(["a", "b", "c"]);
    await world.during(world.node("a").revisions.commit("second: a b c", CONFIRM));
    world.start("b");
    await world.pass(1000);
    assert.equal(world.node("b").running.text, "second: a b c");
    await world.pass(8000);
    assert.deepEqual(world.texts(), [FIRST, FIRST, FIRST]);
  });

  it("is given back when whoever committed it is gone, and all others were started anew", async () => {
    const world = await World.of(["a", "b", "c"]);
    await world.during(world.node("a").revisions.commit("second: a b c", CONFIRM));
    world.node("a").clock.end();
    world.start("b");
    world.start("c");
    await world.pass(9000);
    assert.deepEqual(world.texts(["b", "c"]), [FIRST, FIRST]);
    assert.equal(world.node("c").revisions.revision, 2);
  });

  it("reaches a controller that was out of reach when it comes back; cut off, it gives back for itself", async () => {
    const world = await World.of(["a", "b", "c"]);
    const c = world.node("c");
    const { revisions } = world.node("a");
    const second = "second: a b c";
    const { revision } = await world.during(revisions.commit(second, CONFIRM));
    c.store.conditions.cut = true;
    await world.during(revisions.confirm(revision));
    await world.pass(10_000);
    assert.deepEqual(world.texts(), [second, second, FIRST]);
    assert.match(c.lines.join("\n"), /given back here alone/);
    c.store.conditions.cut = false;
    await world.pass(2000);
    assert.deepEqual(world.texts(), [second, second, second]);
  });

  it("of other controllers is not given back by one alone: it would not ask them for their promise", async () => {
    const world = await World.of(["a", "b", "c"]);
    const text = "second: a b c d";
    await world.during(world.node("a").revisions.commit(text, CONFIRM));
    world.node("c").store.conditions.cut = true;
    await world.pass(10_000);
    assert.deepEqual(world.texts(), [FIRST, FIRST, text]);
    world.node("c").store.conditions.cut = false;
    await world.pass(2000);
    assert.equal(world.node("c").running.text, FIRST);
  });

  it("puts maintenance in force at once, whoever is dead; that one takes it when it is back", async () => {
    const world = await World.of(["a", "b", "c"]);
    world.node("b").clock.end();
    await world.during(world.node("a").revisions.put("drained: a b c", () => true));
    assert.deepEqual(world.texts(["a", "c"]), ["drained: a b c", "drained: a b c"]);
    assert.equal(world.node("a").revisions.waiting, undefined);
    world.start("b");
    await world.pass(1000);
    assert.equal(world.node("b").running.text, "drained: a b c");
  });

  it("has a newcomer take part once every other controller knows of it, and remembers that", async () => {
    const world = await World.of(["a", "b", "c"]);
    const text = "second: a b c d";
    const { revision, joining } = await world.during(world.node("a").revisions.commit(text, CONFIRM));
    assert.deepEqual(joining, ["d"]);
    await world.during(world.node("b").revisions.confirm(revision));
    world.network.split([0, 1], [3]);
    const newcomer = world.start("d");
    await world.pass(3000);
    assert.equal(newcomer.running.text, text);
    assert.equal(newcomer.running.mayTakePart, false, "a and b have not told it that they know of it");
    world.network.heal();
    await world.pass(1000);
    assert.equal(newcomer.running.mayTakePart, true);
    world.network.split([0, 1, 2], [3]);
    const again = world.start("d");
    await world.pass(1000);
    assert.equal(again.running.mayTakePart, true, "it has joined before");
  });

  it("has one that is left out, or not named yet, take no part; and one that comes back by a return join anew", async () => {
    const world = await World.of(["a", "b", "c", "d"]);
    const without = "second: a b";
    const { revision } = await world.during(world.node("a").revisions.commit(without, CONFIRM));
    assert.equal(world.node("c").running.mayTakePart, false);
    assert.equal(world.node("d").running.mayTakePart, false);
    assert.match(world.node("c").lines.join("\n"), /has no controller c/);
    world.network.split([0], [2]);
    await world.during(world.node("b").revisions.giveBack(revision));
    assert.equal(world.node("c").running.mayTakePart, false, "a has not told it that it has it in force");
    world.network.heal();
    await world.pass(1500);
    assert.equal(world.node("c").running.mayTakePart, true);
    assert.equal(world.node("d").running.mayTakePart, false);
  });

  it("refuses a text that the lease service has no room for", async () => {
    const world = await World.of(["a", "b", "c"]);
    const text = `${"x".repeat(1024 * 1024)}: a b c`;
    assert.match(await world.refusal(world.node("a").revisions.commit(text, CONFIRM)), /^too_large/);
  });

  it("passes over what is no record", () => {
    const texts = [
      "",
      "null",
      "[]",
      '{"revision":-1}',
      '{"revision":1,"digest":2,"confirmed":true,"text":3}',
      '{"revision":1,"digest":2,"confirmed":true,"text":"","previous":"","returned":"","confirmMs":0,"joining":[1]}',
    ];
    for (const text of texts) assert.equal(parseRecord(text), undefined, text);
  });
});
