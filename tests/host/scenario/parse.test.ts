import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatProblem } from "../../../host/array/checked-yaml.js";
import { parseScenario } from "../../../host/scenario/parse.js";
import { ARRAYS, caseOf, casesOf } from "./support.js";

/** Problems of one case with these lines. */
function problemsOf(body: string): string[] {
  const { scenario, problems } = parseScenario(`${ARRAYS}cases:\n  - name: case\n    array: seed\n${body}`, "s.yaml");
  assert.equal(scenario === undefined, problems.length > 0);
  return problems.map(formatProblem);
}

function only(body: string): string {
  const problems = problemsOf(body);
  assert.equal(problems.length, 1, problems.join("\n"));
  return problems[0] as string;
}

describe("a scenario file", () => {
  test("has defaults for whatever a case does not say", () => {
    const entry = caseOf("    events:\n      - {at: 1.5s, link: {41a: down}}\n");
    assert.equal(entry.profile, "small");
    assert.equal(entry.tickMs, 100);
    assert.equal(entry.untilMs, 11_500);
    assert.equal(entry.controller, "controller");
    assert.equal(entry.expect, undefined);
    assert.equal(entry.world.withdraw.does, "apply");
    assert.deepEqual(
      entry.events.map(({ atMs, action }) => [atMs, action.do]),
      [[1500, "link"]],
    );
  });

  test("events come in order of time, those at one time in the order of the file", () => {
    const entry = caseOf(`
    events:
      - {at: 2s, hold: true, drain: false}
      - {at: 1s, scrub: 4}
      - {at: 2s, link: {41b: down}}
`);
    assert.deepEqual(
      entry.events.map(({ action }) => action.do),
      ["scrub", "hold", "drain", "link"],
    );
  });

  test("knobs of a case go over those of its array", () => {
    const entry = caseOf("    knobs: {ports: {lowWatermarkPermille: 40%}}\n    profile: large\n");
    assert.equal(entry.array.policy.ports.lowWatermarkPermille, 400);
    assert.equal(entry.array.policy.ports.highWatermarkPermille, 750);
    assert.equal(entry.array.profile, "large");
  });

  test("an array may stand in the case itself", () => {
    const [entry] = casesOf("cases:\n  - name: c\n    array: {name: a, ports: [p], targets: [t]}\n");
    assert.equal(entry?.array.ports[0]?.name, "p");
  });
});

describe("what is wrong in a scenario file is told with its place:", () => {
  test("an array that is not there", () => {
    const { problems } = parseScenario(`${ARRAYS}cases:\n  - {name: c, array: sede}\n`, "s.yaml");
    assert.match(
      formatProblem(problems[0] as never),
      /s\.yaml:11:22: cases\[0\]\.array: no array sede; expected one of `arrays`: seed/,
    );
  });

  test("a problem of an array inside a case", () => {
    const { problems } = parseScenario(
      "cases:\n  - name: c\n    array: {name: a, ports: [p, p], targest: [t]}\n",
      "s.yaml",
    );
    assert.deepEqual(
      problems.map(({ line, field }) => [line, field]),
      [
        [3, "cases[0].array.ports[1].name"],
        [3, "cases[0].array.targest"],
      ],
    );
  });

  test("an unknown event, field or kind", () => {
    assert.match(only("    events: [{at: 1s, lgoin: {}}]\n"), /unknown field lgoin; expected login\?/);
    assert.match(
      only("    events: [{at: 1s, login: {initiator: i, target: eui.0001, port: 41a, prot: x}}]\n"),
      /unknown field prot/,
    );
    assert.match(
      only("    expect: {exactly: [{kind: WITHDRAW}]}\n"),
      /kind: "WITHDRAW" is not right here; expected one of: RESERVE_ARRIVAL/,
    );
    assert.match(only("    expect: {exactly: [{reason: BORED}]}\n"), /expected one of: OVERLOADED/);
    assert.match(only("    world: {return: {does: dance}}\n"), /expected one of: listed, same, port, never/);
  });

  test("a missing or wrong time", () => {
    assert.match(only("    events: [{hold: true}]\n"), /field at is missing/);
    assert.match(
      only("    events: [{at: soon, hold: true}]\n"),
      /at: "soon" is not right here; expected 0 to 86400000 ms/,
    );
    assert.match(only("    tick: 0\n"), /tick: 0 is out of range/);
  });

  test("names of ports, targets, tables, fields and controllers that are not there", () => {
    assert.match(
      only("    events: [{at: 0s, login: {initiator: i, target: eui.0009, port: 41a}}]\n"),
      /no target eui\.0009/,
    );
    assert.match(
      only("    events: [{at: 0s, link: {41c: down}}]\n"),
      /link\.41c: no port 41c; expected one of: 41a, 41b/,
    );
    assert.match(only("    world: {return: {does: port, port: 41d}}\n"), /no port 41d/);
    assert.match(only("    expect: {end: {sessions: {41c: 1}}}\n"), /no port 41c/);
    assert.match(only("    expect: {end: {registrations: {eui.0001: [41c]}}}\n"), /no port 41c/);
    assert.match(only("    expect: {end: {tables: {target-prot-state: {}}}}\n"), /no table target-prot-state/);
    assert.match(
      only("    expect: {end: {tables: {target-port-state: {41a: {load: 1}}}}}\n"),
      /no field load in target-port-state/,
    );
    assert.match(only("    expect: {end: {tables: {header: {laod: 1}}}}\n"), /no field laod in header/);
    assert.match(only("    events: [{at: 0s, break: {table: plan, row: 0, field: x, value: 1}}]\n"), /no field x/);
    assert.match(only("    controller: right\n"), /no controller right; expected one of: controller/);
  });

  test("two cases of one name", () => {
    const { problems } = parseScenario(
      `${ARRAYS}cases:\n  - {name: c, array: seed}\n  - {name: c, array: seed}\n`,
      "s.yaml",
    );
    assert.match(formatProblem(problems[0] as never), /s\.yaml:12:12: cases\[1\]\.name: case c is there already/);
  });

  test("a file without cases", () => {
    assert.match(
      parseScenario("about: nothing\n", "s.yaml").problems.map(formatProblem).join(),
      /field cases is missing/,
    );
    assert.match(
      parseScenario("cases: []\n", "s.yaml").problems.map(formatProblem).join(),
      /cases: the list is empty or too short/,
    );
  });
});
