import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { topFolder } from "../../../host/cli/exit.js";
import { parseScenario } from "../../../host/scenario/parse.js";
import { layouts } from "../../../host/shim/generated/layout.js";
import { memorySink, Recorder } from "../../../host/shim/recorder.js";
import { replay } from "../../../host/shim/replayer.js";
import { newCore, PROFILES } from "../shim/support.js";
import { caseOf, linesOf, run, THREE_LOGINS } from "./support.js";

describe("the world of a scenario", () => {
  test("withdraws, ends the session, and the initiator takes the next listed portal", () => {
    const result = run(caseOf(`    until: 30s\n    events:${THREE_LOGINS}`));
    assert.deepEqual(linesOf(result), [
      "WITHDRAW_REGISTRATION eui.0001 41a",
      "LOGOUT_SESSION 10a>eui.0001 41a 41b",
      "RESTORE_REGISTRATION eui.0001 41a",
    ]);
    assert.deepEqual(result.end.sessions, { "41a": 2, "41b": 1 });
    assert.deepEqual(result.end.logins["10a"], ["41b"]);
    assert.deepEqual(result.end.registrations["eui.0001"], ["41a", "41b"]);
    assert.equal(result.end.tables["target-port-state"] !== undefined, true);
  });

  test("a server that ignores a withdrawal keeps its list, and no logout follows", () => {
    const result = run(caseOf(`    until: 8s\n    world: {withdraw: {does: ignore}}\n    events:${THREE_LOGINS}`));
    assert.ok(linesOf(result).includes("WITHDRAW_REGISTRATION eui.0001 41a"));
    assert.ok(!linesOf(result).some((line) => line.startsWith("LOGOUT")));
    assert.deepEqual(result.end.registrations["eui.0001"], ["41a", "41b"]);
  });

  test("an initiator that never returns is nowhere at the end", () => {
    const result = run(
      caseOf(`    until: 10s\n    world: {return: {does: never, only: 10a}}\n    events:${THREE_LOGINS}`),
    );
    assert.equal(result.end.logins["10a"], undefined);
    assert.deepEqual(result.end.sessions, { "41a": 2, "41b": 0 });
  });

  test("a rule with a number of times gives way to the one before it", () => {
    const events = `${THREE_LOGINS}      - {at: 1s, world: {return: {does: never, times: 1}}}
      - {at: 1.1s, logout: {initiator: 10b, returns: true}}
      - {at: 1.2s, logout: {initiator: 10c, returns: true}}
`;
    const result = run(caseOf(`    until: 1.9s\n    events:${events}`));
    assert.equal(result.end.logins["10b"], undefined);
    assert.deepEqual(result.end.logins["10c"], ["41a"]);
  });

  test("a link that goes down ends its sessions; they come back through another port", () => {
    const result = run(caseOf(`    until: 1.9s\n    events:${THREE_LOGINS}      - {at: 1s, link: {41a: down}}\n`));
    assert.deepEqual(result.end.sessions, { "41a": 0, "41b": 3 });
  });

  test("counters follow the loads, also across a move", () => {
    const load = `      - {at: 0s, load: {initiator: 10a, target: eui.0001, operations: 1000/s, bandwidth: 1MiB/s, processor: 10%}}
      - {at: 5s, logout: {initiator: 10a, returns: true}}
`;
    const body = `    until: 10s\n    world: {return: {does: port, port: 41b, after: 0s}}\n    events:${THREE_LOGINS}${load}`;
    const { tables } = run(caseOf(body)).end;
    const counters = tables["target-port-counters-latched"] as Record<string, Record<string, number>>;
    assert.equal(counters["41a"]?.operations, 5000);
    assert.equal(counters["41b"]?.operations, 5000);
    assert.equal(counters["41b"]?.bytes, 5 * 1024 * 1024);
    assert.equal(counters["41b"]?.busyUs, 500_000);
  });

  test("a check in the middle tells what is not so", () => {
    const events = `${THREE_LOGINS}      - {at: 1s, check: {sessions: {41a: 3, 41b: 7}}}\n`;
    const { differences } = run(caseOf(`    until: 2s\n    events:${events}`));
    assert.equal(differences.length, 1);
    assert.match(differences[0]?.what ?? "", /^check \(line \d+\)\.sessions\.41b$/);
    assert.deepEqual([differences[0]?.expected, differences[0]?.seen], ["7", "0"]);
  });

  test("sessions through a port that leaves the configuration come back through another", () => {
    const left = "{name: n, profile: small, ports: [41b], targets: [eui.0001, eui.0002]}";
    const events = `${THREE_LOGINS}      - {at: 1s, reconfigure: {array: ${left}}}\n`;
    const { end, differences } = run(caseOf(`    until: 1.9s\n    events:${events}`));
    assert.deepEqual(differences, []);
    assert.deepEqual(end.logins, { "10a": ["41b"], "10b": ["41b"] });
  });

  test("more logins than the profile has rows for are a difference", () => {
    const logins = Array.from(
      { length: 129 },
      (_, index) => `{initiator: i${index % 20}, target: eui.0001, port: 41a}`,
    );
    const { differences } = run(caseOf(`    until: 1s\n    events: [{at: 0s, login: [${logins.join(", ")}]}]\n`));
    assert.deepEqual(
      differences.map(({ what, seen }) => [what, seen]),
      [["logins", "1 had none"]],
    );
  });

  test("a configuration that changes is followed", () => {
    const array = "{name: n, profile: small, ports: [41a], targets: [eui.0001]}";
    const events = `\n      - at: 1s\n        reconfigure: {array: ${array}, knobs: {ports: {sampleMs: 1s}}}\n`;
    const result = run(caseOf(`    until: 3s\n    events:${events}`));
    assert.deepEqual(result.differences, []);
    assert.deepEqual(Object.keys(result.end.sessions), ["41a"]);
  });
});

