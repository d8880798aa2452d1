import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DecisionView } from "../../../host/shim/actor.js";
import { DecisionKind, LinkState, OutcomeResult, Reason, SessionFlag } from "../../../host/shim/generated/layout.js";
import { ModuleError } from "../../../host/shim/errors.js";
import { Shim } from "../../../host/shim/shim.js";
import { arrayOf, moduleBytes, newCore, observeAll, runTicks, SEED_TEXT, startedShim } from "./support.js";

/** The seed's three logins through 41a, and what the module says of them. */
function overloaded(shim: Shim): DecisionView[] {
  for (const [index, name] of ["10a", "10b", "10c"].entries()) {
    shim.login(shim.initiator(name), index, shim.names.ports.row("41a"), SessionFlag.ASYNC_LOGOUT);
  }
  const decisions: DecisionView[] = [];
  runTicks(shim, 30, 1000, (decision) => decisions.push({ ...decision }));
  return decisions;
}

describe("a shim", () => {
  test("hands out a decision with its names, and takes its outcome", () => {
    const shim = startedShim();
    const [first] = overloaded(shim);
    assert.ok(first !== undefined);
    assert.equal(first.kind, DecisionKind.WITHDRAW_REGISTRATION);
    assert.equal(first.reason, Reason.OVERLOADED);
    assert.equal(shim.names.subject(first.subjectKind, first.subject), "eui.0001");
    assert.equal(shim.names.port(first.from), "41a");
    assert.equal(shim.names.port(first.to), "");
    assert.equal(first.incarnation, 1);
    assert.equal(shim.outcome(first.incarnation, first.sequence, OutcomeResult.DONE), true);
    const { outcome } = shim.core.views;
    assert.equal(outcome.isChanged(0), true);
    runTicks(shim, 1, 10_000);
    assert.equal(outcome.isChanged(0), false);
  });

  test("hands out one object for all decisions", () => {
    const shim = startedShim();
    const seen = new Set<DecisionView>();
    for (const name of ["10a", "10b", "10c"]) shim.login(shim.initiator(name), 0, 0, 0);
    for (const target of [0, 1, 2]) shim.setRegistrations(target, [0]);
    let count = 0;
    runTicks(shim, 60, 1000, (decision) => {
      count++;
      seen.add(decision);
    });
    assert.ok(count >= 3, `${count} decisions`);
    assert.equal(seen.size, 1);
  });

  test("keeps decisions in the ring while it does not drain, and loses none", () => {
    const shim = startedShim();
    shim.draining = false;
    assert.deepEqual(overloaded(shim), []);
    const { header } = shim.core.views;
    const waiting = header.ringHead(0) - header.ringTail(0);
    assert.ok(waiting >= 1);
    shim.draining = true;
    const decisions: number[] = [];
    shim.tick(10_000, (decision) => decisions.push(decision.sequence));
    assert.ok(decisions.length >= waiting);
    assert.deepEqual(
      decisions,
      [...decisions.keys()].map((index) => index + 1),
    );
  });

  test("a handler that throws loses its own decision only", () => {
    const shim = startedShim();
    shim.draining = false;
    for (const target of [0, 1, 2]) shim.setRegistrations(target, []);
    runTicks(shim, 30, 1000);
    shim.draining = true;
    const seen: number[] = [];
    const fail = (decision: DecisionView) => {
      seen.push(decision.sequence);
      throw new Error("no");
    };
    assert.throws(() => shim.tick(10_000, fail), /no/);
    shim.tick(10_100, (decision) => seen.push(decision.sequence));
    assert.ok(seen.length >= 2);
    assert.equal(new Set(seen).size, seen.length);
  });

  test("a larger incarnation is needed at each start", () => {
    assert.throws(() => new Shim(newCore(), { incarnation: 0 }), RangeError);
  });
});

