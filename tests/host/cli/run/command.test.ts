import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { topFolder } from "../../../../host/cli/exit.js";

const command = join(topFolder(), "host/cli/fairlead.js");
/** A child that does not end is a failure, not a hang. */
const PATIENCE_MS = 60_000;

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "fairlead-run-"));
});
after(() => rmSync(folder, { recursive: true }));

function fairlead(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...words], {
    encoding: "utf8",
    timeout: PATIENCE_MS,
    maxBuffer: 1 << 28,
  });
  return { status, stdout, stderr };
}

function start(...words: string[]): ChildProcess {
  return spawn(process.execPath, [command, "run", ...words], { timeout: PATIENCE_MS });
}

/** Objects of the lines, and the summary of the last one. */
function lines(stdout: string) {
  const objects = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const { summary } = objects.pop() as { summary: Record<string, unknown> };
  return { objects, summary };
}

const FAST = ["run", "--speed", "max", "--duration", "13s"];

describe("fairlead run", () => {
  it("prints one JSON line per decision, and the summary last", () => {
    const { status, stdout, stderr } = fairlead(...FAST);
    assert.deepEqual([status, stderr], [0, ""]);
    const { objects, summary } = lines(stdout);
    assert.ok(objects.length > 10);
    const [first] = objects;
    assert.deepEqual(Object.keys(first ?? {}), [
      "timeMs",
      "sequence",
      "epoch",
      "kind",
      "subjectKind",
      "subject",
      "from",
      "to",
      "reason",
      "detail",
    ]);
    assert.deepEqual(
      objects.map((object) => object.sequence),
      objects.map((_, index) => index + 1),
    );
    const { decisions, ended, elapsedMs, ticks } = summary;
    assert.equal((decisions as { total: number }).total, objects.length);
    assert.deepEqual([ended, elapsedMs, ticks], ["duration", 13_000, 131]);
  });

  it("prints events between them on request", () => {
    const plain = lines(fairlead(...FAST).stdout).objects;
    const { objects } = lines(fairlead(...FAST, "--events").stdout);
    assert.deepEqual(
      objects.filter((object) => object.kind !== undefined),
      plain,
    );
    const events = new Set(objects.flatMap((object) => (object.event === undefined ? [] : [object.event])));
    for (const event of [
      "SURGE",
      "OVERLOADED",
      "WITHDRAWN",
      "LOGOUT",
      "LOGIN",
      "MOVE_DONE",
      "RELIEVED",
      "REGISTERED",
    ]) {
      assert.ok(events.has(event), `no ${event}`);
    }
  });

  it("prints an array file that is the embedded array", () => {
    const { status, stdout } = fairlead("run", "--print-config");
    assert.equal(status, 0);
    const file = join(folder, "printed.yaml");
    writeFileSync(file, stdout);
    const described = lines(fairlead(...FAST, "--config", file).stdout).objects;
    assert.deepEqual(described, lines(fairlead(...FAST).stdout).objects);
  });

  it("records what replays to the same decisions", () => {
    const file = join(folder, "run.flr");
    const run = lines(fairlead(...FAST, "--record", file).stdout);
    const replayed = fairlead("replay", file, "--json");
    assert.equal(replayed.status, 0, replayed.stderr);
    const report = JSON.parse(replayed.stdout) as { same: boolean; ticks: number; decisions: number };
    assert.deepEqual([report.same, report.ticks, report.decisions], [true, 131, run.objects.length]);
  });

  it("goes on with what an earlier run kept, times and all", () => {
    const file = join(folder, "kept.snapshot");
    const words = ["run", "--speed", "max", "--snapshot", file];
    assert.equal(fairlead(...words, "--duration", "2s").status, 0);
    const { status, stdout, stderr } = fairlead(...words, "--duration", "10s", "--events");
    assert.deepEqual([status, stderr], [0, ""], "attached without a word");
    const { objects } = lines(stdout);
    const surge = objects.find((object) => object.event === "SURGE");
    const withdrawal = objects.find((object) => object.kind === "WITHDRAW_REGISTRATION");
    assert.equal(surge?.timeMs, 5000, "three seconds after the two of the first run");
    assert.ok((withdrawal?.timeMs as number) > 5000);
    assert.equal(withdrawal?.sequence, 1, "sequences begin anew with each host");
    const old = fairlead(...words, "--duration", "1s", "--snapshot-age", "0ms");
    assert.deepEqual([old.status, old.stderr], [0, `${file}: not gone on with: too old\n`]);
  });

  it("tells what is wrong with its options and input, with exit code 2", () => {
    const bad = join(folder, "bad.yaml");
    writeFileSync(
      bad,
      readFileSync(join(topFolder(), "tests/arrays/demo.yaml"), "utf8").replace("sessions: 200", "sessions: many"),
    );
    const noSources = join(folder, "none.yaml");
    writeFileSync(noSources, "name: a\nports: [p1]\n");
    const foreign = join(folder, "foreign.wasm");
    writeFileSync(foreign, Buffer.from("0061736d01000000", "hex"));
    const rows: [string[], RegExp][] = [
      [["--speed", "0"], /--speed 0: 0\.1 to 1000, or max/],
      [["--speed", "max"], /--speed max needs --duration/],
      [["--duration", "soon"], /--duration soon: .*such as 500ms/],
      [["--tick", "1ms"], /--tick 1ms: 10ms to 1s/],
      [["--seed", "-1"], /--seed -1: a whole number/],
      [["--config", join(folder, "missing.yaml")], /missing\.yaml: no such file/],
      [["--config", bad], /bad\.yaml:\d+:\d+: sources\.simulated\.sessions: "many"/],
      [["--config", noSources], /no sources/],
      [["--controller", "z"], /--controller z: one of/],
      [["--module", foreign], /module/],
      [["--snapshot-age", "x"], /--snapshot-age x/],
      [["--no-such-option"], /unknown option/],
      [["surplus"], /too many arguments/],
    ];
    for (const [words, expected] of rows) {
      const { status, stdout, stderr } = fairlead("run", ...words);
      assert.equal(status, 2, `${words}: ${stderr}`);
      assert.equal(stdout, "", `${words}`);
      assert.match(stderr, expected);
    }
  });

  it("ends where its management can't be started, and leaves no lease behind", () => {
    const file = join(folder, "coordinated.yaml");
    const text = [
      "name: one",
      "controllers: [{name: a}]",
      "ports: [p1]",
      `coordination: {stateFolder: ${join(folder, "state")}}`,
      "sources: {kernel: {ports: {p1: {device: lo}}}}",
    ];
    writeFileSync(file, `${text.join("\n")}\n`);
    const words = ["--config", file, "--unsigned-development-module", "--management", join(folder, "nowhere.yaml")];
    const { status, stderr } = fairlead("run", ...words);
    assert.equal(status, 2, stderr);
    assert.match(stderr, /nowhere\.yaml: no such file/);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`ends with the summary on ${signal}`, async () => {
      const child = start("--events", "--speed", "10");
      let stdout = "";
      child.stdout?.setEncoding("utf8");
      child.stdout?.on("data", (text: string) => {
        // The surge at three seconds is the first line: the run is in its midst.
        if (stdout === "") child.kill(signal);
        stdout += text;
      });
      const [code] = (await once(child, "close")) as [number | null];
      assert.equal(code, 0);
      const { summary } = lines(stdout);
      assert.equal(summary.ended, "signal");
      assert.ok((summary.elapsedMs as number) >= 3000);
    });
  }

  it("ends quietly when nobody reads any more", async () => {
    const child = start("--speed", "50", "--duration", "24h", "--events");
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdout?.once("data", () => child.stdout?.destroy());
    const [code] = (await once(child, "close")) as [number | null];
    assert.deepEqual([code, stderr], [0, ""]);
  });
});
