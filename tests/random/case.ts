/** What a random run consists of: plain data, so that it can be printed, cut down and run again. */

import type { ArrayDescription, PortDescription, TargetDescription } from "../../host/array/description.js";
import type { CounterFault, Load, Login, Pair, PortLoad, WorldRules } from "../../host/scenario/description.js";
import type { ProfileName } from "../../host/shim/generated/layout.js";

/** A change of the configuration, relative to the one in force; one that does not fit it changes nothing. */
export type Change =
  | { what: "dropPort"; port: string }
  | { what: "addPort"; port: PortDescription; targets: string[] }
  | { what: "dropTarget"; target: string }
  | { what: "addTarget"; target: TargetDescription }
  | { what: "targetPorts"; target: string; ports: string[] }
  | { what: "listOrder"; port: string; listOrder: number }
  | { what: "maintenance"; port: string; on: boolean }
  | { what: "endMaintenance" }
  | { what: "nextPortal"; initiator: string; nextPortal: "first" | "following" }
  | { what: "knobs"; ports: Record<string, number> };

/** What happens between two ticks. */
export type Action =
  | { do: "login"; login: Login }
  | { do: "logout"; initiator: string; target: string; port: string; returns: boolean }
  | { do: "load"; load: Load }
  | { do: "portLoad"; load: PortLoad }
  | { do: "counters"; fault: CounterFault }
  | { do: "link"; port: string; up: boolean }
  | { do: "forget" | "add"; pair: Pair }
  | { do: "serverRestart"; lists: "nothing" | "everything" }
  | { do: "world"; rules: Partial<WorldRules> }
  | { do: "outcomes"; lost: number; twice: number; wrong: number }
  | { do: "drain"; on: boolean }
  | { do: "clock"; forwardMs: number; stopMs: number }
  | { do: "restart"; attach: boolean; downMs: number }
  | { do: "reconfigure"; change: Change }
  | { do: "hold"; on: boolean }
  | { do: "scope"; role: "deciding" | "shadow" | "unknown" }
  | { do: "remoteSilent"; on: boolean }
  | { do: "arrival"; row: number; requester: number; pair: Pair; loadPermille: number }
  | { do: "flip"; table: string; share: number; bit: number }
  | { do: "scrub"; rows: number }
  | { do: "slow"; tickMs: number; forTicks: number }
  /** All faults are over; ports in maintenance may stay so. */
  | { do: "well"; keepMaintenance: boolean }
  | { do: "stage"; stage: StageName };

/**
 * Stages of a run: faults and bursts; then all faults over and loads steady; then still so, moves at rest; then the
 * server loses and adds entries; then loads low everywhere, all ports relieved.
 */
export type StageName = "turbulent" | "calm" | "steady" | "repair" | "relief";

export interface CaseEvent {
  atMs: number;
  action: Action;
  /** Part of what the run is about, not a fault: never cut out. */
  fixed?: boolean;
}

export interface RandomCase {
  seed: number;
  array: ArrayDescription;
  profile: ProfileName;
  /** Controller on which the module runs; ports of others are another's. */
  controller: string;
  /** Host's pace in milliseconds: ticks, readings of the server's list and the links, samples of counters. */
  tickMs: number;
  pollMs: number;
  sampleMs: number;
  /** Rows that `scrub` verifies after each tick. */
  scrubRows: number;
  /** In order of time; those of one time in this order. */
  events: CaseEvent[];
  untilMs: number;
}

/** An event as one line. */
export function eventLine({ atMs, action }: CaseEvent): string {
  return `${String(atMs).padStart(7)} ms  ${JSON.stringify(action)}`;
}
