import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { topFolder } from "../../../host/cli/exit.js";
import { schemaFiles } from "../../../host/scenario/write-schemas.js";

test("the schemas in build/ are those that the knobs give", () => {
  for (const [path, text] of Object.entries(schemaFiles())) {
    assert.equal(readFileSync(join(topFolder(), path), "utf8"), text, `${path}: run npm run build`);
  }
});

test("an editor that knows nothing of fairlead takes the examples and refuses what is wrong", () => {
  const schema = JSON.parse(readFileSync(join(topFolder(), "build/array.schema.json"), "utf8"));
  const validate = new Ajv({ strict: false }).compile(schema);
  const text = readFileSync(join(topFolder(), "tests/arrays/dual-controller.yaml"), "utf8");
  assert.equal(validate(parse(text)), true);
  assert.equal(validate(parse(text.replace("profile: standard", "profile: huge"))), false);
  assert.equal(validate(parse(text.replace("graceMs: 5s", "graceMs: soon"))), false);
  assert.equal(validate(parse(text.replace("residenceMs", "residence"))), false);
});

test("every knob is described, with its default", () => {
  const schema = JSON.parse(schemaFiles()["build/array.schema.json"] as string);
  const { ports, common } = schema.properties.policy.properties;
  const knobs = { ...ports.properties, ...common.properties, ...schema.definitions.health.properties };
  assert.ok(Object.keys(knobs).length > 20);
  for (const [name, knob] of Object.entries(knobs) as [string, { description?: string; default?: unknown }][]) {
    assert.ok((knob.description ?? "").length > 10, name);
    assert.notEqual(knob.default, undefined, name);
  }
});
