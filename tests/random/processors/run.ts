/** One random run: a module among simulated controllers and a lease service, with faults drawn from a seed. */

import { type ArrayDescription, parseArray } from "../../../host/array/description.js";
import { Controllers } from "../../../host/scenario/controllers.js";
import type { DecisionView } from "../../../host/shim/decision-view.js";
import { DecisionKind, ReasonNames, RequestKind } from "../../../host/shim/generated/layout.js";
import { instantiate } from "../../../host/shim/module.js";
import { NONE } from "../../../host/shim/names.js";
import { Shim } from "../../../host/shim/shim.js";
import { becomesActive } from "./invariants/becomes-active.js";
import { changeHasACause } from "./invariants/change-has-a-cause.js";
import { givesWay } from "./invariants/gives-way.js";
import { oneActive } from "./invariants/one-active.js";
import { serverFollowsState } from "./invariants/server-follows-state.js";
import { stopsWhenUnhealthy } from "./invariants/stops-when-unhealthy.js";
import { wholeRows } from "./invariants/whole-rows.js";
import { type Invariant, KNOBS, type Scene, type Truth } from "./scene.js";

export const INVARIANTS: readonly Invariant[] = [
  oneActive,
  stopsWhenUnhealthy,
  becomesActive,
  givesWay,
  changeHasACause,
  serverFollowsState,
  wholeRows,
];

const SCOPE_ARRAY = 3;
const TESTS = ["PROCESSOR", "MEMORY", "DISK", "PROCESS", "WEB_SERVER"] as const;
const ROLES = ["passive", "active", "caretaker"] as const;
const UNTIL_MS = 60_000;
/** More than any priority. */
const PENALTY = 1000;
const WELL: Truth = { beats: true, failing: 0, leased: true, penalty: 0, fit: true, role: 0, webServer: 2 };

export interface RunResult {
  /** By the invariant's name: what broke it first. */
  broken: Map<string, string>;
  /** Decisions by kind. */
  decisions: Map<number, number>;
  /** Why the address or the key was given up, by reason. */
  givenUp: Map<string, number>;
}

