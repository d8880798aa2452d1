/** `npm run e2e:ports [-- --short]`: a real array in network namespaces, with and without fairlead. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { topFolder } from "../../../host/cli/exit.js";
import { RealArray } from "./array.js";
import { Balancer } from "./balancer.js";
import { Checks } from "../common/checks.js";
import { missingRequirements } from "./requirements.js";
import { printFigures, writeReport } from "./report.js";
import { type Lengths, Story } from "./story.js";
import { runToEnd, tell } from "../common/run.js";
import type { Undo } from "../common/undo.js";

const LONG: Lengths = { saturateMs: 5000, measureMs: 20_000, quietMs: 10_000 };
const SHORT: Lengths = { saturateMs: 2000, measureMs: 5000, quietMs: 7000 };

const USAGE = `usage: npm run e2e:ports [-- --short]

Builds an array with four ports, eight targets and an iSNS server in network namespaces, has six hosts load it, and lets
fairlead balance it. Leaves build/reports/e2e-ports.json and .svg. As root on Linux.
--short  shorter measurements, for continuous integration`;

/** Whether it is the short form; undefined where a word is not known. */
function readOptions(words: readonly string[]): { short: boolean } | undefined {
  if (words.some((word) => word !== "--short")) return undefined;
  return { short: words.length > 0 };
}

async function tellStory({ short }: { short: boolean }, undo: Undo): Promise<number> {
  const top = topFolder();
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
  return checks.failed;
}

process.exitCode = await runToEnd(process.argv.slice(2), {
  name: "e2e:ports",
  usage: USAGE,
  readOptions,
  missing: missingRequirements,
  run: tellStory,
});
