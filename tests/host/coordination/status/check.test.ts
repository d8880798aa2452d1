/** What `validate` says of status messages; and the published numbers of controllers. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { topFolder } from "../../../../host/cli/exit.js";
import { CONTROLLER_MAX } from "../../../../host/coordination/status/status.js";
import { type ArrayDescription, parseArray, type Problem } from "../../../../host/array/description.js";
import { contentsOf } from "../../../../host/coordination/status/check.js";
import { controllersMax, partsMax } from "../../../../host/coordination/status/limits.js";

interface Variant {
  controllers?: number;
  links?: number;
  targets?: number;
  coordination?: string;
  policy?: string;
  /** Changes the text. */
  edit?: (text: string) => string;
}

function parse({ controllers = 2, links = 1, targets = 1, coordination = "", policy = "", edit }: Variant): {
  array: ArrayDescription | undefined;
  problems: string[];
} {
  const one = (place: number) => {
    const control = Array.from({ length: links }, (_, link) => `"127.0.${link}.${place + 1}:7801"`);
    return `  - {name: c${place}, control: [${control.join(", ")}], command: "127.0.0.1:${8000 + place}"}`;
  };
  const text = `name: x
profile: large
controllers:
${Array.from({ length: controllers }, (_, place) => one(place)).join("\n")}
ports: [{name: p1, controller: c0}]
targets: ["t{1..${targets}}"]
coordination: {keyFile: /etc/fairlead/key, etcd: {endpoints: ["127.0.0.1:2379"]}${coordination}}
policy: {health: {${policy}}}
`;
  const { array, problems } = parseArray(edit?.(text) ?? text, "array.yaml");
  const told = (problem: Problem) => `${problem.field}: ${problem.message}; ${problem.expected}`;
  return { array, problems: problems.map(told) };
}

test("a plain pair is right, and its interval gives the time of silence", () => {
  const { array, problems } = parse({});
  assert.deepEqual(problems, []);
  assert.equal(array?.policy.health.server?.silenceMs, 3000);
  const quick = parse({ coordination: ", intervalMs: 10ms, fallCount: 4" });
  assert.deepEqual(quick.problems, []);
  for (const kind of ["server", "processor"]) {
    assert.equal(quick.array?.policy.health[kind]?.silenceMs, 40, kind);
    assert.equal(quick.array?.policy.health[kind]?.intervalMs, 10, kind);
  }
  assert.equal(quick.array?.policy.health.targetPort?.silenceMs, 3000);
  const own = parse({ coordination: ", intervalMs: 50ms", policy: "server: {silenceMs: 1s}" });
  assert.equal(own.array?.policy.health.server?.silenceMs, 1000, "what the file says goes first");
});

test("as many controllers as the interval allows, and one more is refused", () => {
  const most = controllersMax(10, 1, 1);
  assert.equal(most, 14);
  assert.deepEqual(parse({ controllers: most, coordination: ", intervalMs: 10ms" }).problems, []);
  assert.deepEqual(parse({ controllers: most + 1, coordination: ", intervalMs: 10ms" }).problems, [
    "coordination.intervalMs: 10 ms are too short for 15 controllers (1 link, 1 datagram a message): enough for 14; at least 20 ms",
  ]);
});

test("links and datagrams a message count", () => {
  const { problems } = parse({ controllers: 8, links: 2, coordination: ", intervalMs: 10ms" });
  assert.deepEqual(problems, [
    "coordination.intervalMs: 10 ms are too short for 8 controllers (2 links, 1 datagram a message): enough for 7; at least 20 ms",
  ]);
  const { array } = parse({ targets: 4096 });
  assert.equal(partsMax(contentsOf(array as ArrayDescription, "c0")), 1);
  assert.equal(partsMax({ ...contentsOf(array as ArrayDescription, "c0"), targetPorts: 4 }), 2);
});

test("links that don't fit one another", () => {
  const cases: [(text: string) => string, string][] = [
    [
      (text) => text.replace('control: ["127.0.0.2:7801"]', 'control: ["127.0.0.2:7801", "127.0.1.2:7801"]'),
      "controllers[1].control: 2 links, and c0 has 1; 1 links",
    ],
    [
      (text) => text.replace('control: ["127.0.0.2:7801"]', 'control: ["[::1]:7801"]'),
      "controllers[1].control[0]: IPv6, and link 0 of c0 is IPv4; one family a link",
    ],
    [
      (text) => text.replace('control: ["127.0.0.2:7801"]', 'control: ["127.0.0.1:7801"]'),
      "controllers[1].control[0]: 127.0.0.1:7801 is an address of c0; an address of its own",
    ],
  ];
  for (const [edit, expected] of cases) assert.deepEqual(parse({ edit }).problems, [expected]);
  assert.ok(parse({ links: 5 }).problems.some((problem) => problem.includes("5 links; at most 4")));
});

test("a time of silence shorter than two intervals", () => {
  assert.deepEqual(parse({ policy: "server: {silenceMs: 1500ms}" }).problems, [
    "policy.health.server.silenceMs: 1500 ms, and status messages come every 1000 ms; at least 2000 ms, or a shorter interval",
  ]);
  const slow = parse({ coordination: ", intervalMs: 2s" }).problems;
  assert.deepEqual(slow, [
    "policy.health.targetPort.silenceMs: 3000 ms, and status messages come every 2000 ms; at least 4000 ms, or a shorter interval",
  ]);
});

/** Found by search: the first four bytes of both digests are the same. */
const TWINS = ["n18622", "n41826"] as const;

test("two names with one id", () => {
  const edit = (text: string) =>
    text
      .replace("name: c0,", `name: ${TWINS[0]},`)
      .replace("name: c1,", `name: ${TWINS[1]},`)
      .replace("controller: c0", `controller: ${TWINS[0]}`);
  assert.deepEqual(parse({ edit }).problems, [
    `controllers[1].name: ${TWINS[1]} has the same id in status messages as ${TWINS[0]}; another name`,
  ]);
});

test("the README's numbers are those that are enforced", () => {
  const readme = readFileSync(join(topFolder(), "host/coordination/README.md"), "utf8");
  const rows = [...readme.matchAll(/^\| (\d+) (ms|s) +\| (\d+) +\| (\d+) +\| (\d+) +\|$/gm)];
  assert.equal(rows.length, 5);
  for (const [, number, unit, ...counts] of rows) {
    const intervalMs = Number(number) * (unit === "s" ? 1000 : 1);
    const shapes = [
      [1, 1],
      [2, 1],
      [2, 2],
    ] as const;
    const most = shapes.map(([links, parts]) => Math.min(CONTROLLER_MAX, controllersMax(intervalMs, links, parts)));
    assert.deepEqual(counts.map(Number), most, `${number} ${unit}`);
  }
  const contents = {
    controllers: 8,
    networkPorts: 8,
    interfaces: 128,
    targetPorts: 2,
    targets: 512,
    units: 64,
    scopes: 5,
  };
  assert.equal(partsMax(contents), 1);
});
