/** A decision as the shim hands it to its caller. */

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