describe("configure", () => {
  test("things keep their rows by their stable ids, whatever the order of the file", () => {
    const shim = startedShim();
    const rows = ["41a", "41b"].map((name) => shim.names.ports.row(name));
    const generations = rows.map((row) => shim.portGeneration(row));
    const reordered = SEED_TEXT.replace("[41a, 41b]", "[40x, 41b, 41a]");
    assert.deepEqual(shim.configure(arrayOf(reordered)), []);
    assert.deepEqual(
      ["41a", "41b"].map((name) => shim.names.ports.row(name)),
      rows,
    );
    assert.deepEqual(
      rows.map((row) => shim.portGeneration(row)),
      generations,
    );
    assert.ok(shim.names.ports.row("40x") >= 0);
  });

  test("a port that is renamed under its id stays the same row", () => {
    const text = SEED_TEXT.replace("[41a, 41b]", "[{name: 41a, id: 7}, {name: 41b, id: 3}]");
    const shim = startedShim(text);
    const row = shim.names.ports.row("41a");
    assert.equal(shim.core.views.targetPortConfig.id(row), 7);
    assert.deepEqual(shim.configure(arrayOf(text.replace("41a", "front"))), []);
    assert.equal(shim.names.ports.row("front"), row);
    assert.equal(shim.names.ports.row("41a"), -1);
  });

  test("what is wrong leaves the configuration in force as it was", () => {
    const shim = startedShim();
    runTicks(shim, 3, 1000);
    const before = shim.array;
    const { header } = shim.core.views;
    const generation = header.generation(0);
    const wrong = arrayOf(SEED_TEXT);
    wrong.policy.ports.sampleMs = 1;
    const problems = shim.configure(wrong);
    assert.equal(problems.length, 1);
    assert.match(problems[0]?.field ?? "", /port-policy.*sampleMs/);
    assert.match(problems[0]?.message ?? "", /OUT_OF_RANGE/);
    assert.match(problems[0]?.expected ?? "", /10 to 60000 ms/);
    assert.equal(shim.array, before);
    assert.equal(header.generation(0), generation);
    assert.deepEqual(shim.names.ports.names(), ["41a", "41b"]);
    assert.deepEqual(shim.configure(arrayOf(SEED_TEXT)), []);
  });

  test("names a port whose field is out of range", () => {
    const shim = startedShim();
    const wrong = arrayOf(SEED_TEXT);
    (wrong.ports[1] as { tag: number }).tag = 0;
    const [problem] = shim.configure(wrong);
    assert.match(problem?.field ?? "", /ports\[41b\]\.portalGroupTag/);
  });

  test("more things than the profile holds, and another profile, are told", () => {
    const shim = new Shim(newCore(), { incarnation: 1 });
    const large = arrayOf("name: l\nprofile: large\nports: ['p{1..9}']\ntargets: ['t{1..33}']\n");
    const problems = shim.configure(large);
    assert.deepEqual(problems.map(({ field }) => field).sort(), ["ports", "profile", "targets"]);
    assert.match(problems.map(({ expected }) => expected).join(), /at most 8 in profile small/);
    assert.equal(shim.array, undefined);
  });

  test("a controller that the array has not is told", () => {
    const shim = new Shim(newCore(), { incarnation: 1, controller: "right" });
    const [problem] = shim.configure(arrayOf(SEED_TEXT));
    assert.equal(problem?.field, "controllers");
    const both = arrayOf(`${SEED_TEXT}\ncontrollers: [left, right]\n`);
    assert.deepEqual(shim.configure(both), []);
    assert.equal(shim.core.views.control.controllerIndex(0), 1);
  });

  test("rows of removed ports are given out anew once all writers have confirmed", () => {
    const eight = (first: number) => `name: e\nprofile: small\nports: ['p{${first}..${first + 7}}']\ntargets: []\n`;
    const shim = startedShim(eight(1));
    const writer = shim.writer("sampler");
    assert.deepEqual(shim.configure(arrayOf(eight(1).replace("{1..8}", "{1..7}"))), []);
    runTicks(shim, 1, 1000);
    const [problem] = shim.configure(arrayOf(eight(2)));
    assert.match(problem?.message ?? "", /TABLE_FULL/);
    writer.confirm(shim.core.views.header.generation(0));
    runTicks(shim, 1, 2000);
    assert.deepEqual(shim.configure(arrayOf(eight(1).replace("{1..8}", "{1..7}").replace("']", "', p9]"))), []);
    assert.ok(shim.names.ports.row("p9") >= 0);
    assert.ok(shim.portGeneration(shim.names.ports.row("p9")) > 1);
  });

  test("a row that went to another port is unknown until it is observed", () => {
    const shim = startedShim();
    runTicks(shim, 1, 1000);
    const row = shim.names.ports.row("41b");
    assert.deepEqual(shim.configure(arrayOf(SEED_TEXT.replace("[41a, 41b]", "[41a]"))), []);
    runTicks(shim, 1, 2000);
    assert.deepEqual(shim.configure(arrayOf(SEED_TEXT.replace("[41a, 41b]", "[41a, 41c]"))), []);
    assert.equal(shim.names.ports.row("41c"), row);
    const { targetPortInput } = shim.core.views;
    assert.equal(targetPortInput.link(row), LinkState.UNKNOWN);
    assert.equal(targetPortInput.generation(row), shim.portGeneration(row));
    shim.setLink(row, LinkState.UP);
    assert.equal(targetPortInput.incarnation(row), 1);
  });
});

