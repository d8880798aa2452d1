import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { topFolder } from "../../../../host/cli/exit.js";
import { eventWords, interfaceWords, statusWords, summaryText, unitWords } from "../../../../host/cli/run/wording.js";
import { composeFrame } from "../../../../host/cli/view/frame.js";
import { readModel } from "../../../../host/cli/view/model.js";
import { createPalette } from "../../../../host/cli/view/palette.js";
import { LinkState } from "../../../../host/shim/generated/layout.js";
import { snapshotBytes } from "../../../../host/shim/snapshot.js";
import { priorityWords } from "../../../../host/cli/run/hosted.js";
import { FACTS, hostedRun, type Line } from "./hosted-run.js";

const palette = createPalette({ LANG: "C.UTF-8", TERM: "xterm" }, false);

/** Lines of one event, without their time. */
function events(lines: readonly Line[], event: string): Line[] {
  return lines.filter((line) => line.event === event).map(({ timeMs: _, event: __, ...rest }) => rest);
}

/** The screen of a run, without the blanks that fill its columns. */
function screenOf(run: ReturnType<typeof hostedRun>, rows = 40): string[] {
  const model = readModel(run.engine, { ...run.array, coordination: {} }, []);
  const state = { columns: 120, rows, paused: false, selected: 0, simulated: false };
  return composeFrame(model, state, palette).map((line) => line.replace(/ +/g, " ").trim());
}

/** A link fails, then a server. */
function failedRun() {
  const run = hostedRun(FACTS);
  run.runTo(3000);
  run.hosting.links.set("a0", LinkState.DOWN);
  run.runTo(6000);
  run.hosting.setServer("b", { up: false, lease: "gone" });
  run.runTo(12_000);
  return run;
}

