import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArray } from "../../../../host/array/description.js";
import { shelfSection } from "../../../../host/effectors/units/section.js";

const ARRAY = `
name: array
controllers: [{name: a, partner: b}, {name: b}]
networkPorts: [{name: a0, controller: a}]
interfaces: [{name: i1, address: 192.0.2.11/24, home: a0}]
units: [{name: u1, owner: a}, {name: u2, owner: b}]
ports: [{name: p1, controller: a}]
targets: [t1]
sources:
  shelf:
    portal: 10.0.0.1:3260
    command: "[fd00::1]:7900"
    record: /var/lib/shelf.json
    timeoutMs: 2s
    units:
      u1: {target: "iqn.x:u1", port: 10809}
      u2: {target: "iqn.x:u2", port: 10810}
`;

function problems(text: string): string[] {
  return parseArray(text, "array.yaml").problems.map(({ field, message }) => `${field}: ${message}`);
}

test("a shelf's section has its defaults and units", () => {
  const { array, problems } = parseArray(ARRAY, "array.yaml");
  assert.deepEqual(problems, []);
  const section = array && shelfSection(array);
  assert.equal(section?.controlPort, 0);
  assert.equal(section?.timeoutMs, 2000);
  assert.deepEqual(section?.units.u2, { target: "iqn.x:u2", port: 10810 });
});

test("a shelf that doesn't fit the array is refused by its field", () => {
  const shelf = "sources.shelf";
  const wrong = (from: string, to: string) => problems(ARRAY.replace(from, to)).join("\n");
  assert.match(wrong("      u2: {", "      u3: {"), new RegExp(`${shelf}.units.u3: no unit u3`));
  assert.match(wrong("      u2: {", "      u3: {"), new RegExp(`${shelf}.units: nothing about u2`));
  assert.match(wrong("10810", "10809"), new RegExp(`${shelf}.units.u2.port: 10809 is the port of u1`));
  assert.match(wrong("10.0.0.1:3260", "10.0.0.1"), new RegExp(`${shelf}.portal: `));
  assert.match(wrong("10.0.0.1:3260", "10.0.0.300:3260"), new RegExp(`${shelf}.portal: .* is no endpoint`));
  assert.match(wrong("record: /var/lib", "record: var/lib"), new RegExp(`${shelf}.record: `));
  assert.match(wrong("    record: /var/lib/shelf.json\n", ""), /record/);
});
