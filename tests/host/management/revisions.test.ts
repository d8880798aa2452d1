import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Engine } from "../../../host/cli/run/engine.js";
import { digestOf } from "../../../host/management/array/configuration-keeper.js";
import { EngineArray } from "../../../host/management/array/engine-array.js";
import { isUnfulfilled } from "../../../host/management/array/managed-array.js";
import { Controllers } from "../coordination/configuration/controllers.js";

const FILE = `name: managed
profile: standard
controllers:
  - {name: a, control: ["127.0.0.1:1"], command: "127.0.0.1:11"}
  - {name: b, control: ["127.0.0.1:2"], command: "127.0.0.1:12"}
  - {name: c, control: ["127.0.0.1:3"], command: "127.0.0.1:13"}
ports: [{name: p1, controller: a}, {name: p2, controller: b}]
targets: [vol]
coordination:
  keyFile: /key
  intervalMs: 200ms
  etcd: {endpoints: ["127.0.0.1:2379"]}
`;
const CHANGED = FILE.replace("{name: b, ", "{name: b, priority: 150, ");
const NAMES = ["a", "b", "c"];

/** What each processor's management has to command. */
async function managed() {
  const world = await Controllers.of(NAMES, FILE);
  const arrays = new Map(
    NAMES.map((name) => {
      const { shim, revisions } = world.node(name);
      const engine = new Engine({ shim, sources: [], effectors: [] });
      return [name, new EngineArray({ engine, controller: name, text: FILE, file: "/array.yaml", revisions })];
    }),
  );
  const array = (name: string) => arrays.get(name) ?? assert.fail(name);
  return { world, array };
}

describe("the configuration of several controllers by commands", () => {
  it("is committed by one processor, seen on trial by all, and confirmed by another", async () => {
    const { world, array } = await managed();
    const a = array("a");
    assert.deepEqual((await world.during(a.checkConfiguration(CHANGED))).problems, []);
    const committed = await world.during(a.commitConfiguration(CHANGED, 60_000, a.revisionNow()));
    assert.ok(!isUnfulfilled(committed), JSON.stringify(committed));
    assert.equal(committed.revision, a.revisionNow());
    for (const name of NAMES) {
      const { text, unconfirmed, returnsInMs } = await array(name).configuration();
      assert.deepEqual([text, unconfirmed], [CHANGED, true], name);
      assert.ok((returnsInMs ?? 0) > 50_000);
    }
    const other = await world.during(array("b").confirmConfiguration("00"));
    assert.ok(isUnfulfilled(other) && other.code === "changed");
    const { digest } = committed;
    assert.deepEqual(await world.during(array("b").confirmConfiguration(digest)), { digest });
    assert.deepEqual(await world.during(array("c").confirmConfiguration(digest)), { digest }, "done is done");
    assert.deepEqual(
      NAMES.map((name) => world.node(name).file),
      [CHANGED, CHANGED, CHANGED],
    );
  });

  it("says who refuses it and where, and changes nothing", async () => {
    const { world, array } = await managed();
    const a = array("a");
    const before = a.revisionNow();
    const refused = await world.during(a.commitConfiguration(FILE.replace(":13", ":99"), 60_000, before));
    assert.ok(isUnfulfilled(refused));
    assert.equal(refused.code, "not_adopted");
    assert.deepEqual(
      [...new Set(refused.problems?.map(({ controller, field }) => `${controller} ${field}`))],
      NAMES.map((name) => `${name} controllers[c].command`),
    );
    world.kill("c");
    const silent = await world.during(a.commitConfiguration(CHANGED, 60_000, before));
    assert.ok(isUnfulfilled(silent));
    assert.deepEqual(
      silent.problems?.map(({ controller, message }) => [controller, message]),
      [["c", "no answer"]],
    );
    assert.equal(a.revisionNow(), before);
    assert.equal(world.server.entries.has("configuration"), false);
  });

  it("is taken back for all by any of them, and carried out again that is done", async () => {
    const { world, array } = await managed();
    const committed = await world.during(array("a").commitConfiguration(CHANGED, 60_000, undefined));
    const again = await world.during(array("b").commitConfiguration(CHANGED, 60_000, undefined));
    assert.ok(!isUnfulfilled(committed) && !isUnfulfilled(again));
    const returned = await world.during(array("c").returnConfiguration(committed.digest));
    assert.ok(!isUnfulfilled(returned) && returned.digest === digestOf(FILE));
    const twice = await world.during(array("a").returnConfiguration(committed.digest));
    assert.ok(!isUnfulfilled(twice));
    for (const name of NAMES) assert.equal((await array(name).configuration()).text, FILE);
  });

  it("is refused under a revision that is seen too long ago, also where it changes while others are asked", async () => {
    const { world, array } = await managed();
    const a = array("a");
    const seen = a.revisionNow();
    const both = Promise.all([
      a.commitConfiguration(CHANGED, 60_000, seen),
      array("b").perform({ kind: "port-maintenance", port: "p1", maintenance: true }, undefined),
    ]);
    const [committed, drained] = await world.during(both);
    const refused = [committed, drained].filter((each) => isUnfulfilled(each));
    assert.equal(refused.length, 1);
    assert.equal((await a.configuration()).text, (await array("c").configuration()).text);
    const late = await world.during(a.commitConfiguration(FILE, 60_000, seen));
    assert.ok(isUnfulfilled(late) && late.code === "changed");
  });

  it("has maintenance in force everywhere, one of them dead; and not while an array file waits", async () => {
    const { world, array } = await managed();
    world.kill("c");
    const drained = await world.during(
      array("a").perform({ kind: "controller-maintenance", controller: "b", maintenance: true }, undefined),
    );
    assert.ok(!isUnfulfilled(drained) && drained.state === "under-way", JSON.stringify(drained));
    for (const name of ["a", "b"]) {
      const { array: there } = world.node(name).shim;
      assert.deepEqual(
        [there?.controllers[1]?.maintenance, there?.ports[1]?.maintenance, there?.ports[0]?.maintenance],
        [true, true, false],
      );
      assert.match(world.node(name).file, /maintenance: true/);
    }
    assert.equal(world.node("a").controller.configuration, world.node("b").controller.configuration);
    await world.start("c", FILE);
    await world.pass(3000);
    assert.equal(world.digests().size, 1);
    const text = (await array("a").configuration()).text ?? "";
    const committed = await world.during(array("a").commitConfiguration(`${text}\n# more\n`, 60_000, undefined));
    assert.ok(!isUnfulfilled(committed));
    const port = { kind: "port-maintenance", port: "p1", maintenance: true } as const;
    const waits = await world.during(array("a").perform(port, undefined));
    assert.ok(isUnfulfilled(waits) && waits.code === "unconfirmed");
  });
});