describe("observations", () => {
  test("what did not change is not marked again", () => {
    const shim = startedShim();
    runTicks(shim, 1, 1000);
    observeAll(shim);
    const { targetPortInput, registrationInput } = shim.core.views;
    assert.equal(targetPortInput.isChanged(0), false);
    assert.equal(registrationInput.isChanged(0), false);
    shim.setRegistrations(0, new Set([1]));
    assert.equal(registrationInput.isChanged(0), true);
    assert.equal(registrationInput.ports(0), 2);
  });

  test("registrations of a large array reach every word of the bitmap", () => {
    const text = "name: l\nprofile: large\nports: ['p{1..256}']\ntargets: [a, b]\n";
    const shim = startedShim(text, {}, newCore("large"));
    const ports = [0, 31, 32, 100, 255];
    shim.setRegistrations(1, ports);
    const { registrationInput } = shim.core.views;
    const listed: number[] = [];
    for (let port = 0; port < 256; port++) {
      if (((registrationInput.ports(8 + (port >> 5)) >>> (port & 31)) & 1) === 1) listed.push(port);
    }
    assert.deepEqual(listed, ports);
  });
});

describe("swap", () => {
  test("goes on with another instance on the same memory", () => {
    const shim = startedShim();
    const decisions = overloaded(shim);
    const { exports } = shim.core;
    assert.equal(shim.swap(moduleBytes()), 0);
    assert.notEqual(shim.core.exports, exports);
    const later: number[] = [];
    runTicks(shim, 5, 4000, (decision) => later.push(decision.sequence));
    assert.ok(later.every((sequence) => sequence > decisions.length));
    assert.equal(shim.core.views.targetPortState.sessions(0), 3);
  });

  test("what is refused leaves the module in service", () => {
    const shim = startedShim();
    const { exports } = shim.core;
    assert.throws(() => shim.swap(moduleBytes().subarray(0, 1000)), ModuleError);
    assert.throws(() => shim.swap(moduleBytes("standard")), ModuleError);
    shim.core.views.header.setCallUnderWay(0, 3);
    assert.notEqual(shim.swap(moduleBytes()), 0);
    shim.core.views.header.setCallUnderWay(0, 0);
    assert.equal(shim.core.exports, exports);
    runTicks(shim, 3, 1000);
  });
});
