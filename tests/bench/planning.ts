/** Ticks that plan moves with every session row in use, and the largest tick of a hard life. */

import { LinkState, type ProfileName } from "../../host/shim/generated/layout.js";
import { capacityOf, full } from "./arrays.js";
import type { Effort } from "./effort.js";
import type { Figure } from "./figures.js";
import { FullArray } from "./full-array.js";
import { spread } from "./statistics.js";

const NO_ROW = 0xffff;
/** What happens in the scenario, by the tick that it begins at. */
const LOGINS = 0;
const PORT_FAILS = 0.6;
const PORT_RETURNS = 0.8;

interface TickTime {
  /** Nanoseconds. */
  took: number;
  planned: boolean;
  phase: string;
}

/** Everything on the first port at first, as in the seed's Figure 8; later another port fails and returns. */
function scenario(module: WebAssembly.Module, profile: ProfileName, ticks: number): TickTime[] {
  const description = full(profile);
  const sessions = capacityOf(profile, "SESSION_MAX");
  const each = Math.ceil(sessions / description.ports.length);
  for (const port of description.ports) port.capacity.sessions = each * 2;
  const array = new FullArray(module, description);
  const { exports, views } = array.instance;
  const times: TickTime[] = [];
  const raw = exports.tick;
  const record = { took: 0, planned: false };
  (array.instance as { exports: typeof exports }).exports = {
    ...exports,
    tick: () => {
      const before = views.plan.cursor(0);
      const moves = views.moduleState.movesUnderWay(0);
      const start = performance.now();
      const waiting = raw();
      record.took = (performance.now() - start) * 1e6;
      const after = views.plan.cursor(0);
      record.planned = before !== after || after !== NO_ROW || views.moduleState.movesUnderWay(0) > moves;
      return waiting;
    },
  };
  const fails = Math.floor(ticks * PORT_FAILS);
  const returns = Math.floor(ticks * PORT_RETURNS);
  for (let tick = 0; tick < ticks; tick++) {
    if (tick === LOGINS) array.login(sessions, () => 0);
    if (tick === fails) array.shim.setLink(1, LinkState.DOWN);
    if (tick === returns) array.shim.setLink(1, LinkState.UP);
    array.feedPorts();
    array.tick();
    const phase = tick < 40 ? "logins" : tick < fails ? "balance" : tick < returns ? "port failed" : "port returned";
    times.push({ ...record, phase });
  }
  return times;
}

/** The same scenario is repeated: of each tick the fastest counts, since the others were disturbed. */
function undisturbed(runs: readonly TickTime[][]): TickTime[] {
  const first = runs[0] as TickTime[];
  return first.map((tick, index) => ({ ...tick, took: Math.min(...runs.map((run) => (run[index] as TickTime).took)) }));
}

export function measurePlanning(module: WebAssembly.Module, profile: ProfileName, effort: Effort): Figure[] {
  const runs = Array.from({ length: effort.planningRepeats }, () => scenario(module, profile, effort.planningTicks));
  const times = undisturbed(runs);
  const planned = times.filter((tick) => tick.planned).map((tick) => tick.took / 1000);
  const sessions = capacityOf(profile, "SESSION_MAX");
  const all = times.map((tick) => tick.took / 1000);
  const largest = times.reduce((most, tick) => (tick.took > most.took ? tick : most));
  const common = { variant: `${profile}, ${sessions} sessions`, unit: "µs", spreadUnit: "µs a tick" };
  const planning: Figure[] =
    planned.length === 0
      ? []
      : [
          {
            ...common,
            name: "tick that plans moves",
            value: spread(planned).median,
            spreads: { planning: spread(planned) },
          },
        ];
  return [
    ...planning,
    {
      ...common,
      name: "largest tick seen",
      value: largest.took / 1000,
      spreads: { all: spread(all) },
      note: `of ${times.length} ticks, fastest of ${runs.length} runs each; phase: ${largest.phase}; ${planned.length} ticks planned`,
    },
  ];
}
