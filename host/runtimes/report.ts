/** The table of the run, and the same as JSON. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Fnv64 } from "../shim/digest.js";
import type { ProfileName } from "../shim/generated/layout.js";
import type { Replayed } from "./engines.js";

export interface Row {
  runtime: string;
  processor: string;
  profile: ProfileName;
  /** Over the digests of all recordings of the profile. */
  digest: string;
  ticksPerSecond: number;
  /** Time, or on the board instructions, of a tick with all ports sampled, over that of the native twin. */
  ratioToNative: number | undefined;
  codeBytes: number;
  dataBytes: number;
  stackBytes: number | undefined;
}

/** One digest for what a runtime decided in all recordings, in order. */
export function combinedDigest(replayed: readonly Replayed[]): string {
  const digest = new Fnv64();
  for (const each of replayed) digest.update(new TextEncoder().encode(each.digest));
  return digest.hex();
}

const HEADINGS = ["runtime", "processor", "profile", "digest", "ticks/s", "× native", "code", "data", "stack"];

/** The table, columns aligned. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.runtime,
    row.processor,
    row.profile,
    row.digest,
    Math.round(row.ticksPerSecond).toLocaleString("en"),
    row.ratioToNative === undefined ? "-" : row.ratioToNative.toFixed(2),
    row.codeBytes.toLocaleString("en"),
    row.dataBytes.toLocaleString("en"),
    row.stackBytes === undefined || row.stackBytes === 0 ? "-" : row.stackBytes.toLocaleString("en"),
  ]);
  const all = [HEADINGS, ...cells];
  const widths = HEADINGS.map((_, column) => Math.max(...all.map((line) => (line[column] ?? "").length)));
  return all
    .map((line) =>
      line
        .map((cell, column) => pad(cell, widths[column] ?? 0, column))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const FIRST_NUMBER = 4;

function pad(cell: string, width: number, column: number): string {
  return column < FIRST_NUMBER ? cell.padEnd(width) : cell.padStart(width);
}

/** Rows of a profile whose digest isn't that of its first row. */
export function differing(rows: readonly Row[]): Row[] {
  return rows.filter((row) => row.digest !== rows.find((other) => other.profile === row.profile)?.digest);
}

export function writeReport(path: string, report: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`);
}
