/**
 * The decision ring: the module writes at `ringHead`, the host takes at `ringTail`; it is never overwritten. The last
 * slots are kept for alarms and for giving up a role; when the rest is full, `Header.ringFull` says so, and what was
 * not said is said later, since it is still wanted.
 */
import { DECISION_MAX, DECISION_RESERVED, NONE } from "../limits";
import { Control } from "../tables/control";
import { Decision, DecisionKind, Reason, SubjectKind } from "../tables/decision";
import { ModuleState } from "../tables/module-state";
import { SCOPE_PORTS, Scope } from "../tables/scope";
import { Header } from "./header";

/** Decisions that the host hasn't taken. A tail that a host broke counts as all taken. */
export function decisionsWaiting(): u32 {
  const header = Header.get();
  const waiting = header.ringHead - header.ringTail;
  return waiting <= DECISION_MAX ? waiting : 0;
}

/** True if `count` ordinary decisions fit; otherwise notes that some were held back. */
export function ringHasRoom(count: u32): bool {
  if (decisionsWaiting() + count <= DECISION_MAX - DECISION_RESERVED) return true;
  Header.get().ringFull = 1;
  return false;
}

/** Puts a ring whose tail a host broke in order: nothing waits. */
export function checkRing(): void {
  const header = Header.get();
  if (header.ringHead - header.ringTail <= DECISION_MAX) return;
  header.ringTail = header.ringHead;
  header.repairedWords++;
}

/** True if a decision that gives something up fits: the reserved slots are for it, too. */
export function ringHasReserve(): bool {
  if (decisionsWaiting() < DECISION_MAX) return true;
  Header.get().ringFull = 1;
  return false;
}

/** Writes a decision about own ports; the caller has made sure of room. Returns its sequence number. */
export function decide(
  kind: DecisionKind,
  reason: Reason,
  subjectKind: SubjectKind,
  subject: u32,
  generation: u32,
  from: u32,
  to: u32,
  detail: u32,
): u32 {
  return decideIn(SCOPE_PORTS, kind, reason, subjectKind, subject, generation, from, to, detail);
}

/** Writes a decision under a scope and its epoch; the caller has made sure of room. Returns its sequence number. */
export function decideIn(
  scope: u32,
  kind: DecisionKind,
  reason: Reason,
  subjectKind: SubjectKind,
  subject: u32,
  generation: u32,
  from: u32,
  to: u32,
  detail: u32,
): u32 {
  const header = Header.get();
  const decision = Decision.at(header.ringHead & (DECISION_MAX - 1));
  header.sequence++;
  decision.timeMs = header.nowMs;
  decision.epoch = Scope.at(scope).epoch;
  decision.incarnation = header.incarnation;
  decision.sequence = header.sequence;
  decision.kind = <u8>kind;
  decision.subjectKind = <u8>subjectKind;
  decision.reason = <u16>reason;
  decision.subject = subject;
  decision.subjectGeneration = generation;
  decision.from = <u16>from;
  decision.to = <u16>to;
  decision.detail = detail;
  decision.scope = <u16>scope;
  decision.pad = 0;
  header.ringHead++;
  return header.sequence;
}

/** Writes an alarm into the ring, reserved slots included. Returns false if even those are full or this module is a shadow: say it again later. */
export function alarm(reason: Reason, subjectKind: SubjectKind, subject: u32, generation: u32, detail: u32): bool {
  return alarmBetween(reason, subjectKind, subject, generation, NONE, NONE, detail);
}

/** An alarm that names ports too. */
export function alarmBetween(
  reason: Reason,
  subjectKind: SubjectKind,
  subject: u32,
  generation: u32,
  from: u32,
  to: u32,
  detail: u32,
): bool {
  // A shadow says nothing.
  if (ModuleState.get().deciding == 0) return false;
  if (!ringHasReserve()) return false;
  decide(DecisionKind.ALARM, reason, subjectKind, subject, generation, from, to, detail);
  return true;
}

/** True if this incarnation of the host is the one that the row was written by. */
export function ofThisIncarnation(incarnation: u32): bool {
  return incarnation == Control.get().incarnation;
}
