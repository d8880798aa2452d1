import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseArray } from "../../../host/array/description.js";
import { withMaintenance } from "../../../host/array/maintenance-text.js";

const TEXT = `# the array of the cellar
name: cellar
controllers: [x, {name: y, priority: 50}]   # two
portDefaults: {capacity: {processor: 1cpu, bandwidth: 10Gbit/s}}
ports:
  - {name: "p{1..3}", address: "192.0.2.{1..3}:3260", controller: x, tag: 7}   # of x
  - name: q
    controller: y
targets: [vol]
`;

function drained(text: string): string[] {
  const { array, problems } = parseArray(text, "cellar.yaml");
  assert.deepEqual(problems, []);
  const things = [...(array?.controllers ?? []), ...(array?.ports ?? [])];
  return things.filter(({ maintenance }) => maintenance === true).map(({ name }) => name);
}

describe("maintenance in an array file", () => {
  it("is set and taken away where the thing stands, and nothing else is changed", () => {
    const set = withMaintenance(TEXT, { port: "q" }, true);
    assert.deepEqual(drained(set), ["q"]);
    assert.match(set, /# the array of the cellar[\s\S]*# two[\s\S]*# of x/);
    assert.deepEqual(drained(withMaintenance(set, { port: "q" }, false)), []);
  });

  it("of a controller is that of its ports too, also where it is a plain name or a range", () => {
    const set = withMaintenance(TEXT, { controller: "x" }, true);
    assert.deepEqual(drained(set), ["x", "p1", "p2", "p3"]);
    assert.deepEqual(drained(withMaintenance(set, { controller: "x" }, false)), []);
    assert.deepEqual(drained(withMaintenance(TEXT, { controller: "y" }, true)), ["y", "q"]);
  });

  it("of one port of a range leaves the others as they were", () => {
    const set = withMaintenance(TEXT, { port: "p2" }, true);
    assert.deepEqual(drained(set), ["p2"]);
    const { array: before } = parseArray(TEXT, "");
    const { array: after } = parseArray(set, "");
    assert.deepEqual(
      after?.ports.map((port) => ({ ...port, maintenance: false })),
      before?.ports,
    );
    assert.deepEqual(drained(withMaintenance(set, { controller: "x" }, true)), ["x", "p1", "p2", "p3"]);
  });
});
