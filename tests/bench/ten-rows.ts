/** A tick in which ten session rows changed, with few sessions and with eight times as many. */

import { layouts, type ProfileName } from "../../host/shim/generated/layout.js";
import { capacityOf } from "./arrays.js";
import { type Effort, warmUp } from "./effort.js";
import type { Figure } from "./figures.js";
import { type FullArray, fullInstance } from "./full-array.js";
import { medianRatio, spread } from "./statistics.js";

const ROWS = 10;
const FACTOR = 8;
const TARGET_RATIO = 1.1;
const TICKS_PER_ROUND = 500;
/** More ticks than any bound on the work of one could need for ten rows. */
const TICKS_MAX = 64;

class Side {
  ticks = 0;
  private sampledMs = 1;
  private readonly rows: number[];
  private readonly summaries: Int32Array;
  private readonly tables: number[];

  constructor(private readonly array: FullArray) {
    const { sessions, instance } = array;
    const step = Math.floor(sessions.length / ROWS);
    this.rows = Array.from({ length: ROWS }, (_, n) => sessions[n * step] as number);
    const { limits } = layouts[instance.profile];
    this.summaries = new Int32Array(instance.memory.buffer, limits.CHANGED_SUMMARIES_ADDRESS, limits.TABLE_MAX);
    this.tables = [instance.views.sessionInput, instance.views.sessionCounters].map((view) => view.table.number);
  }

  /** Nanoseconds until ten changed rows are taken, less what it takes to write them. */
  round(): number {
    const both = this.timed(true);
    return both - this.timed(false);
  }

  private timed(ticks: boolean): number {
    const start = performance.now();
    for (let n = 0; n < TICKS_PER_ROUND; n++) {
      this.write();
      if (ticks) this.tick();
    }
    const took = ((performance.now() - start) * 1e6) / TICKS_PER_ROUND;
    // What was only written is taken outside of the measurement.
    if (!ticks) this.tick();
    return took;
  }

  private write(): void {
    this.sampledMs += 100;
    for (const row of this.rows) {
      this.array.shim.sessionCounters(row, this.sampledMs, this.sampledMs * 3, this.sampledMs * 4096, 1);
    }
  }

  private tick(): void {
    const { exports } = this.array.instance;
    for (let n = 1; n <= TICKS_MAX; n++) {
      exports.tick();
      if (this.tables.some((table) => this.summaries[table] !== 0)) continue;
      this.ticks = n;
      return;
    }
    throw new Error(`${ROWS} changed rows were not taken in ${TICKS_MAX} ticks`);
  }
}

export async function measureTenRows(
  module: WebAssembly.Module,
  profile: ProfileName,
  effort: Effort,
): Promise<Figure> {
  const sessions = capacityOf(profile, "SESSION_MAX");
  const many = new Side(fullInstance(module, profile, sessions));
  const few = new Side(fullInstance(module, profile, sessions / FACTOR));
  await warmUp(effort, () => void (few.round() + many.round()));
  const withFew: number[] = [];
  const withMany: number[] = [];
  for (let round = 0; round < effort.rounds; round++) {
    withFew.push(few.round());
    withMany.push(many.round());
  }
  return {
    name: `${ROWS} rows changed: ${FACTOR} times the sessions ÷ the sessions`,
    variant: `${profile}, ${sessions / FACTOR} and ${sessions} sessions`,
    value: medianRatio(withMany, withFew),
    unit: "×",
    target: TARGET_RATIO,
    spreads: { [`${sessions / FACTOR} sessions`]: spread(withFew), [`${sessions} sessions`]: spread(withMany) },
    spreadUnit: "ns for the rows",
    note: `taken in ${few.ticks} and ${many.ticks} ticks`,
  };
}
