/** What invariants see of a run: one module, its own processor, the others as it hears them, and the lease service. */

import type { DecisionView } from "../../../host/shim/decision-view.js";
import type { Views } from "../../../host/shim/generated/layout.js";
import type { Core } from "../../../host/shim/module.js";

/** How a controller is in truth at a moment. */
export interface Truth {
  beats: boolean;
  /** `SelfTest` bits that fail. */
  failing: number;
  leased: boolean;
  /** Of its tracked inputs. */
  penalty: number;
  /** It says through the lease service that it may be active. */
  fit: boolean;
  /** What its processor reports of itself: `ProcessorRole`, `WebServerKind`. */
  role: number;
  webServer: number;
}

export interface Scene {
  nowMs: number;
  core: Core;
  views: Views;
  /** Row of the own processor. */
  own: number;
  /** By processor row. */
  truth: readonly Truth[];
  /** Row of the processor that holds the array's key; -1 for none. */
  holder: number;
  epoch: number;
  reached: boolean;
  /** The module's own decisions have effects. */
  obeys: boolean;
  /** The own processor is in maintenance. */
  maintenance: boolean;
  /** Since the key was won latest: it has been in maintenance, or degraded; an operator has wished for a switch-over. */
  hasBeenMaintained: boolean;
  isRequested: boolean;
  hasBeenDegraded: boolean;
}

/** One invariant, told of every decision and asked after every tick. */
export interface Watch {
  decision?(decision: DecisionView, scene: Scene): void;
  afterTick?(scene: Scene): void;
}

export interface Invariant {
  name: string;
  watch(report: (message: string) => void): Watch;
}

/** Knobs of every run, in milliseconds; published times follow from them. */
export const KNOBS = {
  tickMs: 50,
  beatMs: 100,
  graceMs: 300,
  intervalMs: 100,
  silenceMs: 500,
  fallCount: 2,
  riseCount: 2,
  holdDownMs: 400,
  holdDownMaxMs: 1600,
  effectMs: 300,
  campaignMs: 200,
  backOffMaxMs: 1000,
  deferMs: 100,
  drainMs: 500,
  panicMs: 800,
  failBackMs: 1500,
} as const;

/** From a failed self-test to the word that gives the active role up: heartbeat, looks, a back-off of an earlier word. */
export const STOPS_WITHIN_MS =
  KNOBS.beatMs + KNOBS.fallCount * (KNOBS.intervalMs + KNOBS.tickMs) + KNOBS.backOffMaxMs + 2 * KNOBS.tickMs;
/** From when it can have the lease to being active: hold-down, grace after the role and the panic, waits of campaign and role. */
export const ACTIVE_WITHIN_MS =
  KNOBS.holdDownMaxMs +
  KNOBS.riseCount * KNOBS.intervalMs +
  2 * KNOBS.graceMs +
  KNOBS.panicMs +
  4 * KNOBS.deferMs +
  KNOBS.drainMs +
  // After a planned switch-over it stands back for one more of both.
  KNOBS.drainMs +
  5 * KNOBS.backOffMaxMs;

/** From when a better one is there to the word that gives the role up: looks, grace, a panic, a switch-over, a back-off. */
export const GIVES_WAY_WITHIN_MS =
  STOPS_WITHIN_MS + KNOBS.fallCount * KNOBS.intervalMs + 2 * KNOBS.graceMs + KNOBS.panicMs + KNOBS.drainMs;
