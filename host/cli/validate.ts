/** `fairlead validate`: every problem of array and scenario files. */

import type { Command } from "commander";
import { formatProblem } from "../array/checked-yaml.js";
import { type ArrayDescription, type Problem, parseArray } from "../array/description.js";
import { parseScenario } from "../scenario/parse.js";
import { EXIT_BAD_INPUT, guarded, print, readInput } from "./exit.js";

const HELP = `
Tells every problem with its line, column and field, and what would be right. A file with a list \`cases\`
is checked as a scenario, any other as an array.

Examples:
  fairlead validate array.yaml
  fairlead validate tests/scenarios/*.yaml --json

Exit codes: 0 all right, 2 problems found.`;

interface Checked {
  file: string;
  kind: "array" | "scenario";
  problems: Problem[];
  /** What is allowed, and probably not meant. */
  warnings: Problem[];
  summary: string;
}

function summaryOf(array: ArrayDescription): string {
  const { ports, targets, controllers, interfaces = [] } = array;
  const hosted = interfaces.length === 0 ? "" : `, ${interfaces.length} interfaces`;
  return `array ${array.name}: ${ports.length} ports, ${targets.length} targets${hosted}, ${controllers.length} controllers`;
}

function check(file: string): Checked {
  const text = readInput(file).toString("utf8");
  if (/^cases:/m.test(text)) {
    const { scenario, problems } = parseScenario(text, file);
    return { file, kind: "scenario", problems, warnings: [], summary: `${scenario?.cases.length ?? 0} cases` };
  }
  const { array, problems, warnings = [] } = parseArray(text, file);
  const summary = array === undefined ? "" : `${summaryOf(array)}, profile ${array.profile}`;
  return { file, kind: "array", problems, warnings, summary };
}

function validate(files: readonly string[], options: { json?: boolean }): void {
  const checked = files.map(check);
  const bad = checked.some(({ problems }) => problems.length > 0);
  if (options.json === true) {
    print(
      JSON.stringify(
        checked.map(({ file, kind, problems, warnings }) => ({
          file,
          kind,
          ok: problems.length === 0,
          problems,
          ...(warnings.length > 0 ? { warnings } : {}),
        })),
      ),
    );
  } else {
    for (const { file, problems, warnings, summary } of checked) {
      for (const problem of problems) print(formatProblem(problem));
      for (const warning of warnings) print(`warning: ${formatProblem(warning)}`);
      if (problems.length === 0) print(`${file}: ok (${summary})`);
    }
  }
  if (bad) process.exitCode = EXIT_BAD_INPUT;
}

export function register(program: Command): void {
  program
    .command("validate")
    .summary("check array and scenario files")
    .description("Checks array and scenario files.")
    .argument("<file...>", "array.yaml or scenario files")
    .option("--json", "print one JSON list of all files with their problems")
    .addHelpText("after", HELP)
    .action((files: string[], options: { json?: boolean }) => guarded(() => validate(files, options)));
}
