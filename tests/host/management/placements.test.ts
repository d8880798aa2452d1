import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineArray } from "../../../host/management/array/engine-array.js";
import { overviewOf } from "../../../host/management/array/overview.js";
import { SingleProcessor } from "../../../host/management/processors/directory.js";
import { TableDirectory } from "../../../host/management/processors/table-directory.js";
import {
  LeaseStatus,
  LinkState,
  ProcessorRole,
  ProcessorState,
  ScopeRole,
  WebServerKind,
} from "../../../host/shim/generated/layout.js";
import { NONE } from "../../../host/shim/names.js";
import { makeEngine } from "./fixture.js";

const TEXT = `name: pair
profile: small
controllers:
  - {name: a, partner: b}
  - {name: b, partner: a}
networkPorts:
  - {name: a-e0, controller: a, device: e0, domain: lan}
  - {name: b-e0, controller: b, device: e0, domain: lan}
interfaces:
  - {name: data1, address: 192.0.2.11/24, home: a-e0}
  - {name: data2, address: 192.0.2.12/24, home: b-e0}
units:
  - {name: u1, owner: a}
portDefaults: {capacity: {processor: 1cpu}}
ports: [{name: p1, controller: a}]
targets: [vol1]
initiators: [host1]
sources:
  simulated: {seed: 1, sessions: 1, load: {meanPermille: 10%}}
`;

function made() {
  const engine = makeEngine(TEXT);
  const array = new EngineArray({ engine, controller: "a", text: TEXT, file: undefined });
  return { engine, shim: engine.shim, array };
}

test("interfaces, groups, units and scopes as they are observed; what is nowhere is in alarm", async () => {
  const { engine, shim, array } = made();
  const [a, b] = [shim.serverRow(0), shim.serverRow(1)];
  shim.networkPort(0, LinkState.UP);
  shim.networkPort(1, LinkState.DOWN, 7);
  shim.interfaceAt(0, 0);
  shim.interfaceAt(1, NONE);
  shim.unitAt(0, a, a);
  shim.membership.scope(1, ScopeRole.DECIDING, a, 41);
  shim.membership.scope(2, ScopeRole.SHADOW, b, 42);
  const overview = overviewOf(await array.snapshot(), new SingleProcessor("a", ["b"]), []);
  assert.deepEqual(
    overview.networkPorts.map(({ name, link, errors }) => [name, link, errors]),
    [
      ["a-e0", "up", 0],
      ["b-e0", "down", 7],
    ],
  );
  assert.deepEqual(
    overview.interfaces.map(({ name, home, observed }) => [name, home, observed]),
    [
      ["data1", "a-e0", "a-e0"],
      ["data2", "b-e0", null],
    ],
  );
  assert.deepEqual(
    overview.units.map(({ name, owner, server }) => [name, owner, server]),
    [["u1", "a", "a"]],
  );
  assert.deepEqual(
    overview.groups.map(({ group, servers }) => [group, servers]),
    [
      [0, ["a"]],
      [1, ["b"]],
    ],
  );
  assert.deepEqual(
    overview.scopes.slice(1, 3).map(({ role, holder, epoch }) => [role, holder, epoch]),
    [
      ["deciding", "a", 41],
      ["shadow", "b", 42],
    ],
  );
  assert.deepEqual(
    overview.alarms.map(({ kind, subject, reason }) => [kind, subject, reason]),
    [["interface", "data2", "unhosted"]],
  );
  await engine.close();
});

test("a wish that the module does not answer at once is under way; one for a server that is none is refused", async () => {
  const { engine, shim, array } = made();
  const rebalance = await array.perform({ kind: "rebalance" }, array.revisionNow());
  assert.ok(!("refused" in rebalance) && rebalance.state === "under-way");
  assert.equal(shim.core.views.request.sequence(0), 1);
  const missing = await array.perform({ kind: "fail-back", server: "c" }, undefined);
  assert.ok("refused" in missing && missing.code === "no_server");
  assert.equal(shim.core.views.request.sequence(1), 0, "the module was not asked");
  await engine.close();
});

test("the active processor is the holder of the array's scope, unless it is a caretaker", async () => {
  const { engine, shim } = made();
  const { processorState } = shim.core.views;
  const directory = new TableDirectory(shim, "a");
  const [a, b] = [shim.names.processors.row("a"), shim.names.processors.row("b")];
  assert.deepEqual([directory.active(), directory.role()], [undefined, "passive"]);
  processorState.setState(a, ProcessorState.HEALTHY);
  processorState.setWebServer(a, WebServerKind.FULL);
  processorState.setState(b, ProcessorState.UNHEALTHY);
  processorState.setWebServer(b, WebServerKind.RESTRICTED);
  processorState.setRole(b, ProcessorRole.CARETAKER);
  shim.membership.memberInput(b, LeaseStatus.GONE, 0);
  shim.membership.scope(3, ScopeRole.SHADOW, b, 7);
  assert.deepEqual([directory.active(), directory.role(), directory.epoch()], [undefined, "passive", 7]);
  assert.match(directory.rows()[1]?.why ?? "", /^caretaker/);
  processorState.setWantedRole(a, ProcessorRole.ACTIVE);
  shim.membership.scope(3, ScopeRole.DECIDING, a, 8);
  assert.deepEqual([directory.active(), directory.role(), directory.state()], ["a", "active", "healthy"]);
  assert.deepEqual(
    directory.rows().map(({ name, state, level, active, server }) => [name, state, level, active, server]),
    [
      ["a", "healthy", "good", true, "full"],
      ["b", "unhealthy", "bad", false, "restricted"],
    ],
  );
  assert.match(directory.rows()[1]?.why ?? "", /unhealthy, its lease is gone/);
  await engine.close();
});
