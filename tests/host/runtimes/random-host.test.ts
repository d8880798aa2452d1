import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { recordPortsOnly } from "../../../host/runtimes/ports-only-host.js";
import { recordRandom } from "../../../host/runtimes/random-host.js";
import { instantiate } from "../../../host/shim/module.js";
import { memorySink } from "../../../host/shim/recorder.js";
import { replay } from "../../../host/shim/replayer.js";

const modulePath = "build/fairlead-small-plain.wasm";
const module = readFileSync(modulePath);
const TICKS = 1500;

function record(seed: number): { bytes: Uint8Array; digest: string } {
  const sink = memorySink();
  const { digest } = recordRandom(module, TICKS, seed, sink);
  return { bytes: sink.bytes(), digest };
}

test("a seed gives the same recording again, and another seed another one", () => {
  const first = record(7);
  assert.deepEqual(Buffer.from(record(7).bytes), Buffer.from(first.bytes));
  assert.notEqual(record(8).digest, first.digest);
});

test("a random host brings the policy to decide, and its recording replays", () => {
  const { bytes, digest } = record(7);
  const report = replay(bytes, "random", instantiate(module));
  assert.equal(report.parting, undefined);
  assert.ok(report.whole);
  assert.equal(report.ticks, TICKS);
  assert.equal(report.digest, digest);
  assert.ok(report.decisions > 20, `${report.decisions} decisions`);
});

test("a host of ports alone is sampled in every tick and decides nothing", () => {
  const sink = memorySink();
  recordPortsOnly(module, 300, sink);
  const core = instantiate(module);
  const report = replay(sink.bytes(), "ports", core);
  assert.equal(report.parting, undefined);
  assert.equal(report.decisions, 0);
  assert.ok(core.views.targetPortState.loadPermille(0) > 0);
});

const folder = mkdtempSync(join(tmpdir(), "fairlead-runtimes-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("the replaying program prints the digest, and says where a damaged recording parts", () => {
  const { bytes, digest } = record(7);
  const file = join(folder, "random.flr");
  writeFileSync(file, bytes);
  const program = "build/js/host/runtimes/replay-js.js";
  const printed = JSON.parse(execFileSync(process.execPath, [program, modulePath, file], { encoding: "utf8" }));
  assert.equal(printed.digest, digest);
  assert.equal(printed.parted, "");
  writeFileSync(file, bytes.subarray(0, bytes.length - 30));
  const cut = spawnSync(process.execPath, [program, modulePath, file], { encoding: "utf8" });
  assert.equal(cut.status, 1);
  assert.equal(JSON.parse(cut.stdout).parted, "the recording is cut off");
  assert.equal(spawnSync(process.execPath, [program]).status, 2);
});
