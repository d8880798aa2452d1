/** Refuses decisions of an epoch that has passed. */

import type { DecisionView } from "../shim/decision-view.js";
import { epochOf } from "../shim/shim.js";

/** Keeps the highest epoch seen for each scope; one that is lower was decided by somebody who no longer may. */
export class EpochGuard {
  private readonly highest = new Map<number, number>();

  /** Whether the decision may be carried out. */
  admits(decision: DecisionView): boolean {
    const epoch = epochOf(decision);
    const known = this.highest.get(decision.scope) ?? 0;
    if (epoch < known) return false;
    if (epoch > known) this.highest.set(decision.scope, epoch);
    return true;
  }
}
