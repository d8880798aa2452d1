/** A controller's effects on its kernel, its unit server and the shelf: in which order, and what happens when one refuses. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ControllerEffects } from "../../../host/coordination/controller-effects.js";
import type { Order } from "../../../host/coordination/effects.js";

const ADDRESS = "192.0.2.1";
const MANAGEMENT = "192.0.2.254";

/** A kernel, a shelf and a unit server that do what they are told, or fail where the test wants it. */
function ground(options: { management?: boolean; stuck?: boolean } = {}) {
  const calls: string[] = [];
  const failing = new Set<string>();
  const addresses = new Map<string, string>();
  const serving = new Set<string>();
  const call = (kind: string, line: string, act: () => void = () => undefined): Promise<void> => {
    calls.push(line);
    if (failing.has(kind)) return Promise.reject(new Error(`${kind} refused`));
    act();
    return Promise.resolve();
  };
  const effects = new ControllerEffects({
    self: "a",
    kernel: {
      add: (address, device) => call("add", `add ${address} ${device}`, () => addresses.set(address, device)),
      remove: (address, device) =>
        call("remove", `remove ${address} ${device}`, () => options.stuck !== true && addresses.delete(address)),
      held: () => Promise.resolve([...addresses].map(([address, device]) => ({ address, device }))),
      fenceUntil: (wallMs, forMs) => call("fence", `fence ${wallMs} ${forMs}`),
      announce: (address, device) => call("announce", `announce ${address} ${device}`),
    },
    shelf: { admit: (unit, server, epoch) => call("admit", `admit ${unit} ${server} ${epoch}`) },
    units: {
      serve: (unit) => call("serve", `serve ${unit}`, () => serving.add(unit)),
      stop: (unit) => call("stop", `stop ${unit}`, () => options.stuck !== true && serving.delete(unit)),
      serving: () => Promise.resolve([...serving]),
    },
    addressOf: (name) => (name === "data0" ? ADDRESS : undefined),
    interfaceOf: (address) => (address === ADDRESS ? "data0" : undefined),
    hasUnit: (name) => name !== "gone",
    deviceOf: (port) =>
      new Map([
        ["a-e0", "e0"],
        ["a-e1", "e1"],
      ]).get(port),
    portOf: (device) => (device.startsWith("e") ? `a-${device}` : ""),
    management: options.management === false ? undefined : { address: MANAGEMENT, device: "m0" },
  });
  return { effects, calls, failing, addresses, serving };
}

function order(kind: Order["kind"], subject = "", port = ""): Order {
  return { kind, subject, port, scope: "s", epoch: 7 };
}

test("an address is added, then announced; what it has on another port of the controller goes first", async () => {
  const { effects, calls, addresses } = ground();
  await effects.carryOut(order("host", "data0", "a-e0"));
  assert.deepEqual(calls, [`add ${ADDRESS} e0`, `announce ${ADDRESS} e0`]);
  await effects.carryOut(order("host", "data0", "a-e1"));
  assert.deepEqual(calls.slice(2), [`remove ${ADDRESS} e0`, `add ${ADDRESS} e1`, `announce ${ADDRESS} e1`]);
  await effects.carryOut(order("host", "data0", "a-e1"));
  assert.equal(calls.filter((line) => line.startsWith("remove")).length, 1, "where it is already it stays");
  addresses.set("192.0.2.7", "e0");
  await effects.carryOut(order("unhost", "data0"));
  assert.deepEqual([...addresses.keys()], ["192.0.2.7"], "removed wherever it is, and nothing else");
  const removals = calls.filter((line) => line.startsWith("remove"));
  assert.deepEqual(removals.slice(1), [`remove ${ADDRESS} e1`]);
});

test("an address that can't be added isn't announced; one that can't be removed isn't added elsewhere", async () => {
  const { effects, calls, failing } = ground();
  failing.add("add");
  await assert.rejects(effects.carryOut(order("host", "data0", "a-e0")), /add refused/);
  assert.deepEqual(calls, [`add ${ADDRESS} e0`]);
  failing.clear();
  await effects.carryOut(order("host", "data0", "a-e0"));
  failing.add("remove");
  await assert.rejects(effects.carryOut(order("host", "data0", "a-e1")), /remove refused/);
  assert.equal(calls.includes(`add ${ADDRESS} e1`), false);
});

test("an interface or a port that this controller doesn't know: refused without a call", async () => {
  const { effects, calls } = ground();
  await assert.rejects(effects.carryOut(order("host", "data9", "a-e0")), /no data9 here/);
  await assert.rejects(effects.carryOut(order("host", "data0", "b-e0")), /no b-e0 here/);
  await assert.rejects(effects.carryOut(order("unhost", "data9")), /no data9 here/);
  assert.deepEqual(calls, []);
});

test("a unit is served once the shelf admits this controller under the order's epoch, and not where it refuses", async () => {
  const { effects, calls, failing, serving } = ground();
  await effects.carryOut(order("takeUnit", "u1"));
  assert.deepEqual(calls, ["admit u1 a 7", "serve u1"]);
  failing.add("admit");
  await assert.rejects(effects.carryOut(order("takeUnit", "u2")), /admit refused/);
  assert.deepEqual([...serving], ["u1"]);
  await effects.carryOut(order("releaseUnit", "u1"));
  assert.deepEqual([...serving], []);
});

test("the active role is the management address on its device; without one it is nothing in the kernel", async () => {
  const { effects, calls } = ground();
  await effects.carryOut(order("activate"));
  assert.deepEqual(calls, [`add ${MANAGEMENT} m0`, `announce ${MANAGEMENT} m0`]);
  assert.equal((await effects.holdings()).active, true);
  await effects.carryOut(order("passivate"));
  assert.equal((await effects.holdings()).active, false);
  const without = ground({ management: false });
  await without.effects.carryOut(order("activate"));
  await without.effects.carryOut(order("passivate"));
  assert.deepEqual(without.calls, []);
  assert.equal((await without.effects.holdings()).active, false);
});

test("what is held is told by names, by what the kernel and the unit server say", async () => {
  const { effects, addresses, serving } = ground();
  addresses.set(ADDRESS, "e1").set("192.0.2.7", "e0");
  serving.add("u2");
  assert.deepEqual(await effects.holdings(), {
    interfaces: [{ name: "data0", port: "a-e1" }],
    units: ["u2"],
    active: false,
  });
  addresses.set(ADDRESS, "lo");
  assert.deepEqual((await effects.holdings()).interfaces, [{ name: "data0", port: "" }], "a device of no port");
});

test("all is given up, units first, and what is left is told", async () => {
  const { effects, calls, addresses, serving } = ground();
  addresses.set(ADDRESS, "e1").set(MANAGEMENT, "m0");
  serving.add("u1");
  await effects.releaseAll();
  assert.deepEqual(calls, ["stop u1", `remove ${ADDRESS} e1`, `remove ${MANAGEMENT} m0`]);
  const stuck = ground({ stuck: true });
  stuck.addresses.set(ADDRESS, "e1");
  stuck.serving.add("u1");
  await assert.rejects(stuck.effects.releaseAll(), new RegExp(`still there: ${ADDRESS}, u1`));
});

test("the fence is the kernel's", async () => {
  const { effects, calls, failing } = ground();
  await effects.fenceUntil(5000, 100);
  assert.deepEqual(calls, ["fence 5000 100"]);
  failing.add("fence");
  await assert.rejects(effects.fenceUntil(6000, 100), /fence refused/);
});
