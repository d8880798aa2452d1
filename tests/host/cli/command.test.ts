import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { topFolder } from "../../../host/cli/exit.js";

const top = topFolder();
const seed = join(top, "tests/scenarios/seed.yaml");
let folder = "";

before(() => {
  folder = mkdtempSync(join(tmpdir(), "fairlead-"));
});
after(() => rmSync(folder, { recursive: true }));

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

function fairlead(...args: string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(top, "host/cli/fairlead.js"), ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return { status, stdout, stderr };
}

function write(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** Exit code 2, one clear message, no stack. */
function refused(pattern: RegExp, ...args: string[]): void {
  const { status, stdout, stderr } = fairlead(...args);
  assert.equal(status, 2, `${args.join(" ")}: ${stdout}${stderr}`);
  assert.match(stderr + stdout, pattern);
  assert.doesNotMatch(stderr, /^ {4}at /m);
}

const module = join(top, "build/fairlead-small-plain.wasm");

describe("fairlead", () => {
  test("says what it can do, and wrong usage is exit code 2", () => {
    const help = fairlead("--help");
    assert.equal(help.status, 0);
    for (const name of ["run", "scenario", "replay", "simulate", "inspect", "validate"])
      assert.match(help.stdout, new RegExp(`^  ${name} `, "m"));
    assert.match(fairlead("--version").stdout, /^\d+\.\d+\.\d+/);
    refused(/unknown command 'juggle'/, "juggle");
    refused(/unknown option/, "validate", "--colour", "x");
    refused(/missing required argument/, "inspect");
    refused(/choices|one of|Allowed/, "scenario", seed, "--profile", "huge");
  });

  for (const name of ["scenario", "replay", "inspect", "validate"]) {
    test(`${name} --help has examples and exit codes`, () => {
      const { status, stdout } = fairlead(name, "--help");
      assert.equal(status, 0);
      assert.match(stdout, /Examples:\n {2}fairlead/);
      assert.match(stdout, /Exit codes: 0/);
      assert.match(stdout, /--json/);
    });
  }

  test("a file that is not there is named", () => {
    for (const name of ["scenario", "replay", "inspect", "validate"])
      refused(/nowhere: no such file/, name, join(folder, "nowhere"));
    refused(/a directory, not a file/, "validate", folder);
  });
});

describe("fairlead inspect", () => {
  test("tells ABI, profile, sizes, tables and checks", () => {
    const { status, stdout } = fairlead("inspect", module);
    assert.equal(status, 0, stdout);
    assert.match(stdout, /ABI 1, profile small, plain/);
    assert.match(stdout, /^target-port-state +state +\d+ +\d+ +8 /m);
    assert.doesNotMatch(stdout, /NOT OK/);
  });

  test("the same as one object", () => {
    const large = join(top, "build/fairlead-large-shared.wasm");
    const { status, stdout } = fairlead("inspect", large, "--json");
    assert.equal(status, 0);
    const inspection = JSON.parse(stdout);
    assert.equal(inspection.facts.profile, "large");
    assert.equal(inspection.facts.shared, true);
    assert.ok(inspection.tables.length > 40);
    assert.ok(inspection.checks.every((check: { ok: boolean }) => check.ok));
  });

  test("refuses a truncated and a foreign file", () => {
    const bytes = readFileSync(module);
    refused(/module ends at byte 5000/, "inspect", write("cut.wasm", bytes.subarray(0, 5000)));
    refused(/not a WebAssembly module/, "inspect", write("foreign.wasm", "hello"));
    refused(/imports nothing/, "inspect", write("empty.wasm", bytes.subarray(0, 8)));
  });
});

describe("fairlead validate", () => {
  test("is content with the examples", () => {
    const files = readdirSync(join(top, "tests/arrays")).map((file) => join(top, "tests/arrays", file));
    const { status, stdout } = fairlead("validate", ...files, seed);
    assert.equal(status, 0, stdout);
    assert.equal(stdout.match(/: ok \(/g)?.length, files.length + 1);
  });

  test("tells every problem with line, column, field and what would be right", () => {
    const file = write("bad.yaml", "name: a\nports: [p, p]\ntargets: [{name: t, ports: [q]}]\ncolour: red\n");
    const { status, stdout } = fairlead("validate", file);
    assert.equal(status, 2);
    const lines = stdout.trim().split("\n");
    assert.equal(lines.length, 3);
    assert.match(lines[0] ?? "", /bad\.yaml:2:12: ports\[1\]\.name: port p is there already; expected/);
    assert.match(lines[1] ?? "", /bad\.yaml:3:29: targets\[0\]\.ports\[0\]: no port q; expected one of: p/);
    assert.match(lines[2] ?? "", /bad\.yaml:4:1: colour: unknown field/);
    const [report] = JSON.parse(fairlead("validate", file, "--json").stdout);
    assert.equal(report.ok, false);
    assert.equal(report.problems[1].line, 3);
  });
});

describe("fairlead scenario", () => {
  test("prints TAP for the seed's example, in every profile and runtime", () => {
    for (const profile of ["small", "standard", "large"]) {
      for (const runtime of ["v8-plain", "v8-shared"]) {
        const { status, stdout } = fairlead("scenario", seed, "--profile", profile, "--runtime", runtime);
        assert.equal(status, 0, stdout);
        assert.match(stdout, /^TAP version 14\n1\.\.1\nok 1 - /);
      }
    }
  });

  test("what is not as expected is exit code 1 with a diff, and --rewrite makes it right", () => {
    const text = readFileSync(seed, "utf8");
    const file = write(
      "seed.yaml",
      text.replace("subject: eui.0001, from: 41a, reason", "subject: eui.0002, from: 41a, reason"),
    );
    const { status, stdout } = fairlead("scenario", file);
    assert.equal(status, 1);
    assert.match(stdout, /^not ok 1/m);
    assert.match(stdout, /^ {4}- any time WITHDRAW_REGISTRATION eui\.0002 from 41a/m);
    assert.match(stdout, /^ {4}\+ \d+\.\d+s WITHDRAW_REGISTRATION eui\.0001 from 41a/m);
    assert.equal(fairlead("scenario", file, "--rewrite").status, 0);
    assert.equal(fairlead("scenario", file).status, 0);
    assert.match(readFileSync(file, "utf8"), /# Figure 13/);
  });

  test("--json gives all decisions and tables by their names, also where nothing is expected", () => {
    const text = readFileSync(seed, "utf8");
    const file = write("bare.yaml", text.slice(0, text.indexOf("    expect:")));
    const { status, stdout } = fairlead("scenario", file, "--json");
    assert.equal(status, 0);
    const result = JSON.parse(stdout);
    const { time, kind, subject, from, to, reason } = result.decisions[1];
    assert.deepEqual([kind, subject, from, to, reason], ["LOGOUT_SESSION", "10a>eui.0001", "41a", "41b", "OVERLOADED"]);
    assert.ok(time > 0);
    assert.equal(result.end.tables["target-port-state"]["41a"].sessions, 2);
    assert.deepEqual(result.end.tables["registration-input"]["eui.0001"].ports, ["41a", "41b"]);
    assert.match(result.digest, /^[0-9a-f]{16}$/);
  });

  test("refuses a file with a problem, naming the place, and runs nothing of it", () => {
    const file = write("wrong.yaml", readFileSync(seed, "utf8").replace("at: 0s", "at: 0s\n        nonsense: 1"));
    refused(/wrong\.yaml:\d+:9: cases\[0\]\.events\[0\]\.nonsense: unknown field/, "scenario", file);
    refused(/no case has "zzz"/, "scenario", seed, "--case", "zzz");
    refused(/is of profile small; the case is of large/, "scenario", seed, "--profile", "large", "--module", module);
  });
});

describe("fairlead replay", () => {
  function record(name: string): string {
    const file = join(folder, name);
    assert.equal(fairlead("scenario", seed, "--record", file).status, 0);
    return file;
  }

  test("a recording gives the same decisions on both runtimes", () => {
    const file = record("seed.flr");
    for (const runtime of ["v8-plain", "v8-shared"]) {
      const { status, stdout } = fairlead("replay", file, "--runtime", runtime);
      assert.equal(status, 0, stdout);
      assert.match(stdout, /the same decisions: \d+ ticks, 3 decisions, digest [0-9a-f]{16}/);
    }
    const report = JSON.parse(fairlead("replay", file, "--json").stdout);
    assert.equal(report.same, true);
    assert.equal(report.decisions, 3);
  });

  test("says where a changed one parts, with exit code 1", () => {
    const file = record("changed.flr");
    const bytes = readFileSync(file);
    // A decision's record: kind 3, one row of 48 bytes. Its last but third field is the detail.
    const at = bytes.lastIndexOf(Buffer.from([48, 0, 0, 0])) + 4;
    bytes[at + 40] = (bytes[at + 40] as number) ^ 1;
    writeFileSync(file, bytes);
    const { status, stdout } = fairlead("replay", file);
    assert.equal(status, 1, stdout);
    assert.match(stdout, /parts at tick \d+, decision 3, field \w+:\n {2}recorded \d+\n {2}replayed \d+/);
  });

  test("tells a recording that was cut off, and refuses what is none or of another layout", () => {
    const file = record("cut.flr");
    truncateSync(file, 20_001);
    const { status, stdout } = fairlead("replay", file);
    assert.equal(status, 0);
    assert.match(stdout, /cut off/);
    refused(/no recording/, "replay", seed);
    truncateSync(file, 10);
    refused(/cut off at byte 10/, "replay", file);
    const other = readFileSync(record("other.flr"));
    other[8] = (other[8] as number) ^ 1;
    refused(/recorded with layout version/, "replay", write("other.flr", other));
  });

  test("several cases are recorded into a folder", () => {
    const target = join(folder, "many");
    const text = readFileSync(seed, "utf8");
    const first = text.slice(text.indexOf("  - name:"));
    const file = write("two.yaml", `${text}${first.replace("- name: three", "- name: again three")}`);
    assert.equal(fairlead("scenario", file, "--record", target).status, 0);
    const files = readdirSync(target);
    assert.equal(files.length, 2);
    for (const name of files) assert.equal(fairlead("replay", join(target, name)).status, 0);
    assert.ok(existsSync(target));
  });
});
