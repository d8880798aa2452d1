import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hindrances, neededStart } from "../../../../host/coordination/configuration/live-change.js";
import { RevisionRefused } from "../../../../host/coordination/configuration/refused.js";
import { Controllers, described } from "./controllers.js";

const PORTS: Record<string, number> = { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 };
const PAIRS: Record<string, string> = { a: "b", c: "d", e: "f" };

interface Parts {
  /** Further fields of a controller, by its name. */
  fields?: Record<string, string>;
  /** Interfaces, instead of one with its home at each controller. */
  interfaces?: readonly string[];
  /** Further network ports. */
  ports?: readonly string[];
  units?: readonly string[];
  name?: string;
}

/** An array file of some controllers, each with one network port, one address and one unit. */
function fileOf(names: string, parts: Parts = {}): string {
  const each = [...names];
  const controllers = each.map((name) => {
    const partner = PAIRS[name] === undefined || !names.includes(PAIRS[name]) ? "" : `partner: ${PAIRS[name]}, `;
    const further = parts.fields?.[name] === undefined ? "" : `${parts.fields[name]}, `;
    const port = PORTS[name];
    return `  - {name: ${name}, ${partner}${further}control: ["127.0.0.1:${port}"], command: "127.0.0.1:1${port}"}`;
  });
  const ports = [...each.map((name) => `{name: ${name}-e0, controller: ${name}, device: e0}`), ...(parts.ports ?? [])];
  const own = each.map((name) => `{name: data-${name}, address: 192.0.2.${PORTS[name]}, home: ${name}-e0}`);
  const interfaces = parts.interfaces ?? own;
  const units = parts.units ?? each.map((name) => `{name: unit-${name}, owner: ${name}}`);
  return `name: ${parts.name ?? "revised"}
profile: standard
controllers:
${controllers.join("\n")}
networkPorts:
${ports.map((port) => `  - ${port}`).join("\n")}
interfaces:${interfaces.length === 0 ? " []" : ""}
${interfaces.map((each) => `  - ${each}`).join("\n")}
units:${units.length === 0 ? " []" : ""}
${units.map((unit) => `  - ${unit}`).join("\n")}
policy:
  interfaces: {failBackMs: 2s, unitReturnMs: 2s}
  common: {graceMs: 500ms}
coordination:
  keyFile: /key
  intervalMs: 200ms
  etcd: {endpoints: ["127.0.0.1:2379"]}
`;
}

const FOUR = "abcd";

/** Fields that a change is refused for. */
function refusedFields(before: string, after: string): string[] {
  return hindrances(described(before), described(after)).map(({ field }) => field);
}

describe("what of a configuration may change while controllers run", () => {
  it("lets knobs, maintenance, new things and things that go pass", () => {
    const changed = fileOf(FOUR, {
      fields: { b: "priority: 200, maintenance: true, failureDomain: 1", c: "preferred: true" },
      ports: ["{name: a-e1, controller: a, device: e1}"],
      interfaces: [
        "{name: data-a, address: 192.0.2.1, home: a-e1, failBack: false}",
        "{name: new, address: 192.0.2.9, home: b-e0, eligible: [b-e0]}",
      ],
      units: ["{name: unit-a, owner: b}", "{name: unit-c, owner: c}"],
    });
    assert.deepEqual(refusedFields(fileOf(FOUR), changed), []);
    assert.deepEqual(refusedFields(fileOf(FOUR), fileOf("abcdef")), []);
    assert.deepEqual(refusedFields(fileOf("abcdef"), fileOf("abef")), []);
    assert.deepEqual(neededStart(described(fileOf(FOUR)), described(changed), "a"), []);
  });

  it("has names mean the same, and holders in the scope before and after", () => {
    const before = fileOf(FOUR);
    const data = (change: Record<string, string>) =>
      [...FOUR].map(
        (name) => change[name] ?? `{name: data-${name}, address: 192.0.2.${PORTS[name]}, home: ${name}-e0}`,
      );
    const cases: [string, string][] = [
      [
        fileOf(FOUR, { interfaces: data({ a: "{name: data-a, address: 192.0.2.9, home: a-e0}" }) }),
        "interfaces[data-a].address",
      ],
      [
        fileOf(FOUR, { interfaces: data({ a: "{name: other, address: 192.0.2.1, home: a-e0}" }) }),
        "interfaces[other].address",
      ],
      [
        fileOf(FOUR, { interfaces: data({ a: "{name: data-a, address: 192.0.2.1, home: b-e0}" }) }),
        "interfaces[data-a].home",
      ],
      [
        before.replace("a-e0, controller: a, device: e0", "a-e0, controller: a, device: e5"),
        "networkPorts[a-e0].device",
      ],
      [before.replace("{name: unit-a, owner: a}", "{name: unit-a, owner: c}"), "units[unit-a].owner"],
      [before.replace("127.0.0.1:13", "127.0.0.1:99"), "controllers[c].command"],
      [fileOf("eabcd"), "controllers"],
    ];
    for (const [after, field] of cases) assert.deepEqual(refusedFields(before, after), [field], field);
    const swapped = fileOf(FOUR, { fields: { a: "group: 1", b: "group: 0" } });
    const fields = refusedFields(before, swapped);
    assert.ok(fields.includes("controllers[a].group") && fields.includes("controllers[b].group"), fields.join());
    const paired = before
      .replace("partner: b, ", "partner: d, ")
      .replace('partner: d, control: ["127.0.0.1:3"]', 'partner: b, control: ["127.0.0.1:3"]');
    assert.deepEqual(
      refusedFields(before, paired)
        .filter((field) => field.endsWith("partner"))
        .sort(),
      ["controllers[a].partner", "controllers[b].partner", "controllers[c].partner", "controllers[d].partner"],
    );
  });

  it("needs a new start for what sockets and the lease were set up with", () => {
    const started = described(fileOf(FOUR));
    const named = neededStart(started, described(fileOf(FOUR, { name: "other" })), "a");
    assert.deepEqual(
      named.map(({ field }) => field),
      ["name"],
    );
    assert.match(named[0]?.expected ?? "", /restarted with the new file/);
    const moved = described(fileOf(FOUR).replace("127.0.0.1:11", "127.0.0.1:99"));
    assert.deepEqual(
      neededStart(started, moved, "a").map(({ field }) => field),
      ["controllers[a].command"],
    );
    assert.deepEqual(neededStart(started, moved, "b"), []);
    const slower = described(fileOf(FOUR).replace("intervalMs: 200ms", "intervalMs: 300ms"));
    assert.deepEqual(
      neededStart(started, slower, "b").map(({ field }) => field),
      ["coordination"],
    );
  });
});

