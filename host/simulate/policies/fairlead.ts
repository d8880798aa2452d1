/** The real module decides: the shim feeds it what the world shows and carries out what it says in the world. */

import type { ArrayDescription, Problem } from "../../array/description.js";
import type { DecisionView } from "../../shim/decision-view.js";
import {
  DecisionKind,
  DecisionKindNames,
  LinkState,
  layouts,
  OutcomeResult,
  ReasonNames,
  SessionFlag,
} from "../../shim/generated/layout.js";
import type { Core } from "../../shim/module.js";
import { Shim } from "../../shim/shim.js";
import type { LoadKind } from "../load.js";
import type { World, WorldListener } from "../world.js";
import type { Counters, Policy } from "./policy.js";

/** Units a second that a port is described with; the trace's traffic is multiplied so that it fits (see README.md). */
const CAPACITY_PER_SECOND = 1_000_000;
/** Time that a command is in flight: what `inFlight` and queue depth follow from, by Little's law. */
const COMMAND_SECONDS = 0.001;
const NONE = 0xffff;

export interface FairleadSettings {
  targetNames: readonly string[];
  initiators: number;
  redirection: boolean;
  load: LoadKind;
  /** Cost that a port carries in a second, in the load model's unit. */
  capacityPerSecond: number;
  sampleMs: number;
  tickMs: number;
  /** Knobs of the port policy, by name; the others have their defaults. */
  knobs: Record<string, number>;
}

/** The configuration was refused. */
export class PolicyRefused extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map((problem) => `${problem.field}: ${problem.message}; expected ${problem.expected}`).join("\n"));
    this.name = "PolicyRefused";
  }
}

export class FairleadPolicy implements Policy, WorldListener {
  /** Decisions drained, by kind and reason. */
  readonly decisions = new Map<string, number>();
  private readonly shim: Shim;
  private readonly portRows: number[] = [];
  private readonly targetRows: number[] = [];
  private readonly initiatorRows: number[] = [];
  private readonly sessionRows: Int32Array;
  private readonly portOfRow = new Map<number, number>();
  private readonly targetOfRow = new Map<number, number>();
  private readonly sessionOfRow = new Map<number, number>();
  private readonly commandsAtLogin: Float64Array;
  private readonly bytesAtLogin: Float64Array;
  private readonly commandsBefore: Float64Array;
  private readonly factor: number;
  private readonly busyFactor: number;
  /** Sessions whose counters are written in a tick, one after the other, and the next of them. */
  private readonly sessionsPerTick: number;
  private nextSession = 0;
  private readonly writtenMs: Float64Array;
  private readonly handler = (decision: DecisionView) => this.handle(decision);

  /** Configures the module and shows it the world as it begins. Throws `PolicyRefused` for knobs out of range. */
  constructor(
    core: Core,
    private readonly world: World,
    private readonly counters: Counters,
    private readonly settings: FairleadSettings,
  ) {
    const { sessions } = world;
    this.sessionRows = new Int32Array(sessions).fill(-1);
    this.commandsAtLogin = new Float64Array(sessions);
    this.bytesAtLogin = new Float64Array(sessions);
    this.commandsBefore = new Float64Array(sessions);
    this.factor = trafficFactor(settings);
    this.busyFactor = settings.load === "processor" ? CAPACITY_PER_SECOND / settings.capacityPerSecond : 0;
    this.sessionsPerTick = sessionsPerTick(core, sessions, settings);
    this.writtenMs = new Float64Array(sessions);
    this.shim = new Shim(core, { incarnation: 1 });
    const problems = this.shim.configure(this.description());
    if (problems.length > 0) throw new PolicyRefused(problems);
    this.shim.start(0);
    this.begin();
  }

  step(nowMs: number): void {
    this.writePorts(nowMs);
    this.writeSessions(nowMs);
    this.shim.tick(nowMs, this.handler);
  }

  loggedIn(session: number, port: number): void {
    const { initiatorOf, targetOf } = this.world.shape;
    const row = this.shim.login(
      this.initiatorRows[initiatorOf[session] as number] as number,
      this.targetRows[targetOf[session] as number] as number,
      this.portRows[port] as number,
      SessionFlag.ASYNC_LOGOUT,
    );
    this.sessionRows[session] = row;
    this.sessionOfRow.set(row, session);
    this.commandsAtLogin[session] = this.counters.sessionCommands[session] as number;
    this.bytesAtLogin[session] = this.counters.sessionBytes[session] as number;
    this.commandsBefore[session] = this.counters.sessionCommands[session] as number;
    this.writtenMs[session] = this.world.events.nowMs;
  }

  loggedOut(session: number): void {
    this.shim.logout(this.sessionRows[session] as number);
    this.sessionRows[session] = -1;
  }

  registrationsChanged(target: number): void {
    const listed: number[] = [];
    for (const [port, row] of this.portRows.entries()) if (this.world.isRegistered(target, port)) listed.push(row);
    this.shim.setRegistrations(this.targetRows[target] as number, listed);
  }

  private description(): ArrayDescription {
    const { ports, initiatorOf, nextPortal } = this.world.shape;
    const { load, targetNames, redirection, knobs, sampleMs } = this.settings;
    const portNames = Array.from({ length: ports }, (_, port) => `p${port}`);
    const names = new Set(initiatorOf.map((initiator) => `i${initiator}`));
    const capacity = { processor: 0, bandwidth: 0, operations: 0, queue: 0, sessions: 0 };
    capacity[load] = CAPACITY_PER_SECOND;
    return {
      name: "trace",
      profile: this.shim.core.profile,
      controllers: [{ name: "a" }],
      ports: portNames.map((name, port) => ({
        name,
        controller: "a",
        address: "",
        tag: port + 1,
        listOrder: port,
        maintenance: false,
        capacity: { ...capacity },
      })),
      targets: targetNames.map((name) => ({ name, ports: [...portNames], pinned: false, redirection })),
      initiators: [...names].map((name) => ({ name, pinned: false, nextPortal, switchingPriority: 0 })),
      policy: { common: {}, ports: { sampleMs, ...knobs }, health: {} },
      sources: {},
    };
  }

