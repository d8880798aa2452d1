import assert from "node:assert/strict";
import { test } from "node:test";
import { codeBytesMax, policiesPresent } from "../../../host/runtimes/microcontroller.js";
import { layouts } from "../../../host/shim/generated/layout.js";

test("the image may grow with each policy that the layout doesn't mark as planned", () => {
  const inUse = { name: "a" };
  const planned = ["interface failover", "agent failover"].map((policy) => ({ name: policy, planned: policy }));
  assert.equal(policiesPresent([inUse]), 5);
  assert.equal(policiesPresent([inUse, ...planned, ...planned]), 3);
  assert.equal(codeBytesMax(1), 24 * 1024);
  assert.equal(codeBytesMax(3), 32 * 1024);
  assert.equal(codeBytesMax(5), 40 * 1024);
});

test("the layout that was built has at least the ports' policy", () => {
  assert.ok(policiesPresent(layouts.small.tables) >= 1);
  assert.ok(policiesPresent(layouts.small.tables) <= 5);
});
