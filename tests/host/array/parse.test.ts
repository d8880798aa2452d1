import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { formatProblem } from "../../../host/array/checked-yaml.js";
import { type ArrayDescription, parseArray, type Problem } from "../../../host/array/description.js";
import { knobsOf } from "../../../host/array/schema.js";
import { topFolder } from "../../../host/cli/exit.js";

function problemsOf(text: string): Problem[] {
  const { array, problems } = parseArray(text, "array.yaml");
  assert.equal(array === undefined, problems.length > 0);
  return problems;
}

/** The one problem of a text, as it is printed. */
function only(text: string): string {
  const problems = problemsOf(text);
  assert.equal(problems.length, 1, problems.map(formatProblem).join("\n"));
  return formatProblem(problems[0] as Problem);
}

function good(text: string): ArrayDescription {
  const { array, problems } = parseArray(text, "array.yaml");
  assert.ok(array !== undefined, problems.map(formatProblem).join("\n"));
  return array;
}

const BASE = "name: a\nports: [p1, p2]\ntargets: [t]\n";

describe("an array file", () => {
  test("says little and means much", () => {
    const array = good(BASE);
    assert.equal(array.profile, "standard");
    assert.deepEqual(array.controllers, [{ name: "controller" }]);
    assert.deepEqual(
      array.ports.map(({ name, controller, tag, listOrder, maintenance }) => [
        name,
        controller,
        tag,
        listOrder,
        maintenance,
      ]),
      [
        ["p1", "controller", 1, 0, false],
        ["p2", "controller", 2, 1, false],
      ],
    );
    assert.deepEqual(array.ports[0]?.capacity, {
      processor: 1_000_000,
      bandwidth: 0,
      operations: 0,
      queue: 0,
      sessions: 0,
    });
    assert.deepEqual(array.targets, [{ name: "t", ports: ["p1", "p2"], pinned: false, redirection: false }]);
    for (const { name, knob } of knobsOf("port-policy")) assert.equal(array.policy.ports[name], knob?.default, name);
    assert.equal(array.policy.health.targetPort?.silenceMs, 3000);
  });

  test("takes units, defaults for all ports, choices by name and ranges", () => {
    const array = good(`
name: a
profile: small
controllers: [left, {name: right}]
portDefaults: {controller: right, capacity: {bandwidth: 10Gbit/s, processor: 50%}}
ports:
  - {name: "p{1..2}", address: "192.0.2.{1..2}:3260", capacity: {queue: 64, processor: 0}}
  - {name: q, controller: left, tag: 9, listOrder: 0, id: 12}
targets: [{name: "t{1..2}", ports: [q], pinned: true}]
initiators: [i, {name: j, nextPortal: following}]
policy:
  ports: {highWatermarkPermille: 90%, residenceMs: 2min, reservationMoves: never}
  health: {targetPort: {silenceMs: 1s}}
`);
    assert.deepEqual(
      array.ports.map(({ name, controller, address }) => [name, controller, address]),
      [
        ["p1", "right", "192.0.2.1:3260"],
        ["p2", "right", "192.0.2.2:3260"],
        ["q", "left", ""],
      ],
    );
    assert.deepEqual(array.ports[1]?.capacity, {
      processor: 0,
      bandwidth: 1_220_703,
      operations: 0,
      queue: 64,
      sessions: 0,
    });
    assert.equal(array.ports[2]?.id, 12);
    assert.deepEqual(
      array.targets.map(({ name, ports, pinned }) => [name, ports, pinned]),
      [
        ["t1", ["q"], true],
        ["t2", ["q"], true],
      ],
    );
    assert.deepEqual(
      array.initiators.map(({ nextPortal }) => nextPortal),
      ["first", "following"],
    );
    const { highWatermarkPermille, residenceMs, reservationMoves } = array.policy.ports;
    assert.deepEqual([highWatermarkPermille, residenceMs, reservationMoves], [900, 120_000, 1]);
    assert.equal(array.policy.health.targetPort?.silenceMs, 1000);
    assert.equal(array.policy.health.server?.silenceMs, 3000);
  });

  test("every example is right", () => {
    const folder = join(topFolder(), "tests/arrays");
    const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
    assert.ok(files.length >= 2);
    for (const file of files) {
      const { problems } = parseArray(readFileSync(join(folder, file), "utf8"), file);
      assert.deepEqual(problems.map(formatProblem), []);
    }
  });
});

