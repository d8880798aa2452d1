/** What a bench run finds: figures beside their targets. */

import type { Spread } from "./statistics.js";

export interface Figure {
  /** What was measured, in a few words. */
  name: string;
  /** Profile, or what else tells figures of one name apart. */
  variant: string;
  value: number;
  unit: string;
  /** The value should be at most this; a figure without one is only told. */
  target?: number;
  /** Spreads that the value comes from, by what they are of, in `spreadUnit`. */
  spreads?: Record<string, Spread>;
  spreadUnit?: string;
  note?: string;
}

/** True for a ratio: those are printed first. */
export function isRatio(figure: Figure): boolean {
  return figure.unit === "×";
}

export function meetsTarget(figure: Figure): boolean | undefined {
  return figure.target === undefined ? undefined : figure.value <= figure.target;
}
