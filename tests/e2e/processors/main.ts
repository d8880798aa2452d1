/** `npm run e2e:processors [-- --short]`: service processors in network namespaces, and a client that knows one address. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { topFolder } from "../../../host/cli/exit.js";
import { Random } from "../../../host/sources/simulated/random.js";
import { Checks } from "../common/checks.js";
import { succeeds } from "../common/commands.js";
import { removeFolders, removeNamespaces } from "../common/leftovers.js";
import { runToEnd, tell } from "../common/run.js";
import { Undo } from "../common/undo.js";
import { compileProber } from "../interfaces/probers.js";
import { drawChart } from "./chart.js";
import { FAULTS, type Fault, PLACE } from "./faults.js";
import { compileHolder } from "./holder.js";
import { nowUs, planOf } from "./plan.js";
import { type PartReport, printSilences, type ReportParts, writeReport } from "./report.js";
import { missingRequirements } from "./requirements.js";
import { Story } from "./story.js";
import { logOf, World } from "./world.js";

/** Names of what a run makes begin with this and the number of its process. */
const FAMILY = "flp";
const FOLDER_FAMILY = "fairlead-processors-";
const ROUNDS_SHORT = 20;
const ROUNDS_LONG = 200;
/** In the short form no random round begins after this. */
const SHORT_MS = 200_000;
const SEED_MAX = 2 ** 31;
/** Of two processors: what the third place is for. */
const TWO = new Set(["all its processes killed", "its link to the others cut", "cut off from etcd"]);

const USAGE = `usage: npm run e2e:processors [-- --short] [-- --seed NUMBER] [-- --fault NAME] [-- --part two|three]

Runs two and three processors with three etcd servers in network namespaces, and a client that keeps asking for the
status of each processor at the one management address, while faults happen.
Leaves build/reports/e2e-processors.json, a chart and a log of each part. As root on Linux.
--short        the fixed faults once, and up to ${ROUNDS_SHORT} random rounds instead of ${ROUNDS_LONG}
--seed NUMBER  of the random rounds; printed if not given
--fault NAME   only the fixed faults whose names contain this, and no random rounds
--part NAME    only with two processors, or only with three`;

interface Options {
  short: boolean;
  seed: number;
  fault: string | undefined;
  parts: readonly (2 | 3)[];
}

/** Undefined where a word is not known. */
function readOptions(words: readonly string[]): Options | undefined {
  const options: Options = { short: false, seed: Date.now() % SEED_MAX, fault: undefined, parts: [3, 2] };
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    if (word === "--short") {
      options.short = true;
      continue;
    }
    const value = words[++index];
    if (value === undefined) return undefined;
    if (word === "--seed" && /^\d{1,9}$/.test(value)) options.seed = Number(value);
    else if (word === "--fault") options.fault = value;
    else if (word === "--part" && (value === "two" || value === "three")) options.parts = [value === "two" ? 2 : 3];
    else return undefined;
  }
  return options;
}

class Run {
  private readonly beganUs = nowUs();
  private readonly reports = join(topFolder(), "build", "reports");
  private readonly parts: PartReport[] = [];
  private world: World | undefined;
  private rounds = 0;
  private readonly checks = new Checks(tell, () => this.world?.stillGoing());

  constructor(
    private readonly options: Options,
    private readonly undo: Undo,
  ) {}

  async run(): Promise<number> {
    mkdirSync(this.reports, { recursive: true });
    removeNamespaces(FAMILY);
    // Disks are mounted in there.
    removeFolders(tmpdir(), FOLDER_FAMILY, (folder) => {
      for (const name of ["a", "b", "c"]) succeeds("umount", "-l", join(folder, `disk-${name}`));
    });
    tell(`     seed ${this.options.seed}`);
    let trouble: string | undefined;
    try {
      for (const processors of this.options.parts) await this.part(processors);
    } catch (error) {
      trouble = (error as Error).message;
    }
    const { short, seed, fault } = this.options;
    const { checks, parts, rounds } = this;
    const roundsWanted = fault !== undefined ? 0 : short ? ROUNDS_SHORT : ROUNDS_LONG;
    const report: ReportParts = { short, seed, rounds, roundsWanted, checks: checks.all, parts, trouble };
    writeReport(this.reports, report);
    printSilences(report, tell);
    tell(`     seed ${seed}, ${rounds} of ${roundsWanted} random rounds`);
    if (trouble !== undefined) throw new Error(trouble);
    tell(`${checks.all.length - checks.failed} passed, ${checks.failed} failed`);
    return checks.failed;
  }

  private async part(processors: 2 | 3): Promise<void> {
    const plan = planOf(processors);
    const sources = join(topFolder(), "tests", "e2e");
    const undo = new Undo();
    this.undo.add(`part of ${plan.name}`, () => undo.run(tell));
    const folder = mkdtempSync(join(tmpdir(), `${FOLDER_FAMILY}${process.pid}-`));
    undo.add("working folder", () => rmSync(folder, { recursive: true, force: true }));
    const log = logOf(this.reports, plan);
    rmSync(log, { force: true });
    const world = await World.open({
      plan,
      prefix: `${FAMILY}${process.pid}-${processors}`,
      folder,
      fairlead: join(topFolder(), "host", "cli", "fairlead.js"),
      log,
      prober: compileProber(join(sources, "interfaces", "prober"), folder),
      holder: compileHolder(join(sources, "processors", "holder"), folder),
      checks: this.checks,
      undo,
      tell,
    });
    this.world = world;
    const story = new Story(world, tell);
    try {
      await this.faults(story, processors);
    } finally {
      this.keep(story, world, processors);
      this.world = undefined;
      world.close();
      undo.run(tell);
    }
  }

  private async faults(story: Story, processors: 2 | 3): Promise<void> {
    const { fault: only, short, seed } = this.options;
    await story.begin();
    const fixed: readonly Fault[] = processors === 3 ? FAULTS : [...FAULTS.filter(({ name }) => TWO.has(name)), PLACE];
    for (const fault of fixed) if (only === undefined || fault.name.includes(only)) await story.fixed(fault);
    if (only === undefined && processors === 3) {
      const random = new Random(seed, "rounds");
      const most = short ? ROUNDS_SHORT : ROUNDS_LONG;
      while (this.rounds < most && !(short && nowUs() - this.beganUs > SHORT_MS * 1000)) {
        await story.random(++this.rounds, (limit) => random.below(limit));
      }
    }
    await story.end();
  }

  private keep(story: Story, world: World, processors: number): void {
    const { client, kernels, wire } = world;
    writeFileSync(join(this.reports, `e2e-processors-${world.parts.plan.name}.svg`), drawChart(world, nowUs()));
    this.parts.push({
      processors,
      faults: story.figures,
      asked: client.asked,
      kernelLooks: kernels.looks,
      doubleRounds: wire.doubleRounds(),
    });
  }
}

process.exitCode = await runToEnd(process.argv.slice(2), {
  name: "e2e:processors",
  usage: USAGE,
  readOptions,
  missing: missingRequirements,
  run: (options, undo) => new Run(options, undo).run(),
});
