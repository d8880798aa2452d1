/** Outcomes on their way from the executors to the module: lost, reported twice, or wrong. */

import { OutcomeResult } from "../../../host/shim/generated/layout.js";
import type { Shim } from "../../../host/shim/shim.js";
import { Random } from "../../../host/sources/simulated/random.js";

export interface OutcomeFaults {
  /** Shares from 0 to 1. */
  lost: number;
  twice: number;
  wrong: number;
}

const WRONG = [OutcomeResult.REFUSED, OutcomeResult.FAILED, OutcomeResult.TIMED_OUT, OutcomeResult.DONE] as const;

/** Has the shim lose and distort outcomes as `faults` says, which may change; draws depend on the decision alone. */
export function distortOutcomes(shim: Shim, seed: number, faults: OutcomeFaults): void {
  const report = shim.outcome.bind(shim);
  shim.outcome = (incarnation, sequence, result, detail) => {
    const random = new Random(seed, `outcome ${incarnation} ${sequence}`);
    if (random.next() < faults.lost) return true;
    const told = random.next() < faults.wrong ? (WRONG[random.below(WRONG.length)] ?? result) : result;
    if (random.next() < faults.twice) report(incarnation, sequence, told, detail);
    return report(incarnation, sequence, told, detail);
  };
}
