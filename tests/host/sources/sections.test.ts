import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArray } from "../../../host/array/description.js";
import { hasRealSections, realActors } from "../../../host/sources/registry.js";
import { realSections } from "../../../host/sources/sections.js";
import { arrayOf } from "../shim/support.js";

const GOOD = `
name: array
controllers: [a, b]
ports:
  - {name: p1, controller: a, address: "10.0.0.1:3260"}
  - {name: p2, controller: b, address: "10.0.0.2:3260"}
targets: ["iqn.2024-01.org.example:t1"]
sources:
  kernel:
    sampleMs: 50ms
    ports:
      p1: {device: eth1, processor: {pidFile: /run/tgtd-1.pid}}
      p2: {device: eth2, processor: {controlGroup: /sys/fs/cgroup/p2}}
  tgt:
    timeoutMs: 2s
    ports: {p1: {controlPort: 1}, p2: {controlPort: 2}}
  isns: {entity: array-1, socket: /run/isnsd.socket}
`;

test("sections with their defaults", () => {
  const array = arrayOf(GOOD);
  assert.equal(hasRealSections(array), true);
  const { kernel, tgt, isns } = realSections(array);
  assert.equal(kernel?.sampleMs, 50);
  assert.deepEqual(kernel?.ports.p1, { device: "eth1", processor: { pidFile: "/run/tgtd-1.pid" } });
  assert.deepEqual(tgt, {
    pollMs: 250,
    timeoutMs: 2000,
    redirectMs: 20_000,
    ports: { p1: { controlPort: 1 }, p2: { controlPort: 2 } },
  });
  assert.deepEqual(isns, {
    entity: "array-1",
    sourceName: "iqn.2024-01.org.example:t1",
    socket: "/run/isnsd.socket",
    pollMs: 500,
    timeoutMs: 5000,
  });
});

test("an array without sections has no actors", () => {
  const array = arrayOf("name: array\nports: [p1]\ntargets: [t1]\n");
  assert.equal(hasRealSections(array), false);
  assert.deepEqual(realActors(array, { controller: "controller", report: () => undefined }), {
    sources: [],
    effectors: [],
  });
});

/** What is changed in the good file, the field that the problem must name, and its line. */
const BAD: [string, string, string, number][] = [
  ["sampleMs: 50ms", "sampleMs: 5", "sources.kernel.sampleMs", 10],
  ["sampleMs: 50ms", "sampelMs: 50", "sources.kernel.sampelMs", 10],
  ["device: eth1", "device: a-name-that-is-too-long", "sources.kernel.ports.p1.device", 12],
  ["{pidFile: /run/tgtd-1.pid}", "{pidFile: tgtd.pid}", "sources.kernel.ports.p1.processor.pidFile", 12],
  ["{pidFile: /run/tgtd-1.pid}", "{pidFile: /a, pid: 3}", "sources.kernel.ports.p1.processor", 12],
  ["{pidFile: /run/tgtd-1.pid}", "{}", "sources.kernel.ports.p1.processor", 12],
  ["p2: {device: eth2", "p9: {device: eth2", "sources.kernel.ports.p9", 13],
  ["controlPort: 2", "controlPort: 1", "sources.tgt.ports.p2.controlPort", 16],
  ["controlPort: 2", "controlPort: 40000", "sources.tgt.ports.p2.controlPort", 16],
  ["p2: {controlPort: 2}", "p2: {}", "sources.tgt.ports.p2.controlPort", 16],
  ["p2: {controlPort: 2}", "p3: {controlPort: 2}", "sources.tgt.ports.p3", 16],
  ["entity: array-1, ", "", "sources.isns.entity", 17],
  [", socket: /run/isnsd.socket", "", "sources.isns", 17],
  ["socket: /run/isnsd.socket", "socket: /a, server: 10.0.0.9", "sources.isns.server", 17],
  ["socket: /run/isnsd.socket", "server: fd00::1", "sources.isns.server", 17],
  ["10.0.0.1:3260", "10.0.0.1:port", "ports[0].address", 5],
];

for (const [from, to, field, line] of BAD) {
  test(`a wrong section names its field: ${to === "" ? `no ${from}` : to}`, () => {
    assert.ok(GOOD.includes(from));
    const { array, problems } = parseArray(GOOD.replace(from, to), "array.yaml");
    assert.equal(array, undefined);
    const found = problems.find((problem) => problem.field === field);
    assert.ok(found, JSON.stringify(problems));
    assert.equal(found.line, line);
    assert.notEqual(found.expected, "");
  });
}

test("sessions without loads, and a real array beside a simulated one, are refused", () => {
  const withoutKernel = GOOD.replace(/ {2}kernel:[\s\S]*(?= {2}tgt:)/, "");
  assert.match(parseArray(withoutKernel, "a").problems[0]?.message ?? "", /without a section kernel/);
  const both = `${GOOD}  simulated: {}\n`;
  assert.match(JSON.stringify(parseArray(both, "a").problems), /simulated array beside a real one/);
});
