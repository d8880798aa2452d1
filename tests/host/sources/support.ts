/** What tests of real arrays' sources and effectors share. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { topFolder } from "../../../host/cli/exit.js";
import type { DecisionView } from "../../../host/shim/decision-view.js";
import { Shim } from "../../../host/shim/shim.js";
import { arrayOf, newCore } from "../shim/support.js";

/** Real output of a command, as it was captured. */
export function fixture(name: string): string {
  return readFileSync(join(topFolder(), "tests", "host", "fixtures", name), "utf8");
}

/** Waits until something holds; fails after a minute, long past anything that comes at all, however busy the machine. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`never came: ${what}`);
    await delay(5);
  }
}

export interface ReportedOutcome {
  sequence: number;
  result: number;
}

/** A shim on the small module that keeps what outcomes it was told. */
export function watchedShim(text: string): { shim: Shim; outcomes: ReportedOutcome[] } {
  const shim = new Shim(newCore(), { incarnation: 1 });
  const problems = shim.configure(arrayOf(text));
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  shim.start(1000);
  const outcomes: ReportedOutcome[] = [];
  const tell = shim.outcome.bind(shim);
  shim.outcome = (incarnation, sequence, result, detail) => {
    outcomes.push({ sequence, result });
    return tell(incarnation, sequence, result, detail);
  };
  return { shim, outcomes };
}

/** A decision with the fields that a test cares for. */
export function decisionOf(fields: Partial<DecisionView>): DecisionView {
  const nothing = {
    timeMs: 0,
    epochLow: 1,
    epochHigh: 0,
    reason: 0,
    subjectKind: 0,
    subjectGeneration: 0,
    detail: 0,
    scope: 0,
  };
  return { ...nothing, sequence: 1, incarnation: 1, kind: 0, subject: 0, from: 0xffff, to: 0xffff, ...fields };
}
