/** Exit codes and errors of the command. */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatProblem } from "../array/checked-yaml.js";
import type { Problem } from "../array/description.js";
import { FileError, ModuleError } from "../shim/errors.js";

export const EXIT_FAILED = 1;
export const EXIT_BAD_INPUT = 2;

/** Input files with something wrong; printed one line a problem. */
export class InputError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(formatProblem).join("\n"));
    this.name = "InputError";
  }
}

/** Wrong options or arguments. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** Prints an error and sets the exit code: 2 for wrong usage or input, 1 for anything else. */
export function fail(error: unknown): void {
  const badInput =
    error instanceof InputError ||
    error instanceof UsageError ||
    error instanceof FileError ||
    error instanceof ModuleError;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${badInput || !(error instanceof Error) ? message : (error.stack ?? message)}\n`);
  process.exitCode = badInput ? EXIT_BAD_INPUT : EXIT_FAILED;
}

/** Runs a command's work and turns what it throws into a message and an exit code. */
export async function guarded(work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    fail(error);
  }
}

/** Folder of the clone or installed package: the parent of `host/` and `build/`. */
export function topFolder(): string {
  return join(dirname(fileURLToPath(import.meta.url)), "../../../..");
}

export function version(top: string): string {
  return (JSON.parse(readFileSync(join(top, "package.json"), "utf8")) as { version: string }).version;
}

/** Reads an input file. @throws UsageError naming the file and why it can't be read. */
export function readInput(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === "ENOENT" ? "no such file" : code === "EISDIR" ? "a directory, not a file" : String(code ?? error);
    throw new UsageError(`${file}: ${why}`);
  }
}

/** Path of a module that the build made. */
export function modulePath(profile: string, shared: boolean): string {
  return join(topFolder(), `build/fairlead-${profile}-${shared ? "shared" : "plain"}.wasm`);
}

/** Bytes of a built module. @throws UsageError that says how to build it. */
export function readModule(profile: string, shared: boolean): Buffer {
  const path = modulePath(profile, shared);
  try {
    return readFileSync(path);
  } catch {
    throw new UsageError(`${path} is not built: run \`npm run build\``);
  }
}

/** Writes to standard output; a reader that went away ends the process quietly. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