describe("a run of interfaces, units and processors tells", () => {
  it("where each is at first, and nothing more while nothing changes", () => {
    const run = hostedRun();
    const lines = run.runTo(3000);
    assert.deepEqual(events(lines, "INTERFACE").at(-1), {
      interface: "data2",
      home: "b0",
      port: "b0",
      wanted: "b0",
      reason: "",
    });
    assert.deepEqual(events(lines, "GROUP").at(-1), { group: 1, servers: ["b", "d"], operativePorts: ["b0", "d0"] });
    const unit = events(lines, "UNIT").filter((each) => each.unit === "u1");
    assert.deepEqual(unit.at(-1), { unit: "u1", owner: "a", server: "a", serving: "a", wanted: "a", reason: "" });
    const processor = events(lines, "PROCESSOR").filter((each) => each.processor === "d");
    assert.deepEqual(processor.at(-1), {
      processor: "d",
      state: "healthy",
      webServer: "full",
      role: "passive",
      priority: 100,
      penalty: 0,
    });
    assert.deepEqual(run.runTo(6000), []);
  });

  it("a link that fails: the decision by names, the group's list, the address from port to port", () => {
    const run = hostedRun();
    run.runTo(3000);
    run.hosting.links.set("a0", LinkState.DOWN);
    const lines = run.runTo(6000);
    const decisions = lines.filter(({ kind }) => kind !== undefined);
    assert.deepEqual(
      decisions.map(({ kind, subjectKind, subject, from, to, reason }) => [
        kind,
        subjectKind,
        subject,
        from,
        to,
        reason,
      ]),
      [
        ["UNHOST_INTERFACE", "INTERFACE", "data1", "a0", null, "PORT_FAILED"],
        ["MOVE_INTERFACE", "INTERFACE", "data1", "a0", "c0", "PORT_FAILED"],
      ],
    );
    assert.deepEqual(events(lines, "GROUP"), [{ group: 0, servers: ["a", "c"], operativePorts: ["c0"] }]);
    assert.deepEqual(
      events(lines, "INTERFACE").map(({ port, wanted, reason }) => [port, wanted, reason]),
      [
        ["a0", "c0", "port failed"],
        [null, "c0", "port failed"],
        ["c0", "c0", "port failed"],
      ],
    );
  });

  it("a server that dies: its unit with the partner", () => {
    const run = hostedRun();
    run.runTo(3000);
    run.hosting.setServer("b", { up: false, lease: "gone" });
    const lines = run.runTo(9000);
    const taken = lines.find(({ kind }) => kind === "TAKE_OVER_UNIT");
    assert.deepEqual([taken?.subject, taken?.to], ["u2", "a"]);
    const units = events(lines, "UNIT").map(({ unit, server, serving, wanted }) => [unit, server, serving, wanted]);
    assert.deepEqual(units.at(-1), ["u2", "a", "a", "a"]);
    assert.ok(
      units.some(([, , serving]) => serving === null),
      "nobody exports it meanwhile",
    );
    assert.ok(events(lines, "PROCESSOR").some(({ processor, state }) => processor === "b" && state === "unreachable"));
  });

  it("all of it in the summary, as an object and in words", () => {
    const summary = failedRun().summary();
    assert.deepEqual(
      summary.interfaces?.map((each) => [each.interface, each.port]),
      [
        ["data1", "c0"],
        ["data2", "d0"],
      ],
    );
    assert.deepEqual(
      summary.groups?.map(({ operativePorts }) => operativePorts),
      [["c0"], ["d0"]],
    );
    assert.deepEqual(
      summary.units?.map(({ unit, serving }) => [unit, serving]),
      [
        ["u1", "a"],
        ["u2", "a"],
      ],
    );
    assert.deepEqual(summary.status, FACTS);
    const text = summaryText(summary);
    assert.match(text, /^interfaces +2 of 2 settled$/m);
    assert.match(text, /^group 0 +operative ports: c0$/m);
    assert.match(text, /^units +1 of 2 with their owners; u2 with a, owner b: /m);
    assert.match(
      text,
      /^status +60 sent, 55 received, 50 new; dropped: 5 oldSequence; tracked, not up: script gateway; dead: link 1 from b; held by two: 1 addresses, 2 units$/m,
    );
  });

  it("an address without a port as nowhere, with the reason", () => {
    const run = hostedRun();
    run.runTo(3000);
    for (const port of ["a0", "c0"]) run.hosting.links.set(port, LinkState.DOWN);
    const lines = run.runTo(9000);
    const last = events(lines, "INTERFACE").at(-1);
    assert.deepEqual([last?.interface, last?.port, last?.wanted], ["data1", null, null]);
    assert.notEqual(last?.reason, "");
    assert.match(summaryText(run.summary()), /^interfaces +1 of 2 settled; data1 nowhere: \w+/m);
    assert.match(screenOf(run).join("\n"), /^interfaces \(2, 1 nowhere\)\ndata1 nowhere home a0 \w+/m);
  });

  it("in words as long as there is anything to say", () => {
    const data1 = { interface: "data1", home: "a0", port: "a0", wanted: "c0", reason: "port failed" };
    assert.equal(interfaceWords(data1), "data1 on a0, wanted on c0: port failed");
    assert.equal(interfaceWords({ ...data1, wanted: null, reason: "" }), "data1 on a0");
    const u1 = { unit: "u1", owner: "a", server: "b", serving: null, wanted: "b", reason: "" };
    assert.equal(unitWords(u1), "u1 with b, served by nobody, owner a");
    assert.equal(unitWords({ ...u1, server: "a", serving: "a" }), "u1 with a, wanted with b");
    const group = { timeMs: 1, event: "GROUP", group: 1, servers: ["b"], operativePorts: [] } as const;
    assert.equal(eventWords({ ...group, servers: ["b"], operativePorts: [] }), "group 1: operative ports none");
    assert.equal(priorityWords({ priority: 100, penalty: 0 }), "100");
    assert.equal(priorityWords({ priority: 100, penalty: 30 }), "100 less 30");
    const clean = {
      ...FACTS,
      tracked: [],
      counters: { ...FACTS.counters, oldSequence: 0 },
      links: [],
      doubledInterfaces: 0,
    };
    assert.equal(statusWords({ ...clean, doubledUnits: 0 }), "60 sent, 55 received, 50 new");
  });
});

