/** Invariants that compare runs of a case with each other. */

import type { ProfileName } from "../../../host/shim/generated/layout.js";

export interface Modules {
  plain: Uint8Array;
  shared: Uint8Array;
}

export interface Comparison {
  readonly name: string;
  /** It is judged for one seed in so many: it costs runs of its own. */
  readonly every: number;
  /** What differs; undefined if nothing does. */
  compare(seed: number, settings: { profile: ProfileName; modules: Modules }): string | undefined;
}
