/** A whole case from a seed. */

import type { ArrayDescription } from "../../../host/array/description.js";
import type { Load, WorldRules } from "../../../host/scenario/description.js";
import type { ProfileName } from "../../../host/shim/generated/layout.js";
import { Random } from "../../../host/sources/simulated/random.js";
import type { Action, CaseEvent, RandomCase, StageName } from "../case.js";
import { type Surroundings, Times } from "../times.js";
import { randomArray } from "./array.js";
import { oneIn, oneOf, some } from "./draw.js";
import { FAULTS, type FaultName, randomFaults } from "./faults.js";
import { randomTraffic } from "./traffic.js";

const ALWAYS = Number.POSITIVE_INFINITY;
const WELL = { only: "", port: "", times: ALWAYS };

/** What server, initiators and other controllers do while all is well. */
export const WELL_RULES: WorldRules = {
  withdraw: { ...WELL, does: "apply", afterMs: 50 },
  restore: { ...WELL, does: "apply", afterMs: 50 },
  logout: { ...WELL, does: "end", afterMs: 100 },
  return: { ...WELL, does: "listed", afterMs: 200 },
  reserve: { ...WELL, does: "grant", afterMs: 50 },
  move: { ...WELL, does: "apply", afterMs: 50 },
  unhost: { ...WELL, does: "apply", afterMs: 50 },
  unit: { ...WELL, does: "apply", afterMs: 50 },
};

/** Longest that a fault of before reaches into the calm stage: a delayed effect, a host that is down, a late return. */
const AFTERMATH_MS = 5000;
const TURBULENT_MS: readonly number[] = [8000, 15_000, 30_000];
const STEADY_WINDOW_MS = 10_000;
const UNDRAINED_MS = 8000;

export interface CaseOptions {
  profile: ProfileName;
  /** Kinds of faults that a case must do without. */
  without?: readonly FaultName[];
}

/** How fast the case's surroundings are while all is well. */
export function surroundings({
  tickMs,
  pollMs,
  sampleMs,
  events,
}: Pick<RandomCase, "tickMs" | "pollMs" | "sampleMs" | "events">): Surroundings {
  const sessions = events.filter(({ action }) => action.do === "login").length;
  return {
    tickMs,
    pollMs: pollMs + tickMs,
    sampleMs: sampleMs + tickMs,
    serverMs: 50,
    logoutMs: 100,
    returnMs: 300,
    sessions,
  };
}

export function randomCase(seed: number, { profile, without = [] }: CaseOptions): RandomCase {
  const random = new Random(seed, `case ${profile}`);
  const { array, cost } = randomArray(random, profile);
  const traffic = randomTraffic(random, array, cost);
  const kinds = chooseKinds(random).filter((kind) => !without.includes(kind));
  const calmMs = oneOf(random, TURBULENT_MS);
  const events: CaseEvent[] = [
    ...traffic.logins.map((login): CaseEvent => ({ atMs: 0, action: { do: "login", login } })),
    ...traffic.loads.map((load): CaseEvent => ({ atMs: 0, action: { do: "load", load } })),
    ...randomFaults({ random, array, cost, loads: traffic.loads }, kinds, 1000, calmMs),
  ];
  const pace = {
    tickMs: oneOf(random, [50, 100, 100, 200]),
    pollMs: oneOf(random, [50, 200, 500]),
    sampleMs: oneOf(random, [100, 250, 500]),
  };
  const scrubRows = oneOf(random, [0, 4, 64]);
  const draft = { seed, array, profile, controller: "a", ...pace, scrubRows, events, untilMs: 0 };
  return withStages(draft, traffic.loads, calmMs, kinds, random);
}

/** A quarter of the cases is about moves alone; the others see some kinds of faults, a few all of them. */
function chooseKinds(random: Random): FaultName[] {
  const names = Object.keys(FAULTS) as FaultName[];
  const share = oneOf(random, [0, 0.2, 0.2, 0.4, 1]);
  const chosen = some(random, names, Math.round(names.length * share));
  return [...new Set<FaultName>(["bursts", ...chosen])];
}

/** Adds the quiet stages, each as long as the published times say. */
function withStages(
  draft: RandomCase,
  loads: readonly Load[],
  calmMs: number,
  kinds: readonly FaultName[],
  random: Random,
): RandomCase {
  const keepMaintenance = kinds.includes("maintenance") && oneIn(random, 2);
  const times = new Times(slowest(draft), surroundings(draft));
  const steadyMs = calmMs + AFTERMATH_MS + Math.ceil(times.restMs);
  const repairMs = steadyMs + STEADY_WINDOW_MS;
  // In some runs the host doesn't drain while the server loses what it has, until the ring is full.
  const undrainedMs = kinds.includes("ring") && draft.seed % 2 === 0 ? UNDRAINED_MS : 0;
  const reliefMs = repairMs + undrainedMs + Math.ceil(undrainedMs > 0 ? times.convergeMs : times.repairMs) + 1000;
  const untilMs = reliefMs + Math.ceil(times.relievedMs + times.convergeMs) + 4 * draft.tickMs;
  const fixed = (atMs: number, action: Action): CaseEvent => ({ atMs, action, fixed: true });
  const stage = (atMs: number, name: StageName) => fixed(atMs, { do: "stage", stage: name });
  const events = [
    ...draft.events,
    fixed(calmMs, { do: "well", keepMaintenance }),
    ...loads.map((load) => fixed(calmMs, { do: "load", load })),
    stage(calmMs, "calm"),
    stage(steadyMs, "steady"),
    ...(undrainedMs > 0
      ? [fixed(repairMs, { do: "drain", on: false }), fixed(repairMs + undrainedMs, { do: "drain", on: true })]
      : []),
    ...repairEvents(draft).map((action) => fixed(repairMs, action)),
    stage(repairMs, "repair"),
    ...loads.map(({ initiator, target }) =>
      fixed(reliefMs, {
        do: "load",
        load: { initiator, target, operations: 0, bandwidth: 0, processor: 0, inFlight: 0 },
      }),
    ),
    stage(reliefMs, "relief"),
  ];
  return { ...draft, events, untilMs };
}

/** The array with the slowest of all knobs that the case configures, for the published times. */
function slowest(draft: RandomCase): ArrayDescription {
  const ports = { ...draft.array.policy.ports };
  for (const { action } of draft.events) {
    if (action.do !== "reconfigure" || action.change.what !== "knobs") continue;
    for (const [name, value] of Object.entries(action.change.ports)) {
      const before = ports[name] ?? value;
      const slower = name === "smoothingPermille" || name === "movesUnderWayMax" ? Math.min : Math.max;
      ports[name] = slower(before, value);
    }
  }
  return { ...draft.array, policy: { ...draft.array.policy, ports } };
}

/** The server loses some entries and adds others, all at once. */
function repairEvents({ array, seed }: RandomCase): Action[] {
  const random = new Random(seed, "repair");
  if (oneIn(random, 3)) return [{ do: "serverRestart", lists: oneOf(random, ["nothing", "everything"] as const) }];
  const actions: Action[] = [];
  for (const { name: target, ports } of array.targets) {
    for (const port of ports) {
      if (oneIn(random, 3)) actions.push({ do: oneOf(random, ["forget", "add"] as const), pair: { target, port } });
    }
  }
  return actions;
}
