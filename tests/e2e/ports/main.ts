/** `npm run e2e:ports [-- --short]`: a real array in network namespaces, with and without fairlead. */

import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { RealArray } from "./array.js";
import { Balancer } from "./balancer.js";
import { Checks } from "../common/checks.js";
import { missingRequirements } from "./requirements.js";
import { printFigures, writeReport } from "./report.js";
import { type Lengths, Story } from "./story.js";
import { Undo } from "../common/undo.js";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

const LONG: Lengths = { saturateMs: 5000, measureMs: 20_000, quietMs: 10_000 };
const SHORT: Lengths = { saturateMs: 2000, measureMs: 5000, quietMs: 7000 };

const USAGE = `usage: npm run e2e:ports [-- --short]

Builds an array with four ports, eight targets and an iSNS server in network namespaces, has six hosts load it, and lets
fairlead balance it. Leaves build/reports/e2e-ports.json and .svg. As root on Linux.
--short  shorter measurements, for continuous integration`;

function root(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(words: readonly string[]): Promise<number> {
  if (words.includes("--help")) {
    tell(USAGE);
    return 0;
  }
  const unknown = words.find((word) => word !== "--short");
  if (unknown !== undefined) {
    process.stderr.write(`e2e:ports: unknown option ${unknown}; --short or nothing\n`);
    return EXIT_USAGE;
  }
  const missing = missingRequirements();
  if (missing !== undefined) {
    process.stderr.write(`${missing}\n`);
    return EXIT_USAGE;
  }
  return await run(words.includes("--short"));
}

async function run(short: boolean): Promise<number> {
  const undo = new Undo();
  const cleanUp = () => undo.run(tell);
  const interrupt = () => {
    tell("interrupted: cleaning up");
    cleanUp();
    process.exit(EXIT_INTERRUPTED);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
  try {
    return await tellStory(short, undo);
  } catch (error) {
    tell(`FAIL ${(error as Error).message}`);
    return EXIT_FAILED;
  } finally {
    cleanUp();
  }
}

async function tellStory(short: boolean, undo: Undo): Promise<number> {
  const top = root();
  const reports = join(top, "build", "reports");
  mkdirSync(reports, { recursive: true });
  const array = new RealArray(undo);
  let balancer: Balancer | undefined;
  const checks = new Checks(tell, () => {
    if (balancer !== undefined && !balancer.isRunning)
      throw new Error("fairlead has ended by itself; see build/reports/e2e-ports.log");
  });
  const story = new Story(array, checks, short ? SHORT : LONG, tell);
  let trouble: string | undefined;
  try {
    await array.make(join(top, "tests", "e2e", "ports", "initiator"));
    await story.withoutFairlead();
    const command = join(top, "host", "cli", "fairlead.js");
    balancer = new Balancer(command, array.arrayFile, join(reports, "e2e-ports.log"), array.network, undo);
    await story.spread(balancer);
    await story.relief();
    await story.failures();
    await story.readBack();
    const code = await balancer.stop();
    checks.note("fairlead ends when asked to", "kernel", code === 0, `exit code ${code}`);
  } catch (error) {
    trouble = (error as Error).message;
  }
  const parts = { short, array, story, checks, balancer, trouble };
  writeReport(reports, parts);
  printFigures(parts, tell);
  if (trouble !== undefined) throw new Error(trouble);
  tell(`${checks.all.length - checks.failed} passed, ${checks.failed} failed`);
  return checks.failed === 0 ? 0 : EXIT_FAILED;
}

process.exitCode = await main(process.argv.slice(2));
