/** `npm run runtimes`: the same decisions on every runtime that this machine can run. */

import { parseArgs } from "node:util";
import type { ProfileName } from "../shim/generated/layout.js";
import { firmwareChecks } from "./checks.js";
import { ALL_PROFILES, type Engine, engines, type Ready, type Replayed, WAMR_ROOT, WASM3_ROOT } from "./engines.js";
import {
  CODE_BYTES_MAX,
  CODE_BYTES_TARGET,
  harnessStackBytes,
  imageFigures,
  instructionsPerTick,
  latchUnderInterrupts,
  mailboxUnderInterrupts,
  microcontroller,
  PORTS_CODE_BYTES_MAX,
  STACK_BYTES_MAX,
} from "./microcontroller.js";
import { dropRecordings, makeRecordings, type Recordings } from "./recordings.js";
import { combinedDigest, differing, type Row, table, writeReport } from "./report.js";
import { missingPackages, StepError } from "./shell.js";
import { copyModules, namedRoot, UsageError, WORK_DIRECTORY } from "./toolchains.js";

const USAGE = `Usage: npm run runtimes -- [options]
Replays recordings on every runtime that this machine has and compares the digests of all decisions.
  --short       10,000 random ticks a profile instead of a million, for CI
  --only TEXT   only runtimes with this text in their name or processor; no checks of the C
  --keep        keep the recordings in ${WORK_DIRECTORY}/recordings
  --help
WAMR_ROOT and WASM3_ROOT name checkouts of those interpreters: see host/firmware/README.md.
Exit codes: 0 all as it should be, 1 not, 2 wrong usage.`;

const REPORT = "build/reports/runtimes.json";
const LONG_TICKS = 1_000_000;
const SHORT_TICKS = 10_000;
const TARGET_RATIO = { board: 1.8, guardPages: 1.15 };

interface Options {
  short: boolean;
  only: string;
  keep: boolean;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: {
        short: { type: "boolean", default: false },
        only: { type: "string", default: "" },
        keep: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (!values.help) return values;
    print(USAGE);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}\n`);
    return undefined;
  }
}

/** What the run found. Problems decide the exit code; figures don't. */
class Findings {
  readonly rows: Row[] = [];
  readonly problems: string[] = [];
  readonly figures: Record<string, unknown> = {};

  /** Runs a step; what it throws is a problem of that name. */
  attempt(name: string, step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      this.problems.push(`${name}: ${error.message}`);
      print(`not ok - ${name}`);
    }
  }
}

/** Ticks a second in the random recording, the last one. */
function ticksPerSecond(random: Replayed): number {
  if (random.wallNs !== undefined) return (random.ticks * 1e9) / random.wallNs;
  return ((random.timedTicks ?? random.ticks) * 1e9) / Math.max(1, random.tickNs ?? 1);
}

/** Cost of a tick: instructions where they are counted, else nanoseconds. */
function costOfTick(replayed: Replayed): number {
  if (replayed.cycles !== undefined) return instructionsPerTick(replayed);
  return (replayed.tickNs ?? 0) / Math.max(1, replayed.timedTicks ?? replayed.ticks);
}

const TIMED_TRIES = 5;

/** This machine's own twin by profile, which engines without one are compared with. */
const hostTwins = new Map<ProfileName, NonNullable<Ready["twin"]>>();

/**
 * Cost of a tick with all ports sampled, over the native twin's. The two take turns, and the least of each counts: what
 * disturbs a timing only ever adds to it. Counted instructions are the same every time.
 */
function ratioToNative(ready: Ready, recordings: Recordings, host: boolean): number | undefined {
  const { portsOnly, profile } = recordings;
  if (ready.twin !== undefined && host) hostTwins.set(profile, ready.twin);
  const twin = ready.twin ?? (host ? hostTwins.get(profile) : undefined);
  if (twin === undefined) return undefined;
  let [least, native] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let attempt = 0; attempt < TIMED_TRIES; attempt++) {
    const [own] = ready.replay([portsOnly]) as [Replayed];
    const [theirs] = twin([portsOnly]) as [Replayed];
    least = Math.min(least, costOfTick(own));
    native = Math.min(native, costOfTick(theirs));
    if (own.cycles !== undefined) break;
  }
  return least / native;
}

function runEngine(engine: Engine, all: ReadonlyMap<ProfileName, Recordings>, findings: Findings): void {
  for (const profile of engine.profiles) {
    const recordings = all.get(profile);
    if (recordings === undefined) continue;
    findings.attempt(`${engine.name} on ${engine.processor}, ${profile}`, () => {
      const ready = engine.prepare(profile);
      const replayed = ready.replay(recordings.files);
      const random = replayed.at(-1) as Replayed;
      const host = !engine.processor.includes("emulated");
      findings.rows.push({
        runtime: engine.name,
        processor: engine.processor,
        profile,
        digest: combinedDigest(replayed),
        ticksPerSecond: ticksPerSecond(random),
        ratioToNative: ratioToNative(ready, recordings, host),
        codeBytes: ready.codeBytes,
        dataBytes: ready.dataBytes,
        stackBytes: Math.max(...replayed.map(({ stackBytes }) => stackBytes ?? 0)),
      });
      print(`ok - ${engine.name} on ${engine.processor}, ${profile}: ${replayed.length} recordings`);
    });
  }
}

/** The board's own figures and limits. */
function checkBoard(engine: Engine, findings: Findings): void {
  if (engine.missing() !== undefined) return;
  findings.attempt("Cortex-M3 image", () => {
    const image = imageFigures();
    const measured = findings.rows.find((row) => row.processor === engine.processor)?.stackBytes ?? 0;
    const { stack } = image;
    const harness = harnessStackBytes();
    findings.figures.cortexM3 = { ...image, paintedStackBytes: measured };
    const portsOnly = imageFigures(true);
    findings.figures.cortexM3PortsOnly = { codeBytes: portsOnly.codeBytes, codeBytesMax: PORTS_CODE_BYTES_MAX };
    findings.figures.cortexM3Limit = { target: CODE_BYTES_TARGET, codeBytesMax: CODE_BYTES_MAX };
    print(
      `Cortex-M3 image: ${image.codeBytes} bytes of code, ${(image.codeBytes / CODE_BYTES_TARGET).toFixed(2)} × the target of ${CODE_BYTES_TARGET}, at most ${CODE_BYTES_MAX}; ${image.constantBytes} of constants and data`,
    );
    print(
      `Cortex-M3 image with the port policy alone: ${portsOnly.codeBytes} bytes of code, at most ${PORTS_CODE_BYTES_MAX}`,
    );
    print(
      `Cortex-M3 stack: ${stack.bytes} bytes by the call graph, at most ${STACK_BYTES_MAX}; ${measured} by the painted stack, at most ${harness} of them the replay's own`,
    );
    print(`  deepest: ${stack.path.join(" > ")}`);
    print(`Cortex-M3 stack of an interrupt that posts counters: ${image.interruptStack.bytes} bytes`);
    if (portsOnly.codeBytes > PORTS_CODE_BYTES_MAX)
      throw new StepError(
        `the port policy alone: ${portsOnly.codeBytes} bytes of code, at most ${PORTS_CODE_BYTES_MAX}`,
      );
    if (image.codeBytes > CODE_BYTES_MAX)
      throw new StepError(`${image.codeBytes} bytes of code, at most ${CODE_BYTES_MAX}`);
    if (stack.bytes > STACK_BYTES_MAX) throw new StepError(`${stack.bytes} bytes of stack, at most ${STACK_BYTES_MAX}`);
    if (measured > stack.bytes + harness)
      throw new StepError(`the painted stack shows ${measured} bytes, more than the call graph`);
  });
  findings.attempt("mailbox under a timer interrupt", () =>
    print(`mailbox under a timer interrupt: ${mailboxUnderInterrupts()}`),
  );
  findings.attempt("latch under a timer interrupt", () =>
    print(`latch under a timer interrupt: ${latchUnderInterrupts()}`),
  );
}

