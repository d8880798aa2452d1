/** One controller put together: how it starts, what a lost lease does, what comes too late, and how it ends. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControllerParts } from "../../../host/coordination/controller.js";
import { type CoordinationSection, coordinationSection } from "../../../host/coordination/section.js";
import type { ReceivedStatus } from "../../../host/coordination/status/status.js";
import { InProcessLease } from "../../../host/coordination/lease/in-process.js";
import { VirtualClock } from "../../../host/coordination/simulated/time.js";
import {
  DecisionKind,
  LeaseStatus,
  LinkState,
  OutcomeResult,
  ScopeFlag,
  ProcessorRole,
  WebServerKind,
} from "../../../host/shim/generated/layout.js";
import { Shim } from "../../../host/shim/shim.js";
import { arrayOf, newCore } from "../shim/support.js";
import { decisionOf } from "../sources/support.js";
import { ARRAY, Ground, type Running } from "./controller-ground.js";

const DATA0 = "192.0.2.1";
/** A lease, a promise, campaign, raising, hosting: all of it has happened by then. */
const SETTLED_MS = 12_000;

/** A controller that hosts its own address, and the other one as well where it is asked for. */
async function settled(
  ground = new Ground(),
  others: readonly string[] = [],
  over: Partial<ControllerParts> = {},
): Promise<Running> {
  const running = await ground.start("a", over);
  for (const other of others) await ground.start(other);
  await ground.run(SETTLED_MS);
  assert.ok(running.machine.addresses.has(DATA0), running.lines.join("; "));
  return running;
}

test("before it is attached it knows nothing and does nothing", async () => {
  const ground = new Ground();
  const { controller, calls, shim } = await ground.make("a");
  assert.deepEqual(
    [controller.name, controller.configuration, controller.scopes, controller.channelFacts(), controller.coordinator],
    ["a", 0, [], undefined, undefined],
  );
  assert.equal(controller.channel, undefined);
  controller.beforeTick();
  controller.handle(decisionOf({ kind: DecisionKind.CAMPAIGN, subject: 1 }));
  controller.reconfigured();
  assert.deepEqual(controller.adopt(arrayOf(ARRAY)), []);
  await ground.run(1000);
  assert.deepEqual(calls, []);
  assert.equal(shim.core.views.scope.incarnation(1), 0);
});

test("a module without a configuration is refused", async () => {
  const { controller } = await new Ground().make("a");
  assert.throws(() => controller.attach(new Shim(newCore(), { incarnation: 1 })), /no configuration is in force/);
});

test("what an earlier run left is gone, behind a closed fence, before a lease is taken; then it campaigns and hosts", async () => {
  const ground = new Ground();
  const a = await ground.make("a");
  a.machine.addresses.set(DATA0, "e0");
  const live: string[][] = [];
  ground.attach(a);
  await ground.run(SETTLED_MS, () => {
    if (ground.server.entries.size > 0 && live.length === 0) live.push([...a.machine.addresses.keys()]);
  });
  assert.deepEqual(live, [[]], "nothing was held when its first key was made");
  const [closed, removed, ...then] = a.calls;
  assert.deepEqual([closed, removed], ["fence closed", `remove ${DATA0} e0`]);
  assert.ok(then.indexOf("fence opened") < then.indexOf(`add ${DATA0} e0`), then.join("; "));
  assert.ok(a.machine.letsThrough && a.machine.addresses.has(DATA0));
  assert.ok(
    [...ground.server.entries.keys()].some((key) => key.endsWith("group/0")),
    "it holds its group",
  );
  assert.equal(a.controller.coordinator?.scope("group/0").deciding, true);
});

test("a lease service that can't even be begun with is told to the operator", async () => {
  const ground = new Ground();
  const lease = new InProcessLease(new VirtualClock(ground.time), "a", 1);
  lease.start = () => Promise.reject(new Error("no such service"));
  const { lines } = await ground.start("a", { lease });
  await ground.run(100);
  assert.ok(lines.includes("coordination: no such service"), lines.join("; "));
});

