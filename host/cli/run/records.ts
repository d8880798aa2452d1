/** What a run tells: decisions and events by names, as JSON lines have them and as the view and the summary read them. */

import type { DecisionView } from "../../shim/decision-view.js";
import { DecisionKindNames, ReasonNames, SubjectKind, SubjectKindNames } from "../../shim/generated/layout.js";
import type { Names } from "../../shim/names.js";
import { epochOf } from "../../shim/shim.js";
import type { WorldEvent } from "../../sources/simulated/world-event.js";
import type { GroupRecord, InterfaceRecord, ProcessorRecord, UnitRecord } from "./hosted.js";
import type { LeaseRecord, ScopeRecord } from "./watch-scopes.js";

/**
 * A decision. Times, also of events, are milliseconds of the module; `from` and `to` are ports, network ports for an
 * interface, controllers for units, members and scopes; null for none.
 */
export interface DecisionRecord {
  timeMs: number;
  sequence: number;
  epoch: number;
  kind: string;
  subjectKind: string;
  subject: string;
  from: string | null;
  to: string | null;
  reason: string;
  detail: number;
}

/** What the module's own tables show: a port's judgement has changed, a move has ended. */
export type ModuleEvent = { timeMs: number } & (
  | { event: "OVERLOADED" | "RELIEVED"; port: string; loadPermille: number }
  | { event: "PORT_FAILED" | "PORT_OPERATIVE" | "PORT_DRAINED"; port: string }
  | ({ event: "SCOPE" } & ScopeRecord)
  | ({ event: "LEASE" } & LeaseRecord)
  | ({ event: "INTERFACE" } & InterfaceRecord)
  | ({ event: "GROUP" } & GroupRecord)
  | ({ event: "UNIT" } & UnitRecord)
  | ({ event: "PROCESSOR" } & ProcessorRecord)
  | { event: "MOVE_DONE"; initiator: string; target: string; from: string; to: string; tookMs: number }
  /** Failed: the module backs off. Given up: its cause or its session went away first. */
  | {
      event: "MOVE_FAILED" | "MOVE_GIVEN_UP";
      initiator: string;
      target: string;
      from: string;
      to: string;
      step: string;
      tookMs: number;
    }
);

export type RunEvent = ModuleEvent | WorldEvent;

/** Copies a decision, which is valid only while it is handed out. */
export function recordOf(decision: DecisionView, names: Names): DecisionRecord {
  return {
    timeMs: decision.timeMs,
    sequence: decision.sequence,
    epoch: epochOf(decision),
    kind: DecisionKindNames[decision.kind] ?? `#${decision.kind}`,
    subjectKind: SubjectKindNames[decision.subjectKind] ?? `#${decision.subjectKind}`,
    subject: subjectName(decision, names),
    from: names.place(decision.subjectKind, decision.from) || null,
    to: names.place(decision.subjectKind, decision.to) || null,
    reason: ReasonNames[decision.reason] ?? `#${decision.reason}`,
    detail: decision.detail,
  };
}

function subjectName(decision: DecisionView, names: Names): string {
  if (decision.subjectKind === SubjectKind.NONE) return "";
  return names.subject(decision.subjectKind, decision.subject);
}