  private begin(): void {
    const { names } = this.shim;
    for (let port = 0; port < this.world.shape.ports; port++) {
      const row = names.ports.row(`p${port}`);
      this.portRows.push(row);
      this.portOfRow.set(row, port);
      this.shim.setLink(row, LinkState.UP);
    }
    for (const [target, name] of this.settings.targetNames.entries()) {
      const row = names.targets.row(name);
      this.targetRows.push(row);
      this.targetOfRow.set(row, target);
      this.registrationsChanged(target);
    }
    for (let initiator = 0; initiator < this.settings.initiators; initiator++) {
      this.initiatorRows.push(this.shim.initiator(`i${initiator}`));
    }
    for (let session = 0; session < this.world.sessions; session++) {
      this.loggedIn(session, this.world.portOf[session] as number);
    }
  }

  private writePorts(nowMs: number): void {
    const { portCost, portCommands, portBytes } = this.counters;
    for (const [port, row] of this.portRows.entries()) {
      const commands = Math.floor((portCommands[port] as number) * this.factor);
      const bytes = Math.floor((portBytes[port] as number) * this.factor);
      const busyUs = Math.floor((portCost[port] as number) * this.busyFactor);
      this.shim.portCounters(row, nowMs, busyUs, bytes, commands, 0);
    }
  }

  /** Neighbours in one tick, the next ones in the next: the module takes changed rows up in neighbouring groups. */
  private writeSessions(nowMs: number): void {
    for (let n = 0; n < this.sessionsPerTick; n++) {
      this.writeSession(this.nextSession, nowMs);
      this.nextSession = (this.nextSession + 1) % this.world.sessions;
    }
  }

  private writeSession(session: number, nowMs: number): void {
    const row = this.sessionRows[session] as number;
    if (row < 0) return;
    const seconds = (nowMs - (this.writtenMs[session] as number)) / 1000;
    const commands = this.counters.sessionCommands[session] as number;
    const gained = commands - (this.commandsBefore[session] as number);
    const inFlight = Math.round((gained * this.factor * COMMAND_SECONDS) / seconds);
    this.commandsBefore[session] = commands;
    this.writtenMs[session] = nowMs;
    const operations = Math.floor((commands - (this.commandsAtLogin[session] as number)) * this.factor);
    const bytes = (this.counters.sessionBytes[session] as number) - (this.bytesAtLogin[session] as number);
    this.shim.sessionCounters(row, nowMs, operations, Math.floor(bytes * this.factor), inFlight);
  }

  private handle(decision: DecisionView): void {
    const name = `${DecisionKindNames[decision.kind]} ${ReasonNames[decision.reason]}`;
    this.decisions.set(name, (this.decisions.get(name) ?? 0) + 1);
    const done = this.outcomeOf(decision);
    switch (decision.kind) {
      case DecisionKind.WITHDRAW_REGISTRATION:
        this.register(decision.subject, decision.from, false, done);
        break;
      case DecisionKind.RESTORE_REGISTRATION:
        this.register(decision.subject, decision.to, true, done);
        break;
      case DecisionKind.LOGOUT_SESSION:
        this.logout(decision, done, NONE);
        break;
      case DecisionKind.REDIRECT_SESSION:
        this.logout(decision, done, decision.to);
        break;
      default:
        done();
    }
  }

  /** The decision object is used again: what the outcome needs is copied here. */
  private outcomeOf(decision: DecisionView): () => void {
    const { incarnation, sequence } = decision;
    return () => void this.shim.outcome(incarnation, sequence, OutcomeResult.DONE);
  }

  private register(targetRow: number, portRow: number, listed: boolean, done: () => void): void {
    const target = this.targetOfRow.get(targetRow) as number;
    this.world.register(target, this.portOfRow.get(portRow) as number, listed, done);
  }

  /** A session said twice is on its way already: the outcome of the first tells. */
  private logout(decision: DecisionView, done: () => void, toRow: number): void {
    const session = this.sessionOfRow.get(decision.subject);
    const { sessionInput } = this.shim.core.views;
    const current = sessionInput.generation(decision.subject) === decision.subjectGeneration;
    if (session === undefined || !current || this.sessionRows[session] !== decision.subject) {
      done();
      return;
    }
    this.world.logout(session, done, decision.detail, toRow === NONE ? -1 : (this.portOfRow.get(toRow) as number));
  }
}

/**
 * Each session once a sample, but no more in a tick than half of the rows that the module looks at in one: it plans
 * nothing while observations are left over, so a host that writes more than that would keep it from planning.
 */
function sessionsPerTick(core: Core, sessions: number, settings: FairleadSettings): number {
  const most = Math.floor((layouts[core.profile].limits.WORK_PER_TICK_MAX ?? 2) / 2);
  return Math.min(most, sessions, Math.ceil((sessions * settings.tickMs) / settings.sampleMs));
}

/** How much the trace's traffic is multiplied by, so that a port's capacity is `CAPACITY_PER_SECOND` of its resource. */
function trafficFactor(settings: FairleadSettings): number {
  const perUnit = CAPACITY_PER_SECOND / settings.capacityPerSecond;
  if (settings.load === "processor") return perUnit * 1000;
  return settings.load === "bandwidth" ? perUnit * 1024 : perUnit;
}