test("a lost lease stops effects at once: an order that comes meanwhile is refused, and all is removed behind the fence", async () => {
  const ground = new Ground();
  const a = await settled(ground);
  const { coordinator } = a.controller;
  const { epoch } = coordinator?.scope("group/0") ?? { epoch: 0 };
  const order = { kind: "host", subject: "data1", port: "a-e0", scope: "group/0", epoch } as const;
  assert.equal(await settling(ground, coordinator?.order("a", order)), "done");
  a.store.conditions.cut = true;
  const leaseEnded = () => coordinator?.tenure.mayAct() === false;
  for (let step = 0; step < 100 && !leaseEnded(); step++) await ground.run(50);
  assert.ok(leaseEnded());
  const isUnreachable = () => (a.shim.core.views.scope.flags(1) & ScopeFlag.UNREACHABLE) !== 0;
  assert.ok(isUnreachable(), "its module knows why");
  assert.equal(a.machine.letsThrough, false, "the kernel lets nothing through from the very end on");
  const before = a.calls.length;
  const again = coordinator?.order("a", order);
  assert.equal(await settling(ground, again), "refused");
  assert.equal(
    a.calls.slice(before).some((line) => line.startsWith("add")),
    false,
  );
  await ground.run(8000);
  assert.deepEqual([...a.machine.addresses.keys()], []);
  const since = a.calls.slice(before);
  const removed = since.findIndex((line) => line.startsWith("remove"));
  assert.equal(since.slice(0, removed).at(-1), "fence closed");
});

/** What comes of a promise as virtual time goes on. */
async function settling<T>(ground: Ground, promise: Promise<T> | undefined): Promise<T | undefined> {
  let result: T | undefined;
  void promise?.then((value) => {
    result = value;
  });
  for (let step = 0; step < 40 && result === undefined; step++) await ground.run(50);
  return result;
}

test("an effect that is confirmed only after the lease was lost is no success, and its address goes too", async () => {
  const ground = new Ground();
  const a = await ground.start("a");
  let confirm: () => void = () => undefined;
  a.confirm = new Promise((resolve) => {
    confirm = resolve;
  });
  await ground.run(SETTLED_MS);
  assert.ok(a.calls.includes(`add ${DATA0} e0`));
  assert.equal(a.calls.includes(`announce ${DATA0} e0`), false, "not confirmed yet");
  a.outcomes.length = 0;
  a.store.conditions.cut = true;
  await ground.run(6000);
  assert.ok(a.machine.addresses.has(DATA0), "what is under way is waited for");
  assert.equal(a.machine.letsThrough, false);
  a.confirm = undefined;
  confirm();
  await ground.run(2000);
  assert.deepEqual([...a.machine.addresses.keys()], []);
  const moves = a.outcomes.filter(({ kind }) => kind === DecisionKind.MOVE_INTERFACE);
  assert.ok(moves.length > 0);
  assert.ok(moves.every(({ result }) => result !== OutcomeResult.DONE));
});

test("a kernel that can't be asked what it holds is told to the operator, and asked again", async () => {
  const ground = new Ground();
  const a = await settled(ground);
  a.failing.add("held");
  a.lines.length = 0;
  await ground.run(3000);
  const told = a.lines.filter((line) => line === "coordination: what is held can't be read: held fails");
  assert.ok(told.length >= 2, a.lines.join("; "));
  a.failing.clear();
  a.lines.length = 0;
  await ground.run(3000);
  assert.deepEqual(a.lines, []);
});

test("looks at what is held come one at a time; what is asked for meanwhile is one more", async () => {
  let looks = 0;
  let done: () => void = () => undefined;
  const ground = new Ground();
  const a = await ground.make("a", {
    unitStates: () => {
      looks++;
      return new Promise((resolve) => {
        done = () => resolve([]);
      });
    },
  });
  ground.attach(a);
  await ground.run(3500);
  assert.equal(looks, 1, "the first has not ended");
  for (let more = 0; more < 5; more++) a.controller.look();
  done();
  await ground.run(100);
  assert.equal(looks, 2);
});

test("whom the shelf admits to a unit is told to the module", async () => {
  const ground = new Ground();
  ground.shelf.admitted.set("u0", { server: "a", epoch: 1 });
  const a = await settled(ground);
  const { unitInput } = a.shim.core.views;
  assert.equal(a.shim.names.members.name(unitInput.server(a.shim.names.units.row("u0"))), "a");
});

test("where the shelf it doesn't answer the kernel is looked at all the same", async () => {
  const ground = new Ground();
  const a = await ground.make("a", { unitStates: () => Promise.reject(new Error("no shelf")) });
  ground.attach(a);
  await ground.run(SETTLED_MS);
  assert.ok(a.lines.includes("coordination: what is held can't be read: no shelf"), a.lines.join("; "));
  const { interfaceInput } = a.shim.core.views;
  assert.equal(interfaceInput.port(a.shim.names.interfaces.row("data0")), a.shim.names.networkPorts.row("a-e0"));
});

