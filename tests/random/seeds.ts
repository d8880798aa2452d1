/** Options of runs that are told apart by their seed alone. */

import { parseArgs } from "node:util";

export interface Seeds {
  seeds: number;
  from: number;
}

/** How many seeds, from which one on; 60 from 1 on if not given. Undefined where the command's words are wrong. */
export function readSeeds(): Seeds | undefined {
  try {
    const { values } = parseArgs({
      options: { seeds: { type: "string", default: "60" }, from: { type: "string", default: "1" } },
    });
    const [seeds, from] = [Number(values.seeds), Number(values.from)];
    return Number.isInteger(seeds) && Number.isInteger(from) && seeds > 0 && from > 0 ? { seeds, from } : undefined;
  } catch {
    return undefined;
  }
}
