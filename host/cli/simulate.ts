/** `fairlead simulate`: what the balance would have made of a block trace. */

import { writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { chart } from "../simulate/chart.js";
import { demoTrace, generatedSource, writeTrace } from "../simulate/generate.js";
import { OptionError, type OptionWords, parseOptions } from "../simulate/options.js";
import { PolicyRefused } from "../simulate/policies/fairlead.js";
import { progressOn } from "../simulate/progress.js";
import { toJson, toTable } from "../simulate/report.js";
import { simulate } from "../simulate/simulate.js";
import { fileSource, type TraceSource } from "../simulate/trace/reader.js";
import { TraceError } from "../simulate/trace/record.js";
import { guarded, print, readModule, UsageError } from "./exit.js";

const examples = `
Examples:
  fairlead simulate --demo
  fairlead simulate --trace hm_0.csv.gz --format msr --speed 100 --chart hm_0.svg
  fairlead simulate --trace w01.csv --format cloudphysics --policy "fairlead|static" --next-portal first --json

Exit codes: 0 done, 1 failure, 2 bad options or a broken trace.`;

export function register(program: Command): void {
  program
    .command("simulate")
    .description("drive the port balance with a block trace, all policies side by side on the same demand")
    .option("--trace <file>", "CSV trace, plain or gzip")
    .option("--demo", "a synthetic trace instead of a file")
    .option("--generate <file>", "write the synthetic trace to a file (gzip when named .gz) and end")
    .option("--seed <n>", "seed of the synthetic trace (default: 1)")
    .option(
      "--format <name>",
      "cloudphysics (version,time,op,size,lbn) or msr (Timestamp,Hostname,…); needed with --trace",
    )
    .option("--policy <names>", 'some of fairlead|static|literal (default: "fairlead|static|literal")')
    .option("--targets <n>", "regions of addresses, one target each (default: 24)")
    .option("--regions <kind>", "regions of equal traffic or of equal size (default: traffic)")
    .option("--initiators <n>", "hosts that the extents are dealt to (default: 8)")
    .option("--ports <n>", "target ports (default: 8)")
    .option("--speed <x>", "trace seconds in a simulated second (default: 1)")
    .option("--utilization <share>", "mean load of the ports; their capacity follows from it (default: 50%)")
    .option("--load <kind>", "what loads a port: processor, bandwidth or operations (default: processor)")
    .option(
      "--next-portal <which>",
      "portal taken after a logout: the first listed or the following (default: following)",
    )
    .option(
      "--start <where>",
      "first logins: a port for each target, for each session, or the first for all (default: target)",
    )
    .option("--redirection", "targets can redirect logins; only fairlead makes use of it")
    .option("--overload <share>", "load at which a port is overloaded, step 101 (default: 80%)")
    .option("--relief <share>", "load at which a port is relieved, steps 106 and 110 (default: 60%)")
    .option("--sample <time>", "time between samples of the loads (default: 500ms)")
    .option("--window <time>", "time over which the figures compare loads (default: 1s)")
    .option("--return-window <time>", "back on a former port within this counts as come back (default: 60s)")
    .option("--registration-delay <time>", "for a registration to change (default: 200ms)")
    .option("--logout-delay <time>", "from the request to log out to the closed connection (default: 300ms)")
    .option("--login-delay <time>", "from there to the new login (default: 500ms)")
    .addOption(
      new Option("--knob <name=value>", "knob of fairlead's port policy, several times").argParser(collect).default([]),
    )
    .option("--chart <file.svg>", "draw the loads over time")
    .option("--json", "print one object instead of the table")
    .option("--progress", "show progress on stderr also when it is no terminal")
    .addHelpText("after", examples)
    .action(run);
}

function collect(word: string, before: string[]): string[] {
  return [...before, word];
}

/** What the simulation can't use is wrong input of the command. */
function run(words: OptionWords): Promise<void> {
  return guarded(() =>
    checked(words).catch((error: unknown) => {
      const badInput = error instanceof TraceError || error instanceof OptionError || error instanceof PolicyRefused;
      throw badInput ? new UsageError(error.message) : error;
    }),
  );
}

async function checked(words: OptionWords): Promise<void> {
  const options = parseOptions(words);
  const synthetic = { ...demoTrace, seed: seedOf(words) };
  if (typeof words.generate === "string") return writeTrace(words.generate, options.format, synthetic);
  const source = words.demo === true ? generatedSource(options.format, synthetic) : await traceOf(words);
  const shown = words.progress === true || process.stderr.isTTY ? progressOn(process.stderr) : undefined;
  const read = (profile: string) => readModule(profile, false);
  const found = await simulate(source, options, read, shown?.report).finally(() => shown?.end());
  if (typeof words.chart === "string") await writeFile(words.chart, chart(found));
  print(words.json === true ? toJson(found) : toTable(found));
}

async function traceOf(words: OptionWords): Promise<TraceSource> {
  if (typeof words.trace !== "string") throw new OptionError("--trace", undefined, "a trace file, or --demo");
  if (typeof words.format !== "string") throw new OptionError("--format", undefined, "cloudphysics or msr");
  return fileSource(words.trace);
}

function seedOf(words: OptionWords): number {
  if (typeof words.seed !== "string") return demoTrace.seed;
  if (/^\d{1,9}$/.test(words.seed)) return Number(words.seed);
  throw new OptionError("--seed", words.seed, "a whole number of up to nine digits");
}
