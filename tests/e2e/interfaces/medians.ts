/** Outages over several runs. */

export interface Outages {
  /** Milliseconds, in the order of the runs. */
  runs: number[];
  /** Milliseconds; null without a run. */
  medianMs: number | null;
}

/** @param runs milliseconds */
export function outagesOf(runs: readonly number[]): Outages {
  const sorted = runs.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  const pair = sorted.length % 2 === 0 ? [sorted[middle - 1], sorted[middle]] : [sorted[middle]];
  const median = pair.reduce<number>((sum, each) => sum + (each ?? Number.NaN), 0) / pair.length;
  return { runs: [...runs], medianMs: sorted.length === 0 ? null : Math.round(median) };
}

/** How one outage compares with another, to two places; null where one is missing. */
export function ratioOf(over: Outages, under: Outages): number | null {
  if (over.medianMs === null || under.medianMs === null || under.medianMs === 0) return null;
  return Math.round((over.medianMs / under.medianMs) * 100) / 100;
}
