/** Decisions as observers judge them: by numbers, and by names for those who compare or read. */

import { DecisionKind, DecisionKindNames, ReasonNames, SubjectKind } from "../../../host/shim/generated/layout.js";
import type { Shim } from "../../../host/shim/shim.js";

export interface Decision {
  tick: number;
  /** Virtual time of the run, and the module's own. */
  nowMs: number;
  timeMs: number;
  incarnation: number;
  sequence: number;
  kind: number;
  reason: number;
  subjectKind: number;
  subject: number;
  subjectGeneration: number;
  from: number;
  to: number;
  detail: number;
  /** Subject and ports by name. */
  names: { subject: string; from: string; to: string };
}

/** Decisions written since the ring's head stood at `head`. */
export function readDecisions(shim: Shim, head: number, tick: number, nowMs: number): Decision[] {
  const { header, decision } = shim.core.views;
  const mask = decision.capacity - 1;
  const decisions: Decision[] = [];
  for (let at = head; at !== header.ringHead(0); at = (at + 1) >>> 0) {
    const slot = at & mask;
    const [subjectKind, subject] = [decision.subjectKind(slot), decision.subject(slot)];
    const [from, to] = [decision.from(slot), decision.to(slot)];
    decisions.push({
      tick,
      nowMs,
      timeMs: decision.timeMs(slot),
      incarnation: decision.incarnation(slot),
      sequence: decision.sequence(slot),
      kind: decision.kind(slot),
      reason: decision.reason(slot),
      subjectKind,
      subject,
      subjectGeneration: decision.subjectGeneration(slot),
      from,
      to,
      detail: decision.detail(slot),
      names: {
        subject: shim.names.subject(subjectKind, subject),
        from: shim.names.port(from),
        to: shim.names.port(to),
      },
    });
  }
  return decisions;
}

/** True for a decision that takes a session from its host. */
export function asksToLeave({ kind }: Decision): boolean {
  return kind === DecisionKind.LOGOUT_SESSION || kind === DecisionKind.REDIRECT_SESSION;
}

/** True for a decision that changes a registration. */
export function changesRegistration({ kind }: Decision): boolean {
  return kind === DecisionKind.WITHDRAW_REGISTRATION || kind === DecisionKind.RESTORE_REGISTRATION;
}

/** A decision as one line. */
export function decisionLine(decision: Decision): string {
  const { nowMs, timeMs, kind, reason, subjectKind, names, detail } = decision;
  const ports = [names.from && `from ${names.from}`, names.to && `to ${names.to}`].filter(Boolean).join(" ");
  // A row of a table has no name that stays; its number says nothing to a reader of another run.
  const subject = subjectKind === SubjectKind.TABLE_ROW ? "a row" : names.subject;
  const what = `${DecisionKindNames[kind]} ${subject} ${ports} ${ReasonNames[reason]} ${detail}`;
  return `${String(nowMs).padStart(7)} ms  ${what.replace(/ +/g, " ")} (module time ${timeMs})`;
}
