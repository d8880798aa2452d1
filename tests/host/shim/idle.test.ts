import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseArray } from "../../../host/array/description.js";
import { instantiate } from "../../../host/shim/module.js";
import { Shim } from "../../../host/shim/shim.js";

test("a quiet array is not looked at: its ticks find nothing to do", () => {
  const core = instantiate(readFileSync("build/fairlead-small-plain.wasm"));
  const { array } = parseArray(readFileSync("tests/arrays/two-ports.yaml", "utf8"), "two-ports.yaml");
  assert.ok(array !== undefined);
  const shim = new Shim(core, { incarnation: 1 });
  assert.deepEqual(shim.configure(array), []);
  shim.start(0);
  for (const port of [0, 1]) shim.setLink(port, 1);
  for (const target of [0, 1, 2]) shim.setRegistrations(target, [0, 1]);
  shim.login(shim.initiator("host"), 0, 0, 0);
  const busy = () => core.views.header.busyTicks(0);
  for (let ms = 100; ms <= 20_000; ms += 100) shim.tick(ms, () => undefined);
  const before = busy();
  assert.ok(before > 0, "the start was not quiet");
  for (let ms = 20_100; ms <= 40_000; ms += 100) shim.tick(ms, () => undefined);
  assert.equal(busy(), before);
  shim.login(shim.initiator("other"), 1, 0, 0);
  shim.tick(40_100, () => undefined);
  assert.equal(busy(), before + 1, "a login is looked at");
});