test("each hears the other's status, wakes its module for it, and counts it", async () => {
  const ground = new Ground();
  const a = await settled(ground, ["b"]);
  const facts = a.controller.channelFacts();
  assert.ok((facts?.counters.accepted ?? 0) > 10);
  assert.deepEqual(
    facts?.links.map(({ controller, dead }) => [controller, dead]),
    [["b", false]],
  );
  const { heartbeat } = a.shim.core.views;
  const processor = (name: string) => a.shim.names.processors.row(name);
  assert.ok(heartbeat.beat(processor("b")) > 0, "its module knows of the other");
  assert.equal(heartbeat.hears0(processor("a")) & (1 << processor("b")), 1 << processor("b"));
  const { wakes } = a;
  const accepted = facts?.counters.accepted ?? 0;
  await ground.run(1000);
  const since = (a.controller.channelFacts()?.counters.accepted ?? 0) - accepted;
  assert.ok(since > 0 && a.wakes - wakes >= since, `${a.wakes - wakes} wakes for ${since} messages`);
});

test("a message goes out when a link changes, and not before the interval otherwise", async () => {
  const ground = new Ground();
  const section = coordinationSection(arrayOf(ARRAY)) as CoordinationSection;
  const a = await ground.start("a", { section: { ...section, intervalMs: 100_000 } });
  await ground.run(SETTLED_MS);
  const sent = () => a.controller.channelFacts()?.counters.sent ?? 0;
  const before = sent();
  assert.ok(before > 0);
  await ground.run(2000);
  assert.equal(sent(), before);
  a.link = LinkState.DOWN;
  await ground.run(150);
  assert.ok(sent() > before);
});

test("its messages say its configuration, its epochs, and how long it takes nothing over", async () => {
  const ground = new Ground();
  const [a, b] = [await ground.start("a"), await ground.start("b")];
  const heard: ReceivedStatus[] = [];
  b.controller.channel?.onStatus((status) => void heard.push(status));
  await ground.run(SETTLED_MS);
  const [first, last] = [heard[0] as ReceivedStatus, heard.at(-1) as ReceivedStatus];
  assert.ok(first.holdsBackMs > 0 && first.holdsBackMs <= 2000, "who starts waits for the longest promise");
  assert.equal(last.holdsBackMs, 0);
  assert.equal(last.configuration, a.controller.configuration);
  const group = a.controller.coordinator?.scope("group/0").epoch;
  assert.ok(group !== undefined && group > 0);
  assert.ok(
    last.epochs.some(({ epoch }) => epoch === group),
    JSON.stringify(last.epochs),
  );
});

test("a web server's kind is said once it runs, and not where it doesn't start", async () => {
  const ground = new Ground();
  let starts: () => void = () => undefined;
  let failing = false;
  const asked: number[] = [];
  const a = await ground.make("a", {
    setWebServer: (kind) => {
      asked.push(kind);
      return failing
        ? Promise.reject(new Error("port is taken"))
        : new Promise((resolve) => {
            starts = resolve;
          });
    },
  });
  ground.attach(a);
  const row = a.shim.names.processors.row("a");
  const said = () => a.shim.core.views.heartbeat.role(row) & 0xff;
  await ground.run(SETTLED_MS);
  const kind = asked[0] as number;
  assert.ok(kind !== undefined && kind !== WebServerKind.NONE, "the module wants one");
  assert.equal(said(), WebServerKind.NONE, "it has not started");
  starts();
  await ground.run(500);
  assert.equal(said(), kind);
  failing = true;
  a.outcomes.length = 0;
  const other = kind === WebServerKind.FULL ? WebServerKind.RESTRICTED : WebServerKind.FULL;
  const decision = { kind: DecisionKind.SET_WEB_SERVER, subject: row, detail: other };
  a.controller.handle(decisionOf({ ...decision, incarnation: 1, sequence: 900 }));
  await ground.run(10);
  assert.deepEqual(asked.at(-1), other);
  assert.equal(said(), kind);
  assert.deepEqual(a.outcomes.at(-1), { kind: undefined, result: OutcomeResult.FAILED });
});

test("the active processor's status says so, beside the kind of its web server", async () => {
  const a = await settled();
  const role = a.shim.core.views.heartbeat.role(a.shim.names.processors.row("a"));
  assert.equal(role >> 8, ProcessorRole.ACTIVE);
});

