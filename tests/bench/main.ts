/** `npm run bench`: measures the module beside its native twin, and prints figures beside their targets. */

import { fork } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { ProfileName } from "../../host/shim/generated/layout.js";
import type { Answer, Task } from "./child.js";
import { type Effort, LONG, SHORT } from "./effort.js";
import type { Figure } from "./figures.js";
import { PROFILES } from "./instance.js";
import { compilerVersion, compileTwin, missingTool } from "./native.js";
import { inOrder, table } from "./report.js";
import { moduleBytes, processFlags, SECTIONS, type Section } from "./sections.js";
import { measureSize, memoryByTable, memoryInUse } from "./sizes.js";

const USAGE = `Usage: npm run bench -- [--short] [--only TEXT]
  --short      fewer rounds and ticks: for continuous integration
  --only TEXT  only the sections whose name, such as "idle large plain", contains TEXT
Figures never set the exit code. It is 1 when module and native twin leave different bytes, 2 when a tool is missing.`;

const here = dirname(fileURLToPath(import.meta.url));
const top = join(here, "../../../..");

function nameOf({ kind, profile, shared }: Section): string {
  return `${kind} ${profile} ${shared ? "shared" : "plain"}`;
}

/** Runs one section in a process of its own. */
function runSection(task: Task): Promise<Answer> {
  return new Promise((resolve) => {
    const child = fork(join(here, "child.js"), { execArgv: processFlags(task.section.kind) });
    let answer: Answer = { figures: [], failed: `${nameOf(task.section)}: its process ended without an answer` };
    child.on("message", (message) => {
      answer = message as Answer;
    });
    child.on("exit", () => resolve(answer));
    child.send(task);
  });
}

function sizeFigures(): Figure[] {
  const modules = PROFILES.flatMap((profile) => [false, true].map((shared) => moduleBytes(top, profile, shared)));
  return [...modules.map(measureSize), ...PROFILES.map(memoryInUse)];
}

function writeReport(figures: readonly Figure[], differences: readonly string[], short: boolean): string {
  const report = {
    measured: new Date().toISOString(),
    short,
    processor: cpus()[0]?.model ?? "",
    processors: cpus().length,
    load: loadavg(),
    node: process.versions.node,
    v8: process.versions.v8,
    gcc: compilerVersion(),
    outputsEqual: differences.length === 0,
    differences,
    figures: inOrder(figures),
    memoryByTable: Object.fromEntries(PROFILES.map((profile) => [profile, memoryByTable(profile)])),
  };
  const file = join(top, "build/reports/bench.json");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
  return file;
}

/** Measures all sections one after another; figures, and where outputs differ or a section failed. */
async function measureAll(effort: Effort, only: string): Promise<{ figures: Figure[]; differences: string[] }> {
  const programs = Object.fromEntries(PROFILES.map((profile) => [profile, compileTwin(top, profile)]));
  const figures: Figure[] = [];
  const differences: string[] = [];
  for (const section of SECTIONS.filter((candidate) => nameOf(candidate).includes(only))) {
    if (process.stderr.isTTY) process.stderr.write(`${nameOf(section)} …\n`);
    const program = programs[section.profile as ProfileName] as string;
    const answer = await runSection({ top, section, program, effort });
    figures.push(...answer.figures);
    const wrong = answer.differs ?? answer.failed;
    if (wrong !== undefined) differences.push(wrong);
  }
  return { figures, differences };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      short: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const missing = missingTool();
  if (missing !== undefined) {
    process.stderr.write(`${missing}\n`);
    return 2;
  }
  const sizes = sizeFigures();
  const measured = await measureAll(values.short ? SHORT : LONG, values.only);
  const figures = [...measured.figures, ...sizes];
  const file = writeReport(figures, measured.differences, values.short);
  process.stdout.write(`${table(figures)}\n\nwritten to ${file}\n`);
  for (const difference of measured.differences) process.stderr.write(`bench: ${difference}\n`);
  return measured.differences.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : error}\n${USAGE}\n`);
  process.exitCode = 2;
}
