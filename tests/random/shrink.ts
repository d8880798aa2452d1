/** Cuts a case down to few events that still break the same invariant. */

import type { CaseEvent, RandomCase } from "./case.js";

/** Runs of the case that a cut may cost. */
const RUNS_MAX = 400;

/**
 * Zeller's delta debugging over the events that are not fixed: takes away ever smaller parts as long as the case still
 * breaks. Times stay as they are, so that what is left happens as it did.
 */
export function shrink(random: RandomCase, breaks: (candidate: RandomCase) => boolean): RandomCase {
  let best = random;
  let runs = 0;
  let parts = 2;
  for (;;) {
    const free = best.events.filter(({ fixed }) => fixed !== true);
    if (free.length === 0 || parts > free.length * 2) return best;
    const size = Math.max(1, Math.ceil(free.length / parts));
    let smaller: RandomCase | undefined;
    for (let at = 0; at < free.length && smaller === undefined; at += size) {
      if (runs++ >= RUNS_MAX) return best;
      const candidate = without(best, new Set(free.slice(at, at + size)));
      if (breaks(candidate)) smaller = candidate;
    }
    if (smaller !== undefined) {
      best = smaller;
      parts = Math.max(2, parts - 1);
    } else if (size === 1) return best;
    else parts *= 2;
  }
}

function without(random: RandomCase, dropped: ReadonlySet<CaseEvent>): RandomCase {
  return { ...random, events: random.events.filter((event) => !dropped.has(event)) };
}
