import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { align, compareState, decisionLine, fits } from "../../../host/scenario/compare.js";
import { parseScenario } from "../../../host/scenario/parse.js";
import type { SeenDecision, SeenState } from "../../../host/scenario/result.js";
import { rewriteScenario } from "../../../host/scenario/rewrite.js";
import { tapLines } from "../../../host/scenario/tap.js";
import { ARRAYS, caseOf, casesOf, run, THREE_LOGINS } from "./support.js";

function seen(time: number, kind: string, subject: string, from = "", to = ""): SeenDecision {
  const rest = { moduleTimeMs: time, subjectKind: "TARGET", reason: "OVERLOADED", detail: 0, epoch: 1 };
  return { time, kind, subject, from, to, ...rest, incarnation: 1, sequence: 1, scope: 0 };
}

const EXPECTED = `    until: 30s
    expect:
      exactly:
        - {kind: WITHDRAW_REGISTRATION, subject: eui.0001, from: 41a}
        - {kind: LOGOUT_SESSION}
        - {at: 3.4s, within: 1s, kind: RESTORE_REGISTRATION, to: 41a}
      end: {sessions: {41a: 2, 41b: 1}, logins: {10a: 41b}}
    events:${THREE_LOGINS}`;

describe("an expectation", () => {
  test("holds for what is as expected", () => {
    assert.deepEqual(run(caseOf(EXPECTED)).differences, []);
  });

  test("of exactly these decisions fails for one more, one less, another order, another field or time", () => {
    const changes: [string, string][] = [
      ["        - {kind: LOGOUT_SESSION}\n", ""],
      ["        - {kind: LOGOUT_SESSION}\n", "        - {kind: LOGOUT_SESSION}\n        - {kind: LOGOUT_SESSION}\n"],
      ["{kind: LOGOUT_SESSION}", "{kind: ALARM}"],
      ["from: 41a", "from: 41b"],
      ["at: 3.4s, within: 1s", "at: 20s, within: 1s"],
      ["{kind: LOGOUT_SESSION}", "{kind: LOGOUT_SESSION, reason: RELIEVED}"],
    ];
    for (const [from, to] of changes) {
      assert.ok(EXPECTED.includes(from), from);
      const { differences } = run(caseOf(EXPECTED.replace(from, to)));
      assert.equal(differences.length, 1, `${from} → ${to}`);
    }
  });

  test("of the end fails for each value that differs", () => {
    const { differences } = run(
      caseOf(EXPECTED.replace("41a: 2, 41b: 1", "41a: 3, 41b: 0").replace("10a: 41b", "10a: [41a, 41b]")),
    );
    assert.deepEqual(
      differences.map(({ what, expected, seen: there }) => [what, expected, there]),
      [
        ["end.sessions.41a", "3", "2"],
        ["end.sessions.41b", "0", "1"],
        ["end.logins.10a", '["41a","41b"]', '["41b"]'],
      ],
    );
  });

  test("of some decisions keeps their order, and of none forbids them", () => {
    const with_ = (expect: string) =>
      run(caseOf(`    until: 30s\n    expect: {${expect}}\n    events:${THREE_LOGINS}`)).differences;
    assert.deepEqual(with_("includes: [{kind: WITHDRAW_REGISTRATION}, {kind: RESTORE_REGISTRATION}]"), []);
    assert.equal(with_("includes: [{kind: RESTORE_REGISTRATION}, {kind: WITHDRAW_REGISTRATION}]").length, 1);
    assert.deepEqual(with_("none: [{kind: ALARM}, {kind: LOGOUT_SESSION, subject: 10b>eui.0002}]"), []);
    assert.equal(with_("none: [{kind: LOGOUT_SESSION}]").length, 1);
    assert.equal(with_("exactly: []").length, 1);
  });

  test("of tables compares the fields that are given, by names", () => {
    const state = (tables: string) =>
      run(caseOf(`    until: 30s\n    expect: {end: {tables: ${tables}}}\n    events:${THREE_LOGINS}`)).differences;
    assert.deepEqual(
      state("{target-port-state: {41a: {sessions: 2, loadPermille: 500}}, header: {incarnation: 1}}"),
      [],
    );
    assert.deepEqual(state("{registration-input: {eui.0001: {ports: [41a, 41b]}}}"), []);
    assert.deepEqual(
      state("{session-input: {'10a>eui.0001@41b': {initiator: 10a, flags: [LOGGED_IN, ASYNC_LOGOUT]}}}"),
      [],
    );
    assert.equal(
      state("{target-port-state: {41a: {sessions: 3}}}")[0]?.what,
      "end.tables.target-port-state.41a.sessions",
    );
    assert.equal(state("{session-input: {'10a>eui.0001@41a': {initiator: 10a}}}").length, 1);
  });
});

