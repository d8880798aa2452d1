/** Runs seeds and says which invariant holds. */

import { print } from "../../host/cli/exit.js";
import type { ProfileName } from "../../host/shim/generated/layout.js";
import { eventLine, type RandomCase } from "./case.js";
import { randomCase } from "./generate/case.js";
import { decisionLine } from "./observe/decisions.js";
import { type Witness, WITNESSED } from "./observe/witness.js";
import type { Comparison, Modules } from "./run/comparison.js";
import { type RunResult, runCase } from "./run/run.js";
import type { Invariant } from "./run/scene.js";
import { shrink } from "./shrink.js";

export interface RunSettings {
  profile: ProfileName;
  modules: Modules;
  invariants: readonly Invariant[];
  comparisons: readonly Comparison[];
  witness: Witness;
}

export interface SeedRun {
  random: RandomCase;
  result: RunResult;
  /** What comparisons found, by their names. */
  differences: Map<string, string>;
}

/** Events and decisions printed before a breach. */
const LAST_LINES = 12;
const SEEDS_SHOWN = 8;

export function runSeed(seed: number, settings: RunSettings): SeedRun {
  const { profile, modules, invariants, comparisons, witness } = settings;
  const random = randomCase(seed, { profile });
  const result = runCase(random, { module: modules.plain, invariants, witness });
  const differences = new Map<string, string>();
  for (const [index, comparison] of comparisons.entries()) {
    // Each has its turn with other seeds, so that a short form has some of all.
    if (seed % comparison.every !== index) continue;
    const difference = comparison.compare(seed, settings);
    if (difference !== undefined) differences.set(comparison.name, difference);
  }
  return { random, result, differences };
}

/** The same case with the fewest events that still break what it breaks first. */
export function shrunk(
  random: RandomCase,
  { modules, invariants }: RunSettings,
): { random: RandomCase; result: RunResult } {
  const run = (candidate: RandomCase) => runCase(candidate, { module: modules.plain, invariants });
  const first = run(random).breaches[0];
  const breaks = (candidate: RandomCase) => run(candidate).breaches[0]?.invariant === first?.invariant;
  const fewest = shrink({ ...random, untilMs: first?.nowMs ?? random.untilMs }, breaks);
  return { random: fewest, result: run(fewest) };
}

function traceOf(random: RandomCase, { decisions, breaches }: RunResult): string[] {
  const untilMs = breaches[0]?.nowMs ?? random.untilMs;
  const lines = [
    ...random.events.map((event) => ({ atMs: event.atMs, text: `event    ${eventLine(event)}` })),
    ...decisions.map((decision) => ({ atMs: decision.nowMs, text: `decision ${decisionLine(decision)}` })),
  ];
  const before = lines.filter(({ atMs }) => atMs <= untilMs).sort((one, two) => one.atMs - two.atMs);
  return before.map(({ text }) => text);
}

/** The array, then events and decisions in order of time, up to the first breach. */
export function printTrace(random: RandomCase, result: RunResult): void {
  const { array, tickMs, pollMs, sampleMs, scrubRows } = random;
  print(`array    ${JSON.stringify(array)}`);
  print(`pace     ${JSON.stringify({ tickMs, pollMs, sampleMs, scrubRows })}`);
  for (const line of traceOf(random, result)) print(line);
}

/** What many runs have shown. */
export class Results {
  private runs = 0;
  private ticks = 0;
  private decisions = 0;
  private readonly broken = new Map<string, number[]>();

  constructor(private readonly settings: RunSettings) {}

  add(seed: number, { random, result, differences }: SeedRun): void {
    this.runs++;
    this.ticks += result.ticks;
    this.decisions += result.decisions.length;
    for (const { invariant, tick, nowMs, stage, message } of result.breaches) {
      print(`# seed ${seed}, tick ${tick} at ${nowMs} ms (${stage}): ${invariant}:`);
      print(`#   ${message.trim()}`);
      this.note(invariant, seed);
    }
    if (result.breaches.length > 0)
      for (const line of traceOf(random, result).slice(-LAST_LINES)) print(`#     ${line}`);
    for (const [name, difference] of differences) {
      print(`# seed ${seed}: ${name}: ${difference}`);
      this.note(name, seed);
    }
  }

  private note(invariant: string, seed: number): void {
    this.broken.set(invariant, [...(this.broken.get(invariant) ?? []), seed]);
  }

  /** One line an invariant. @returns true if all hold, and with `isWhole` if each was put to the test. */
  print(isWhole: boolean): boolean {
    const { invariants, comparisons, witness, profile } = this.settings;
    for (const { name } of [...invariants, ...comparisons]) {
      const seeds = this.broken.get(name) ?? [];
      const red = `not ok - ${name}: ${seeds.length} runs, seeds ${seeds.slice(0, SEEDS_SHOWN).join(", ")}`;
      print(seeds.length === 0 ? `ok - ${name}` : red);
    }
    const unseen = isWhole ? WITNESSED.filter((what) => !witness.counts.has(what)) : [];
    for (const what of unseen) print(`not ok - the runs have seen no ${what}`);
    print(`${this.runs} runs, ${this.ticks} ticks, ${this.decisions} decisions (${profile})`);
    return this.broken.size === 0 && unseen.length === 0;
  }
}
