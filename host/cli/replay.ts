/** `fairlead replay`: a recording gives the same decisions, bit by bit, or says where they part. */

import { type Command, Option } from "commander";
import { layouts } from "../shim/generated/layout.js";
import { instantiate } from "../shim/module.js";
import { readRecordingHeader, type ReplayReport, replay } from "../shim/replayer.js";
import { EXIT_FAILED, guarded, print, readInput, readModule } from "./exit.js";

const HELP = `
Feeds a module what a recording holds, and compares what every call returns and every bit of every decision.

Examples:
  fairlead run --duration 20s --record run.flr && fairlead replay run.flr
  fairlead replay run.flr --runtime v8-shared
  fairlead replay run.flr --module other.wasm --json

Exit codes: 0 the same decisions, 1 they part, 2 no recording of this layout, or a damaged one.`;

interface ReplayOptions {
  json?: boolean;
  runtime: "v8-plain" | "v8-shared";
  module?: string;
}

function describe(file: string, report: ReplayReport): string[] {
  const counts = `${report.ticks} ticks, ${report.decisions} decisions`;
  const lines: string[] = [];
  const { parting } = report;
  if (parting !== undefined) {
    const decision = parting.sequence < 0 ? "" : `, decision ${parting.sequence}`;
    lines.push(`${file}: parts at tick ${parting.tick}${decision}, field ${parting.field}:`);
    lines.push(`  recorded ${parting.recorded}`, `  replayed ${parting.replayed}`);
  } else {
    lines.push(`${file}: the same decisions: ${counts}, digest ${report.digest}`);
  }
  if (!report.whole && parting === undefined) lines.push("  the recording was cut off: it has no end record");
  return lines;
}

function run(file: string, options: ReplayOptions): void {
  const bytes = readInput(file);
  const facts = readRecordingHeader(bytes, file);
  const shared = options.runtime === "v8-shared";
  const module = options.module === undefined ? readModule(facts.profile, shared) : readInput(options.module);
  const report = replay(bytes, file, instantiate(module));
  if (options.json === true) {
    const { profile } = facts;
    print(
      JSON.stringify({ file, profile, memoryBytes: layouts[profile].memoryBytes, same: !report.parting, ...report }),
    );
  } else {
    for (const line of describe(file, report)) print(line);
  }
  if (report.parting !== undefined) process.exitCode = EXIT_FAILED;
}

export function register(program: Command): void {
  program
    .command("replay")
    .summary("replay a recording and compare its decisions")
    .description("Replays a recording and compares its decisions.")
    .argument("<file>", "a recording (.flr)")
    .addOption(
      new Option("--runtime <name>", "what runs the module").choices(["v8-plain", "v8-shared"]).default("v8-plain"),
    )
    .option("--module <file>", "another module than the one that the build made")
    .option("--json", "print one JSON object")
    .addHelpText("after", HELP)
    .action((file: string, options: ReplayOptions) => guarded(() => run(file, options)));
}
