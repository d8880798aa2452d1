import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parseArray } from "../../../host/array/description.js";
import { topFolder } from "../../../host/cli/exit.js";
import { DEMO_FILE, demoText } from "../../../host/sources/simulated/demo.js";
import { simulatedSettings } from "../../../host/sources/simulated/section.js";
import { World } from "../../../host/sources/simulated/world.js";

describe("embedded array", () => {
  it("is the one in tests/arrays/demo.yaml", () => {
    const file = join(topFolder(), "tests/arrays/demo.yaml");
    assert.equal(readFileSync(file, "utf8"), demoText);
  });

  it("has eight ports of two speeds, 24 targets and 200 sessions", () => {
    const { array, problems } = parseArray(demoText, DEMO_FILE);
    assert.deepEqual(problems, []);
    assert.ok(array);
    const speeds = array.ports.map((port) => port.capacity.bandwidth);
    assert.equal(speeds.length, 8);
    assert.equal(new Set(speeds).size, 2);
    assert.equal(array.targets.length, 24);
    const world = new World(array, simulatedSettings(array));
    assert.equal(world.paths.filter((path) => path.loggedIn).length, 200);
    assert.equal(new Set(world.paths.map((path) => path.application.initiator.name)).size, 50);
    const twoPaths = world.applications.filter((application) => application.paths.length === 2);
    assert.equal(twoPaths.length, 20);
    for (const { paths } of twoPaths) assert.notEqual(paths[0]?.port, paths[1]?.port);
    for (const port of world.ports) {
      const sessions = world.paths.filter((path) => path.port === port.index).length;
      assert.ok(sessions >= 10, `${port.name} has ${sessions} sessions`);
    }
  });
});
