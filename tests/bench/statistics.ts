/** Summaries of repeated measurements. */

export interface Spread {
  min: number;
  median: number;
  p99: number;
  max: number;
}

/** @throws RangeError for no values. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("no values to summarize");
  const sorted = [...values].sort((left, right) => left - right);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
  return { min: at(0), median: at(0.5), p99: at(0.99), max: at(1) };
}

/** Median of the ratios of paired rounds: what both sides share at that moment cancels out. */
export function medianRatio(left: readonly number[], right: readonly number[]): number {
  return spread(left.map((value, round) => value / (right[round] as number))).median;
}
