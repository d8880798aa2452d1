/** Runs one case in virtual time and lets observers judge each tick. */

import { formatProblem } from "../../../host/array/checked-yaml.js";
import type { ArrayDescription } from "../../../host/array/description.js";
import { HostClock } from "../../../host/scenario/host-clock.js";
import { World } from "../../../host/scenario/world.js";
import type { DecisionView } from "../../../host/shim/decision-view.js";
import {
  ControlFlag,
  LinkState,
  layouts,
  ScopeKind,
  ScopeRole,
  type Views,
} from "../../../host/shim/generated/layout.js";
import type { Recorder } from "../../../host/shim/recorder.js";
import type { Shim } from "../../../host/shim/shim.js";
import { decodeSnapshot, type Snapshot, snapshotBytes } from "../../../host/shim/snapshot.js";
import { startShim } from "../../../host/shim/start.js";
import type { Action, CaseEvent, RandomCase, StageName } from "../case.js";
import { WELL_RULES } from "../generate/case.js";
import { type Decision, readDecisions } from "../observe/decisions.js";
import type { Witness } from "../observe/witness.js";
import { isWhole } from "../observe/seals.js";
import { distortOutcomes } from "./mischief.js";
import { changed } from "./reconfigure.js";
import { Sampler } from "./sampler.js";
import type { Breach, Invariant, Observer, Scene } from "./scene.js";

export interface RunOptions {
  module: Uint8Array;
  invariants: readonly Invariant[];
  recorder?: Recorder;
  /** Counts what the run goes through. */
  witness?: Witness;
  /** Called with each new shim before anything is written: to give out its rows in another order, say. */
  prepare?: (shim: Shim, array: ArrayDescription, hostMs: number) => void;
}

export interface RunResult {
  breaches: Breach[];
  ticks: number;
  decisions: Decision[];
}

/** A run that breaks so much says nothing more. */
const BREACHES_MAX = 20;

class CaseRun implements Scene {
  readonly world: World;
  array: ArrayDescription;
  shim!: Shim;
  nowMs = 0;
  tick = 0;
  stage: StageName = "turbulent";
  hosts = 0;
  decisions: readonly Decision[] = [];
  readonly damaged = new Set<string>();
  readonly breaches: Breach[] = [];
  readonly made: Decision[] = [];
  private readonly observers: Observer[];
  private readonly sampler: Sampler;
  private readonly faults = { lost: 0, twice: 0, wrong: 0 };
  private readonly links = new Map<string, boolean>();
  private readonly clock = new HostClock();
  private kept: Snapshot | undefined;
  private downUntilMs = 0;
  private pollDueMs = 0;
  private slow = { tickMs: 0, ticks: 0 };
  private arrivals = 0;
  private role: number = ScopeRole.DECIDING;
  private held = false;
  private readonly handle = (decision: DecisionView) => this.world.handle(decision);

  constructor(
    readonly case_: RandomCase,
    private readonly options: RunOptions,
  ) {
    this.array = structuredClone(case_.array);
    this.world = new World(this.array, structuredClone(WELL_RULES));
    this.sampler = new Sampler(this.world, case_.sampleMs, case_.controller);
    this.observers = options.invariants.map(({ name, observe }) => observe((message) => this.breach(name, message)));
    if (options.witness !== undefined) this.observers.push(options.witness.observer());
    this.startHost(undefined);
  }

  get case(): RandomCase {
    return this.case_;
  }

  get views(): Views {
    return this.shim.core.views;
  }

  run(): RunResult {
    const { timeline, traffic } = this.world;
    for (const event of this.case.events) timeline.at(event.atMs, () => this.happen(event));
    while (this.nowMs <= this.case.untilMs && this.breaches.length < BREACHES_MAX) {
      timeline.runUntil(this.nowMs, (toMs) => traffic.advance(toMs));
      this.step();
      this.nowMs += this.pace();
    }
    for (const observer of this.observers) observer.ended?.(this);
    return { breaches: this.breaches, ticks: this.tick, decisions: this.made };
  }