describe("the live view of interfaces, units and processors", () => {
  it("shows processors, the groups' ports, units and addresses, those that are away first", () => {
    const run = failedRun();
    const screen = screenOf(run);
    const from = screen.findIndex((line) => line.startsWith("processors"));
    const shown = screen.slice(from, from + 7);
    assert.match(shown[0] ?? "", /^processors a healthy full b unreachable none c healthy full d healthy full$/);
    assert.equal(shown[1], "group 0 a c operative c0");
    assert.equal(shown[2], "group 1 b d operative d0");
    assert.equal(shown[3], "units u2 a (b's) u1 a");
    assert.equal(shown[4], "interfaces (2, 0 nowhere)");
    assert.match(shown[5] ?? "", /^data1 c0 home a0/);
    assert.match(shown[6] ?? "", /^data2 d0 home b0/);
  });

  it("leaves room for ports and log on a low screen, and says what it leaves out", () => {
    const run = failedRun();
    for (const rows of [5, 10, 14, 18, 24]) {
      const screen = screenOf(run, rows);
      assert.equal(screen.length, rows);
      assert.ok(
        screen.some((line) => /^(> )?p /.test(line)) || rows < 10,
        `a port on ${rows} lines:\n${screen.join("\n")}`,
      );
    }
    assert.ok(
      screenOf(run, 14).some((line) => /^interfaces \(2, 0 nowhere, 2 more\)$/.test(line)),
      screenOf(run, 14).join("\n"),
    );
  });
});

describe("fairlead inspect of a snapshot", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "fairlead-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  function inspect(name: string, bytes: Uint8Array, ...options: string[]) {
    const file = join(folder, name);
    writeFileSync(file, bytes);
    const command = join(topFolder(), "host/cli/fairlead.js");
    return spawnSync(process.execPath, [command, "inspect", file, ...options], { encoding: "utf8" });
  }

  it("shows where everything was", () => {
    const bytes = snapshotBytes(failedRun().engine.shim, Date.UTC(2026, 0, 2));
    const { status, stdout, stderr } = inspect("good", bytes);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /: fairlead snapshot, profile small\nsaved {5}2026-01-02T00:00:00.000Z by start 1, at \d+ ms/);
    assert.match(stdout, /^data1 +a0 +c0 +c0 +\w+/m);
    assert.match(stdout, /^0 +a c +c0$/m);
    assert.match(stdout, /^u2 +b +a +a +a +\w+/m);
    assert.match(stdout, /^b +unreachable +passive +none +100$/m);
    assert.match(stdout, /^group 0 +a +1 +deciding$/m);
    assert.match(stdout, /^b +gone$/m);
    const json = JSON.parse(inspect("good", bytes, "--json").stdout);
    assert.deepEqual(json.groups[1], { group: 1, servers: ["b", "d"], operativePorts: ["d0"] });
    assert.equal(json.interfaces[1].port, "d0");
  });

  it("refuses one that is damaged or of another layout", () => {
    const bytes = snapshotBytes(hostedRun().engine.shim, 0);
    const damaged = bytes.slice();
    damaged[1000] = (damaged[1000] as number) ^ 1;
    const cases = [
      ["damaged", damaged, /its bytes do not match its digest/],
      ["cut", bytes.subarray(0, 2000), /2000 bytes; \d+ expected/],
    ] as const;
    for (const [name, content, words] of cases) {
      const { status, stderr } = inspect(name, content);
      assert.equal(status, 2);
      assert.match(stderr, words);
      assert.doesNotMatch(stderr, /^ {4}at /m);
    }
  });
});
