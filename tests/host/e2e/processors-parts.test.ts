import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULTS } from "../../e2e/processors/faults.js";
import { backAddress, etcdAddress, frontAddress, planOf } from "../../e2e/processors/plan.js";
import { RESTRICTED_PORTS } from "../../e2e/processors/proofs.js";
import { silencesOf } from "../../e2e/processors/report.js";

test("every machine of the plan has addresses of its own", () => {
  const { processors } = planOf("three");
  assert.deepEqual(planOf("two").processors, processors.slice(0, 2));
  const addresses = [...processors.flatMap((name) => [frontAddress(name), backAddress(name)]), etcdAddress(1)];
  assert.equal(new Set(addresses).size, 7);
});

test("silences are those of faults that happened to the active processor, by fault", () => {
  const figures = (fault: string, silenceMs: number, wasActive = true) => ({
    fault,
    silenceMs,
    wasActive,
    victim: "a",
    answeredAfter: "b",
    doubles: 0,
  });
  const faults = [
    figures("x", 900),
    figures("x", 100),
    figures("x", 300),
    figures("x", 9000, false),
    figures("y", 0, false),
  ];
  assert.deepEqual(silencesOf(faults), [{ fault: "x", times: 3, medianMs: 300, longestMs: 900 }]);
});

test("each fault that leaves a restricted server names the ports where it surely is", () => {
  const restricted = FAULTS.filter(({ restricted }) => restricted).map(({ name }) => name);
  assert.deepEqual(Object.keys(RESTRICTED_PORTS).sort(), restricted.sort());
  assert.equal(new Set(FAULTS.map(({ name }) => name)).size, FAULTS.length);
});
