/** Runs one case in virtual time against a module. */

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { formatProblem } from "../array/checked-yaml.js";
import type { ArrayDescription } from "../array/description.js";
import { readPolicy } from "../array/parse.js";
import { groupsOf } from "../cli/run/hosted.js";
import type { DecisionView } from "../shim/decision-view.js";
import { Fnv64 } from "../shim/digest.js";
import { ModuleError } from "../shim/errors.js";
import {
  ControlFlag,
  DecisionKindNames,
  layouts,
  LinkState,
  ReasonNames,
  RequestKind,
  ScopeKind,
  ScopeRole,
  SubjectKindNames,
  type TableLayout,
} from "../shim/generated/layout.js";
import { NONE } from "../shim/names.js";
import { instantiate } from "../shim/module.js";
import type { Recorder } from "../shim/recorder.js";
import { epochOf, type Shim } from "../shim/shim.js";
import { decodeSnapshot, type Snapshot, snapshotBytes } from "../shim/snapshot.js";
import { attachRefusal, startShim } from "../shim/start.js";
import { compare, compareState } from "./compare.js";
import { BEAT_MS, Controllers, scopeRow } from "./controllers.js";
import type { Action, ScenarioCase, ScenarioEvent, StateExpectation } from "./description.js";
import { HostClock } from "./host-clock.js";
import type { CaseResult, Difference, SeenDecision, SeenState } from "./result.js";
import { rowOf, tablesState } from "./state.js";
import { World } from "./world.js";

export interface RunOptions {
  /** The module file's bytes. */
  module: Uint8Array;
  /** Folder that `swap: {module: …}` counts from. */
  file: string;
  recorder?: Recorder | undefined;
}

const LINKS = { up: LinkState.UP, down: LinkState.DOWN, unknown: LinkState.UNKNOWN } as const;
const ROLES = { deciding: ScopeRole.DECIDING, shadow: ScopeRole.SHADOW, unknown: ScopeRole.UNKNOWN } as const;

class CaseRun {
  private readonly world: World;
  private array: ArrayDescription;
  private shim: Shim;
  private readonly decisions: SeenDecision[] = [];
  private readonly differences: Difference[] = [];
  private readonly digest = new Fnv64();
  private ticks = 0;
  private readonly clock = new HostClock();
  /** Virtual time until which no host runs. */
  private downUntilMs = 0;
  private kept: Snapshot | undefined;
  /** Whether the module took the array; nothing happens to one that it refused. */
  private adopted = false;
  /** From the first event about controllers or scopes on. */
  private controllers: Controllers | undefined;
  private nextBeatMs = 0;
  private readonly drain = (decision: DecisionView) => this.take(decision);

  constructor(
    private readonly scenario: ScenarioCase,
    private readonly options: RunOptions,
  ) {
    this.array = scenario.array;
    this.world = new World(this.array, scenario.world);
    this.shim = this.startHost(undefined);
  }

  run(): CaseResult {
    const { events, untilMs, tickMs } = this.scenario;
    for (const event of events) this.world.timeline.at(event.atMs, () => this.happen(event));
    for (let nowMs = 0; nowMs <= untilMs && this.adopted; nowMs += tickMs) {
      this.world.timeline.runUntil(nowMs, (toMs) => this.world.traffic.advance(toMs));
      this.tick(nowMs);
    }
    const end = this.state();
    this.noteDroppedLogins();
    const differences = [...this.differences, ...compare(this.scenario.expect, this.decisions, end, this.scenario)];
    return { decisions: this.decisions, end, digest: this.digest.hex(), ticks: this.ticks, differences };
  }

  /** Logins that the module could not see would make everything else misleading. */
  private noteDroppedLogins(): void {
    const { droppedLogins } = this.shim;
    if (droppedLogins === 0) return;
    const expected = `rows for all sessions and initiators in profile ${this.scenario.profile}`;
    this.differences.push({ what: "logins", expected, seen: `${droppedLogins} had none` });
  }

