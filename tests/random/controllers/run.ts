/** One run by its seed: controllers, faults, and the checks after every event. */

import { ALL_RULES, type CoordinationRules } from "../../../host/coordination/rules.js";
import { SimulatedLinks } from "../../../host/coordination/simulated/commands.js";
import { SimulatedLeaseServer } from "../../../host/coordination/simulated/lease.js";
import { SimulatedNetwork } from "../../../host/coordination/simulated/network.js";
import { SimulatedShelf } from "../../../host/coordination/simulated/shelf.js";
import { VirtualTime } from "../../../host/coordination/simulated/time.js";
import { Random } from "../../../host/sources/simulated/random.js";
import { arrayOf } from "./array.js";
import { Breach, checkHolders, checkSeals, missing, ShelfWatch } from "./checks.js";
import { RunController } from "./controller.js";
import { planFaults } from "./faults.js";

export interface RunResult {
  seed: number;
  controllers: number;
  /** What was broken, and when; undefined: nothing. */
  breach?: string;
  /** What was nowhere after the last fault and some time. */
  missing: string[];
  /** Moves of addresses, units and the role that a kernel or shelf saw. */
  effects: number;
  events: number;
  /** Of modules, by kind. */
  decisions: ReadonlyMap<number, number>;
  log: string[];
}

/** As in the array file of runs with modules. */
const MODULE_CONTROLLERS = 4;
const FAULTS_FROM_MS = 9000;
const FAULTS_MS = 40_000;
/** After the last fault has begun: the longest fault, a lease, a promise, and what it takes to place all again. */
const CALM_MS = 45_000;

export interface RunSettings {
  rules?: Partial<CoordinationRules>;
  /** Modules decide interfaces and units, by these bytes. */
  module?: Uint8Array;
  /** The shelf takes any epoch. */
  careless?: boolean;
  /** Ends at the first breach, or goes on to the end of the faults only. */
  withoutCalm?: boolean;
}

export async function runSeed(seed: number, settings: RunSettings = {}): Promise<RunResult> {
  const rules = { ...ALL_RULES, ...settings.rules };
  const time = new VirtualTime();
  const random = new Random(seed, "run");
  const drawn = 2 + random.below(3);
  const array = arrayOf(settings.module === undefined ? drawn : MODULE_CONTROLLERS);
  const network = new SimulatedNetwork(time, new Random(seed, "network"));
  network.set({ delayMs: [0, 3] });
  const server = new SimulatedLeaseServer(time, new Random(seed, "lease"));
  const shelf = new SimulatedShelf(time, new Random(seed, "shelf"), settings.careless !== true);
  const links = new SimulatedLinks(time, network, array.controllers);
  const log: string[] = [];
  const note = (line: string) => log.push(`${(time.nowMs / 1000).toFixed(3)} ${line}`);
  const isRestless = () => time.nowMs < FAULTS_FROM_MS + FAULTS_MS;
  const decisions = new Map<number, number>();
  const decided = (_: string, kind: number) => void decisions.set(kind, (decisions.get(kind) ?? 0) + 1);
  const { module } = settings;
  const ticked = checkSeals;
  const around = { seed, time, array, network, server, links, shelf, rules, module, isRestless, note, decided, ticked };
  const controllers = array.controllers.map((name) => new RunController(name, around));
  for (const each of controllers) time.after(random.below(500), () => each.start());
  const ground = { time, network, links, server, controllers, random: new Random(seed, "faults"), note };
  planFaults(ground, FAULTS_FROM_MS, FAULTS_FROM_MS + FAULTS_MS);
  const result: RunResult = {
    seed,
    controllers: controllers.length,
    missing: [],
    effects: 0,
    events: 0,
    decisions,
    log,
  };
  const watch = new ShelfWatch();
  let before = "";
  const check = () => {
    result.events++;
    checkHolders(array, controllers, shelf);
    watch.check(shelf);
    const now = controllers.map(({ machine }) => [...machine.addresses.keys(), ...machine.units].join()).join("/");
    if (now !== before) result.effects++;
    before = now;
  };
  const endMs = FAULTS_FROM_MS + FAULTS_MS + (settings.withoutCalm === true ? 0 : CALM_MS);
  try {
    await time.runTo(endMs, check);
  } catch (error) {
    if (!(error instanceof Breach)) throw error;
    result.breach = `${(time.nowMs / 1000).toFixed(3)} s: ${error.message}`;
    note(`BREACH ${error.message}`);
  }
  if (settings.withoutCalm !== true && result.breach === undefined) result.missing = missing(array, controllers, shelf);
  for (const each of controllers) each.kill();
  return result;
}
