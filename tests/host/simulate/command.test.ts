import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { tracePath } from "./helpers.js";

const bin = fileURLToPath(new URL("../../../../../host/cli/fairlead.js", import.meta.url));

function fairlead(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, "simulate", ...words], { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("fairlead simulate", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "fairlead-simulate-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const small = ["--trace", tracePath("small-msr.csv"), "--format", "msr", "--ports", "4", "--targets", "8"];

  test("prints a table, draws a chart, and shows no progress where nobody watches", () => {
    const path = join(folder, "chart.svg");
    const { status, stdout, stderr } = fairlead(...small, "--chart", path);
    assert.equal(stderr, "");
    assert.equal(status, 0);
    assert.match(stdout, /^static .*\n^literal .*\n^fairlead .*\n^lower bound /m);
    assert.match(readFileSync(path, "utf8"), /^<svg [\s\S]*fairlead[\s\S]*<\/svg>\n$/);
  });

  test("prints one object with --json, of the policies asked for, and progress with --progress", () => {
    const { status, stdout, stderr } = fairlead(...small, "--json", "--progress", "--policy", "static|literal");
    assert.equal(status, 0);
    const found = JSON.parse(stdout);
    assert.deepEqual(Object.keys(found.policies), ["static", "literal"]);
    assert.equal(found.trace.commands, 1229);
    assert.match(stderr, /^reading 100 %\n[\s\S]*running 50 %\n[\s\S]*running 100 %\n$/);
  });

  test("generates the trace that --demo runs", () => {
    const path = join(folder, "demo.csv.gz");
    assert.deepEqual(fairlead("--generate", path, "--seed", "3"), { status: 0, stdout: "", stderr: "" });
    assert.match(gunzipSync(readFileSync(path)).toString("latin1", 0, 60), /^version,time,op,size,lbn\n1,10000/);
    const policies = ["--policy", "static", "--json"];
    const demo = JSON.parse(fairlead("--demo", "--seed", "3", ...policies).stdout);
    const file = JSON.parse(fairlead("--trace", path, "--format", "cloudphysics", ...policies).stdout);
    assert.deepEqual(file.policies, demo.policies);
    assert.deepEqual(file.bound, demo.bound);
  });

  test("ends with 2 and one line for bad input", () => {
    const broken = join(folder, "broken.csv");
    writeFileSync(broken, "1,1,2a,512,4\n1,1,2a,many,4\n");
    const cases: [words: string[], message: RegExp][] = [
      [
        ["--trace", broken, "--format", "cloudphysics"],
        /broken\.csv:2: column size: found "many"; expected a whole number/,
      ],
      [["--trace", join(folder, "none.csv"), "--format", "msr"], /none\.csv: can't be read \(ENOENT\)/],
      [["--trace", broken], /--format: missing; expected cloudphysics or msr/],
      [[], /--trace: missing; expected a trace file, or --demo/],
      [["--demo", "--speed", "fast"], /--speed: found "fast"/],
      [["--demo", "--knob", "highSamples=0"], /--knob: found "highSamples=0"; expected 1 to 100 samples/],
    ];
    for (const [words, message] of cases) {
      const { status, stdout, stderr } = fairlead(...words);
      assert.equal(status, 2, `${words}: ${stderr}`);
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.equal(stderr.trimEnd().split("\n").length, 1);
    }
    assert.equal(fairlead("--colour").status, 2);
  });

  test("ends with 1 where the chart can't be written", () => {
    const { status, stderr } = fairlead(...small, "--policy", "static", "--chart", join(folder, "none", "chart.svg"));
    assert.equal(status, 1);
    assert.match(stderr, /ENOENT/);
  });

  test("explains itself with --help", () => {
    const { status, stdout } = fairlead("--help");
    assert.equal(status, 0);
    for (const word of ["--trace", "--next-portal", "Examples:", "Exit codes:"]) assert.ok(stdout.includes(word), word);
  });
});