  private tick(nowMs: number): void {
    if (nowMs < this.downUntilMs) return;
    if (this.kept !== undefined) {
      this.shim = this.startHost(this.kept);
      this.kept = undefined;
    }
    const hostMs = this.clock.at(nowMs);
    this.world.observe();
    this.world.sample(hostMs);
    this.beat(nowMs);
    this.ticks++;
    this.shim.tick(hostMs, this.drain);
  }

  private beat(nowMs: number): void {
    if (this.controllers === undefined || nowMs < this.nextBeatMs) return;
    this.nextBeatMs = nowMs + BEAT_MS;
    this.controllers.tell(this.shim);
  }

  /** A host starts: fresh, or on what an earlier one kept. */
  private startHost(snapshot: Snapshot | undefined): Shim {
    const { module, recorder } = this.options;
    const started = startShim({
      module,
      controller: this.scenario.controller,
      snapshot,
      nowMs: 0,
      maxAgeMs: 0,
      ...(recorder === undefined ? {} : { recorder }),
    });
    const { shim } = started;
    shim.start(this.clock.at(this.world.timeline.nowMs));
    this.adopted = this.configure(shim, this.array);
    // Rows of an array that the profile doesn't hold would be written into other tables.
    if (this.adopted) this.world.attach(shim);
    return shim;
  }

  /** @returns whether the module adopted it; a refusal that was not expected is a difference, and so the reverse. */
  private configure(shim: Shim, array: ArrayDescription, refused = false): boolean {
    const problems = shim.configure(array);
    if (problems.length > 0 === refused) return !refused;
    const seen = problems.map(formatProblem).join("\n") || "adopted";
    this.differences.push({ what: "configure", expected: refused ? "refused" : "adopted", seen });
    return problems.length === 0;
  }

  private reconfigure(description: ArrayDescription, refused = false): void {
    const array = { ...description, profile: this.scenario.profile };
    if (this.kept === undefined && !this.configure(this.shim, array, refused)) return;
    this.array = array;
    this.world.reconfigured(array);
  }

  private happen({ action, line }: ScenarioEvent): void {
    if (action.do === "check") this.check(action.state, line);
    else if (action.do === "restart") this.restart(action.attach, action.downMs);
    else if (!this.happenInWorld(action)) this.happenInHost(action);
  }

  /** What happens outside the host; false for what happens in it. */
  private happenInWorld(action: Action): boolean {
    const { world } = this;
    if (action.do === "login") world.login(action.login);
    else if (action.do === "logout") world.logout(action.initiator, action.target, action.port, action.returns);
    else if (action.do === "load") world.traffic.setLoad(action.load);
    else if (action.do === "portLoad") world.traffic.setPortLoad(action.load);
    else if (action.do === "counters") world.traffic.setFault(action.fault);
    else if (action.do === "link") world.link(action.port, LINKS[action.state]);
    else if (action.do === "forget") world.deregister(action.pair.target, action.pair.port);
    else if (action.do === "add") world.register(action.pair.target, action.pair.port);
    else if (action.do === "serverRestart") {
      if (action.lists === "everything") world.registerAll();
      else world.forgetAll();
    } else if (action.do === "world") world.addRules(action.rules);
    else return this.happenToServers(action);
    return true;
  }

  /** What happens to servers, their ports, addresses and scopes. */
  private happenToServers(action: Action): boolean {
    const { hosting } = this.world;
    if (action.do === "networkLink") hosting.links.set(action.port, LINKS[action.state]);
    else if (action.do === "server") hosting.setServer(action.server, action.change);
    else if (action.do === "place") hosting.place(action.name, action.at);
    else if (action.do === "hold scope") this.holdScope(action);
    else return false;
    return true;
  }

