/** The recordings that every runtime replays: all scenarios, and a random host, per profile. */

import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ProfileName } from "../shim/generated/layout.js";
import { fileSink } from "../shim/recorder.js";
import { recordPortsOnly } from "./ports-only-host.js";
import { recordRandom } from "./random-host.js";
import { run, StepError } from "./shell.js";
import { modulePath, WORK_DIRECTORY } from "./toolchains.js";

export interface Recordings {
  profile: ProfileName;
  /** Paths; the random one is the last. */
  files: string[];
  /** Ports only, all of them sampled in every tick: what the native twin can do too. */
  portsOnly: string;
}

const SCENARIO_FOLDER = "tests/scenarios";
const SEED = 0x5eed;
/** Enough for engines that compile while they run; fewer where more ports make the recording larger. */
const PORTS_ONLY_TICKS: Record<ProfileName, number> = { small: 20_000, standard: 4000, large: 1200 };

/** Makes the recordings of a profile anew. @throws StepError */
export function makeRecordings(profile: ProfileName, randomTicks: number): Recordings {
  const folder = join(WORK_DIRECTORY, "recordings", profile);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = recordScenarios(profile, join(folder, "scenarios"));
  const module = readFileSync(modulePath(profile, false));
  const random = join(folder, "random.flr");
  recordRandom(module, randomTicks, SEED, fileSink(random));
  const portsOnly = join(folder, "ports-only.flr");
  recordPortsOnly(module, PORTS_ONLY_TICKS[profile], fileSink(portsOnly));
  return { profile, files: [...files, portsOnly, random], portsOnly };
}

/** Removes recordings, which are large in the long form. */
export function dropRecordings(): void {
  rmSync(join(WORK_DIRECTORY, "recordings"), { recursive: true, force: true });
}

/**
 * Every scenario in a profile, whether or not it is the one the scenario expects its decisions in: what is compared here
 * is the runtimes among each other.
 */
function recordScenarios(profile: ProfileName, folder: string): string[] {
  const scenarios = readdirSync(SCENARIO_FOLDER).filter((name) => name.endsWith(".yaml"));
  const paths = scenarios.map((name) => join(SCENARIO_FOLDER, name));
  const args = ["host/cli/fairlead.js", "scenario", ...paths, "--profile", profile, "--record", folder];
  args.push("--module", modulePath(profile, false));
  const ran = run(process.execPath, args);
  if (ran.status !== 0 && ran.status !== 1)
    throw new StepError(`fairlead scenario --record: ${ran.stderr || ran.stdout}`);
  const files = readdirSync(folder).map((name) => join(folder, name));
  if (files.length === 0) throw new StepError("no scenario was recorded");
  return files.sort();
}
