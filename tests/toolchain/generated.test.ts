import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { generatedFiles, staleGenerated } from "../../host/toolchain/generate/index.js";
import { snake } from "../../host/toolchain/generate/names.js";
import { buildModel, PROFILES, upperSnake } from "../../host/toolchain/model.js";
import { repository, THING_FILE, writeFixture } from "./fixture.js";

const model = buildModel(repository);
const files = generatedFiles(model);
const textOf = (file: string): string => {
  const text = files.get(file);
  assert.ok(text, file);
  return text;
};

describe("generated files", () => {
  it("are in the tree as the sources give them", () => {
    assert.deepEqual(staleGenerated(repository, model), []);
  });

  it("all change with a field, and say that they are generated", () => {
    const before = generatedFiles(buildModel(writeFixture("generated")));
    const change = { file: THING_FILE, from: "lookMs: u32", to: "glanceMs: u32" };
    const after = generatedFiles(buildModel(writeFixture("generated", [change])));
    for (const [file, text] of after) {
      assert.notEqual(text, before.get(file), file);
      assert.match(text, /[Gg]enerated/, file);
    }
  });
});

describe("build/fairlead.h", () => {
  const header = textOf("build/fairlead.h");
  const macros = new Map(
    [...header.matchAll(/^#define (FAIRLEAD_\w+) (\d+)u$/gm)].map((match) => [match[1], match[2]]),
  );

  it("gives the offset of every field and the size of every row", () => {
    for (const row of model.classes) {
      const prefix = `FAIRLEAD_${upperSnake(row.name)}`;
      // The header's place in the memory has the name that its row would have.
      const bytes = row.kind === "header" ? `${prefix}_ROW_BYTES` : `${prefix}_BYTES`;
      assert.equal(macros.get(bytes), String(row.stride), row.name);
      for (const field of row.fields) {
        const what = `${row.name}.${field.name}`;
        assert.equal(macros.get(`${prefix}_${upperSnake(field.name)}_OFFSET`), String(field.offset), what);
        const struct = `fairlead_${snake(row.name)}`;
        const assertion = `offsetof(${struct}_t, ${snake(field.name)}) == ${field.offset})`;
        assert.ok(header.includes(assertion), what);
      }
    }
  });

  it("gives capacities of each profile", () => {
    for (const [profile, name] of PROFILES.entries()) {
      const found = macros.get(`FAIRLEAD_${name.toUpperCase()}_TARGET_PORT_MAX`);
      const expected = model.constants.find((constant) => constant.name === "TARGET_PORT_MAX")?.values[profile];
      assert.equal(found, String(expected), name);
    }
  });
});

describe("build/layout.md", () => {
  const lines = textOf("build/layout.md").split("\n");

  it("has every byte of every row", () => {
    for (const row of model.classes) {
      const start = lines.indexOf(`### ${row.name}`);
      assert.ok(start > 0, row.name);
      const end = lines.findIndex((line, at) => at > start && line.startsWith("#"));
      const cells = lines.slice(start, end).map((line) => /^\| (\d+) \| (\d+) \| `(\w+)`/.exec(line));
      let next = 0;
      for (const cell of cells) {
        if (cell === null) continue;
        assert.equal(Number(cell[1]), next, `${row.name}.${cell[3]}`);
        next += Number(cell[2]);
      }
      assert.equal(next, row.stride, row.name);
    }
  });

  it("adds up: parts, alignment and free bytes are the memory", () => {
    const start = lines.findIndex((line) => line.startsWith("| part |"));
    const rows = lines
      .slice(start + 2, lines.indexOf("", start))
      .map((line) => line.split("|").map((cell) => cell.trim()));
    for (const column of [2, 3, 4]) {
      const value = (name: string) => Number(rows.find((row) => row[1] === name)?.[column]);
      const parts = rows.slice(
        0,
        rows.findIndex((row) => row[1] === "**sum**"),
      );
      const sum = parts.reduce((total, row) => total + Number(row[column]), 0);
      assert.equal(sum, value("**sum**"));
      assert.equal(sum + value("free"), value("**memory**"));
    }
  });
});

describe("build/array-policy.schema.json", () => {
  const schema = JSON.parse(textOf("build/array-policy.schema.json")) as Record<string, unknown>;
  const validate = new Ajv2020({ strict: true }).compile(schema);

  it("takes every knob at its bounds and at its default, and nothing beyond", () => {
    const ports = model.classes.find((row) => row.name === "PortPolicy");
    assert.ok(ports);
    for (const { name, knob } of ports.fields) {
      if (knob === undefined) continue;
      for (const value of [knob.min, knob.max, knob.default]) assert.ok(validate({ ports: { [name]: value } }), name);
      for (const value of [knob.min - 1, knob.max + 1, knob.min + 0.5, "1"]) {
        assert.ok(!validate({ ports: { [name]: value } }), `${name}: ${value}`);
      }
    }
  });

  it("has a section for each kind of subject, and refuses names that it doesn't know", () => {
    assert.ok(validate({ health: { targetPort: { silenceMs: 3000 }, agent: { riseCount: 2 } } }));
    assert.ok(!validate({ health: { toaster: {} } }));
    assert.ok(!validate({ ports: { sampleSeconds: 1 } }));
    assert.ok(!validate({ colour: 1 }));
  });
});

describe("build/knobs.md", () => {
  it("has range, default and effect of each knob", () => {
    const text = textOf("build/knobs.md");
    for (const row of model.classes) {
      for (const { name, knob, doc } of row.fields) {
        if (knob === undefined) continue;
        const cells = [`\`${name}\``, knob.unit, knob.min, knob.max, knob.default, doc].join(" | ");
        assert.ok(text.includes(`| ${cells} |`), `${row.name}.${name}`);
        assert.ok(doc.length > 10 && doc !== "Knob.", `${row.name}.${name} has no effect documented`);
      }
    }
  });
});

describe("build/fairlead-layout.json", () => {
  it("has the map of each profile", () => {
    const layout = JSON.parse(readFileSync(join(repository, "build/fairlead-layout.json"), "utf8"));
    for (const [profile, name] of PROFILES.entries()) {
      const map = model.maps[profile];
      assert.equal(layout.profiles[name].memoryBytes, map?.memoryBytes);
      assert.equal(layout.profiles[name].tables.length, map?.tables.length);
      assert.equal(layout.profiles[name].tables[5].base, map?.tables[5]?.base);
    }
    assert.equal(layout.layoutHash, model.layoutHash);
  });
});