  private happenInHost(action: Action): void {
    const { shim } = this;
    if (action.do === "maintenance") this.reconfigure(this.withMaintenance(action.port, action.on));
    else if (action.do === "reconfigure") this.reconfigure(this.changed(action.array, action.knobs), action.refused);
    else if (action.do === "clock") this.clock.change(this.world.timeline.nowMs, action.forwardMs, action.stopMs);
    else if (action.do === "hold") shim.setControlFlags(action.on ? ControlFlag.HOLD : 0);
    else if (action.do === "swap") this.swap(action.module, action.refused);
    else if (action.do === "scope") shim.membership.setScope(0, ScopeKind.PORTS, ROLES[action.role], 0, action.epoch);
    else if (this.happenAmongControllers(action)) return;
    else if (action.do === "remote") {
      shim.setRemoteLoad(shim.names.ports.row(action.port), action.loadPermille, action.plannedPermille);
    } else if (action.do === "arrival") this.arrive(action);
    else if (action.do === "drain") shim.draining = action.on;
    else if (action.do === "break") this.damage(action.table, action.row, action.field, action.value);
    else if (action.do === "scrub") shim.scrub(action.rows);
    else if (action.do === "request") this.request(action.kind, action.subject);
  }

  private holdScope({ scope, role, epoch, holder }: Extract<Action, { do: "hold scope" }>): void {
    const { hosting } = this.world;
    const row = "group" in scope ? 1 + scope.group : hosting.pairRow(scope.pair);
    hosting.scopes.set(row, { role, epoch, holder: holder || hosting.holderOf(row) });
  }

  private request(kind: "rebalance" | "failBack" | "switchOver", subject: string): void {
    const { names } = this.shim;
    if (kind === "switchOver") {
      this.shim.request(RequestKind.SWITCH_OVER, subject === "any" ? NONE : names.processors.row(subject));
      return;
    }
    if (kind === "rebalance") this.shim.request(RequestKind.REBALANCE, subject === "all" ? NONE : Number(subject));
    else this.shim.request(RequestKind.FAIL_BACK, subject === "all" ? NONE : this.shim.names.members.row(subject));
  }

  /** True for what concerns other controllers and the lease service. */
  private happenAmongControllers(action: Action): boolean {
    const { shim } = this;
    if (action.do === "requestsUnderWay") shim.setRequestsUnderWay(action.count);
    else if (action.do === "controllers") {
      for (const [name, change] of Object.entries(action.changes)) this.others().change(name, change);
      this.others();
    } else if (action.do === "keys") {
      for (const [name, change] of Object.entries(action.changes)) {
        this.others().changeScope(scopeRow(name, shim), change);
      }
      this.others().tellScopes(shim);
    } else return false;
    return true;
  }

  private others(): Controllers {
    const names = this.array.controllers.map(({ name }) => name);
    this.controllers ??= new Controllers(names, this.scenario.controller);
    return this.controllers;
  }

  private withMaintenance(port: string, on: boolean): ArrayDescription {
    const set = <T extends { name: string }>(entry: T): T =>
      entry.name === port ? { ...entry, maintenance: on } : entry;
    return { ...this.array, ports: this.array.ports.map(set), controllers: this.array.controllers.map(set) };
  }

  private changed(array: ArrayDescription | undefined, knobs: Record<string, unknown>): ArrayDescription {
    const next = array ?? this.array;
    return { ...next, policy: readPolicy(knobs, next.policy) };
  }

  private arrive(action: Extract<Action, { do: "arrival" }>): void {
    const { arrivalInput } = this.shim.core.views;
    const { row, requester, pair, loadPermille, sequence } = action;
    arrivalInput.setRequester(row, requester);
    arrivalInput.setTarget(row, this.shim.names.targets.row(pair.target));
    arrivalInput.setPort(row, this.shim.names.ports.row(pair.port));
    arrivalInput.setLoadPermille(row, loadPermille);
    arrivalInput.setSequence(row, sequence);
    arrivalInput.setIncarnation(row, this.shim.incarnation);
    arrivalInput.markChanged(row);
  }

  private swap(file: string, refused: boolean): void {
    const seen = this.trySwap(file);
    if ((seen !== "attached") === refused) return;
    this.differences.push({ what: "swap", expected: refused ? "refused" : "attached", seen });
  }

  /** `attached`, or why not. */
  private trySwap(file: string): string {
    try {
      const bytes = file === "" ? this.options.module : readFileSync(resolve(dirname(this.options.file), file));
      const code = this.shim.swap(bytes);
      return code === 0 ? "attached" : attachRefusal(code);
    } catch (error) {
      if (error instanceof ModuleError) return error.message;
      throw error;
    }
  }