describe("comparing", () => {
  test("a time fits within the tolerance, the decision's own first", () => {
    const decision = seen(1500, "ALARM", "41a");
    assert.equal(fits({ atMs: 1400 }, decision, 100), true);
    assert.equal(fits({ atMs: 1399 }, decision, 100), false);
    assert.equal(fits({ atMs: 1000, withinMs: 500 }, decision, 0), true);
    assert.equal(fits({}, decision, 0), true);
    assert.equal(fits({ from: "41a" }, decision, 0), false);
  });

  test("lists are aligned as a diff", () => {
    const lines = align(
      [{ kind: "A" }, { kind: "B" }, { kind: "C" }],
      [seen(0, "A", ""), seen(1, "C", ""), seen(2, "D", "")],
      0,
    );
    assert.deepEqual(lines, [{ expected: 0, seen: 0 }, { expected: 1 }, { expected: 2, seen: 1 }, { seen: 2 }]);
    assert.equal(decisionLine(seen(1500, "ALARM", "t", "a", "b")), "1.500s ALARM t from a to b (OVERLOADED)");
  });

  test("a target that the server does not list has no ports", () => {
    const hosted = { interfaces: {}, units: {}, groups: {} };
    const state: SeenState = { registrations: {}, sessions: {}, logins: {}, ...hosted, tables: {} };
    assert.deepEqual(compareState({ registrations: { t: [] }, sessions: { p: 0 } }, state, "end"), []);
    assert.equal(compareState({ registrations: { t: ["p"] } }, state, "end").length, 1);
  });
});

describe("rewriting", () => {
  const text = `${ARRAYS}
cases:
  # The story.
  - name: case   # its name
    array: seed
    until: 30s
    events:${THREE_LOGINS}    expect:
      exactly:
        # Step 107.
        - {kind: WITHDRAW_REGISTRATION, subject: eui.0001, from: 41a}   # first
        # Wrong.
        - {kind: ALARM}
        # Step 112.
        - {kind: RESTORE_REGISTRATION, to: 41a}
      end:
        sessions: {41a: 9, 41b: 1}   # at the end
        logins: {10a: 41a}
`;

  function rewritten(): string {
    const [entry] = casesOf(text);
    assert.ok(entry !== undefined);
    return rewriteScenario(text, new Map([[entry, run(entry)]]));
  }

  test("puts in what was seen, and then all holds", () => {
    const [entry] = casesOf(rewritten());
    assert.ok(entry !== undefined);
    assert.equal(entry.expect?.exactly?.length, 3);
    assert.deepEqual(run(entry).differences, []);
    assert.deepEqual(entry.expect?.end, { sessions: { "41a": 2, "41b": 1 }, logins: { "10a": "41b" } });
  });

  test("keeps comments, and every line that held", () => {
    const after = rewritten();
    for (const comment of ["# The story.", "# its name", "# Step 107.", "# first", "# Step 112.", "# at the end"]) {
      assert.ok(after.includes(comment), comment);
    }
    assert.ok(after.includes("- {kind: RESTORE_REGISTRATION, to: 41a}"));
    assert.ok(after.includes("subject: 10a>eui.0001, from: 41a, to: 41b"));
    assert.ok(!after.includes("ALARM"));
  });

  test("leaves a file alone in which all holds", () => {
    const good = rewritten();
    const [entry] = casesOf(good);
    assert.ok(entry !== undefined);
    assert.equal(rewriteScenario(good, new Map([[entry, run(entry)]])), good);
  });

  test("gives a case without an expectation one", () => {
    const bare = `${ARRAYS}cases:\n  - name: case\n    array: seed\n    until: 30s\n    events:${THREE_LOGINS}`;
    const [entry] = casesOf(bare);
    assert.ok(entry !== undefined);
    const after = rewriteScenario(bare, new Map([[entry, run(entry)]]));
    const { scenario, problems } = parseScenario(after, "s.yaml");
    assert.deepEqual(problems, []);
    assert.equal(scenario?.cases[0]?.expect?.exactly?.length, 3);
    assert.deepEqual(run(scenario?.cases[0] as never).differences, []);
  });
});

test("TAP names the case, its line and what differs", () => {
  const entry = caseOf(EXPECTED.replace("41b: 1}", "41b: 2}"));
  const lines = tapLines({ file: "s.yaml", name: "case #1", line: entry.line, result: run(entry) }, 3);
  assert.equal(lines[0], "not ok 3 - s.yaml: case \\#1");
  assert.ok(lines.includes('  what: "end.sessions.41b"'));
  assert.equal(lines.at(-1), "  ...");
  assert.deepEqual(tapLines({ file: "s.yaml", name: "n", line: 1, error: "trap" }, 1)[0], "not ok 1 - s.yaml: n");
});
