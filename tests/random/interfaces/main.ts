/** `npm run test:random`, its second part: the interface failover under random failures, judged when all is quiet. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { topFolder } from "../../../host/cli/exit.js";
import { print, printError } from "../../../host/toolchain/output.js";
import { randomHostedCase } from "./case.js";
import { bestSpreadAfterFailure } from "./invariants/best-spread.js";
import { fewestMoves } from "./invariants/fewest-moves.js";
import { hosted } from "./invariants/hosted.js";
import { neverThePartner } from "./invariants/never-the-partner.js";
import { noMoveWithoutCause } from "./invariants/no-move-without-cause.js";
import { oneHolder } from "./invariants/one-holder.js";
import { oneServer } from "./invariants/one-server.js";
import { wholeRows } from "./invariants/whole-rows.js";
import { relabelled } from "./relabelling.js";
import { HostedRun, type Invariant } from "./run.js";
import { readSeeds } from "../seeds.js";
import { unsettled } from "./unsettled.js";

const USAGE = `Usage: npm run test:interfaces -- [--seeds N (60)] [--from S (1)]
The same seed gives the same run. Exit codes: 0 all hold, 1 one is broken or was never put to the test, 2 wrong usage.`;

const INVARIANTS: Readonly<Record<string, Invariant>> = {
  "an address is on one port or nowhere": oneHolder,
  "hosted within the published time while a port can take it": hosted,
  "never on the partner of a server that lost it, nor outside its set": neverThePartner,
  "no move without cause": noMoveWithoutCause,
  "after a failure the best spread with what could stay left in place": bestSpreadAfterFailure,
  "after a rebalance the best spread at all, with the fewest moves": fewestMoves,
  "a unit has one server": oneServer,
  "every row is sealed": wholeRows,
};
const RELABELLING = "other rows, the same decisions";
const UNSETTLED = "every row is sealed while nothing comes to rest";
/** What the runs without rest must have seen, or they test nothing. */
const WITNESSES = [
  "MOVE_INTERFACE",
  "UNHOST_INTERFACE",
  "TAKE_OVER_UNIT",
  "RETURN_UNIT",
  "DRAINED",
  "REQUEST_ANSWERED",
];
const SEEDS_THAT_SEE_ALL = 20;

function main(): number {
  const options = readSeeds();
  if (options === undefined) {
    printError(USAGE);
    return 2;
  }
  const module = readFileSync(join(topFolder(), "build/fairlead-standard-plain.wasm"));
  const broken = new Map<string, string>();
  /** By invariant: seeds that break it. */
  const seeds = new Map<string, Set<number>>();
  const seen = new Set<string>();
  for (let seed = options.from; seed < options.from + options.seeds; seed++) {
    const case_ = randomHostedCase(seed);
    for (const { name, message } of new HostedRun(case_, module).run(INVARIANTS)) {
      if (!broken.has(name)) broken.set(name, `seed ${seed}, ${message}`);
      seeds.set(name, (seeds.get(name) ?? new Set()).add(seed));
    }
    const relabelling = relabelled(case_, module)[0];
    const restless = unsettled(module, seed);
    for (const kind of restless.kinds) seen.add(kind);
    if (restless.broken !== undefined) {
      if (!broken.has(UNSETTLED)) broken.set(UNSETTLED, `seed ${seed}, ${restless.broken}`);
      seeds.set(UNSETTLED, (seeds.get(UNSETTLED) ?? new Set()).add(seed));
    }
    if (relabelling === undefined) continue;
    if (!broken.has(RELABELLING)) broken.set(RELABELLING, `seed ${seed}, ${relabelling}`);
    seeds.set(RELABELLING, (seeds.get(RELABELLING) ?? new Set()).add(seed));
  }
  const unseen = WITNESSES.filter((kind) => !seen.has(kind));
  if (unseen.length > 0 && options.seeds >= SEEDS_THAT_SEE_ALL) {
    broken.set(UNSETTLED, `never seen: ${unseen.join(", ")}`);
  }
  for (const name of [...Object.keys(INVARIANTS), RELABELLING, UNSETTLED]) {
    const message = broken.get(name);
    if (message === undefined) print(`ok - interfaces: ${name}`);
    else
      printError(
        `not ok - interfaces: ${name}\n  ${message}; ${seeds.get(name)?.size ?? 1} runs: ${firstOf(seeds.get(name))}\n  node build/js/tests/random/interfaces/main.js --seeds 1 --from …`,
      );
  }
  print(`${options.seeds} runs of the interface failover (standard)`);
  return broken.size === 0 ? 0 : 1;
}

/** The first few seeds. */
function firstOf(seeds: ReadonlySet<number> | undefined): string {
  const all = [...(seeds ?? [])];
  return all.slice(0, 4).join(", ") + (all.length > 4 ? ", …" : "");
}

process.exitCode = main();
