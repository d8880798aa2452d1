/** Compiles the modules whose inputs changed, as many at a time as there are cores. */

import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { TARGETS, type Target } from "./compile.js";
import { print, printError } from "./output.js";

/** Hash of everything that a module follows from: the core, the toolchain, the compiler and its options. */
export function inputsHash(root: string, toolchainHash: string): string {
  const sources = readdirSync(join(root, "assembly"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  const hash = createHash("sha256").update(toolchainHash);
  for (const file of ["asconfig.json", ...sources.sort()]) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

/** Compiles what is not up to date; false if a module failed, its messages printed. */
export async function compileStale(root: string, toolchainHash: string, force: boolean): Promise<boolean> {
  const inputs = inputsHash(root, toolchainHash);
  const stale = TARGETS.filter((target) => force || !isUpToDate(root, target, inputs));
  const failures = await compileAll(root, stale.map((target) => ({ target, outFile: target.file })));
  for (const target of stale) {
    if (failures.has(target.file)) continue;
    mkdirSync(join(root, "build/stamps"), { recursive: true });
    writeFileSync(stampFile(root, target), `${inputs} ${fileHash(join(root, target.file))}`);
    print(`compiled ${target.file}`);
  }
  printFailures(failures);
  return failures.size === 0;
}

/** The six builds share their sources: the same error six times helps no one. */
function printFailures(failures: ReadonlyMap<string, string>): void {
  for (const message of new Set(failures.values())) {
    const files = [...failures].filter(([, other]) => other === message).map(([file]) => file);
    printError(`${message}\nnot built: ${files.join(", ")}`);
  }
}

export interface CompileJob {
  target: Target;
  outFile: string;
}

/** Compiles in processes of their own, since one compiler instance holds one program. Failures by output file. */
export async function compileAll(root: string, jobs: readonly CompileJob[]): Promise<Map<string, string>> {
  const failures = new Map<string, string>();
  const queue = [...jobs];
  const worker = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const message = await compileInProcess(root, job);
      if (message !== "") failures.set(job.outFile, message);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, worker));
  return failures;
}

function compileInProcess(root: string, job: CompileJob): Promise<string> {
  const script = join(fileURLToPath(import.meta.url), "../compile-worker.js");
  return new Promise((resolve) => {
    const child = fork(script, [], { cwd: root });
    let answer = "the compiler's process ended without an answer";
    child.on("message", (message) => {
      answer = String(message);
    });
    child.on("exit", () => resolve(answer));
    child.send({ root, job });
  });
}

function isUpToDate(root: string, target: Target, inputs: string): boolean {
  const file = join(root, target.file);
  const stamp = stampFile(root, target);
  if (!existsSync(file) || !existsSync(stamp)) return false;
  return readFileSync(stamp, "utf8") === `${inputs} ${fileHash(file)}`;
}

function stampFile(root: string, target: Target): string {
  return join(root, `build/stamps/${target.profile}-${target.shared ? "shared" : "plain"}`);
}

function fileHash(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
