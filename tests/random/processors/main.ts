/** `npm run test:processors`: random runs of the processor election, one module among simulated controllers. */

import { readFileSync } from "node:fs";
import { DecisionKindNames } from "../../../host/shim/generated/layout.js";
import { readSeeds } from "../seeds.js";
import { INVARIANTS, runSeed } from "./run.js";

const USAGE = `Usage: npm run test:processors -- [--seeds N (60)] [--from S (1)]
The same seed gives the same run. Exit codes: 0 all hold, 1 one is broken or was never put to the test, 2 wrong usage.`;
/** Why the address was given up in some run. */
const REASONS = ["UNHEALTHY", "LEASE_LOST", "MAINTENANCE", "REQUESTED", "FAIL_BACK", "DEGRADED", "OTHER_HOLDER"];
/** What runs must have seen, or they test nothing. */
const WITNESSES = ["ACTIVATE_PROCESSOR", "PASSIVATE_PROCESSOR", "CAMPAIGN", "RESIGN", "SET_WEB_SERVER"];

function main(): number {
  const options = readSeeds();
  if (options === undefined) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const module = readFileSync("build/fairlead-small-plain.wasm");
  const broken = new Map<string, string>();
  const decisions = new Map<string, number>();
  const givenUp = new Set<string>();
  for (let seed = options.from; seed < options.from + options.seeds; seed++) {
    const result = runSeed(module, seed);
    for (const [name, message] of result.broken) if (!broken.has(name)) broken.set(name, `seed ${seed}, ${message}`);
    for (const reason of result.givenUp.keys()) givenUp.add(reason);
    for (const [kind, count] of result.decisions) {
      const name = DecisionKindNames[kind] ?? String(kind);
      decisions.set(name, (decisions.get(name) ?? 0) + count);
    }
  }
  for (const { name } of INVARIANTS) {
    const why = broken.get(name);
    process.stdout.write(why === undefined ? `ok - ${name}\n` : `not ok - ${name}: ${why}\n`);
  }
  const unseen = [
    ...WITNESSES.filter((name) => !decisions.has(name)),
    ...REASONS.filter((name) => !givenUp.has(name)).map((name) => `given up for ${name}`),
  ];
  if (unseen.length > 0) process.stdout.write(`not ok - never seen: ${unseen.join(", ")}\n`);
  const counts = [...decisions].map(([name, count]) => `${name} ${count}`).join(", ");
  process.stdout.write(`${options.seeds} runs; ${counts}\n`);
  return broken.size === 0 && unseen.length === 0 ? 0 : 1;
}

process.exitCode = main();