  private pace(): number {
    if (this.slow.ticks === 0) return this.case.tickMs;
    this.slow.ticks--;
    return this.slow.tickMs;
  }

  private step(): void {
    if (this.nowMs < this.downUntilMs) return;
    if (this.kept !== undefined) this.startHost(this.kept);
    const hostMs = this.clock.at(this.nowMs);
    if (this.nowMs >= this.pollDueMs) {
      this.pollDueMs = this.nowMs + this.case.pollMs;
      this.world.observe();
    }
    this.sampler.run(this.shim, this.array, this.nowMs, hostMs, (port) => this.links.get(port) !== false);
    this.tick++;
    this.shim.tick(hostMs, this.handle);
    if (this.case.scrubRows > 0) this.scrub(this.case.scrubRows);
  }

  /** Around the module's own call: observers see the memory right before it and right after it. */
  private watchTicks(): void {
    const { core } = this.shim;
    const { tick } = core.exports;
    core.exports = {
      ...core.exports,
      tick: () => {
        this.decisions = [];
        for (const observer of this.observers) observer.beforeTick?.(this);
        const head = this.views.header.ringHead(0);
        const waiting = tick();
        this.findWhole();
        this.decisions = readDecisions(this.shim, head, this.tick, this.nowMs);
        this.made.push(...this.decisions);
        for (const observer of this.observers) observer.afterTick?.(this);
        return waiting;
      },
    };
  }

  /** A host starts: fresh, or on what an earlier one kept. */
  private startHost(snapshot: Snapshot | undefined): void {
    const { module, recorder } = this.options;
    const { shim, attached } = startShim({
      module,
      controller: this.case.controller,
      snapshot,
      nowMs: 0,
      maxAgeMs: 0,
      ...(recorder === undefined ? {} : { recorder }),
    });
    this.kept = undefined;
    this.shim = shim;
    this.hosts++;
    this.watchTicks();
    distortOutcomes(shim, this.case.seed, this.faults);
    shim.start(this.clock.at(this.nowMs));
    this.setScope();
    shim.setControlFlags(this.held ? ControlFlag.HOLD : 0);
    this.configure(this.array);
    if (!attached) {
      this.damaged.clear();
      this.options.prepare?.(shim, this.array, this.clock.at(this.nowMs));
    }
    for (const observer of this.observers) observer.started?.(this, attached);
    this.world.attach(shim);
    this.pollDueMs = 0;
  }

  private configure(array: ArrayDescription): void {
    const problems = this.shim.configure(array);
    if (problems.length > 0) throw new Error(`seed ${this.case.seed}: ${problems.map(formatProblem).join("\n")}`);
    for (const observer of this.observers) observer.configured?.(this);
  }

  private breach(invariant: string, message: string): void {
    if (this.breaches.some((breach) => breach.invariant === invariant)) return;
    this.breaches.push({ invariant, message, tick: this.tick, nowMs: this.nowMs, stage: this.stage });
  }

  private happen({ action }: CaseEvent): void {
    if (this.happenInWorld(action)) return;
    if (action.do === "well") this.makeWell(action.keepMaintenance);
    else if (action.do === "stage") this.stage = action.stage;
    else if (action.do === "reconfigure") this.reconfigure(action);
    else if (action.do === "outcomes") Object.assign(this.faults, action);
    else if (action.do === "remoteSilent") this.sampler.remoteSilent = action.on;
    else if (action.do === "slow") this.slow = { tickMs: action.tickMs, ticks: action.forTicks };
    else if (action.do === "clock") this.clock.change(this.nowMs, action.forwardMs, action.stopMs);
    else if (action.do === "hold") this.hold(action.on);
    else if (action.do === "scope") {
      this.role = { deciding: ScopeRole.DECIDING, shadow: ScopeRole.SHADOW, unknown: ScopeRole.UNKNOWN }[action.role];
      this.setScope();
    } else if (this.kept === undefined) this.happenInHost(action);
  }

