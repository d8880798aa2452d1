/**
 * Published time: within which an address is somewhere while a port may take it, worked out from the knobs and from what
 * the host and the world around it take. `../README.md` gives the same formula in words. In milliseconds.
 */

import type { ArrayDescription } from "../../../host/array/description.js";
import { layouts } from "../../../host/shim/generated/layout.js";

/** How fast the module's surroundings are, at their slowest while all is well. */
export interface Surroundings {
  /** Longest time between two ticks; links and addresses are read as often. */
  tickMs: number;
  /** Between two status messages of a server. */
  statusMs: number;
  /** A kernel adds or removes an address within this. */
  kernelMs: number;
}

/** A plan begins with the tick after its cause, and what it has found is said with the tick after it. */
const PLAN_TICKS = 2;

/** From when a port may take it, or from the loss, whichever is later, where every kernel does as told. */
export function hostedWithinMs(array: ArrayDescription, around: Surroundings): number {
  const noticed = Math.max(silentMs(array, around), wellMs(array, "server", around));
  const ports = wellMs(array, "networkPort", around);
  const places = array.interfaces?.length ?? 0;
  const plan = PLAN_TICKS + Math.ceil(places / (layouts[array.profile].limits["WORK_PER_TICK_MAX"] ?? 1));
  const seen = around.kernelMs + 2 * around.tickMs;
  return Number(array.policy.common["graceMs"]) + noticed + ports + plan * around.tickMs + 2 * seen;
}

/** Until a server that says nothing counts as failed. */
function silentMs(array: ArrayDescription, { tickMs, statusMs }: Surroundings): number {
  const { silenceMs, fallCount, intervalMs } = knobsOf(array, "server");
  return statusMs + silenceMs + fallCount * (intervalMs + tickMs);
}

/** Until one that is well again counts as up, its hold-down at its limit. */
function wellMs(array: ArrayDescription, kind: "server" | "networkPort", { tickMs, statusMs }: Surroundings): number {
  const { holdDownMs, holdDownMaxMs, riseCount, intervalMs } = knobsOf(array, kind);
  return statusMs + riseCount * (intervalMs + tickMs) + (holdDownMs === 0 ? 0 : holdDownMaxMs);
}

function knobsOf(array: ArrayDescription, kind: string) {
  const knobs = array.policy.health[kind] ?? {};
  const knob = (name: string) => {
    const value = knobs[name];
    if (value === undefined) throw new Error(`the array's policy gives no ${name} of ${kind}`);
    return value;
  };
  return {
    silenceMs: knob("silenceMs"),
    fallCount: knob("fallCount"),
    riseCount: knob("riseCount"),
    intervalMs: knob("intervalMs"),
    holdDownMs: knob("holdDownMs"),
    holdDownMaxMs: knob("holdDownMaxMs"),
  };
}
