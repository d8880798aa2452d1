/** `npm run e2e:interfaces [-- --short]`: controllers in network namespaces that survive one another. */

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { topFolder } from "../../../host/cli/exit.js";
import { Checks } from "../common/checks.js";
import { removeFolders, removeNamespaces } from "../common/leftovers.js";
import { runToEnd, tell } from "../common/run.js";
import type { Undo } from "../common/undo.js";
import { Driven } from "./driven.js";
import { FAULTS } from "./faults.js";
import { type TrialParts, tryFence } from "./fence-trial.js";
import { tryLinkWatch } from "./link-trial.js";
import { KeepalivedRuns } from "./keepalived.js";
import { Network } from "./network.js";
import { compileProber } from "./probers.js";
import { printComparison, type ReportParts, writeReport } from "./report.js";
import { missingRequirements } from "./requirements.js";
import { ShelfServer } from "./shelf.js";
import { Story } from "./story.js";
import { tryUnit } from "./unit-trial.js";
import { World } from "./world.js";

/** Names of what a run makes begin with this and the number of its process. */
const FAMILY = "fli";
const FOLDER_FAMILY = "fairlead-interfaces-";
const RUNS_SHORT = 3;
const RUNS_LONG = 20;

const USAGE = `usage: npm run e2e:interfaces [-- --short] [-- --part trials|keepalived|faults|comparison|revision]

Builds an array with six controllers, their units' shelf and clients in network namespaces and lets faults happen to it.
Leaves build/reports/e2e-interfaces.json and .svg. As root on Linux.
--short      fewer repetitions, for continuous integration
--part NAME  only that part; comparison: keepalived's runs too
--fault NAME only that fault, may be repeated: ${FAULTS.map(({ name }) => name).join("; ")}`;

const PARTS = ["keepalived", "trials", "faults", "comparison", "revision"] as const;
const WITH_CONTROLLERS: ReadonlySet<string> = new Set(["faults", "comparison", "revision"]);
type Part = (typeof PARTS)[number];

interface Options {
  short: boolean;
  parts: readonly Part[];
  /** Names of faults; none: all of them. */
  faults: string[];
}

/** Undefined where a word is not known. */
function readOptions(words: readonly string[]): Options | undefined {
  const options: Options = { short: false, parts: PARTS, faults: [] };
  for (let index = 0; index < words.length; index++) {
    if (words[index] === "--short") options.short = true;
    else if (words[index] === "--part") {
      const part = PARTS.find((each) => each === words[index + 1]);
      if (part === undefined) return undefined;
      // Figures of one are worth nothing without the other's.
      options.parts = part === "comparison" ? ["keepalived", part] : [part];
      index++;
    } else if (words[index] === "--fault" && FAULTS.some(({ name }) => name === words[index + 1])) {
      options.parts = ["faults"];
      options.faults.push(words[++index] as string);
    } else return undefined;
  }
  return options;
}

async function run(options: Options, undo: Undo): Promise<number> {
  const { short, parts } = options;
  const top = topFolder();
  const reports = join(top, "build", "reports");
  mkdirSync(reports, { recursive: true });
  removeNamespaces(FAMILY);
  removeFolders(tmpdir(), FOLDER_FAMILY);
  const folder = mkdtempSync(join(tmpdir(), `${FOLDER_FAMILY}${process.pid}-`));
  undo.add("working folder", () => rmSync(folder, { recursive: true, force: true }));
  const network = new Network(`${FAMILY}${process.pid}`, undo);
  const checks = new Checks(tell, () => refuseToWait());
  const figures: Figures = { faults: [] };
  let trouble: string | undefined;
  try {
    network.make();
    const prober = compileProber(join(top, "tests", "e2e", "interfaces", "prober"), folder);
    const trial: TrialParts = { network, prober, checks, undo };
    const runs = short ? RUNS_SHORT : RUNS_LONG;
    if (parts.includes("keepalived")) figures.keepalived = await new KeepalivedRuns(trial, folder).run(runs);
    if (parts.includes("trials")) {
      tryLinkWatch(checks);
      await tryEffectors(trial, folder);
    }
    if (parts.some((part) => WITH_CONTROLLERS.has(part)))
      await runControllers(trial, options, runs, top, folder, figures);
  } catch (error) {
    trouble = (error as Error).message;
  }
  const report: ReportParts = { short, checks: checks.all, ...figures, trouble };
  writeReport(reports, report);
  printComparison(report, tell);
  if (trouble !== undefined) throw new Error(trouble);
  tell(`${checks.all.length - checks.failed} passed, ${checks.failed} failed`);
  return checks.failed;
}

/** Set while controllers run: what never comes need not be waited for when one has ended by itself. */
let refuseToWait: () => void = () => undefined;

/** Filled as the run goes on, so that a run that fails has a report too. */
type Figures = Pick<ReportParts, "faults" | "keepalived" | "fairlead" | "chart">;

/** The controllers as they ship, with all that happens to them. */
async function runControllers(
  trial: TrialParts,
  { parts, faults }: Options,
  runs: number,
  top: string,
  folder: string,
  figures: Figures,
): Promise<void> {
  const world = await World.start(trial, top, folder, parts.includes("revision") && !parts.includes("faults"));
  refuseToWait = () => {
    const [crashed] = world.controllers.crashed();
    if (crashed !== undefined)
      throw new Error(`controller ${crashed} has ended by itself; see build/reports/e2e-interfaces.log`);
  };
  const story = new Story(world, tell);
  figures.faults = story.faults;
  try {
    await story.begin();
    if (parts.includes("faults")) await story.allFaults(faults);
    if (parts.includes("comparison")) figures.fairlead = await story.compare(runs);
    if (parts.includes("revision")) await story.revise();
    await story.end();
  } finally {
    figures.chart = world.chart();
  }
  await world.stop();
}

/** The effectors of two controllers, driven by hand: what everything else rests on. */
async function tryEffectors(trial: TrialParts, folder: string): Promise<void> {
  const { network, undo } = trial;
  const shelf = new ShelfServer(network, folder, undo);
  await shelf.start();
  const [first, second] = [new Driven(network, "a", undo), new Driven(network, "d", undo)];
  await Promise.all([first.started, second.started]);
  await tryFence(trial, first, second);
  await tryUnit(trial, shelf, first, second);
  for (const driven of [first, second]) {
    driven.kill();
    network.flush(driven.name);
  }
  await shelf.stop();
}

process.exitCode = await runToEnd(process.argv.slice(2), {
  name: "e2e:interfaces",
  usage: USAGE,
  readOptions,
  missing: missingRequirements,
  run,
});
