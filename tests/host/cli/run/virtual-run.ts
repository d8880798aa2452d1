/** Runs of the embedded array in virtual time, for tests. */

import type { Engine } from "../../../../host/cli/run/engine.js";
import type { RunWords } from "../../../../host/cli/run/options.js";
import type { DecisionRecord, RunEvent } from "../../../../host/cli/run/records.js";
import { setUp } from "../../../../host/cli/run/set-up.js";
import { type RunSummary, Statistics } from "../../../../host/cli/run/statistics.js";

/** A decision or an event, in the order in which they were told. */
export type Happening = { order: number } & (DecisionRecord | RunEvent);

export interface VirtualRun {
  engine: Engine;
  told: Happening[];
  /** Goes on to a time in milliseconds, a tick each 100. */
  runTo(untilMs: number): void;
  summary(): RunSummary;
}

const WORDS: RunWords = { snapshotAge: "10min", speed: "max", tick: "100ms" };

export async function virtualRun(words: Partial<RunWords> = {}, seed?: number): Promise<VirtualRun> {
  const never = Number.POSITIVE_INFINITY;
  const pace = { durationMs: 1e9, speed: never, tickMs: 100 };
  const options = { ...pace, snapshotAgeMs: 600_000, confirmAfterMs: never, seed };
  const { engine } = await setUp({ ...WORDS, ...words }, options, (line) => {
    throw new Error(line);
  });
  const told: Happening[] = [];
  const statistics = new Statistics();
  const tell = (happening: DecisionRecord | RunEvent) => void told.push({ order: told.length, ...happening });
  engine.listen({ decision: tell, event: tell });
  engine.listen(statistics);
  let nextMs = 0;
  return {
    engine,
    told,
    runTo: (untilMs) => {
      for (; nextMs <= untilMs; nextMs += 100) engine.step(nextMs);
    },
    summary: () => statistics.summary(engine, "duration"),
  };
}
