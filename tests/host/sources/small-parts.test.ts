import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { CommandQueue, failureText, runCommand } from "../../../host/sources/command.js";
import { canonicalPortal, portalParts } from "../../../host/sources/portal.js";
import { Repeat } from "../../../host/sources/repeat.js";
import { until } from "./support.js";

const NODE = process.execPath;

test("a command's exit code, output and error output", async () => {
  const script = "process.stdout.write('out'); process.stderr.write('err'); process.exitCode = 7";
  assert.deepEqual(await runCommand(NODE, ["-e", script], { timeoutMs: 60_000 }), {
    status: 7,
    stdout: "out",
    stderr: "err",
    timedOut: false,
  });
});

test("arguments reach a command as they are: there is no shell", async () => {
  const odd = ["$HOME", "a b", "; exit 3", "*"];
  const result = await runCommand(NODE, ["-e", "console.log(JSON.stringify(process.argv.slice(1)))", "--", ...odd], {
    timeoutMs: 60_000,
  });
  assert.deepEqual(JSON.parse(result.stdout), odd);
});

test("a command's standard input, opened by it by a path", async () => {
  const descriptor = openSync(fileURLToPath(import.meta.url), "r");
  const script = "process.stdout.write(require('node:fs').readFileSync('/dev/stdin', 'utf8').slice(0, 6))";
  const options = { timeoutMs: 60_000, inputDescriptor: descriptor };
  // Twice: each opens it anew, from the beginning.
  assert.equal((await runCommand(NODE, ["-e", script], options)).stdout, "import");
  assert.equal((await runCommand(NODE, ["-e", script], options)).stdout, "import");
  closeSync(descriptor);
});

test("a command that does not end is ended", async () => {
  const result = await runCommand(NODE, ["-e", "setInterval(() => {}, 1000)"], { timeoutMs: 200 });
  assert.equal(result.timedOut, true);
  assert.notEqual(result.status, 0);
});

test("a command that prints without end is ended, and that is no time-out", async () => {
  const script = "const tell = () => process.stdout.write('x'.repeat(1024), tell); tell()";
  const result = await runCommand(NODE, ["-e", script], { timeoutMs: 60_000, outputMaxBytes: 4096 });
  assert.notEqual(result.status, 0);
  assert.equal(result.timedOut, false);
});

test("a command that isn't there", async () => {
  const result = await runCommand("no-such-command-here", [], { timeoutMs: 1000 });
  assert.equal(result.status, -1);
  assert.match(failureText("no-such-command-here", result), /ENOENT/);
});

test("no more commands at one time than allowed, in the order they came", async () => {
  let running = 0;
  let most = 0;
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const queue = new CommandQueue(async (file) => {
    begun.push(file);
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => ends.push(resolve));
    running--;
    return { status: 0, stdout: "", stderr: "", timedOut: false };
  }, 2);
  const all = ["a", "b", "c", "d"].map((file) => queue.command(file, [], { timeoutMs: 1 }));
  while (begun.length < 4 || ends.length > 0) {
    ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(all);
  assert.equal(most, 2);
  assert.deepEqual(begun, ["a", "b", "c", "d"]);
  queue.close();
  assert.equal((await queue.command("e", [], { timeoutMs: 1 })).stderr, "closed");
  assert.equal(begun.length, 4);
});

test("a poll asked for during a poll runs right after it, and never beside it", async () => {
  let running = 0;
  let runs = 0;
  const repeat = new Repeat(
    async () => {
      assert.equal(++running, 1);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      runs++;
    },
    { intervalMs: 1_000_000 },
  );
  repeat.start();
  await repeat.now();
  assert.equal(runs, 2);
  await Promise.all([repeat.now(), repeat.now(), repeat.now()]);
  assert.equal(runs, 4);
  await repeat.close();
  await repeat.now();
  assert.equal(runs, 4);
});

test("a poll goes on by itself until it is closed", async () => {
  let runs = 0;
  const repeat = new Repeat(async () => void runs++, { intervalMs: 1 });
  repeat.start();
  await until("three polls", () => runs >= 3);
  await repeat.close();
  const after = runs;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(runs, after);
});

test("portals in one spelling", () => {
  assert.equal(canonicalPortal("10.0.0.1:3260"), "10.0.0.1:3260");
  assert.equal(canonicalPortal("10.0.0.1"), "10.0.0.1:3260");
  assert.equal(canonicalPortal("[FD00:0:0::1]:860"), "[fd00::1]:860");
  assert.deepEqual(portalParts("[fd00::1]"), { address: "fd00::1", port: 3260 });
  for (const text of [
    "",
    ":3260",
    "10.0.0.1:0",
    "10.0.0.1:99999",
    "fd00::1",
    "10.0.0.1/24",
    "a b",
    "10.0.0.1:3260?x",
  ]) {
    assert.equal(canonicalPortal(text), undefined, text);
  }
});
