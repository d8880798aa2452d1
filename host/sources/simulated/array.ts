/** The simulated array as the shim meets it: a source and an effector at once, with the interface of the real ones. */

import { EpochGuard } from "../../effectors/epoch-guard.js";
import type { DecisionView, Effector, Source } from "../../shim/actor.js";
import { DecisionKind, LinkState, OutcomeResult, SessionFlag } from "../../shim/generated/layout.js";
import type { Shim } from "../../shim/shim.js";
import { RegistrationClient } from "./registration-client.js";
import type { World } from "./world.js";

/** What of a shim is used here. */
export type ArrayShim = Pick<
  Shim,
  | "core"
  | "names"
  | "setLink"
  | "setRegistrations"
  | "initiator"
  | "login"
  | "logout"
  | "dropUnseenSessions"
  | "sessionCounters"
  | "portCounters"
  | "outcome"
>;

/** Between two readings of the sessions' counters, in milliseconds. */
const SESSION_SAMPLE_MS = 500;
/** Load above which a port of another controller refuses a session, in multiples of its capacity. */
const ARRIVAL_LOAD_MAX = 0.8;

/** Which session of the world a row of the module stands for. */
interface RowUse {
  path: number;
  session: number;
  generation: number;
}

export class SimulatedArray implements Source, Effector {
  private shim!: ArrayShim;
  private readonly registrations: RegistrationClient;
  private readonly portRows: number[] = [];
  private readonly targetRows: number[] = [];
  private readonly rowOfPath: Int32Array;
  private readonly rows = new Map<number, RowUse>();
  private readonly linkReported: boolean[] = [];
  private readonly epochs = new EpochGuard();
  /** Host time at which the world began; -1 before the first tick. */
  private originMs = -1;
  private sessionsDueMs = 0;

  constructor(readonly world: World) {
    this.rowOfPath = new Int32Array(world.paths.length).fill(-1);
    this.registrations = new RegistrationClient(world, (target, ports) => {
      const rows = ports.map((port) => this.portRows[port] as number);
      this.shim.setRegistrations(this.targetRows[target] as number, rows);
    });
  }

  attach(shim: ArrayShim): void {
    this.shim = shim;
    for (const port of this.world.ports) this.portRows[port.index] = shim.names.ports.row(port.name);
    for (const [index, name] of this.world.targetNames.entries()) this.targetRows[index] = shim.names.targets.row(name);
  }

  beforeTick(hostMs: number): void {
    const begins = this.originMs < 0;
    if (begins) {
      this.originMs = hostMs;
      this.registrations.start();
    }
    this.world.advance(hostMs - this.originMs);
    this.reportLinks();
    this.reportSessions();
    if (begins) this.shim.dropUnseenSessions();
    this.reportPortCounters(hostMs);
    if (this.world.nowMs >= this.sessionsDueMs) {
      this.reportSessionCounters(hostMs);
      this.sessionsDueMs = this.world.nowMs + SESSION_SAMPLE_MS;
    }
  }

  handle(decision: DecisionView): void {
    const report = this.reporter(decision);
    // Whoever carries out an effect refuses a lower epoch of a scope than it has seen.
    if (!this.epochs.admits(decision)) {
      report(OutcomeResult.REFUSED);
      return;
    }
    switch (decision.kind) {
      case DecisionKind.WITHDRAW_REGISTRATION:
        this.registrations.change(this.target(decision.subject), this.port(decision.from), false, report);
        return;
      case DecisionKind.RESTORE_REGISTRATION:
        this.registrations.change(this.target(decision.subject), this.port(decision.to), true, report);
        return;
      case DecisionKind.LOGOUT_SESSION:
      case DecisionKind.REDIRECT_SESSION:
        this.logOut(decision, report);
        return;
      case DecisionKind.RESERVE_ARRIVAL:
        report(this.hasRoom(this.port(decision.to)) ? OutcomeResult.DONE : OutcomeResult.REFUSED);
        return;
      default:
        // Alarms and reports are carried out by being shown.
        report(OutcomeResult.DONE);
    }
  }

  async close(): Promise<void> {}

  private reporter(decision: DecisionView): (result: number) => void {
    const { incarnation, sequence } = decision;
    return (result) => void this.shim.outcome(incarnation, sequence, result);
  }

  private logOut(decision: DecisionView, report: (result: number) => void): void {
    const use = this.rows.get(decision.subject);
    if (use === undefined || use.generation !== decision.subjectGeneration) {
      // The session that was meant has ended already.
      report(OutcomeResult.DONE);
      return;
    }
    const path = this.world.paths[use.path];
    if (path === undefined) return;
    if (decision.kind === DecisionKind.REDIRECT_SESSION) this.world.targetSide.redirect(path, this.port(decision.to));
    this.world.targetSide.askForLogout(path, use.session, decision.detail, () => report(OutcomeResult.DONE));
  }

  private hasRoom(port: number): boolean {
    const simulated = this.world.ports[port];
    return simulated?.linkUp === true && simulated.utilization < ARRIVAL_LOAD_MAX;
  }

  private port(row: number): number {
    return this.portRows.indexOf(row);
  }

  private target(row: number): number {
    return this.targetRows.indexOf(row);
  }

  private reportLinks(): void {
    const { ports } = this.world;
    for (let index = 0; index < ports.length; index++) {
      const up = ports[index]?.linkUp === true;
      if (this.linkReported[index] === up) continue;
      this.linkReported[index] = up;
      this.shim.setLink(this.portRows[index] as number, up ? LinkState.UP : LinkState.DOWN);
    }
  }

  private reportSessions(): void {
    const { reports } = this.world.targetSide;
    if (reports.length === 0) return;
    for (const { kind, path, session, port } of reports) {
      if (kind === "logout") this.endSession(path.index);
      else this.beginSession(path.index, session, port);
    }
    reports.length = 0;
  }

  private beginSession(pathIndex: number, session: number, port: number): void {
    const application = this.world.paths[pathIndex]?.application;
    if (application === undefined) return;
    const initiator = this.shim.initiator(application.initiator.name);
    const target = this.targetRows[application.target] as number;
    const row = this.shim.login(initiator, target, this.portRows[port] as number, SessionFlag.ASYNC_LOGOUT);
    this.rowOfPath[pathIndex] = row;
    if (row < 0) return;
    const generation = this.shim.core.views.sessionInput.generation(row);
    this.rows.set(row, { path: pathIndex, session, generation });
  }

  private endSession(pathIndex: number): void {
    const row = this.rowOfPath[pathIndex] as number;
    this.rowOfPath[pathIndex] = -1;
    if (row < 0) return;
    this.rows.delete(row);
    this.shim.logout(row);
  }

  private reportPortCounters(hostMs: number): void {
    const { ports } = this.world;
    for (let index = 0; index < ports.length; index++) {
      const port = ports[index];
      if (port === undefined) continue;
      const row = this.portRows[index] as number;
      const queueDepth = Math.round(port.queueDepth);
      const busyUs = Math.floor(port.busyUs);
      this.shim.portCounters(row, hostMs, busyUs, Math.floor(port.bytes), Math.floor(port.operations), queueDepth);
    }
  }

  private reportSessionCounters(hostMs: number): void {
    const { paths } = this.world;
    for (let index = 0; index < paths.length; index++) {
      const path = paths[index];
      const row = this.rowOfPath[index] as number;
      if (path === undefined || row < 0) continue;
      const inFlight = Math.round(path.inFlight);
      this.shim.sessionCounters(row, hostMs, Math.floor(path.operations), Math.floor(path.bytes), inFlight);
    }
  }
}
