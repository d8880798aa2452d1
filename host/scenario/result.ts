/** What came of a case. */

import type { TablesState } from "./state.js";

/** A decision by names. */
export interface SeenDecision {
  /** Virtual milliseconds since the case began. */
  time: number;
  /** Module time. */
  moduleTimeMs: number;
  kind: string;
  subjectKind: string;
  subject: string;
  from: string;
  to: string;
  reason: string;
  detail: number;
  epoch: number;
  incarnation: number;
  sequence: number;
  scope: number;
}

/** The world and the module at one time. */
export interface SeenState {
  /** Ports that the iSNS server lists, by target. */
  registrations: Record<string, string[]>;
  /** Sessions by port. */
  sessions: Record<string, number>;
  /** Ports by initiator. */
  logins: Record<string, string[]>;
  /** Port that holds each address; "" for none. */
  interfaces: Record<string, string>;
  /** Controller that each unit's shelf admits. */
  units: Record<string, string>;
  /** Each group's list of operative ports. */
  groups: Record<string, string[]>;
  /** All tables by names. */
  tables: TablesState;
}

/** One thing that is not as expected. */
export interface Difference {
  what: string;
  expected: string;
  seen: string;
}

export interface CaseResult {
  decisions: SeenDecision[];
  end: SeenState;
  /** Digest of the decisions' bytes. */
  digest: string;
  ticks: number;
  differences: Difference[];
}
