/** `fairlead scenario`: given this array, when this happens, then these decisions. */

import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Command, Option } from "commander";
import type { ScenarioCase } from "../scenario/description.js";
import { parseScenario } from "../scenario/parse.js";
import type { CaseResult } from "../scenario/result.js";
import { rewriteScenario } from "../scenario/rewrite.js";
import { runCase } from "../scenario/runner.js";
import { type NamedResult, passed, tapLines, tapSummary } from "../scenario/tap.js";
import type { Problem } from "../array/description.js";
import type { ProfileName } from "../shim/generated/layout.js";
import { verifyModule } from "../shim/module.js";
import { fileSink, Recorder } from "../shim/recorder.js";
import { EXIT_FAILED, guarded, InputError, print, readInput, readModule, UsageError } from "./exit.js";

const HELP = `
Runs the cases of scenario files in virtual time and prints TAP. tests/scenarios/README.md describes the files,
build/scenario.schema.json is their schema.

Examples:
  fairlead scenario tests/scenarios/*.yaml
  fairlead scenario tests/scenarios/seed.yaml --profile large --runtime v8-shared
  fairlead scenario new.yaml --rewrite          write what was seen into the expectations
  fairlead scenario new.yaml --json             one JSON object a case: all decisions, all tables
  fairlead scenario new.yaml --case 'drain' --record drain.flr

Exit codes: 0 all as expected, 1 not, 2 something is wrong with a file.`;

interface ScenarioOptions {
  json?: boolean;
  rewrite?: boolean;
  profile?: ProfileName;
  runtime: "v8-plain" | "v8-shared";
  module?: string;
  record?: string;
  case?: string;
}

interface Selected {
  file: string;
  text: string;
  cases: ScenarioCase[];
}

function readFiles(files: readonly string[], options: ScenarioOptions): Selected[] {
  const problems: Problem[] = [];
  const selected = files.map((file) => {
    const text = readInput(file).toString("utf8");
    const read = parseScenario(text, file);
    problems.push(...read.problems);
    const cases = (read.scenario?.cases ?? []).filter(({ name }) => name.includes(options.case ?? ""));
    return { file, text, cases: cases.map((entry) => withProfile(entry, options.profile)) };
  });
  if (problems.length > 0) throw new InputError(problems);
  if (selected.every(({ cases }) => cases.length === 0))
    throw new UsageError(`no case has "${options.case}" in its name`);
  return selected;
}

function withProfile(entry: ScenarioCase, profile: ProfileName | undefined): ScenarioCase {
  return profile === undefined ? entry : { ...entry, profile, array: { ...entry.array, profile } };
}

/** Modules by profile, read once. */
class Modules {
  private readonly read = new Map<ProfileName, Uint8Array>();

  constructor(private readonly options: ScenarioOptions) {}

  of(profile: ProfileName): Uint8Array {
    const known = this.read.get(profile);
    if (known !== undefined) return known;
    const { module, runtime } = this.options;
    const bytes = module === undefined ? readModule(profile, runtime === "v8-shared") : readInput(module);
    if (module !== undefined && verifyModule(bytes).profile !== profile) {
      throw new UsageError(`${module} is of profile ${verifyModule(bytes).profile}; the case is of ${profile}`);
    }
    this.read.set(profile, bytes);
    return bytes;
  }
}

/** Where a case is recorded: the file itself for one case, a file in it for several. */
function recordingPath(record: string, only: boolean, file: string, name: string): string {
  if (only) return record;
  mkdirSync(record, { recursive: true });
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return join(record, `${basename(file).replace(/\.ya?ml$/, "")}-${slug}.flr`);
}

function runOne(entry: ScenarioCase, file: string, module: Uint8Array, record: string | undefined): CaseResult {
  const recorder = record === undefined ? undefined : new Recorder(fileSink(record));
  try {
    return runCase(entry, { module, file, recorder });
  } finally {
    recorder?.close();
  }
}

function runAll(selected: readonly Selected[], options: ScenarioOptions): void {
  const total = selected.reduce((sum, { cases }) => sum + cases.length, 0);
  const modules = new Modules(options);
  const entries: NamedResult[] = [];
  if (options.json !== true) print(`TAP version 14\n1..${total}`);
  for (const { file, text, cases } of selected) {
    const results = new Map<ScenarioCase, CaseResult>();
    for (const entry of cases) {
      const record = options.record && recordingPath(options.record, total === 1, file, entry.name);
      const named: NamedResult = { file, name: entry.name, line: entry.line };
      try {
        named.result = runOne(entry, file, modules.of(entry.profile), record);
        results.set(entry, named.result);
      } catch (error) {
        if (error instanceof UsageError) throw error;
        named.error = error instanceof Error ? (error.stack ?? error.message) : String(error);
      }
      entries.push(named);
      if (options.json === true) print(JSON.stringify(jsonOf(named, entry, options)));
      else for (const line of tapLines(named, entries.length)) print(line);
    }
    if (options.rewrite === true) rewriteFile(file, text, results);
  }
  if (options.json !== true) for (const line of tapSummary(entries)) print(line);
  if (options.rewrite !== true && !entries.every(passed)) process.exitCode = EXIT_FAILED;
  if (entries.some(({ error }) => error !== undefined)) process.exitCode = EXIT_FAILED;
}

function rewriteFile(file: string, text: string, results: ReadonlyMap<ScenarioCase, CaseResult>): void {
  const rewritten = rewriteScenario(text, results);
  if (rewritten !== text) writeFileSync(file, rewritten);
}

function jsonOf(named: NamedResult, entry: ScenarioCase, options: ScenarioOptions): unknown {
  const { file, name, result, error } = named;
  const { profile } = entry;
  return { file, case: name, profile, runtime: options.runtime, ok: passed(named), ...(error && { error }), ...result };
}

export function register(program: Command): void {
  program
    .command("scenario")
    .summary("run scenario files")
    .description("Runs scenario files: given this array, when this happens, then these decisions.")
    .argument("<file...>", "scenario files (YAML)")
    .addOption(new Option("--profile <name>", "over the profiles of the cases").choices(["small", "standard", "large"]))
    .addOption(
      new Option("--runtime <name>", "what runs the module").choices(["v8-plain", "v8-shared"]).default("v8-plain"),
    )
    .option("--module <file>", "another module than the one that the build made")
    .option("--case <text>", "only cases with this text in their name")
    .option("--record <file>", "record the case; with several cases a folder with a recording each")
    .option("--rewrite", "write what was seen into the expectations, keeping comments")
    .option("--json", "print one JSON object a case: all decisions and the whole end state")
    .addHelpText("after", HELP)
    .action((files: string[], options: ScenarioOptions) => guarded(() => runAll(readFiles(files, options), options)));
}
