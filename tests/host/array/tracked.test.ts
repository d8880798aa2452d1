/** What controllers track, in the array file. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatProblem } from "../../../host/array/checked-yaml.js";
import { parseArray } from "../../../host/array/description.js";

/** Line 5 is what `a` tracks. */
function textOf(track: string, coordination = "coordination: {stateFolder: /tmp}"): string {
  return ["name: tracked", "ports: [p]", "controllers:", "  - name: a", `    track: ${track}`, coordination, ""].join(
    "\n",
  );
}

function problemsOf(track: string): string[] {
  return parseArray(textOf(track), "array.yaml").problems.map(formatProblem);
}

describe("what a controller tracks", () => {
  test("has defaults: each second, one good run, three failed ones, all of the priority", () => {
    const { array, problems } = parseArray(
      textOf(
        "{links: [{device: m0}], scripts: [{name: gateway, program: /bin/ping, arguments: [-c, '1', 192.0.2.1]}]}",
      ),
      "array.yaml",
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(array?.controllers[0]?.track, {
      links: [{ device: "m0", weight: 65535 }],
      scripts: [
        {
          name: "gateway",
          program: "/bin/ping",
          arguments: ["-c", "1", "192.0.2.1"],
          intervalMs: 1000,
          timeoutMs: 1000,
          riseCount: 1,
          fallCount: 3,
          weight: 65535,
        },
      ],
    });
  });

  test("takes times with units, counts and weights", () => {
    const script = "{name: s, program: /x, intervalMs: 5s, timeoutMs: 500ms, riseCount: 2, fallCount: 4, weight: 30}";
    const { array } = parseArray(textOf(`{links: [{device: m0, weight: 7}], scripts: [${script}]}`), "array.yaml");
    const track = array?.controllers[0]?.track;
    assert.deepEqual(track?.links, [{ device: "m0", weight: 7 }]);
    assert.deepEqual(track?.scripts, [
      {
        name: "s",
        program: "/x",
        arguments: [],
        intervalMs: 5000,
        timeoutMs: 500,
        riseCount: 2,
        fallCount: 4,
        weight: 30,
      },
    ]);
  });

  for (const [what, track, ...expected] of [
    [
      "a program that is looked for in PATH",
      "{scripts: [{name: s, program: ping}]}",
      'array.yaml:5:42: controllers[0].track.scripts[0].program: "ping" is not right here; expected a path that begins with /',
    ],
    [
      "a script without a name",
      "{scripts: [{program: /x}]}",
      /^array\.yaml:5:\d+: controllers\[0\]\.track\.scripts\[0\]\.name: field name is missing/,
    ],
    [
      "an argument that is a number",
      "{scripts: [{name: s, program: /x, arguments: [1]}]}",
      "array.yaml:5:58: controllers[0].track.scripts[0].arguments[0]: 1 is of the wrong type; expected a text (in quotes if it looks like a number)",
    ],
    [
      "a run that may last longer than the interval",
      "{scripts: [{name: s, program: /x, timeoutMs: 2s}]}",
      "array.yaml:5:57: controllers[0].track.scripts[0].timeoutMs: 2000 ms is longer than intervalMs; expected at most 1000 ms",
    ],
    [
      "a weight of nothing",
      "{links: [{device: m0, weight: 0}]}",
      "array.yaml:5:42: controllers[0].track.links[0].weight: 0 is out of range; expected 1 to 65535",
    ],
    [
      "a device twice",
      "{links: [{device: m0}, {device: m0}]}",
      "array.yaml:5:44: controllers[0].track.links[1].device: m0 is tracked already; expected each device once",
    ],
    [
      "two scripts of one name",
      "{scripts: [{name: s, program: /x}, {name: s, program: /y}]}",
      "array.yaml:5:54: controllers[0].track.scripts[1].name: script s is there already; expected a name of its own",
    ],
    [
      "a field that is not known",
      "{scripts: [{name: s, program: /x, fallcount: 2}]}",
      /scripts\[0\]\.fallcount: unknown field fallcount; expected .*fallCount/,
    ],
  ] as const) {
    test(`is refused with its line and field: ${what}`, () => {
      const problems = problemsOf(track);
      assert.equal(problems.length, expected.length, problems.join("\n"));
      for (const [index, each] of expected.entries()) {
        if (typeof each === "string") assert.equal(problems[index], each);
        else assert.match(problems[index] ?? "", each);
      }
    });
  }

  test("is told to nobody without a section coordination, and that is said", () => {
    const { problems, warnings = [] } = parseArray(textOf("{links: [{device: m0}]}", ""), "array.yaml");
    assert.deepEqual(problems, []);
    assert.deepEqual(warnings.map(formatProblem), [
      "array.yaml:5:12: controllers[0].track: what a tracks is told to nobody: the array has no section `coordination`; expected a section `coordination`",
    ]);
    assert.deepEqual(parseArray(textOf("{links: [{device: m0}]}"), "array.yaml").warnings, []);
  });
});