  /** What happens outside the host; false for what happens in it. */
  private happenInWorld(action: Action): boolean {
    const { world } = this;
    if (action.do === "login") this.login(action);
    else if (action.do === "logout") world.logout(action.initiator, action.target, action.port, action.returns);
    else if (action.do === "load") world.traffic.setLoad(action.load);
    else if (action.do === "portLoad") world.traffic.setPortLoad(action.load);
    else if (action.do === "counters") world.traffic.setFault(action.fault);
    else if (action.do === "link") this.link(action.port, action.up);
    else if (action.do === "forget") world.deregister(action.pair.target, action.pair.port);
    else if (action.do === "add") world.register(action.pair.target, action.pair.port);
    else if (action.do === "serverRestart") {
      if (action.lists === "everything") world.registerAll();
      else world.forgetAll();
    } else if (action.do === "world") world.addRules(action.rules);
    else return false;
    return true;
  }

  private happenInHost(action: Action): void {
    const { shim } = this;
    if (action.do === "drain") shim.draining = action.on;
    else if (action.do === "arrival") this.arrive(action);
    else if (action.do === "flip") this.flip(action);
    else if (action.do === "scrub") this.scrub(action.rows);
    else if (action.do === "restart") {
      const kept = decodeSnapshot(snapshotBytes(shim, 0), "snapshot");
      // A host that starts afresh keeps its ids and its incarnation, not its memory.
      this.kept = action.attach ? kept : { ...kept, sameLayout: false };
      this.downUntilMs = this.nowMs + action.downMs;
      this.world.detach();
    }
  }

  private login({ login }: Extract<Action, { do: "login" }>): void {
    const known = this.array.targets.find(({ name }) => name === login.target)?.ports.includes(login.port);
    const same = [...this.world.sessions].some(
      ({ initiator, target, port }) => initiator === login.initiator && target === login.target && port === login.port,
    );
    if (known === true && !same && this.links.get(login.port) !== false) this.world.login(login);
  }

  private link(port: string, up: boolean): void {
    this.links.set(port, up);
    this.world.link(port, up ? LinkState.UP : LinkState.DOWN);
  }

  private makeWell(keepMaintenance: boolean): void {
    const { world, shim } = this;
    world.addRules(structuredClone(WELL_RULES));
    Object.assign(this.faults, { lost: 0, twice: 0, wrong: 0 });
    this.sampler.remoteSilent = false;
    this.slow = { tickMs: 0, ticks: 0 };
    this.role = ScopeRole.DECIDING;
    this.held = false;
    shim.draining = true;
    shim.setControlFlags(0);
    this.setScope();
    this.scrub(100_000);
    for (const { name: port } of this.array.ports) {
      this.link(port, true);
      world.traffic.setFault({ port, silent: false, stuck: [], reset: false, nearWrap: false });
      world.traffic.setPortLoad({ port, operations: 0, bandwidth: 0, processor: 0, queue: 0 });
    }
    const { arrivalInput } = this.views;
    for (let row = 0; row < arrivalInput.capacity; row++) {
      arrivalInput.setRequester(row, 0);
      arrivalInput.markChanged(row);
    }
    this.reregisterOthers();
    if (!keepMaintenance) this.reconfigure({ do: "reconfigure", change: { what: "endMaintenance" } });
  }

  /** Other controllers see to the registrations of their own ports. */
  private reregisterOthers(): void {
    for (const { name: target, ports } of this.array.targets) {
      for (const { name: port, controller } of this.array.ports) {
        if (controller === this.case.controller) continue;
        if (ports.includes(port)) this.world.register(target, port);
        else this.world.deregister(target, port);
      }
    }
  }

