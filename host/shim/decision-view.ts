/** A decision as the shim hands it to its caller. */

import type { DecisionView as DecisionRows } from "./generated/layout.js";

/**
 * One decision, drained from the ring. There is ONE object of this kind a shim, filled anew for each decision: copy
 * what you keep. Numbers are those of `generated/layout.ts` (`DecisionKind`, `Reason`, `SubjectKind`); `from` and `to`
 * are port rows, 0xffff for none.
 */
export interface DecisionView {
  sequence: number;
  incarnation: number;
  /** Module time in milliseconds. */
  timeMs: number;
  epochLow: number;
  epochHigh: number;
  kind: number;
  reason: number;
  subjectKind: number;
  subject: number;
  subjectGeneration: number;
  from: number;
  to: number;
  detail: number;
  scope: number;
}

const TWO_TO_32 = 2 ** 32;

export function emptyDecision(): DecisionView {
  return {
    sequence: 0,
    incarnation: 0,
    timeMs: 0,
    epochLow: 0,
    epochHigh: 0,
    kind: 0,
    reason: 0,
    subjectKind: 0,
    subject: 0,
    subjectGeneration: 0,
    from: 0,
    to: 0,
    detail: 0,
    scope: 0,
  };
}

/** Copies a slot of the ring; allocates nothing. */
export function fillDecision(view: DecisionView, rows: DecisionRows, slot: number): void {
  view.sequence = rows.sequence(slot);
  view.incarnation = rows.incarnation(slot);
  view.timeMs = rows.timeMs(slot);
  view.epochLow = rows.epochLow(slot);
  view.epochHigh = rows.epochHigh(slot);
  view.kind = rows.kind(slot);
  view.reason = rows.reason(slot);
  view.subjectKind = rows.subjectKind(slot);
  view.subject = rows.subject(slot);
  view.subjectGeneration = rows.subjectGeneration(slot);
  view.from = rows.from(slot);
  view.to = rows.to(slot);
  view.detail = rows.detail(slot);
  view.scope = rows.scope(slot);
}

/** A 64-bit epoch of a decision as a number, exact to 2^53. */
export function epochOf(decision: DecisionView): number {
  return decision.epochHigh * TWO_TO_32 + decision.epochLow;
}
