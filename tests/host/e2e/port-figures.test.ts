import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bucketStartUs,
  figuresBetween,
  type HostReport,
  percentileMs,
  throughputOverTime,
} from "../../e2e/ports/figures.js";

/** A host that reports each second, with so many commands since the report before. */
function host(counts: readonly number[], latency: [number, number][] = []): HostReport[] {
  let operations = 0;
  return counts.map((count, index) => {
    operations += count;
    const session = { target: "t", portal: "p", reads: 0, writes: 0, logins: 1, errors: 0, lost: 0 };
    const sessions = [{ ...session, operations, retries: index }];
    return { atUs: index * 1e6, initiator: "h", sessions, latency };
  });
}

test("buckets begin where the initiator puts them", () => {
  assert.deepEqual([0, 15, 16, 17, 31, 32, 33, 48].map(bucketStartUs), [0, 15, 16, 17, 31, 32, 34, 64]);
});

test("percentiles are the end of the bucket that they fall in", () => {
  const latencies = new Map([
    [32, 98],
    [48, 1],
    [64, 1],
  ]);
  assert.equal(percentileMs(latencies, 500), 0.034);
  assert.equal(percentileMs(latencies, 990), 0.068);
  assert.equal(percentileMs(latencies, 1000), 0.136);
  assert.ok(Number.isNaN(percentileMs(new Map(), 500)));
});

test("figures count what lies between two times, and nothing before", () => {
  const hosts = [host([1000, 10, 20, 30, 5000], [[32, 1]]), host([0, 1, 2, 3, 9000], [[64, 1]])];
  const figures = figuresBetween(hosts, 1e6, 3e6);
  assert.equal(figures.operations, 55);
  assert.equal(figures.operationsPerSecond, Math.round(55 / 2));
  assert.equal(figures.retries, 4);
  assert.equal(figures.p50Ms, 0.034);
  assert.equal(figures.p99Ms, 0.136);
});

test("throughput over time adds up hosts that report at other times", () => {
  const early = host([0, 100, 100, 100]);
  const late = host([0, 50, 50, 50]).map((report) => ({ ...report, atUs: report.atUs + 5e5 }));
  const steps = throughputOverTime([early, late], 1e6, 3e6, 1e6);
  assert.deepEqual(
    steps.map((step) => step.operationsPerSecond),
    [150, 150],
  );
});
