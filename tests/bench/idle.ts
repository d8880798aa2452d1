/** An idle tick, tables empty and full, against a call that does nothing. */

import { compileFunction } from "node:vm";
import type { ProfileName } from "../../host/shim/generated/layout.js";
import { type Effort, warmUp } from "./effort.js";
import type { Figure } from "./figures.js";
import { fullInstance } from "./full-array.js";
import { createInstance, type Instance } from "./instance.js";
import { medianRatio, spread } from "./statistics.js";
import { START_MS } from "./workload.js";

const TARGET_CALLS = 10;
/** Nothing is exactly equal under a clock; this much of a difference is noise. */
const TARGET_FULL_TO_EMPTY = 1.05;

type Loop = (call: () => number, count: number) => void;

/** A loop with type feedback of its own: one that called two instances would call both more slowly. */
function ownLoop(name: string): Loop {
  const source = `for (let n = 0; n < count; n++) call(); // ${name}`;
  return compileFunction(source, ["call", "count"]) as Loop;
}

/** Nanoseconds of one call. */
function timed(loop: Loop, call: () => number, count: number): number {
  const start = performance.now();
  loop(call, count);
  return ((performance.now() - start) * 1e6) / count;
}

/** A started instance without a configuration. */
function emptyInstance(module: WebAssembly.Module, profile: ProfileName): Instance {
  const instance = createInstance(module, profile, false);
  instance.views.control.setHostMs(0, START_MS);
  instance.views.control.setIncarnation(0, 1);
  instance.exports.tick();
  return instance;
}

export async function measureIdle(module: WebAssembly.Module, profile: ProfileName, effort: Effort): Promise<Figure[]> {
  const empty = emptyInstance(module, profile);
  const full = fullInstance(module, profile).instance;
  const sides = [
    { loop: ownLoop(`empty call ${profile}`), call: empty.exports.abiVersion },
    { loop: ownLoop(`idle, empty ${profile}`), call: empty.exports.tick },
    { loop: ownLoop(`idle, full ${profile}`), call: full.exports.tick },
  ];
  const busyBefore = busyTicks(empty) + busyTicks(full);
  const round = () => sides.map(({ loop, call }) => timed(loop, call, effort.callsPerRound));
  await warmUp(effort, () => void round());
  const rounds = Array.from({ length: effort.rounds }, round);
  const busy = busyTicks(empty) + busyTicks(full) - busyBefore;
  const [call, idleEmpty, idleFull] = [0, 1, 2].map((side) => rounds.map((times) => times[side] as number)) as [
    number[],
    number[],
    number[],
  ];
  const spreads = { "empty call": spread(call), "tables empty": spread(idleEmpty), "tables full": spread(idleFull) };
  const common = { variant: profile, unit: "×", spreads, spreadUnit: "ns a call" };
  const note = busy === 0 ? {} : { note: `${busy} of these ticks found something to do: they were not idle` };
  return [
    { ...common, ...note, name: "idle tick ÷ empty call", value: medianRatio(idleFull, call), target: TARGET_CALLS },
    {
      ...common,
      ...note,
      name: "idle tick, tables full ÷ empty",
      value: medianRatio(idleFull, idleEmpty),
      target: TARGET_FULL_TO_EMPTY,
    },
  ];
}

function busyTicks(instance: Instance): number {
  return instance.views.header.busyTicks(0);
}