function printRatios(rows: readonly Row[]): void {
  const board = rows.find((row) => row.processor.startsWith("Cortex-M3"));
  if (board?.ratioToNative !== undefined) {
    print(
      `instructions of a busy tick on the Cortex-M3: ${board.ratioToNative.toFixed(2)} × native, target ${TARGET_RATIO.board}`,
    );
  }
  for (const row of rows.filter(({ runtime }) => runtime === "wasm2c, guard pages")) {
    if (row.ratioToNative === undefined) continue;
    print(`guard pages, ${row.profile}: ${row.ratioToNative.toFixed(2)} × native, target ${TARGET_RATIO.guardPages}`);
  }
}

/** This machine's own compiled code first: its twin is what the others on it are compared with. */
function inOrder(all: readonly Engine[]): Engine[] {
  return [
    ...all.filter(({ name }) => name.startsWith("wasm2c")),
    ...all.filter(({ name }) => !name.startsWith("wasm2c")),
  ];
}

function runAll(options: Options): number {
  const findings = new Findings();
  copyModules();
  const board = microcontroller();
  const chosen = [...engines(), board].filter(({ name, processor }) => `${name} ${processor}`.includes(options.only));
  for (const line of chosen.map((engine) => engine.missing()).filter((why) => why !== undefined)) print(line);
  const present = inOrder(chosen.filter((engine) => engine.missing() === undefined));
  if (options.only === "") findings.attempt("checks of the C", () => runChecks(findings));
  const recordings = new Map<ProfileName, Recordings>();
  findings.attempt("recordings", () => {
    const ticks = options.short ? SHORT_TICKS : LONG_TICKS;
    for (const profile of ALL_PROFILES) recordings.set(profile, makeRecordings(profile, ticks));
  });
  for (const engine of present) runEngine(engine, recordings, findings);
  if (chosen.includes(board)) checkBoard(board, findings);
  for (const engine of chosen) engine.close?.();
  if (!options.keep) dropRecordings();
  return conclude(findings);
}

function runChecks(findings: Findings): void {
  const missing = missingPackages("checks of the C", ["gcc", "valgrind"]);
  if (missing !== undefined) print(missing);
  else firmwareChecks((name, step) => findings.attempt(name, step), print);
}

function conclude(findings: Findings): number {
  const { rows, problems, figures } = findings;
  const order = (row: Row) => ALL_PROFILES.indexOf(row.profile);
  rows.sort((left, right) => order(left) - order(right));
  print(`\n${table(rows)}\n`);
  printRatios(rows);
  for (const row of differing(rows)) problems.push(`${row.runtime}, ${row.profile}: another digest, ${row.digest}`);
  writeReport(REPORT, { rows, figures, problems });
  for (const problem of problems) print(`FAILED ${problem}`);
  const same = differing(rows).length === 0 && rows.length > 0;
  print(same ? "One digest for each profile on all runtimes." : "The digests differ.");
  print(`${rows.length - differing(rows).length} passed, ${problems.length} failed`);
  return problems.length === 0 && rows.length > 0 ? 0 : 1;
}

/** Roots that are named must be right: a wrong one is not the same as none. */
function rootsAreRight(): boolean {
  try {
    for (const { variable, header, library } of [WAMR_ROOT, WASM3_ROOT]) namedRoot(variable, header, library);
    return true;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return false;
  }
}

const options = readOptions();
process.exitCode = options === undefined || !rootsAreRight() ? 2 : runAll(options);
