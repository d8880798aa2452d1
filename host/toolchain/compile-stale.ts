/** Compiles the modules whose inputs changed, as many at a time as there are cores. */

import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Target } from "./compile.js";
import { print, printError } from "./output.js";

/** Parts of the toolchain that only look at modules or write documents: a change there leaves the modules as they are. */
const READERS = /^host\/toolchain\/(generate\/|check-|coverage|module-facts|call-graph|main\.ts)/;

/** Hash of everything that a module follows from: the core, the toolchain, the compiler and its options. */
export function inputsHash(root: string): string {
  const toolchain = filesUnder(root, "host/toolchain").filter((file) => !READERS.test(file));
  const others = ["asconfig.json", "package-lock.json"];
  const hash = createHash("sha256");
  for (const file of [...others, ...toolchain, ...filesUnder(root, "assembly")]) {
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

function filesUnder(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** Compiles what is not up to date; false if a module failed, its messages printed. */
export async function compileStale(root: string, targets: readonly Target[], force: boolean): Promise<boolean> {
  const inputs = inputsHash(root);
  const stale = targets.filter((target) => force || !isUpToDate(root, target, inputs));
  const failures = await compileAll(
    root,
    stale.map((target) => ({ target, outFile: target.file })),
  );
  for (const target of stale) {
    if (failures.has(target.file)) continue;
    mkdirSync(join(root, "build/stamps"), { recursive: true });
    writeFileSync(stampFile(root, target), `${inputs} ${fileHash(join(root, target.file))}`);
    print(`compiled ${target.file}`);
  }
  printFailures(failures);
  return failures.size === 0;
}

/** The builds share their sources: the same error seven times helps no one. */
function printFailures(failures: ReadonlyMap<string, string>): void {
  for (const message of new Set(failures.values())) {
    const files = [...failures].filter(([, other]) => other === message).map(([file]) => file);
    printError(`${message}\nnot built: ${files.join(", ")}`);
  }
}

/** Compiles every module a second time and compares the bytes; false if any differs. */
export async function verifyReproducible(root: string, targets: readonly Target[]): Promise<boolean> {
  const again = targets.map((target) => ({ target, outFile: `build/reproducible/${basename(target.file)}` }));
  const failures = await compileAll(root, again);
  printFailures(failures);
  let same = failures.size === 0;
  for (const { target, outFile } of same ? again : []) {
    if (fileHash(join(root, target.file)) === fileHash(join(root, outFile))) continue;
    printError(`${target.file} and ${outFile} differ: two builds of the same sources gave different bytes`);
    same = false;
  }
  if (same) print("a second build gave the same bytes for every module");
  return same;
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
  return join(root, `build/stamps/${basename(target.file, ".wasm")}`);
}

function fileHash(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
