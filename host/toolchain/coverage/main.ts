/**
 * `npm run coverage`: line and branch coverage of `assembly/` by scenarios and host tests, measured on the final
 * modules: the same code after the same optimization, with counters put in by binaryen as the last step. A line that
 * the optimizer left no code of its own is not counted; `build/reports/coverage.json` has everything.
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { compileTarget, TARGETS, type Target } from "../compile.js";
import { print, printError } from "../output.js";
import { parseSource } from "../source.js";
import type { RawCounts, TwinIndex } from "./hook.js";
import { coverageTransform } from "./instrument.js";
import type { Places } from "./places.js";
import { type CoverageReport, coverageOf } from "./report.js";

/** Scripts of package.json whose runs are measured, as far as they are there. */
const RUNS: readonly string[] = ["test:scenarios", "test:host", "test:random"];
const FOLDER = "build/coverage";

const USAGE = `Usage: npm run coverage -- [SCRIPT...]
  SCRIPT  scripts of package.json to measure; ${RUNS.join(", ")} without, as far as they are there`;

/** Compiles twins, runs the tests on them, reports; returns the exit code. */
export async function coverage(root: string, args: readonly string[]): Promise<number> {
  const scripts = scriptsOf(root, args);
  if (scripts === undefined) return 2;
  rmSync(join(root, FOLDER), { recursive: true, force: true });
  mkdirSync(join(root, FOLDER), { recursive: true });
  const places = new Map<string, Places>();
  for (const target of TARGETS) places.set(nameOf(target), await compileTwin(root, target));
  const failed = scripts.filter((script) => !runMeasured(root, script));
  const words = mergedWords(root);
  const modules = [...places].flatMap(([name, each]) => {
    const found = words.get(name);
    return found === undefined ? [] : [{ places: each, words: found }];
  });
  const report = coverageOf(
    coreSources(root).map((file) => parseSource(root, file)),
    modules,
  );
  mkdirSync(join(root, "build/reports"), { recursive: true });
  const measured = { runs: scripts, modules: [...words.keys()], ...report };
  writeFileSync(join(root, "build/reports/coverage.json"), `${JSON.stringify(measured, null, 2)}\n`);
  print(tableOf(report));
  if (modules.length === 0) printError("no run loaded a module: nothing was measured");
  if (failed.length > 0) printError(`failed while measured: ${failed.join(", ")}`);
  return failed.length === 0 && modules.length > 0 ? 0 : 1;
}

function nameOf(target: Target): string {
  return `${target.profile}-${target.shared ? "shared" : "plain"}`;
}

/** Compiles the instrumented twin of a shipped module, and enters it into the index by the hash of the shipped one. */
async function compileTwin(root: string, target: Target): Promise<Places> {
  const name = nameOf(target);
  const found: Places[] = [];
  const twin = `${FOLDER}/${name}.wasm`;
  await compileTarget(root, target, twin, [coverageTransform((places) => found.push(places))]);
  const [places] = found;
  if (places === undefined) throw new Error(`the compiler wrote ${twin} without instrumenting it`);
  writeFileSync(join(root, twin), withName(readFileSync(join(root, twin)), name));
  const indexFile = join(root, FOLDER, "index.json");
  const index = readJson<TwinIndex>(indexFile) ?? {};
  index[
    createHash("sha256")
      .update(readFileSync(join(root, target.file)))
      .digest("hex")
  ] = name;
  writeFileSync(indexFile, JSON.stringify(index));
  return places;
}

/** Appends the custom section by which the hook knows the twin again, also in a thread that was sent the module. */
function withName(bytes: Uint8Array, name: string): Uint8Array {
  const [title, contents] = ["fairlead.coverage", name].map((text) => new TextEncoder().encode(text));
  if (title === undefined || contents === undefined) return bytes;
  return new Uint8Array([...bytes, 0, 1 + title.length + contents.length, title.length, ...title, ...contents]);
}

/** Scripts to measure; undefined for a wrong name, which is printed. */
function scriptsOf(root: string, args: readonly string[]): readonly string[] | undefined {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
  const unknown = args.filter((name) => !(name in scripts));
  if (unknown.length === 0) return args.length > 0 ? args : RUNS.filter((name) => name in scripts);
  printError(`${unknown.join(", ")}: no such script in package.json\n${USAGE}`);
  return undefined;
}

function runMeasured(root: string, script: string): boolean {
  print(`coverage: npm run ${script}`);
  const hook = pathToFileURL(join(root, "build/js/host/toolchain/coverage/hook.js")).href;
  const env = { ...process.env, NODE_OPTIONS: `--import ${hook}`, FAIRLEAD_COVERAGE_DIR: join(root, FOLDER) };
  const result = spawnSync("npm", ["run", "--silent", script], {
    cwd: root,
    env,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (result.status === 0) return true;
  const lines = `${result.stdout}${result.stderr}`.split("\n");
  printError([...lines.filter((line) => /^\s*(not ok|✖)/.test(line)), ...lines.slice(-12)].join("\n"));
  return false;
}

/** The bits of each module, or-ed over all processes and threads. */
function mergedWords(root: string): Map<string, bigint[]> {
  const merged = new Map<string, bigint[]>();
  const folder = join(root, FOLDER, "raw");
  for (const file of listOf(folder)) {
    for (const { module, words } of readJson<RawCounts[]>(join(folder, file)) ?? []) {
      const sum = merged.get(module) ?? [];
      merged.set(module, sum);
      for (const [at, word] of words.entries()) sum[at] = (sum[at] ?? 0n) | BigInt(`0x${word}`);
    }
  }
  return merged;
}

function coreSources(root: string): string[] {
  return readdirSync(join(root, "assembly"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

function tableOf(report: CoverageReport): string {
  const sum = (select: (file: CoverageReport["files"][number]) => number) =>
    report.files.reduce((total, file) => total + select(file), 0);
  const row = (name: string, lines: number, linesOf: number, branches: number, branchesOf: number, rest = "") =>
    [name.padEnd(46), share(lines, linesOf), share(branches, branchesOf), rest].join("  ").trimEnd();
  const files = report.files.map(({ file, lines, branches }) =>
    row(file, lines.covered, lines.total, branches.covered, branches.total, ranges(lines.uncovered)),
  );
  const total = row(
    "all",
    sum((file) => file.lines.covered),
    sum((file) => file.lines.total),
    sum((file) => file.branches.covered),
    sum((file) => file.branches.total),
  );
  const head = ["file".padEnd(46), "lines".padEnd(16), "branches".padEnd(16), "lines not run"].join("  ");
  return [head, ...files, total].join("\n");
}

function share(covered: number, total: number): string {
  const percent = total === 0 ? "" : `${((100 * covered) / total).toFixed(1)} %`;
  return `${percent.padStart(7)} ${`${covered}/${total}`.padEnd(8)}`;
}

/** `3-5, 9` */
function ranges(lines: readonly number[]): string {
  const parts: [number, number][] = [];
  for (const line of lines) {
    const last = parts[parts.length - 1];
    if (last !== undefined && line === last[1] + 1) last[1] = line;
    else parts.push([line, line]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch {
    return undefined;
  }
}