describe("what is wrong in an array file is told with its place and what would be right:", () => {
  test("an unknown field, with the one that was meant", () => {
    assert.match(
      only(`${BASE}polcy: {}\n`),
      /^array\.yaml:4:1: polcy: unknown field polcy; expected policy\? \(one of: name, /,
    );
    assert.match(
      only("name: a\nports:\n  - name: p\n    capacity: {bandwith: 5}\n"),
      /^array\.yaml:4:16: ports\[0\]\.capacity\.bandwith: unknown field bandwith; expected bandwidth\?/,
    );
  });

  test("a wrong type", () => {
    assert.match(only("name: a\nports: p1\n"), /:2:8: ports: "p1" is of the wrong type; expected a list/);
    assert.match(only("name: 5\nports: [p]\n"), /:1:7: name: 5 is of the wrong type; expected a text .*quotes/);
    assert.match(
      only(`${BASE}policy: {ports: {sampleMs: true}}\n`),
      /sampleMs: true is of the wrong type; expected 10 to 60000 ms/,
    );
  });

  test("a value out of range, as a number and with a unit", () => {
    assert.match(
      only(`${BASE}policy: {ports: {sampleMs: 5}}\n`),
      /:4:28: policy\.ports\.sampleMs: 5 is out of range; expected 10 to 60000 ms/,
    );
    assert.match(only(`${BASE}policy: {ports: {sampleMs: 2h}}\n`), /sampleMs: "2h" is out of range/);
    assert.match(only("name: a\nports: [{name: p, tag: 0}]\n"), /tag: 0 is out of range; expected 1 to 65535/);
    assert.match(
      only(`${BASE}policy: {ports: {sampleMs: 5 apples}}\n`),
      /"5 apples" is not right here; expected .* ms, s, min, h/,
    );
  });

  test("a choice that is none", () => {
    assert.match(
      only(`${BASE}profile: medium\n`),
      /profile: "medium" is not right here; expected one of: small, standard, large/,
    );
    assert.match(only(`${BASE}policy: {ports: {reservationMoves: first}}\n`), /expected one of: last, never/);
  });

  test("a missing field", () => {
    assert.match(only("ports: [p]\n"), /field name is missing/);
    assert.match(only("name: a\nports: [{tag: 5}]\n"), /:2:9: ports\[0\]\.name: field name is missing/);
  });

  test("a duplicate name, id or address", () => {
    assert.match(only("name: a\nports: [p, q, p]\n"), /:2:15: ports\[2\]\.name: port p is there already/);
    assert.match(only("name: a\nports: [p]\ntargets: [t, {name: t}]\n"), /target t is there already/);
    assert.match(
      only("name: a\nports: [{name: p, id: 4}, {name: q, id: 4}]\n"),
      /ports\[1\]\.id: id 4 is that of port p/,
    );
    assert.match(
      only('name: a\nports: [{name: p, address: "1:2"}, {name: q, address: "1:2"}]\n'),
      /address: 1:2 is the address of port p/,
    );
    assert.match(only("name: a\nname: b\nports: [p]\n"), /:2:1: .*unique/i);
  });

  test("a port that no one has, or that stands twice", () => {
    assert.match(
      only("name: a\nports: [p, q]\ntargets:\n  - name: t\n    ports: [p, r]\n"),
      /:5:16: targets\[0\]\.ports\[1\]: no port r; expected one of: p, q/,
    );
    assert.match(
      only("name: a\nports: [p]\ntargets: [{name: t, ports: [p, p]}]\n"),
      /port p is there already; expected each port once/,
    );
    assert.match(
      only("name: a\nports: [p]\ntargets: [{name: t, ports: []}]\n"),
      /expected `all`, or a list of at least one port/,
    );
  });

  test("a controller that no one has", () => {
    assert.match(
      only("name: a\ncontrollers: [l, r]\nports: [{name: p, controller: m}]\n"),
      /no controller m; expected one of: l, r/,
    );
  });

  test("more things than the profile holds", () => {
    assert.match(
      only("name: a\nprofile: small\nports: ['p{1..9}']\n"),
      /:3:8: ports: 9 ports; expected at most 8 in profile small; profile standard holds 64/,
    );
    assert.match(
      only("name: a\nports: [p]\ntargets: ['t{1..513}']\n"),
      /513 targets; expected at most 512 .* profile large holds 4096/,
    );
    assert.match(only("name: a\nprofile: large\nports: ['p{1..300}']\n"), /at most 256 in profile large$/);
    assert.match(
      only("name: a\nprofile: small\nports: [p]\ninitiators: ['i{1..33}']\n"),
      /33 initiators; expected at most 32/,
    );
  });

  test("watermarks that cross", () => {
    assert.match(
      only(`${BASE}policy: {ports: {highWatermarkPermille: 50%, lowWatermarkPermille: 500}}\n`),
      /lowWatermarkPermille: 500 is not below the high watermark; expected less than 500/,
    );
  });

  test("what is no YAML, or nothing", () => {
    assert.match(only("name: [\n"), /^array\.yaml:\d+:\d+: .*; expected valid YAML/);
    assert.match(only(""), /null is of the wrong type; expected fields/);
    assert.match(only("- a\n"), /wrong type; expected fields/);
  });

  test("all of it at once, in the order of the file", () => {
    const problems = problemsOf(
      "name: a\nports: [p, p]\ntargets: [{name: t, ports: [x]}]\ncolour: red\npolicy: {ports: {sampleMs: 1}}\n",
    );
    assert.deepEqual(
      problems.map(({ line }) => line),
      [2, 3, 4, 5],
    );
    assert.ok(
      problems.every(({ file, expected, message }) => file === "array.yaml" && expected !== "" && message !== ""),
    );
  });
});