test("another configuration is adopted whole or not at all", async () => {
  const ground = new Ground();
  let looks = 0;
  const unitStates = () => {
    looks++;
    return Promise.resolve([]);
  };
  const a = await settled(ground, ["b"], { unitStates });
  await ground.run(500);
  looks = 0;
  const { configuration } = a.controller;
  const wrong = { ...arrayOf(ARRAY), controllers: [] };
  assert.notDeepEqual(a.controller.adopt(wrong), []);
  await ground.run(50);
  assert.equal(looks, 0);
  assert.equal(a.controller.configuration, configuration);
  assert.deepEqual(a.controller.adopt(arrayOf(ARRAY.replace("graceMs: 500ms", "graceMs: 600ms"))), []);
  await ground.run(50);
  assert.ok(looks > 0, "its kernel is looked at for it");
  assert.notEqual(a.controller.configuration, configuration);
  const accepted = a.controller.channelFacts()?.counters.accepted ?? 0;
  await ground.run(3000);
  assert.ok((a.controller.channelFacts()?.counters.accepted ?? 0) > accepted, "the other is heard as before");
  assert.ok(a.machine.addresses.has(DATA0), "what it has it keeps");
  const { scope } = a.shim.core.views;
  assert.ok(scope.epoch(1) > 0, "its module knows of scopes as before");
});

test("a controller that was taken out of the configuration and is back is known anew", async () => {
  const ground = new Ground();
  const a = await settled(ground, ["b"]);
  const alone = ARRAY.replace(/^ {2}- \{name: b.*\n/m, "")
    .replace(", {name: b-e0, controller: b, device: e0}", "")
    .replace(", {name: data1, address: 192.0.2.2, home: b-e0}", "");
  assert.deepEqual(a.controller.adopt(arrayOf(alone)), []);
  const facts = () => a.controller.channelFacts();
  assert.deepEqual(facts()?.links, [], "it is no longer listened to");
  await ground.run(1000);
  assert.deepEqual(a.controller.adopt(arrayOf(ARRAY)), []);
  await ground.run(3000);
  assert.equal(facts()?.links.length, 1);
  const { memberInput, memberConfig } = a.shim.core.views;
  const row = a.shim.names.processors.row("b");
  assert.equal(memberInput.generation(row), memberConfig.generation(row));
  assert.equal(memberInput.lease(row), LeaseStatus.LEASED);
});

test("it ends in order: all that it holds, then its keys, then the ways to the others; and is silent from then on", async () => {
  const ground = new Ground();
  let looks = 0;
  const unitStates = () => {
    looks++;
    return Promise.resolve([]);
  };
  const a = await settled(ground, [], { unitStates });
  const keys = () => ground.server.entries.size;
  assert.ok(keys() > 0);
  const kept: number[] = [];
  a.calls.length = 0;
  let closed = false;
  void a.controller.close().then(() => {
    closed = true;
  });
  await ground.run(2000, () => {
    if (a.machine.addresses.size > 0) kept.push(keys());
  });
  assert.ok(closed);
  assert.ok(
    kept.every((count) => count > 0),
    "its keys are there as long as it holds anything",
  );
  assert.equal(keys(), 0);
  const order = ["fence closed", `remove ${DATA0} e0`, "link closed", "transport closed"];
  assert.deepEqual(
    a.calls.filter((line) => order.includes(line)),
    order,
  );
  const { length } = a.calls;
  looks = 0;
  const sent = a.controller.channelFacts()?.counters.sent;
  a.controller.look();
  await ground.run(5000);
  assert.deepEqual([a.calls.length, looks], [length, 0]);
  assert.equal(a.controller.channelFacts()?.counters.sent, sent);
});

test("where the kernel doesn't give an address up, its keys are not given back, and the ways are closed all the same", async () => {
  const ground = new Ground();
  const a = await settled(ground);
  a.failing.add("remove");
  let failed: Error | undefined;
  a.controller.close().catch((error: Error) => {
    failed = error;
  });
  await ground.run(500);
  assert.match(failed?.message ?? "", /remove fails/);
  assert.ok(ground.server.entries.size > 0, "they end with the lease, when the kernel has long closed");
  assert.equal(a.machine.letsThrough, false);
  assert.deepEqual(a.calls.slice(-2), ["link closed", "transport closed"]);
});
