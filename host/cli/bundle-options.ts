/** What the commands about bundles share: exit codes, kinds of options, the time that is written. */
import { existsSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import { BundleInputError } from "../bundle/input-error.js";
import { UINT32_MAX, VERSION, WORD } from "../bundle/manifest.js";
import { BundleRefused } from "../bundle/refusal.js";
import { EXIT_BAD_INPUT, EXIT_FAILED, UsageError } from "./exit.js";

const FILE_FAULTS = ["ENOENT", "EISDIR", "EACCES", "ENOTDIR", "ENOSPC", "EROFS"];

function exitCodeOf(error: unknown): number {
  if (error instanceof BundleInputError || error instanceof UsageError) return EXIT_BAD_INPUT;
  if (error instanceof BundleRefused && error.reason === "TRUST_MALFORMED") return EXIT_BAD_INPUT;
  return FILE_FAULTS.includes(String((error as NodeJS.ErrnoException).code)) ? EXIT_BAD_INPUT : EXIT_FAILED;
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

/** The path of a directory that is there. Throws `UsageError`. */
export function directory(path: string): string {
  if (!existsSync(path)) throw new UsageError(`${path}: no such directory`);
  return path;
}

/** Option parser: one more of several. */
export function several(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** Option parser: an integer from 0 to 2^32-1. */
export function count(value: string): number {
  const parsed = Number(value);
  if (!/^\d+$/.test(value) || parsed > UINT32_MAX)
    throw new InvalidArgumentError(`Give an integer, 0 to ${UINT32_MAX}.`);
  return parsed;
}

/** Option parser: a product, hardware class or target. */
export function word(value: string): string {
  if (!WORD.test(value)) throw new InvalidArgumentError("Give 1 to 64 letters, digits, dots, dashes or underscores.");
  return value;
}

/** Option parser: a version. */
export function bundleVersion(value: string): string {
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
