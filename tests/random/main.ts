/** `npm run test:random`: random runs against the invariants. See README.md. */

import { parseArgs } from "node:util";
import { guarded, print, readModule, UsageError } from "../../host/cli/exit.js";
import type { ProfileName } from "../../host/shim/generated/layout.js";
import { COMPARISONS, INVARIANTS } from "./invariants/index.js";
import { printTrace, Results, type RunSettings, runSeed, shrunk } from "./report.js";
import { Witness } from "./observe/witness.js";

const USAGE = `Usage: npm run test:random -- [options]
Random arrays, loads and faults in virtual time, judged after every tick. The same seed gives the same run.
  --seeds N         so many runs (120)
  --from S          seeds from S on (1)
  --seed S          one seed alone
  --profile NAME    small, standard or large; without it small, and standard with a fifteenth of the seeds
  --invariant TEXT  only invariants with this text in their name
  --trace           print events and decisions of the runs
  --shrink          cut a failing run down to few events, then print it
  --help
Exit codes: 0 all hold, 1 one is broken or was never put to the test, 2 wrong usage.`;

/** So many runs see every kind of fault; fewer may not. */
const WITNESS_SEEDS_MIN = 40;
const PROFILES: readonly ProfileName[] = ["small", "standard", "large"];

interface Options {
  first: number;
  profiles: { profile: ProfileName; count: number }[];
  invariant: string;
  trace: boolean;
  shrink: boolean;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "120" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      profile: { type: "string" },
      invariant: { type: "string", default: "" },
      trace: { type: "boolean", default: false },
      shrink: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { invariant, trace, shrink } = values;
  const first = integer("--seed", values.seed ?? values.from, 0);
  const count = values.seed === undefined ? integer("--seeds", values.seeds, 1) : 1;
  const profiles = profilesOf(values.profile, count, values.seed !== undefined);
  return { first, profiles, invariant, trace, shrink };
}

function profilesOf(name: string | undefined, count: number, single: boolean): Options["profiles"] {
  if (name === undefined && single) return [{ profile: "small", count }];
  if (name === undefined) {
    return [
      { profile: "small", count },
      { profile: "standard", count: Math.ceil(count / 15) },
    ];
  }
  const profile = PROFILES.find((known) => known === name);
  if (profile === undefined) throw new UsageError(`--profile ${name}: ${PROFILES.join(", ")}`);
  return [{ profile, count }];
}

function integer(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new UsageError(`${name} ${text}: an integer from ${least} on`);
  return value;
}

function settingsOf({ invariant }: Options, profile: ProfileName): RunSettings {
  const chosen = <T extends { name: string }>(all: readonly T[]) => all.filter(({ name }) => name.includes(invariant));
  const settings = {
    profile,
    modules: { plain: readModule(profile, false), shared: readModule(profile, true) },
    invariants: chosen(INVARIANTS),
    comparisons: chosen(COMPARISONS),
    witness: new Witness(),
  };
  if (settings.invariants.length + settings.comparisons.length > 0) return settings;
  throw new UsageError(
    `--invariant ${invariant}: none of ${[...INVARIANTS, ...COMPARISONS].map(({ name }) => name).join("; ")}`,
  );
}

function main(): void {
  const options = readUsage();
  if (options === undefined) return print(USAGE);
  for (const { profile, count } of options.profiles) {
    if (!runProfile(options, profile, count)) process.exitCode = 1;
  }
}

/** @returns true if all holds. */
function runProfile(options: Options, profile: ProfileName, count: number): boolean {
  const settings = settingsOf(options, profile);
  const results = new Results(settings);
  for (let seed = options.first; seed < options.first + count; seed++) {
    const run = runSeed(seed, settings);
    results.add(seed, run);
    if (options.trace) printTrace(run.random, run.result);
    if (options.shrink && run.result.breaches.length > 0) {
      const fewest = shrunk(run.random, settings);
      printTrace(fewest.random, fewest.result);
    }
  }
  return results.print(count >= WITNESS_SEEDS_MIN && profile === "small" && options.invariant === "");
}

/** Wrong options are usage errors too. */
function readUsage(): Options | undefined {
  try {
    return readOptions();
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(`${error.message}\n${USAGE}`) : error;
  }
}

await guarded(main);
