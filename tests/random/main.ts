/**
 * Random runs against the invariants: `npm run test:random -- [--seeds N] [--from S] [--profile NAME]`, or one of them
 * again by `--seed S`, with `--trace` for its events and decisions, with `--shrink` for the fewest events that still
 * break an invariant. Exit code 1 when any is broken.
 */

import { parseArgs } from "node:util";
import { readModule } from "../../host/cli/exit.js";
import type { ProfileName } from "../../host/shim/generated/layout.js";
import { eventLine, type RandomCase } from "./case.js";
import { randomCase } from "./generate/case.js";
import { INVARIANTS } from "./invariants/index.js";
import { decisionLine } from "./observe/decisions.js";
import { type RunResult, runCase } from "./run/run.js";
import { shrink } from "./shrink.js";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "30" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    profile: { type: "string", default: "small" },
    invariant: { type: "string", default: "" },
    trace: { type: "boolean", default: false },
    shrink: { type: "boolean", default: false },
  },
});

const profile = values.profile as ProfileName;
const module = readModule(profile, false);
const invariants = INVARIANTS.filter(({ name }) => name.includes(values.invariant));

function run(random: RandomCase): RunResult {
  return runCase(random, { module, invariants });
}

/** The same case with the fewest events that still break an invariant. */
function shrunk(random: RandomCase): RandomCase {
  const until = run(random).breaches[0]?.nowMs ?? random.untilMs;
  return shrink({ ...random, untilMs: until }, (candidate) => run(candidate).breaches.length > 0);
}

/** Events and decisions in order of time, up to the first breach. */
function trace(random: RandomCase, result: RunResult): void {
  const until = result.breaches[0]?.nowMs ?? random.untilMs;
  const lines = [
    ...random.events.map((event) => ({ atMs: event.atMs, text: `event    ${eventLine(event)}` })),
    ...result.decisions.map((decision) => ({ atMs: decision.nowMs, text: `decision ${decisionLine(decision)}` })),
  ];
  for (const line of lines.sort((one, two) => one.atMs - two.atMs)) if (line.atMs <= until) console.log(line.text);
}

const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
let failed = 0;
let ticks = 0;
let decisions = 0;
for (let seed = first; seed < first + count; seed++) {
  const drawn = randomCase(seed, { profile });
  const random = values.shrink ? shrunk(drawn) : drawn;
  const result = run(random);
  ticks += result.ticks;
  decisions += result.decisions.length;
  if (result.breaches.length > 0) failed++;
  for (const { invariant, tick, nowMs, stage, message } of result.breaches) {
    console.log(`seed ${seed}, tick ${tick} at ${nowMs} ms (${stage}): ${invariant}: ${message}`);
  }
  if (values.trace || values.shrink) trace(random, result);
}
console.log(`${invariants.length} invariants over ${count} runs, ${ticks} ticks, ${decisions} decisions (${profile})`);
console.log(`${count - failed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
