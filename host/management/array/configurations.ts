/** The array file of a run as the commands see it: of one controller (`configuration-keeper.ts`), or of all (`revision-keeper.ts`). */

import type { MaintenanceSubject } from "../../array/maintenance-text.js";
import type { ConfigurationFacts, FoundProblem, Unfulfilled } from "./managed-array.js";

type Maybe<T> = T | Promise<T>;

export interface Configurations {
  /** Of the array file in force. */
  readonly text: string;
  readonly file: string | undefined;
  readonly facts: ConfigurationFacts;
  /** Structure, meaning, and whether the run can take it without a restart; changes nothing. */
  check(text: string): Maybe<{ problems: FoundProblem[] }>;
  /** @param still asked right before it is done: false has it refused as changed */
  commit(text: string, confirmWithinMs: number, still: () => boolean): Maybe<{ returnsInMs: number } | Unfulfilled>;
  /** @param digest of the text that is meant */
  confirm(digest: string): Maybe<Unfulfilled | undefined>;
  giveBack(digest: string): Maybe<Unfulfilled | undefined>;
  /** Into maintenance or out of it, beside what else the text in force says. */
  setMaintenance(
    subject: MaintenanceSubject,
    maintenance: boolean,
    still: () => boolean,
  ): Maybe<Unfulfilled | undefined>;
  /** Called with each tick. */
  afterTick(): void;
}