/** 32-bit xorshift: the same seed gives the same run. */
function randomOf(seed: number): (below: number) => number {
  let state = (seed * 2654435761 + 1) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function arrayText(names: readonly string[], random: (below: number) => number): string {
  const preferred = random(2) === 0 ? names[random(names.length)] : undefined;
  const controllers = names
    .map(
      (name) =>
        `  - {name: ${name}, priority: ${100 + 10 * random(3)}${name === preferred ? ", preferred: true" : ""}}`,
    )
    .join("\n");
  const k = KNOBS;
  return `name: random
profile: small
controllers:
${controllers}
ports: [{name: p, address: "192.0.2.1:3260"}]
policy:
  common: {graceMs: ${k.graceMs}}
  processors: {effectMs: ${k.effectMs}, campaignMs: ${k.campaignMs}, backOffMaxMs: ${k.backOffMaxMs},
    deferMs: ${k.deferMs}, drainMs: ${k.drainMs}, failBackMs: ${k.failBackMs}}
  health:
    processor: {intervalMs: ${k.intervalMs}, silenceMs: ${k.silenceMs}, fallCount: ${k.fallCount},
      riseCount: ${k.riseCount}, holdDownMs: ${k.holdDownMs}, holdDownMaxMs: ${k.holdDownMaxMs}, panicMs: ${k.panicMs}}
`;
}

class Run {
  private readonly random: (below: number) => number;
  private readonly names: string[];
  private readonly controllers: Controllers;
  private readonly shim: Shim;
  private readonly own: string;
  private readonly truth: Truth[];
  private holder = "";
  private epoch = 1;
  private reached = true;
  private obeys = true;
  private array: ArrayDescription;
  private readonly maintained = new Set<string>();
  private hasBeenMaintained = false;
  private isRequested = false;
  private hasBeenDegraded = false;
  private readonly result: RunResult = { broken: new Map(), decisions: new Map(), givenUp: new Map() };

  constructor(module: Uint8Array, seed: number) {
    this.random = randomOf(seed);
    this.names = ["a", "b", "c", "d"].slice(0, 2 + this.random(3));
    this.own = this.names[this.random(this.names.length)] as string;
    this.controllers = new Controllers(this.names, this.own);
    const { array, problems } = parseArray(arrayText(this.names, this.random), "random");
    if (array === undefined) throw new Error(problems[0]?.message);
    this.array = array;
    this.shim = new Shim(instantiate(module), { incarnation: 1, controller: this.own });
    const refused = this.shim.configure(array)[0];
    if (refused !== undefined) throw new Error(refused.message);
    this.shim.start(0);
    this.truth = this.names.map(() => ({ ...WELL }));
    this.key("");
  }

  run(): RunResult {
    const watches = INVARIANTS.map(({ name, watch }) => watch((message) => this.broke(name, message)));
    let nextFaultMs = 3000;
    for (this.nowMs = 0; this.nowMs < UNTIL_MS; this.nowMs += KNOBS.tickMs) {
      if (this.nowMs >= nextFaultMs) {
        this.fault();
        nextFaultMs = this.nowMs + 50 + this.random(this.random(3) === 0 ? 12_000 : 2500);
      }
      if (this.nowMs % KNOBS.beatMs === 0) this.controllers.tell(this.shim);
      const scene = this.scene();
      const seen: DecisionView[] = [];
      this.shim.tick(this.nowMs, (decision) => seen.push({ ...decision }));
      for (const decision of seen) {
        for (const watch of watches) watch.decision?.(decision, scene);
        this.carryOut(decision);
      }
      for (const watch of watches) watch.afterTick?.(this.scene());
    }
    return this.result;
  }

  private nowMs = 0;

  private broke(name: string, message: string): void {
    if (!this.result.broken.has(name)) this.result.broken.set(name, `at ${this.nowMs} ms: ${message}`);
  }

  private scene(): Scene {
    const { names, core } = this.shim;
    return {
      nowMs: this.nowMs,
      core,
      views: core.views,
      own: names.processors.row(this.own),
      truth: this.truth,
      holder: this.holder === "" ? -1 : names.processors.row(this.holder),
      epoch: this.epoch,
      reached: this.reached,
      obeys: this.obeys,
      maintenance: this.maintained.has(this.own),
      hasBeenMaintained: this.hasBeenMaintained,
      isRequested: this.isRequested,
      hasBeenDegraded: this.hasBeenDegraded,
    };
  }

  /** The own processor obeys at once; its next heartbeat says so. */
  private carryOut(decision: DecisionView): void {
    const { kind, detail, subject } = decision;
    this.result.decisions.set(kind, (this.result.decisions.get(kind) ?? 0) + 1);
    if (kind === DecisionKind.PASSIVATE_PROCESSOR) {
      const why = ReasonNames[decision.reason] ?? "";
      this.result.givenUp.set(why, (this.result.givenUp.get(why) ?? 0) + 1);
    }
    if (!this.obeys) return;
    const self = this.truth[this.names.indexOf(this.own)] as Truth;
    if (kind === DecisionKind.ACTIVATE_PROCESSOR) self.role = detail;
    if (kind === DecisionKind.PASSIVATE_PROCESSOR) self.role = 0;
    if (kind === DecisionKind.SET_WEB_SERVER) self.webServer = detail;
    if (subject === SCOPE_ARRAY && kind === DecisionKind.CAMPAIGN && this.holder === "" && self.leased)
      this.key(this.own);
    if (subject === SCOPE_ARRAY && kind === DecisionKind.RESIGN && this.holder === this.own) this.key("");
    this.say(this.own);
  }

  private key(holder: string): void {
    if (holder !== "") this.epoch++;
    // What was wished for before is over with the key.
    if (holder !== this.own) this.isRequested = false;
    this.hasBeenMaintained = this.maintained.has(this.own);
    this.hasBeenDegraded = this.truth[this.names.indexOf(this.own)]?.penalty !== 0;
    this.holder = holder;
    this.controllers.changeScope(SCOPE_ARRAY, { holder, epoch: this.epoch });
    this.controllers.tellScopes(this.shim);
  }

  private say(name: string): void {
    const truth = this.truth[this.names.indexOf(name)] as Truth;
    truth.fit = truth.failing === 0 && !this.maintained.has(name);
    this.controllers.change(name, {
      beats: truth.beats,
      penalty: truth.penalty,
      fit: truth.fit,
      lease: truth.leased ? "leased" : "gone",
      failing: TESTS.filter((_, bit) => (truth.failing & (1 << bit)) !== 0),
      role: ROLES[truth.role] ?? "passive",
      webServer: (["none", "restricted", "full"] as const)[truth.webServer] ?? "none",
      obeys: false,
    });
  }

  /** One thing changes, for anyone; another controller that holds the key behaves as its own module would. */
  private fault(): void {
    const name = this.names[this.random(this.names.length)] as string;
    const truth = this.truth[this.names.indexOf(name)] as Truth;
    const isOwn = name === this.own;
    const what = this.random(11);
    if (what < 2) truth.failing = truth.failing === 0 ? 1 << this.random(TESTS.length) : 0;
    else if (what === 2 && !isOwn) truth.beats = !truth.beats;
    else if (what === 3) this.lease(name, truth);
    else if (what === 4) this.reach();
    else if (what === 5 && isOwn) this.obeys = !this.obeys;
    else if (what === 6 || what === 7) {
      if (!isOwn) this.other(name, truth);
    } else if (what === 8) this.maintain(name);
    else if (what === 9) this.switchOver(name);
    else if (what === 10) this.track(name, truth);
    this.say(name);
  }

  private lease(name: string, truth: Truth): void {
    truth.leased = !truth.leased;
    if (truth.leased) return;
    // Its keys go with its lease; the shim stops what it had at once.
    truth.role = 0;
    if (this.holder === name) this.key("");
  }

  /** A tracked path is lost, or is back. */
  private track(name: string, truth: Truth): void {
    truth.penalty = truth.penalty === 0 ? PENALTY : 0;
    if (name === this.own) this.hasBeenDegraded = true;
  }

  /** An operator's configuration: in maintenance, or out of it. */
  private maintain(name: string): void {
    if (!this.maintained.delete(name)) this.maintained.add(name);
    if (this.maintained.has(this.own)) this.hasBeenMaintained = true;
    const controllers = this.array.controllers.map(({ maintenance: _, ...each }) => ({
      ...each,
      ...(this.maintained.has(each.name) ? { maintenance: true } : {}),
    }));
    this.array = { ...this.array, controllers };
    const refused = this.shim.configure(this.array)[0];
    if (refused !== undefined) throw new Error(refused.message);
  }

  /** An operator's wish: another processor, this one, or the best. */
  private switchOver(name: string): void {
    this.isRequested = true;
    const subject = this.random(3) === 0 ? NONE : this.shim.names.processors.row(name);
    this.shim.request(RequestKind.SWITCH_OVER, subject);
  }

  private reach(): void {
    this.reached = !this.reached;
    this.controllers.changeScope(SCOPE_ARRAY, { reached: this.reached });
    this.controllers.tellScopes(this.shim);
  }

  /** Another controller wins the free key and the address, or gives both up. */
  private other(name: string, truth: Truth): void {
    if (this.holder === "" && truth.leased && truth.failing === 0) {
      this.key(name);
      truth.role = 1;
    } else if (this.holder === name) {
      // Some are slow: they say that they have the address after their key has gone.
      if (this.random(2) === 0) truth.role = 0;
      this.key("");
    } else truth.role = 0;
  }
}

export function runSeed(module: Uint8Array, seed: number): RunResult {
  return new Run(module, seed).run();
}
