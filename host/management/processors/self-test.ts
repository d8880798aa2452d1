/** Self-tests of a processor. Each takes little, can't hang, and says in words what it found. */

import { createHash, randomBytes } from "node:crypto";
import { freemem } from "node:os";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const SELF_TESTS = ["processor", "memory", "disk", "process", "web-server", "clock"] as const;

export interface SelfTestResult {
  name: (typeof SELF_TESTS)[number];
  /** null: there is nothing to test. */
  passed: boolean | null;
  detail: string;
}

export interface SelfTestParts {
  /** Folder that has to be writable; none where nothing is kept. */
  folder: string | undefined;
  /** Age of the last tick in milliseconds; null when unknown. */
  lastTickAgeMs(): number | null;
  /** Whether the full server answers; undefined where none is meant to run. */
  webServer: (() => Promise<string>) | undefined;
  /** For tests: another time than two seconds after which a test that has not ended has failed. */
  deadlineMs?: number;
}

/** A test that has not ended by then has failed: a disk may hang for minutes. */
const DEADLINE_MS = 2000;
const TICK_AGE_MAX_MS = 2000;
const MEMORY_TEST_BYTES = 1 << 20;
const MEMORY_FREE_MIN_BYTES = 16 << 20;
const CLOCK_TEST_MS = 40;
const CLOCK_SLACK_MS = 500;

type Found = Omit<SelfTestResult, "name">;

/** Runs all tests at the same time; the answer comes within some two seconds. */
export async function runSelfTests(parts: SelfTestParts): Promise<SelfTestResult[]> {
  const tests: Record<SelfTestResult["name"], () => Promise<Found> | Found> = {
    processor: testProcessor,
    memory: testMemory,
    disk: () => testDisk(parts.folder),
    process: () => testProcess(parts.lastTickAgeMs()),
    "web-server": () => testWebServer(parts.webServer),
    clock: testClock,
  };
  const { deadlineMs = DEADLINE_MS } = parts;
  return Promise.all(SELF_TESTS.map(async (name) => ({ name, ...(await within(tests[name], deadlineMs)) })));
}

async function within(test: () => Promise<Found> | Found, deadlineMs: number): Promise<Found> {
  const gone = new AbortController();
  const late = sleep(
    deadlineMs,
    { passed: false, detail: `no result within ${deadlineMs} ms` },
    { signal: gone.signal },
  );
  try {
    return await Promise.race([Promise.resolve().then(test), late]);
  } catch (error) {
    return { passed: false, detail: error instanceof Error ? error.message : String(error) };
  } finally {
    gone.abort();
    late.catch(() => {});
  }
}

/** FIPS 180-4: the SHA-256 of one million letters "a". */
const MILLION_A = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

function testProcessor(): Found {
  const digest = createHash("sha256").update(Buffer.alloc(1_000_000, "a")).digest("hex");
  const passed = digest === MILLION_A;
  return { passed, detail: passed ? "computes a known digest" : `computed ${digest} for a known digest` };
}

function testMemory(): Found {
  const pattern = randomBytes(64);
  const block = Buffer.alloc(MEMORY_TEST_BYTES, pattern);
  for (let at = 0; at < block.length; at += pattern.length) {
    if (block.compare(pattern, 0, pattern.length, at, at + pattern.length) !== 0) {
      return { passed: false, detail: `byte ${at} of a block reads otherwise than written` };
    }
  }
  const free = freemem();
  return { passed: free >= MEMORY_FREE_MIN_BYTES, detail: `${Math.round(free / (1 << 20))} MiB free` };
}

async function testDisk(folder: string | undefined): Promise<Found> {
  if (folder === undefined) return { passed: null, detail: "nothing is kept on a disk" };
  const file = join(folder, `.self-test-${process.pid}-${randomBytes(4).toString("hex")}`);
  const written = randomBytes(4096);
  const handle = await open(file, "wx+", 0o600);
  try {
    await handle.write(written, 0, written.length, 0);
    await handle.sync();
    const { buffer } = await handle.read(Buffer.alloc(written.length), 0, written.length, 0);
    const passed = buffer.equals(written);
    return { passed, detail: passed ? "writes, syncs and reads back" : "reads otherwise than written" };
  } finally {
    await handle.close();
    await rm(file, { force: true });
  }
}

function testProcess(ageMs: number | null): Found {
  if (ageMs === null) return { passed: false, detail: "the service does not tell of any tick" };
  return { passed: ageMs <= TICK_AGE_MAX_MS, detail: `last tick ${Math.round(ageMs)} ms ago` };
}

async function testWebServer(ask: SelfTestParts["webServer"]): Promise<Found> {
  if (ask === undefined) return { passed: null, detail: "the full server is not meant to run" };
  return { passed: true, detail: await ask() };
}

/** The wall clock must go on as the monotonic one does: a clock that stands or jumps makes leases unsafe. */
async function testClock(): Promise<Found> {
  const [wallMs, monotonicMs] = [Date.now(), performance.now()];
  await sleep(CLOCK_TEST_MS);
  const differenceMs = Date.now() - wallMs - (performance.now() - monotonicMs);
  const passed = Math.abs(differenceMs) <= CLOCK_SLACK_MS;
  return { passed, detail: `wall and monotonic clock differ by ${Math.round(Math.abs(differenceMs))} ms` };
}
