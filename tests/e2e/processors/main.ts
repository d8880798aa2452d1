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
import { killedOnceAnswered, killedWhileCommanded, switchOver } from "./continuity.js";
import { FAULTS, type Fault, PLACE } from "./faults.js";
import { compileHolder } from "./holder.js";
import { OpenPage } from "./page.js";
import { nowUs, PARTS, type Part, planOf } from "./plan.js";
import { type PartReport, printSilences, type ReportParts, writeReport } from "./report.js";
import { reconfigure } from "./reconfigure.js";
import { missingRequirements } from "./requirements.js";
import { Story } from "./story.js";
import { logOf, World } from "./world.js";

/** Names of what a run makes begin with this and the number of its process. */
const FAMILY = "flp";
const FOLDER_FAMILY = "fairlead-processors-";
/** Random rounds of each part. */
const ROUNDS_SHORT: Readonly<Record<Part, number>> = { three: 15, two: 5, six: 0 };
const ROUNDS_LONG: Readonly<Record<Part, number>> = { three: 150, two: 50, six: 0 };
/** In the short form no random round of a part begins after this, but for the first few. */
const SHORT_MS: Readonly<Record<Part, number>> = { three: 190_000, two: 240_000, six: 0 };
const ROUNDS_LEAST = 2;
/** With the page open: the processor is silent, but its connections stand, so that the page has to find out by itself. */
const WITH_PAGE = "paused for longer than the lease";
const SEED_MAX = 2 ** 31;
/** Of two processors: what the third place is for. */
const TWO = new Set(["all its processes killed", "its link to the others cut", "cut off from etcd"]);
const SIX = new Set(["all its processes killed"]);

const sum = (rounds: Readonly<Record<Part, number>>) => PARTS.reduce((all, part) => all + rounds[part], 0);

/** What a client does over a change of the active processor. */
const CHANGES = {
  "switch-over": switchOver,
  "killed while it carries out a command": killedWhileCommanded,
  "killed once it has answered": killedOnceAnswered,
  "another array file": reconfigure,
};

const USAGE = `usage: npm run e2e:processors [-- --short] [-- --seed NUMBER] [-- --fault NAME] [-- --part three|two|six]

Runs three processors, then two, with three etcd servers in network namespaces, and a client that keeps asking for the
status of each processor at the one management address, while faults happen.
Leaves build/reports/e2e-processors.json, a chart and a log of each part. As root on Linux.
--short        the fixed faults once, and up to ${sum(ROUNDS_SHORT)} random rounds instead of ${sum(ROUNDS_LONG)}
--seed NUMBER  of the random rounds; printed if not given
--fault NAME   only the fixed faults whose names contain this, and no random rounds
--part NAME    only with three processors, with two, or with two and an address of IPv6

Faults:
${[...FAULTS, PLACE, ...changesOf("three")].map(({ name }) => `  ${name}`).join("\n")}`;

interface Options {
  short: boolean;
  seed: number;
  fault: string | undefined;
  parts: readonly Part[];
}

/** Undefined where a word is not known. */
function readOptions(words: readonly string[]): Options | undefined {
  const options: Options = { short: false, seed: Date.now() % SEED_MAX, fault: undefined, parts: PARTS };
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
    else if (word === "--part" && isPart(value)) options.parts = [value];
    else return undefined;
  }
  const { fault, parts } = options;
  const names = parts.flatMap((part) => [...fixedFaults(part), ...changesOf(part)].map(({ name }) => name));
  return fault === undefined || names.some((name) => name.includes(fault)) ? options : undefined;
}

function isPart(word: string): word is Part {
  return (PARTS as readonly string[]).includes(word);
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
      for (const part of this.options.parts) await this.part(part);
    } catch (error) {
      trouble = (error as Error).message;
    }
    const { short, seed, fault } = this.options;
    const { checks, parts, rounds } = this;
    const roundsWanted = fault !== undefined ? 0 : sum(short ? ROUNDS_SHORT : ROUNDS_LONG);
    const report: ReportParts = { short, seed, rounds, roundsWanted, checks: checks.all, parts, trouble };
    writeReport(this.reports, report);
    printSilences(report, tell);
    tell(`     seed ${seed}, ${rounds} of ${roundsWanted} random rounds`);
    if (trouble !== undefined) throw new Error(trouble);
    tell(`${checks.all.length - checks.failed} passed, ${checks.failed} failed`);
    return checks.failed;
  }

  private async part(part: Part): Promise<void> {
    const plan = planOf(part);
    const sources = join(topFolder(), "tests", "e2e");
    const undo = new Undo();
    this.undo.add(`part of ${plan.name}`, () => undo.run(tell));
    const folder = mkdtempSync(join(tmpdir(), `${FOLDER_FAMILY}${process.pid}-`));
    undo.add("working folder", () => rmSync(folder, { recursive: true, force: true }));
    const log = logOf(this.reports, plan);
    rmSync(log, { force: true });
    const world = await World.open({
      plan,
      prefix: `${FAMILY}${process.pid}-${part}`,
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
      await this.faults(story, world, part);
    } finally {
      this.keep(story, world);
      this.world = undefined;
      world.close();
      undo.run(tell);
    }
  }

  private async faults(story: Story, world: World, part: Part): Promise<void> {
    const { fault: only, short, seed } = this.options;
    await story.begin();
    for (const fault of fixedFaults(part)) {
      if (only !== undefined && !fault.name.includes(only)) continue;
      const page = part === "three" && fault.name === WITH_PAGE ? await OpenPage.open(world, this.reports) : undefined;
      await story.fixed(fault, page);
      await page?.close();
    }
    // In the short form two processors do them only where they are asked for.
    const changes = part === "two" && short && only === undefined ? [] : changesOf(part);
    for (const { name, change } of changes) {
      if (only === undefined || name.includes(only)) await change(story, world);
    }
    const most = only === undefined ? (short ? ROUNDS_SHORT : ROUNDS_LONG)[part] : 0;
    const random = new Random(seed, `rounds of ${part}`);
    for (let round = 1; round <= most; round++) {
      if (short && round > ROUNDS_LEAST && nowUs() - this.beganUs > SHORT_MS[part] * 1000) break;
      await story.random(round, (limit) => random.below(limit));
      this.rounds++;
    }
    await story.end();
  }

  private keep(story: Story, world: World): void {
    const { client, kernels, wire } = world;
    const { name: part, processors } = world.parts.plan;
    writeFileSync(join(this.reports, `e2e-processors-${part}.svg`), drawChart(world, nowUs()));
    this.parts.push({
      part,
      processors: processors.length,
      faults: story.figures,
      asked: client.asked,
      kernelLooks: kernels.looks,
      doubleRounds: wire.doubleRounds(),
    });
  }
}

function fixedFaults(part: Part): Fault[] {
  if (part === "three") return [...FAULTS];
  if (part === "six") return FAULTS.filter(({ name }) => SIX.has(name));
  return [...FAULTS.filter(({ name }) => TWO.has(name)), PLACE];
}

function changesOf(part: Part): { name: string; change: (story: Story, world: World) => Promise<void> }[] {
  return part === "six" ? [] : Object.entries(CHANGES).map(([name, change]) => ({ name, change }));
}

process.exitCode = await runToEnd(process.argv.slice(2), {
  name: "e2e:processors",
  usage: USAGE,
  readOptions,
  missing: missingRequirements,
  run: (options, undo) => new Run(options, undo).run(),
});
