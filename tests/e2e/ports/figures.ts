/** Figures from what hosts report: throughput and latencies over a span of time. */

/** One report of a host: counts since its start, latencies since its report before. */
export interface HostReport {
  /** Microseconds of CLOCK_MONOTONIC. */
  atUs: number;
  initiator: string;
  sessions: SessionReport[];
  /** Pairs of bucket and count. */
  latency: [number, number][];
}

export interface SessionReport {
  target: string;
  /** Portal through which it is logged in; "" while it isn't. */
  portal: string;
  operations: number;
  reads: number;
  writes: number;
  retries: number;
  logins: number;
  errors: number;
  lost: number;
}

export interface Figures {
  seconds: number;
  operations: number;
  operationsPerSecond: number;
  /** Milliseconds. */
  p50Ms: number;
  p99Ms: number;
  retries: number;
}

/** Latency in microseconds that a bucket begins with: 16 buckets for each doubling. */
export function bucketStartUs(bucket: number): number {
  if (bucket < 16) return bucket;
  const exponent = Math.floor(bucket / 16) + 3;
  return 2 ** exponent + (bucket % 16) * 2 ** (exponent - 4);
}

/** The latency in milliseconds that so many permille of the commands stay below; the end of the bucket it falls in. */
export function percentileMs(latencies: ReadonlyMap<number, number>, permille: number): number {
  const total = [...latencies.values()].reduce((sum, count) => sum + count, 0);
  let passed = 0;
  for (const [bucket, count] of [...latencies].sort(([left], [right]) => left - right)) {
    passed += count;
    if (passed * 1000 >= total * permille) return bucketStartUs(bucket + 1) / 1000;
  }
  return Number.NaN;
}

function total(report: HostReport, field: "operations" | "retries"): number {
  return report.sessions.reduce((sum, session) => sum + session[field], 0);
}

/** Figures of all hosts between two times. */
export function figuresBetween(reports: readonly (readonly HostReport[])[], fromUs: number, toUs: number): Figures {
  const latencies = new Map<number, number>();
  let operations = 0;
  let operationsPerSecond = 0;
  let retries = 0;
  for (const host of reports) {
    const within = host.filter((report) => report.atUs >= fromUs && report.atUs <= toUs);
    const first = within[0];
    const last = within.at(-1);
    if (first === undefined || last === undefined || first === last) continue;
    const done = total(last, "operations") - total(first, "operations");
    operations += done;
    operationsPerSecond += (done * 1e6) / (last.atUs - first.atUs);
    retries += total(last, "retries") - total(first, "retries");
    for (const { latency } of within.slice(1)) {
      for (const [bucket, count] of latency) latencies.set(bucket, (latencies.get(bucket) ?? 0) + count);
    }
  }
  return {
    seconds: (toUs - fromUs) / 1e6,
    operations,
    operationsPerSecond: Math.round(operationsPerSecond),
    p50Ms: percentileMs(latencies, 500),
    p99Ms: percentileMs(latencies, 990),
    retries,
  };
}

/** Commands a second of all hosts, in steps of so many microseconds. */
export function throughputOverTime(
  reports: readonly (readonly HostReport[])[],
  fromUs: number,
  toUs: number,
  stepUs: number,
): { atUs: number; operationsPerSecond: number }[] {
  const steps: { atUs: number; operationsPerSecond: number }[] = [];
  const at = (host: readonly HostReport[], us: number) => {
    const before = host.findLast((report) => report.atUs <= us);
    const after = host.find((report) => report.atUs > us);
    if (before === undefined) return 0;
    if (after === undefined) return total(before, "operations");
    const share = (us - before.atUs) / (after.atUs - before.atUs);
    return total(before, "operations") + share * (total(after, "operations") - total(before, "operations"));
  };
  for (let us = fromUs; us + stepUs <= toUs; us += stepUs) {
    const done = reports.reduce((sum, host) => sum + at(host, us + stepUs) - at(host, us), 0);
    steps.push({ atUs: us + stepUs / 2, operationsPerSecond: (done * 1e6) / stepUs });
  }
  return steps;
}