  private reconfigure({ change }: Extract<Action, { do: "reconfigure" }>): void {
    const portMax = layouts[this.case.profile].limits["TARGET_PORT_MAX"] ?? 0;
    const next = changed(this.array, change, portMax);
    if (next === undefined) return;
    this.array = next;
    if (this.kept === undefined) this.configure(next);
    this.world.reconfigured(next);
    this.endSessionsOfRemoved();
    this.reregisterOthers();
  }

  /** A portal or target that is gone has no sessions; their initiators look for another way. */
  private endSessionsOfRemoved(): void {
    for (const { initiator, target, port } of [...this.world.sessions]) {
      const ports = this.array.targets.find(({ name }) => name === target)?.ports;
      if (ports?.includes(port) !== true) this.world.logout(initiator, target, port, ports !== undefined);
    }
  }

  private hold(on: boolean): void {
    this.held = on;
    if (this.kept === undefined) this.shim.setControlFlags(on ? ControlFlag.HOLD : 0);
  }

  private setScope(): void {
    if (this.kept === undefined) this.shim.membership.setScope(0, ScopeKind.PORTS, this.role, 0, 1);
  }

  private arrive({ row, requester, pair, loadPermille }: Extract<Action, { do: "arrival" }>): void {
    const { arrivalInput } = this.views;
    const target = this.shim.names.targets.row(pair.target);
    const port = this.shim.names.ports.row(pair.port);
    if (requester !== 0 && (target < 0 || port < 0)) return;
    arrivalInput.setRequester(row, requester);
    arrivalInput.setTarget(row, Math.max(0, target));
    arrivalInput.setPort(row, Math.max(0, port));
    arrivalInput.setLoadPermille(row, loadPermille);
    arrivalInput.setSequence(row, ++this.arrivals);
    arrivalInput.setIncarnation(row, this.shim.incarnation);
    arrivalInput.markChanged(row);
  }

  /** Flips a bit of a state row, of one in use where there is any. */
  private flip({ table: name, share, bit }: Extract<Action, { do: "flip" }>): void {
    const table = layouts[this.case.profile].tables.find((entry) => entry.name === name);
    if (table === undefined) throw new Error(`no table ${name}`);
    const bytes = new Uint8Array(this.shim.core.memory.buffer);
    const rows = rowsInUse(bytes, table.base, table.stride, table.capacity);
    const row = rows[Math.floor(share * rows.length)] ?? 0;
    const at = bit % (table.stride * 8);
    const address = table.base + row * table.stride + (at >> 3);
    bytes[address] = (bytes[address] ?? 0) ^ (1 << (at & 7));
    this.shim.noteWritten(table, row);
    this.damaged.add(`${table.number} ${row}`);
    for (const observer of this.observers) observer.damage?.(this, name);
  }

  /** Damaged rows that the module has found and made anew, or that hold something else by now. */
  private findWhole(): void {
    const { profile, memory } = this.shim.core;
    for (const place of this.damaged) {
      const [table = 0, row = 0] = place.split(" ").map(Number);
      const layout = layouts[profile].tables[table];
      if (layout === undefined || isWhole(memory.buffer, layout, row)) this.damaged.delete(place);
    }
  }

  private scrub(rows: number): void {
    if (this.kept === undefined) this.shim.scrub(rows);
  }
}

/** Rows that differ from the row after them in more than their check word: used ones, mostly. All rows where none does. */
function rowsInUse(bytes: Uint8Array, base: number, stride: number, capacity: number): number[] {
  const used: number[] = [];
  for (let row = 0; row < capacity; row++) {
    const at = base + row * stride;
    let different = 0;
    for (let index = 0; index < stride; index++) {
      const value = bytes[at + index];
      if (value !== 0 && value !== 0xff) different++;
    }
    if (different > 4) used.push(row);
  }
  return used.length > 0 ? used : Array.from({ length: capacity }, (_, row) => row);
}

/** Runs a case. @throws what the module traps with, and Error for a configuration that it refuses. */
export function runCase(random: RandomCase, options: RunOptions): RunResult {
  return new CaseRun(random, options).run();
}
