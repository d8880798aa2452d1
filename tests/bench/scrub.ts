/** Cost of a scrubbed row: a whole cycle through all sealed tables, divided by its rows. */

import { layouts, type ProfileName } from "../../host/shim/generated/layout.js";
import { type Effort, warmUp } from "./effort.js";
import type { Figure } from "./figures.js";
import { fullInstance } from "./full-array.js";
import { spread } from "./statistics.js";

const ROWS_PER_CALL = 1024;

/** Rows that `scrub` walks: those of tables with a check word that the module itself writes. */
function sealedRows(profile: ProfileName): number {
  const sealed = layouts[profile].tables.filter(
    ({ kind, fields }) => (kind === "state" || kind === "configuration") && fields.some(({ role }) => role === "check"),
  );
  return sealed.reduce((rows, table) => rows + table.capacity, 0);
}

export async function measureScrub(module: WebAssembly.Module, profile: ProfileName, effort: Effort): Promise<Figure> {
  const { exports } = fullInstance(module, profile).instance;
  const rows = sealedRows(profile);
  const cycle = () => {
    const start = performance.now();
    for (let done = 0; done < rows; done += ROWS_PER_CALL) {
      if (exports.scrub(ROWS_PER_CALL) !== 0) throw new Error("scrub found a broken row in an undamaged memory");
    }
    return ((performance.now() - start) * 1e6) / (Math.ceil(rows / ROWS_PER_CALL) * ROWS_PER_CALL);
  };
  await warmUp(effort, () => void cycle());
  const times = Array.from({ length: effort.rounds }, cycle);
  const note = `${rows} sealed rows`;
  return {
    name: "a scrubbed row",
    variant: profile,
    value: spread(times).median,
    unit: "ns",
    spreads: { row: spread(times) },
    spreadUnit: "ns a row",
    note,
  };
}
