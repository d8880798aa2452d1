/** What feeds a shim, and what carries out its decisions. */

import type { DecisionView } from "./decision-view.js";
import type { Shim } from "./shim.js";

export type { DecisionView } from "./decision-view.js";

/** Feeds observations into a shim: counters, links, sessions, registrations. */
export interface Source {
  /** Called once, after the configuration was adopted and before the first tick. */
  attach(shim: Shim): void;
  /** Called right before each tick with the host's monotonic milliseconds; allocates nothing when nothing changed. */
  beforeTick(hostMs: number): void;
  close(): Promise<void>;
}

/** Carries decisions out. */
export interface Effector {
  /**
   * Called while the ring is drained: copy what is needed, return at once, do the work later, check what came of it,
   * and report it by `shim.outcome`.
   */
  handle(decision: DecisionView): void;
  close(): Promise<void>;
}
