import assert from "node:assert/strict";
import { test } from "node:test";
import { readReplayed } from "../../../host/runtimes/engines.js";
import { combinedDigest, differing, type Row, table } from "../../../host/runtimes/report.js";
import { missingPackages } from "../../../host/runtimes/shell.js";

const row: Row = {
  runtime: "V8, plain",
  processor: "x86-64",
  profile: "small",
  digest: "0011223344556677",
  ticksPerSecond: 123456,
  ratioToNative: 1.234,
  codeBytes: 20000,
  dataBytes: 2748,
  stackBytes: undefined,
};

test("rows of a profile with another digest than the first are found", () => {
  const other = { ...row, runtime: "wasm3", digest: "0011223344556678" };
  const large = { ...other, profile: "large" as const };
  assert.deepEqual(differing([row, { ...row, runtime: "WAMR" }, large]), []);
  assert.deepEqual(differing([row, other, large]), [other]);
});

test("a combined digest depends on each digest and on their order", () => {
  const of = (...digests: string[]) =>
    combinedDigest(digests.map((digest) => ({ digest, ticks: 0, decisions: 0, parted: "" })));
  assert.notEqual(of("aa", "bb"), of("bb", "aa"));
  assert.notEqual(of("aa", "bb"), of("aa", "bc"));
  assert.match(of("aa"), /^[0-9a-f]{16}$/);
});

test("the table aligns its columns and leaves out what is not known", () => {
  const [headings = "", line = ""] = table([row]).split("\n");
  assert.equal(headings.indexOf("digest"), line.indexOf(row.digest));
  assert.match(line, /123,456\s+1\.23\s+20,000\s+2,748\s+-$/);
});

const ran = { status: 0, stdout: "", stderr: "", elapsedMs: 1 };

test("a runtime that parts, dies or leaves a recording out is a failure", () => {
  const good = '{"digest":"1","ticks":1,"decisions":1,"parted":""}\n';
  assert.equal(readReplayed({ ...ran, stdout: good }, ["a"], "V8").length, 1);
  const parted = good.replace('"parted":""', '"parted":"a call returned something else"');
  assert.throws(() => readReplayed({ ...ran, stdout: parted }, ["a"], "V8"), /V8: a: parted: a call returned/);
  assert.throws(() => readReplayed({ ...ran, stdout: good }, ["a", "b"], "V8"), /after 1 of 2 recordings/);
  assert.throws(() => readReplayed({ ...ran, status: 139, stdout: good }, ["a"], "V8"), /ended with 139/);
});

test("what is missing is said with the packages that bring it", () => {
  const line = missingPackages("Cortex-M3", ["no-such-program", "node"]);
  assert.equal(line, "Cortex-M3: left out, no-such-program missing; apt-get install no-such-program");
  assert.equal(missingPackages("V8", ["node"]), undefined);
});
