/** `npm run test:controllers`: several controllers in virtual time, with faults; and each rule switched off. See README.md. */

import { parseArgs } from "node:util";
import { guarded, print, readModule, UsageError } from "../../../host/cli/exit.js";
import { type RunResult, type RunSettings, runSeed } from "./run.js";
import { WEAKENED } from "./weakened.js";

const USAGE = `Usage: npm run test:controllers -- [options]
Several controllers with leases, orders, kernels and shelves in virtual time, faults drawn by the seed. After every event no
address, unit or role may have two holders; after the last fault everything must be somewhere. Then each rule is switched
off in turn, and a seed must break it.
  --seeds N      so many runs (40)
  --from S       seeds from S on (1)
  --modules N    so many runs in which whole controllers with their modules decide interfaces and units (8)
  --seed S       one seed alone, with its events; with --with-modules as one of those
  --without R    with rule R switched off: ${WEAKENED.map(({ name }) => name).join(", ")}
  --search N     seeds that are tried at most for a rule that is switched off (1500)
  --help
Exit codes: 0 all as it should be, 1 not, 2 wrong usage.`;

/** Changes of place in a run, at least. */
const CHANGES_MIN = 10;

interface Options {
  first: number;
  count: number;
  single: boolean;
  without: string | undefined;
  search: number;
  modules: number;
  withModules: boolean;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "40" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      "with-modules": { type: "boolean", default: false },
      modules: { type: "string", default: "8" },
      without: { type: "string" },
      search: { type: "string", default: "1500" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const known = WEAKENED.some(({ name }) => name === values.without);
  if (values.without !== undefined && !known) {
    throw new UsageError(`--without ${values.without}: one of ${WEAKENED.map(({ name }) => name).join(", ")}`);
  }
  return {
    first: integer("--seed", values.seed ?? values.from),
    count: values.seed === undefined ? integer("--seeds", values.seeds) : 1,
    single: values.seed !== undefined,
    without: values.without,
    search: integer("--search", values.search),
    modules: integer("--modules", values.modules),
    withModules: values["with-modules"],
  };
}

function integer(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new UsageError(`${name} ${text}: an integer from 1 on`);
  return value;
}

/** All rules in force: nothing may break, and all must come back. @returns true if so */
async function runAll(what: string, first: number, count: number, settings: RunSettings): Promise<boolean> {
  let effects = 0;
  let broken = 0;
  const beganMs = performance.now();
  for (let seed = first; seed < first + count; seed++) {
    const result = await runSeed(seed, settings);
    effects += result.effects;
    if (isWell(result)) continue;
    broken++;
    print(`${what}, seed ${seed}, ${result.controllers} controllers: ${wordsOf(result)}`);
  }
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(1);
  print(`${what}: ${count} runs, ${effects} changes of place, ${broken} broken (${seconds} s)`);
  // A run in which nothing moves would show nothing.
  return broken === 0 && effects > count * CHANGES_MIN;
}

/** Each rule off: its known seed first, then others. @returns true if a seed breaks each */
async function runWeakened({ search }: Options): Promise<boolean> {
  let found = 0;
  for (const { name, settings, seed: known } of WEAKENED) {
    const seed = await firstBreach(settings, known, search);
    if (seed === undefined) print(`without ${name}: no seed of ${search} breaks it`);
    else {
      found++;
      print(`without ${name}: seed ${seed.seed}, ${seed.breach}`);
    }
  }
  return found === WEAKENED.length;
}

async function firstBreach(settings: RunSettings, known: number, search: number): Promise<RunResult | undefined> {
  for (let seed = 0; seed <= search; seed++) {
    const result = await runSeed(seed === 0 ? known : seed, { ...settings, withoutCalm: true });
    if (result.breach !== undefined) return result;
  }
  return undefined;
}

function isWell(result: RunResult): boolean {
  return result.breach === undefined && result.missing.length === 0;
}

function wordsOf({ breach, missing }: RunResult): string {
  return breach ?? (missing.length > 0 ? `nowhere in the end: ${missing.join(", ")}` : "all well");
}

async function runOne({ first, without, withModules }: Options): Promise<boolean> {
  const settings = WEAKENED.find(({ name }) => name === without)?.settings ?? {};
  const result = await runSeed(first, withModules ? { ...settings, module: module() } : settings);
  for (const line of result.log) print(line);
  print(`seed ${first}, ${result.controllers} controllers: ${wordsOf(result)}`);
  return isWell(result);
}

async function runMany(options: Options): Promise<boolean> {
  const { first, count, modules } = options;
  const alone = await runAll("coordination", first, count, {});
  const whole = await runAll("with modules", first, modules, { module: module() });
  return alone && whole && (await runWeakened(options));
}

function module(): Uint8Array {
  return readModule("small", false);
}

function readUsage(): Options | undefined {
  try {
    return readOptions();
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(`${error.message}\n${USAGE}`) : error;
  }
}

async function main(): Promise<void> {
  const options = readUsage();
  if (options === undefined) return print(USAGE);
  if (!(await (options.single ? runOne(options) : runMany(options)))) process.exitCode = 1;
}

await guarded(main);
