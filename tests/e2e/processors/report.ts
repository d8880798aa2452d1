/** The report of a run: checks, and for each fault how long nobody answered. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Check } from "../common/checks.js";
import type { FaultFigures } from "./story.js";

export interface PartReport {
  part: string;
  processors: number;
  faults: readonly FaultFigures[];
  /** Questions that the client got an answer to, and looks at the kernels. */
  asked: number;
  kernelLooks: number;
  doubleRounds: number;
}

export interface ReportParts {
  short: boolean;
  seed: number;
  rounds: number;
  roundsWanted: number;
  checks: readonly Check[];
  parts: readonly PartReport[];
  trouble: string | undefined;
}

interface Row {
  fault: string;
  times: number;
  medianMs: number;
  longestMs: number;
}

/** Silence of faults of the active processor, by fault. */
export function silencesOf(faults: readonly FaultFigures[]): Row[] {
  const names = [...new Set(faults.map(({ fault }) => fault))];
  return names.flatMap((fault) => {
    const lengths = faults.filter((each) => each.fault === fault && each.wasActive).map(({ silenceMs }) => silenceMs);
    if (lengths.length === 0) return [];
    lengths.sort((one, other) => one - other);
    const medianMs = lengths[Math.floor(lengths.length / 2)] as number;
    return [{ fault, times: lengths.length, medianMs, longestMs: lengths.at(-1) as number }];
  });
}

/** Writes `e2e-processors.json`, and a chart of each part. */
export function writeReport(folder: string, report: ReportParts): void {
  const failed = report.checks.filter(({ holds }) => !holds).length;
  const silences = silencesOf(report.parts.flatMap(({ faults }) => faults));
  const whole = { at: new Date().toISOString(), failed, silences, ...report };
  writeFileSync(join(folder, "e2e-processors.json"), `${JSON.stringify(whole, null, 2)}\n`);
}

export function printSilences(report: ReportParts, tell: (line: string) => void): void {
  for (const { fault, times, medianMs, longestMs } of silencesOf(report.parts.flatMap(({ faults }) => faults))) {
    tell(`     ${fault}: nobody answered for ${medianMs} ms (median of ${times}), ${longestMs} ms at most`);
  }
}
