/** What the commands about bundles share: exit codes, paths of the clone, lists of options, the time to write. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidArgumentError } from "commander";
import { ProgramMissing } from "./archive/squashfs.js";
import { KeyError } from "./keys.js";
import { UINT32_MAX, VERSION, WORD } from "./manifest.js";
import { OutputError } from "./pack.js";
import { BundleRefused } from "./refusal.js";
import { TrialError } from "./trial-state.js";

/** Wrong options or input; exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

function exitCodeOf(error: unknown): number {
  if (error instanceof BundleRefused || error instanceof TrialError) return EXIT_FAILED;
  const isInput = [UsageError, KeyError, OutputError, ProgramMissing, RangeError].some((kind) => error instanceof kind);
  if (isInput) return EXIT_USAGE;
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "EISDIR" || code === "EACCES" || code === "ENOTDIR" ? EXIT_USAGE : EXIT_FAILED;
}

/**
 * Runs a command's work; an error becomes one line on the standard error stream and exit code 1 (refused, failed) or
 * 2 (bad input). Only messages are printed: no stack, no value that an error may carry.
 */
export function guarded(command: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    process.stderr.write(`fairlead ${command}: ${error instanceof Error ? error.message : "failed"}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

/** The top folder of the clone: the nearest one above this file that holds a package.json. */
export function topFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new UsageError("fairlead's own folder isn't found");
    folder = parent;
  }
  return folder;
}

/** Version of this package. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(topFolder(), "package.json"), "utf8")) as { version: string }).version;
}

/** Option parser: one more of several. */
export function several(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** Option parser: an integer from 0 to 2^32-1. */
export function count(value: string): number {
  const parsed = Number(value);
  if (!/^\d+$/.test(value) || parsed > UINT32_MAX) throw new InvalidArgumentError(`Give an integer, 0 to ${UINT32_MAX}.`);
  return parsed;
}

/** Option parser: a product, hardware class or target. */
export function word(value: string): string {
  if (!WORD.test(value)) throw new InvalidArgumentError("Give 1 to 64 letters, digits, dots, dashes or underscores.");
  return value;
}

/** Option parser: a version. */
export function version(value: string): string {
  if (!VERSION.test(value)) throw new InvalidArgumentError("Give a version such as 1.2.3.");
  return value;
}

/** Seconds since 1970 of SOURCE_DATE_EPOCH, or undefined where it is not set. Throws `UsageError`. */
export function sourceDateEpoch(): number | undefined {
  const text = process.env["SOURCE_DATE_EPOCH"];
  if (text === undefined || text === "") return undefined;
  if (!/^\d{1,10}$/.test(text) || Number(text) > UINT32_MAX) {
    throw new UsageError(`SOURCE_DATE_EPOCH is "${text}"; seconds since 1970 would be right`);
  }
  return Number(text);
}
