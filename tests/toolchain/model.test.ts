import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { canonicalLayout } from "../../host/toolchain/layout-hash.js";
import { fnv1a64 } from "../../host/toolchain/layout-hash.js";
import { buildModel, constantOf, type Model } from "../../host/toolchain/model.js";
import { repository, THING_FILE, writeFixture } from "./fixture.js";

function classOf(model: Model, name: string) {
  const row = model.classes.find((candidate) => candidate.name === name);
  assert.ok(row, name);
  return row;
}

describe("model of the row classes", () => {
  const model = buildModel(writeFixture("model"));

  it("gives each field the offset of AssemblyScript's natural alignment", () => {
    const fields = classOf(model, "ThingInput").fields.map(({ name, offset, size }) => [name, offset, size]);
    assert.deepEqual(fields, [
      ["generation", 0, 4],
      ["next", 4, 2],
      ["pad", 6, 2],
      ["bytes", 8, 8],
    ]);
    assert.equal(classOf(model, "ThingInput").stride, 16);
  });

  it("keeps roles, references, knobs and comments", () => {
    const [, lookMs, , kind] = classOf(model, "ThingConfig").fields;
    assert.deepEqual(lookMs?.knob, { unit: "ms", min: 10, max: 60000, default: 100 });
    assert.equal(lookMs?.doc, "Time between two looks.");
    assert.equal(kind?.reference, "ThingKind");
    assert.equal(classOf(model, "ThingConfig").doc, "How a thing is set up.");
    const flags = model.enums.find((entry) => entry.name === "ThingFlag");
    assert.equal(flags?.flags, true);
    assert.deepEqual(flags?.members[0], { name: "PINNED", value: 1, doc: "Kept in place." });
  });

  it("evaluates constants per profile", () => {
    assert.deepEqual(
      [0, 1, 2].map((profile) => constantOf(model, "THING_MAX", profile)),
      [8, 64, 2048],
    );
    assert.equal(constantOf(model, "CONSTANTS_ADDRESS", 0), 256 + 8 * 4 + 8 * 8);
  });

  it("lays tables one behind the other, changed bits and deadlines behind the rows", () => {
    const large = model.maps[2];
    assert.ok(large);
    const found = large.tables.map(({ name, base, changedAddress, changedShift, deadlinesAddress, end }) => {
      return { name, base, changedAddress, changedShift, deadlinesAddress, end };
    });
    const none = { changedAddress: 0, changedShift: 0, deadlinesAddress: 0 };
    const state = 1408;
    const deadlines = state + 2048 * 16;
    const input = deadlines + 32 * 8;
    const changed = input + 2048 * 16;
    const config = changed + 64 * 4;
    const staged = config + 2048 * 16;
    assert.deepEqual(found, [
      { name: "header", base: 0, ...none, end: 8 },
      // What a tick looks through comes first: deadlines, then changed bits.
      { name: "thing-state", base: state, ...none, deadlinesAddress: deadlines, end: input },
      // 64 leaf words under 32 summary bits: two a bit.
      { name: "thing-input", base: input, ...none, changedAddress: changed, changedShift: 1, end: config },
      { name: "thing-config", base: config, ...none, end: staged },
      { name: "thing-config-staged", base: staged, ...none, end: staged + 2048 * 16 },
    ]);
    assert.equal(large.memoryPages, Math.ceil(large.end / 65536));
  });

  it("changes the hash with each fact of the layout, and with nothing else", () => {
    const hashWith = (from: string, to: string) =>
      buildModel(writeFixture("model-hash", [{ file: THING_FILE, from, to }])).layoutHash;
    const changes: [string, string][] = [
      ["next: u16", "following: u16"],
      ['@field("counter") bytes', '@field("number") bytes'],
      ["OTHER = 4", "OTHER = 8"],
      ["OTHER = 4", "ANOTHER = 4"],
      ['"thing-input", "input"', '"thing-input", "state"'],
      ["@deadlines\n", ""],
      [
        '@field("index", "thing") next: u16;\n  @field("pad") pad: u16',
        '@field("pad") pad: u16;\n  @field("index", "thing") next: u16',
      ],
    ];
    for (const [from, to] of changes) assert.notEqual(hashWith(from, to), model.layoutHash, to);
    assert.equal(hashWith("Time between two looks.", "Between two looks."), model.layoutHash, "a comment");
    assert.equal(hashWith("10, 60000, 100)", "10, 50000, 200)"), model.layoutHash, "range and default of a knob");
  });
});

describe("model of the core", () => {
  const model = buildModel(repository);

  it("keeps every table apart from every other, in every profile", () => {
    for (const map of model.maps) {
      const tables = [...map.tables].sort((a, b) => a.base - b.base);
      for (const [index, table] of tables.entries()) {
        const next = tables[index + 1];
        if (next !== undefined) assert.ok(table.end <= next.base, `${table.name} and ${next.name}`);
        if (table.kind !== "header") assert.equal(table.base % 64, 0, table.name);
        assert.equal(table.changedAddress % 4, 0, table.name);
        assert.equal(table.deadlinesAddress % 8, 0, table.name);
        assert.ok((Math.max(table.leafWords, 1) - 1) >> table.changedShift < 32, `summary of ${table.name}`);
      }
    }
  });

  it("fits the small profile into one page", () => {
    assert.equal(model.maps[0]?.memoryPages, 1);
    assert.ok((model.maps[0]?.end ?? Number.POSITIVE_INFINITY) <= 65536);
  });

  it("hashes the canonical text by FNV-1a", () => {
    // Test vectors of the FNV specification (draft-eastlake-fnv, appendix C).
    assert.equal(fnv1a64(""), "cbf29ce484222325");
    assert.equal(fnv1a64("a"), "af63dc4c8601ec8c");
    assert.equal(fnv1a64("foobar"), "85944171f73967e8");
    const text = canonicalLayout(
      model,
      model.maps.map((map) => map.tables),
    );
    assert.equal(model.layoutHash, fnv1a64(text));
  });
});
