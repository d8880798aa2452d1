/** The report of a run: figures beside their targets, checks, and a chart. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Check } from "../common/checks.js";
import { drawChart, type ChartData } from "./chart.js";
import type { KeepalivedFigures } from "./keepalived.js";
import { type Outages, ratioOf } from "./medians.js";
import type { FaultFigures } from "./story.js";

/** fairlead's outages, by the same faults. */
export interface FairleadFigures {
  linkFailure: Outages;
  death: Outages;
  pause: { roundsWithTwoHolders: number };
  /** Fall time or lease, whichever is longer, in milliseconds. */
  detectionMs: number;
}

export interface ReportParts {
  short: boolean;
  checks: readonly Check[];
  faults: readonly FaultFigures[];
  keepalived?: KeepalivedFigures;
  fairlead?: FairleadFigures;
  chart?: ChartData;
  trouble: string | undefined;
}

const LINK_RATIO_TARGET = 0.9;
const DEATH_ALLOWANCE_MS = 1000;

interface Row {
  what: string;
  fairlead: number | null;
  keepalived: number | null;
  ratio: number | null;
  target: string;
  met: boolean | null;
}

/** Rows of the comparison. */
export function comparisonOf(fairlead: FairleadFigures | undefined, keepalived: KeepalivedFigures | undefined): Row[] {
  if (fairlead === undefined || keepalived === undefined) return [];
  const link = ratioOf(fairlead.linkFailure, keepalived.linkFailure);
  const allowedMs = fairlead.detectionMs + DEATH_ALLOWANCE_MS;
  const deathMs = fairlead.death.medianMs;
  return [
    {
      what: "link failure, median outage in ms",
      fairlead: fairlead.linkFailure.medianMs,
      keepalived: keepalived.linkFailure.medianMs,
      ratio: link,
      target: `at most ${LINK_RATIO_TARGET} of keepalived's`,
      met: link === null ? null : link <= LINK_RATIO_TARGET,
    },
    {
      what: "controller death, median outage in ms",
      fairlead: deathMs,
      keepalived: keepalived.death.medianMs,
      ratio: ratioOf(fairlead.death, keepalived.death),
      target: `at most ${allowedMs} ms (the longer of fall time and lease, and a second)`,
      met: deathMs === null ? null : deathMs <= allowedMs,
    },
    {
      what: "pause and resumption, rounds with two holders",
      fairlead: fairlead.pause.roundsWithTwoHolders,
      keepalived: keepalived.pause.roundsWithTwoHolders,
      ratio: null,
      target: "0",
      met: fairlead.pause.roundsWithTwoHolders === 0,
    },
  ];
}

/** Writes `e2e-interfaces.json` and, where there is something to draw, `e2e-interfaces.svg`. */
export function writeReport(folder: string, parts: ReportParts): void {
  const { chart, ...rest } = parts;
  const failed = parts.checks.filter((check) => !check.holds).length;
  const report = {
    at: new Date().toISOString(),
    failed,
    comparison: comparisonOf(parts.fairlead, parts.keepalived),
    ...rest,
  };
  writeFileSync(join(folder, "e2e-interfaces.json"), `${JSON.stringify({ ...report, chart }, null, 2)}\n`);
  if (chart !== undefined) writeFileSync(join(folder, "e2e-interfaces.svg"), drawChart(chart));
}

export function printComparison(parts: ReportParts, tell: (line: string) => void): void {
  for (const row of comparisonOf(parts.fairlead, parts.keepalived)) {
    const ratio = row.ratio === null ? "" : `, ratio ${row.ratio}`;
    const verdict = row.met === null ? "" : row.met ? ": met" : ": MISSED";
    tell(
      `     ${row.what}: fairlead ${row.fairlead}, keepalived ${row.keepalived}${ratio}; target ${row.target}${verdict}`,
    );
  }
}