describe("a configuration that is adopted by running controllers", () => {
  const homes = (world: Controllers, names: string) =>
    [...names].map((name) => world.at(`192.0.2.${PORTS[name]}`)).join("");

  it("has addresses and units in their places", async () => {
    const world = await Controllers.of([...FOUR], fileOf(FOUR));
    assert.equal(homes(world, FOUR), FOUR);
    assert.equal(world.digests().size, 1);
    assert.deepEqual([...world.doubled], []);
  });

  it("takes a pair in, without a move of what was there; its new controllers take part once started", async () => {
    const world = await Controllers.of([...FOUR], fileOf(FOUR));
    await world.adopt(fileOf("abcdef"));
    await world.pass(4000);
    assert.equal(homes(world, FOUR), FOUR);
    for (const name of FOUR) assert.deepEqual(world.places.get(`192.0.2.${PORTS[name]}`), [name]);
    assert.notEqual(world.at("192.0.2.5"), "", "its addresses are hosted by others of their group");
    for (const name of "ef") await world.start(name, fileOf("abcdef"));
    await world.pass(15_000);
    assert.equal(homes(world, "abcdef"), "abcdef");
    assert.deepEqual([...(world.machines.get("e")?.units ?? [])], ["unit-e"]);
    assert.equal(world.digests().size, 1);
    assert.deepEqual([...world.doubled], []);
  });

  it("that adds a controller has it hold nothing before it is committed", async () => {
    const world = await Controllers.of([...FOUR], fileOf(FOUR));
    await world.adopt(fileOf(FOUR, { fields: { a: "priority: 150" } }));
    const early = await world.start("e", fileOf("abcdef"));
    await world.pass(6000);
    assert.equal(world.server.entries.has("live/e"), false);
    assert.match(early.lines.join("\n"), /has no controller e/);
    await world.adopt(fileOf("abcdef", { fields: { a: "priority: 150" } }));
    await world.pass(12_000);
    assert.equal(world.at("192.0.2.5"), "e");
    assert.deepEqual([...world.doubled], []);
  });

  it("lets a pair go: it gives up what it has, its lease last, and others have what is left", async () => {
    const world = await Controllers.of([..."abcdef"], fileOf("abcdef"));
    assert.equal(homes(world, "abcdef"), "abcdef");
    const kept = (port: string) => `{name: data-e, address: 192.0.2.5, home: ${port}}`;
    const own = [...FOUR].map((name) => `{name: data-${name}, address: 192.0.2.${PORTS[name]}, home: ${name}-e0}`);
    await world.adopt(fileOf(FOUR, { interfaces: [...own, kept("a-e0")] }));
    await world.pass(6000);
    assert.equal(world.server.entries.has("live/e"), false);
    assert.equal(world.machines.get("e")?.addresses.size, 0);
    assert.equal(world.machines.get("f")?.units.size, 0);
    assert.ok(["a", "c"].includes(world.at("192.0.2.5")), world.at("192.0.2.5"));
    assert.equal(homes(world, FOUR), FOUR);
    assert.deepEqual([...world.doubled], []);
  });

  it("that lets a paused controller go gives nothing of it away before its lease is over", async () => {
    const world = await Controllers.of([..."abcdef"], fileOf("abcdef"));
    const own = [...FOUR].map((name) => `{name: data-${name}, address: 192.0.2.${PORTS[name]}, home: ${name}-e0}`);
    const commit = world
      .node("a")
      .revisions.commit(fileOf(FOUR, { interfaces: [...own, "{name: data-e, address: 192.0.2.5, home: a-e0}"] }), {
        confirmMs: 60_000,
      });
    // It has checked the text and hears of the commit late; before that it is paused.
    world.node("e").store.conditions.delayMs = [300, 300];
    for (let step = 0; step < 400 && !world.server.entries.has("configuration"); step++) await world.pass(5);
    world.node("e").clock.pause();
    await world.during(commit, 1000);
    assert.equal(world.at("192.0.2.5"), "e", "it is paused, and its lease is not over");
    await world.pass(10_000);
    assert.ok(["a", "c"].includes(world.at("192.0.2.5")));
    world.node("e").clock.resume();
    await world.pass(5000);
    assert.equal(world.machines.get("e")?.addresses.size, 0);
    assert.deepEqual([...world.doubled], []);
  });

  it("adds and removes interfaces and ports, and gives an address anew only once it is gone everywhere", async () => {
    const world = await Controllers.of([...FOUR], fileOf(FOUR));
    const data = (names: string) =>
      [...names].map((name) => `{name: data-${name}, address: 192.0.2.${PORTS[name]}, home: ${name}-e0}`);
    await world.adopt(fileOf(FOUR, { interfaces: [...data("bcd"), "{name: new, address: 192.0.2.9, home: b-e0}"] }));
    await world.pass(3000);
    assert.equal(world.at("192.0.2.1"), "");
    assert.equal(world.at("192.0.2.9"), "b");
    await world.adopt(fileOf(FOUR, { interfaces: [...data("bcd"), "{name: again, address: 192.0.2.1, home: d-e0}"] }));
    await world.pass(3000);
    assert.equal(world.at("192.0.2.1"), "d", "of another name and another group");
    assert.equal(world.at("192.0.2.9"), "");
    assert.deepEqual([...world.doubled], []);
  });

  it("drains a controller by maintenance, and what nobody confirms goes back everywhere", async () => {
    const world = await Controllers.of([...FOUR], fileOf(FOUR));
    const drained = fileOf(FOUR, { fields: { c: "maintenance: true" } });
    await world.during(world.node("d").revisions.commit(drained, { confirmMs: 12_000 }));
    await world.pass(6000);
    assert.equal(world.at("192.0.2.3"), "a");
    assert.equal(world.node("b").file, fileOf(FOUR));
    await world.pass(20_000);
    assert.equal(homes(world, FOUR), FOUR);
    assert.equal(world.digests().size, 1);
    assert.deepEqual([...world.doubled], []);
  });

  it("is there after a start in the middle, and confirmed it is what a controller begins with", async () => {
    const world = await Controllers.of([...FOUR], fileOf(FOUR));
    const changed = fileOf(FOUR, { fields: { b: "priority: 150" } });
    const { revision } = await world.during(world.node("a").revisions.commit(changed, { confirmMs: 60_000 }));
    world.kill("c");
    const again = await world.start("c", fileOf(FOUR));
    await world.pass(6000);
    assert.equal(world.digests().size, 1);
    await world.during(world.node("d").revisions.confirm(revision));
    assert.equal(again.file, changed);
    assert.deepEqual([...world.doubled], []);
  });

  it("is refused by whoever can't go on with it, with its name, the field, and what to do", async () => {
    const world = await Controllers.of([...FOUR], fileOf(FOUR));
    const moved = fileOf(FOUR).replace("127.0.0.1:13", "127.0.0.1:99");
    await assert.rejects(
      world.during(world.node("a").revisions.commit(moved, { confirmMs: 5000 })),
      (error: unknown) => {
        assert.ok(error instanceof RevisionRefused);
        assert.deepEqual(
          [...new Set(error.reasons.map(({ controller, problem }) => `${controller} ${problem.field}`))].sort(),
          ["a", "b", "c", "d"].map((name) => `${name} controllers[c].command`),
        );
        assert.match(error.reasons[0]?.problem.expected ?? "", /restarted with the new file/);
        return true;
      },
    );
    assert.equal(world.digests().size, 1);
    assert.equal(world.server.entries.has("configuration"), false);
  });
});
