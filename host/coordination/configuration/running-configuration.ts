/** The configuration that one controller runs, as its revisions see it. */

import type { Problem } from "../../array/description.js";

/** What a controller says of a text. */
export type Checked = { digest: number; controllers: readonly string[] } | { problems: Problem[] };

/** The configuration that one controller runs. */
export interface RunningConfiguration {
  /** Reads a text; nothing is known then of whether this controller could go on with it. */
  read(text: string): Checked;
  /** Reads a text and finds out whether this controller could go on with it; nothing is adopted. */
  check(text: string): Checked;
  /**
   * Goes on with a text, also one that this controller missed the check of.
   * @returns what is wrong with it here; then the one in force stays
   */
  adopt(text: string): Problem[];
  /** Takes part only while `may`: gives up all it has, and its lease last, or asks for one. */
  takePart(may: boolean): void;
  /** Resolves once all that the one before had and this one has not is gone; rejects where some stays. */
  settled(): Promise<void>;
  /** A text is in force for good: after a start this controller begins with it. */
  keep(text: string): void;
  /** Digest of the one in force. */
  digest(): number;
  /** All configured controllers. */
  controllers(): readonly string[];
}
