import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseScenario } from "../../../host/scenario/parse.js";
import { runCase } from "../../../host/scenario/runner.js";
import { instantiate } from "../../../host/shim/module.js";
import { Shim } from "../../../host/shim/shim.js";
import { moduleBytes } from "../shim/support.js";

const FOLDER = "tests/scenarios";
/** Scenarios of the policies that the module is built without. */
const OTHERS = ["interfaces.yaml", "processors.yaml", "servers.yaml"];
const portsOnly = readFileSync("build/fairlead-small-plain-ports.wasm");

function casesOf(file: string) {
  const { scenario, problems } = parseScenario(readFileSync(join(FOLDER, file), "utf8"), file);
  assert.deepEqual(problems, []);
  const cases = scenario?.cases ?? [];
  return cases.map((each) => ({
    ...each,
    profile: "small" as const,
    array: { ...each.array, profile: "small" as const },
  }));
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".yaml") && !OTHERS.includes(name))) {
  test(`${file}: the module with ports alone decides the same`, () => {
    const cases = casesOf(file);
    assert.ok(cases.length > 0);
    for (const each of cases) {
      const whole = runCase(each, { module: moduleBytes("small"), file });
      const alone = runCase(each, { module: portsOnly, file });
      assert.equal(alone.digest, whole.digest, each.name);
      assert.equal(alone.ticks > 0, true);
    }
  });
}

test("rows of a policy that is left out are refused with the table's name", () => {
  // The first array is too large for the small profile.
  const first = casesOf("interfaces.yaml").find(({ array }) => array.name === "pair");
  assert.ok(first !== undefined);
  const [problem] = new Shim(instantiate(portsOnly), { incarnation: 1 }).configure(first.array);
  assert.match(problem?.field ?? "", /^network-port-config/);
  assert.match(problem?.message ?? "", /built without the policy/);
});
