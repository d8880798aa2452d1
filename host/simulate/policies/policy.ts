/** What decides, in one run. */

import type { World } from "../world.js";

export type PolicyName = "fairlead" | "static" | "literal";
export const policyNames: readonly PolicyName[] = ["static", "literal", "fairlead"];

/** What the ports and sessions have done since the start, as their counters show it; shared by one run's parts. */
export interface Counters {
  /** By port: cost carried, commands, bytes. */
  readonly portCost: Float64Array;
  readonly portCommands: Float64Array;
  readonly portBytes: Float64Array;
  /** By session. */
  readonly sessionCost: Float64Array;
  readonly sessionCommands: Float64Array;
  readonly sessionBytes: Float64Array;
  /** By session: what it asked for while it had no login; carried out once it has one. */
  readonly heldCost: Float64Array;
  readonly heldCommands: Float64Array;
  readonly heldBytes: Float64Array;
}

/** When a port counts as overloaded and as relieved, in the unit in which loads are compared. */
export interface Thresholds {
  /** T_over: overloaded at or above it (step 101). */
  over: number;
  /** T_ok: fit or relieved at or below it (steps 106 and 110). */
  ok: number;
}

/** One run's decider. */
export interface Policy {
  /** Called at the end of each tick, at simulated time `nowMs`, after all that was due has happened. */
  step(nowMs: number): void;
}

/** Never moves a session. */
export class StaticPolicy implements Policy {
  step(): void {
    // Sessions stay where they logged in.
  }
}

/** What a policy is made from. */
export interface PolicyContext {
  world: World;
  counters: Counters;
}