  private damage(name: string, place: string | number, fieldName: string, value: number): void {
    const table = layouts[this.scenario.profile].tables.find((entry) => entry.name === name) as TableLayout;
    const row = rowOf(this.shim, table, place);
    const field = table.fields.find((entry) => entry.name === fieldName);
    if (row < 0 || field === undefined) {
      this.differences.push({ what: `break ${name}`, expected: `a row ${place}`, seen: "no such row" });
      return;
    }
    const view = new DataView(this.shim.core.memory.buffer);
    const at = table.base + row * table.stride + field.offset;
    if (field.size === 1) view.setUint8(at, value);
    else if (field.size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    this.shim.noteWritten(table, row);
  }

  /** The host ends, keeping its snapshot, and a new one starts after a while. */
  private restart(attach: boolean, downMs: number): void {
    const kept = decodeSnapshot(snapshotBytes(this.shim, 0), "snapshot");
    // A host that starts afresh keeps its ids and its incarnation, not its memory.
    this.kept = attach ? kept : { ...kept, sameLayout: false };
    this.downUntilMs = this.world.timeline.nowMs + downMs;
    this.world.detach();
  }

  private take(decision: DecisionView): void {
    const { names } = this.shim;
    this.digestRow();
    this.decisions.push({
      time: this.world.timeline.nowMs,
      moduleTimeMs: decision.timeMs,
      kind: DecisionKindNames[decision.kind] ?? String(decision.kind),
      subjectKind: SubjectKindNames[decision.subjectKind] ?? String(decision.subjectKind),
      subject: names.subject(decision.subjectKind, decision.subject),
      from: names.place(decision.subjectKind, decision.from),
      to: names.place(decision.subjectKind, decision.to),
      reason: ReasonNames[decision.reason] ?? String(decision.reason),
      detail: decision.detail,
      epoch: epochOf(decision),
      incarnation: decision.incarnation,
      sequence: decision.sequence,
      scope: decision.scope,
    });
    this.controllers?.handle(decision, this.shim);
    this.world.handle(decision);
  }

  /** Takes the row that was just drained into the digest. */
  private digestRow(): void {
    const { header, decision } = this.shim.core.views;
    const slot = (header.ringTail(0) - 1) & (decision.capacity - 1);
    const at = decision.address(slot);
    this.digest.update(new Uint8Array(this.shim.core.memory.buffer), at, at + decision.table.stride);
  }

  private check(expected: StateExpectation, line: number): void {
    this.differences.push(...compareState(expected, this.state(), `check (line ${line})`));
  }

  private state(): SeenState {
    const empty = emptyMemory(this.options.module);
    const registrations: Record<string, string[]> = {};
    const order = this.array.ports.map(({ name }) => name);
    for (const { name } of this.array.targets) {
      const listed = this.world.registrations.get(name) ?? new Set();
      registrations[name] = order.filter((port) => listed.has(port));
    }
    const sessions: Record<string, number> = {};
    for (const port of order) sessions[port] = this.world.sessionsOf(port).length;
    const logins: Record<string, string[]> = {};
    for (const { initiator, port } of this.world.sessions) logins[initiator] = [...(logins[initiator] ?? []), port];
    return {
      registrations,
      sessions,
      logins,
      interfaces: this.world.hosting.interfacesState(),
      units: this.world.hosting.unitsState(),
      groups: Object.fromEntries(groupsOf(this.shim).map(({ group, operativePorts }) => [group, operativePorts])),
      tables: tablesState(this.shim, empty),
    };
  }
}

const emptyMemories = new WeakMap<Uint8Array, Uint8Array>();

/** The memory of a module right after `reset`. */
function emptyMemory(module: Uint8Array): Uint8Array {
  const known = emptyMemories.get(module);
  if (known !== undefined) return known;
  const core = instantiate(module);
  core.exports.reset();
  const memory = new Uint8Array(core.memory.buffer);
  emptyMemories.set(module, memory);
  return memory;
}

/** Runs a case. @throws ModuleError for a module that can't be loaded; a trap of the module is passed on. */
export function runCase(scenario: ScenarioCase, options: RunOptions): CaseResult {
  return new CaseRun(scenario, options).run();
}