describe("a hot swap", () => {
  function swapping(module: string, refused: boolean): string[] {
    const events = `${THREE_LOGINS}      - {at: 2.05s, swap: {module: ${JSON.stringify(module)}, refused: ${refused}}}\n`;
    const result = run(caseOf(`    until: 30s\n    events:${events}`));
    assert.equal(linesOf(result).length, 3);
    assert.deepEqual(result.end.sessions, { "41a": 2, "41b": 1 });
    return result.differences.map(({ what, expected }) => `${what}: ${expected}`);
  }

  test("to the same module or another file loses and repeats nothing", () => {
    assert.deepEqual(swapping("", false), []);
    assert.deepEqual(swapping(join(topFolder(), "build/fairlead-small-plain.wasm"), false), []);
    assert.deepEqual(swapping("", true), ["swap: refused"]);
  });

  test("to what is no such module is refused, and the old one goes on", () => {
    const standard = join(topFolder(), "build/fairlead-standard-plain.wasm");
    assert.deepEqual(swapping(standard, true), []);
    assert.deepEqual(swapping(standard, false), ["swap: attached"]);
    assert.deepEqual(swapping(join(topFolder(), "package.json"), true), []);
  });
});

test("a configuration that the module must refuse leaves the old one in force", () => {
  const watermarks = "{ports: {sampleMs: 1s}}";
  const events = `\n      - {at: 1s, reconfigure: {knobs: ${watermarks}, refused: true}}\n`;
  const { differences } = run(caseOf(`    until: 2s\n    events:${events}`));
  assert.deepEqual(
    differences.map(({ expected, seen }) => [expected, seen]),
    [["refused", "adopted"]],
  );
});

describe("a host that starts again", () => {
  for (const attach of [true, false]) {
    test(`${attach ? "on the kept memory" : "afresh"} finds what the world has, under a larger incarnation`, () => {
      const events = `${THREE_LOGINS}      - {at: 10s, restart: {attach: ${attach}, down: 1s}}\n`;
      const result = run(caseOf(`    until: 40s\n    events:${events}`));
      assert.deepEqual(result.differences, []);
      assert.deepEqual(result.end.sessions, { "41a": 2, "41b": 1 });
      const header = result.end.tables.header as Record<string, unknown>;
      assert.equal(header.incarnation, 2);
      assert.deepEqual(linesOf(result).length, 3);
    });
  }
});

test("damage to the memory is part of a recording", () => {
  const damage = "{at: 5s, break: {table: target-port-state, row: 41a, field: sessions, value: 77}}";
  const entry = caseOf(`    until: 20s\n    events:${THREE_LOGINS}      - ${damage}\n`);
  const sink = memorySink();
  const recorder = new Recorder(sink);
  const { digest, end } = run(entry, "plain", recorder);
  recorder.close();
  const header = end.tables.header as Record<string, number>;
  assert.equal(header.brokenSeals, 1);
  const core = newCore();
  assert.equal(replay(sink.bytes(), "broken.flr", core).digest, digest);
  assert.equal(core.views.header.brokenSeals(0), 1);
});

/** Every scenario of the repository. */
const folder = join(topFolder(), "tests/scenarios");
for (const file of readdirSync(folder).filter((name) => name.endsWith(".yaml"))) {
  const { scenario } = parseScenario(readFileSync(join(folder, file), "utf8"), file);
  describe(file, () => {
    for (const entry of scenario?.cases ?? []) {
      test(`${entry.name}: the same decisions in every build, and again from its recording`, () => {
        // Six controllers are more than the small profile holds.
        const servers = entry.array.controllers.length;
        for (const profile of PROFILES.filter((name) => servers <= (layouts[name].limits.SERVER_MAX ?? 0))) {
          const sized = { ...entry, profile, array: { ...entry.array, profile } };
          const sink = memorySink();
          const recorder = new Recorder(sink);
          const plain = run(sized, "plain", recorder);
          recorder.close();
          const shared = run(sized, "shared");
          assert.equal(shared.digest, plain.digest, profile);
          assert.deepEqual(shared.decisions, plain.decisions);
          assert.deepEqual(shared.end, plain.end);
          if (profile === entry.profile) assert.deepEqual(plain.differences, []);
          const report = replay(sink.bytes(), file, newCore(profile));
          assert.equal(report.parting, undefined);
          assert.equal(report.digest, plain.digest);
        }
      });
    }
  });
}
