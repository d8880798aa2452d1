/** A shim that only writes down what it is told, so that the simulated array can be tested without a module. */

import type { DecisionView } from "../../../host/shim/actor.js";
import { DecisionKind } from "../../../host/shim/generated/layout.js";
import { Names } from "../../../host/shim/names.js";
import type { ArrayShim } from "../../../host/sources/simulated/array.js";
import type { World } from "../../../host/sources/simulated/world.js";

/** Rows differ from the world's indexes, so that a mix-up shows. */
const PORT_ROW = 10;
const TARGET_ROW = 20;

interface FakeSession {
  initiator: string;
  target: number;
  port: number;
  generation: number;
  loggedIn: boolean;
  counters: { hostMs: number; operations: number; bytes: number; inFlight: number } | undefined;
}

export class FakeShim {
  readonly links = new Map<number, number>();
  readonly registrations = new Map<number, number[]>();
  readonly sessions: FakeSession[] = [];
  readonly portSamples = new Map<
    number,
    { hostMs: number; busyUs: number; bytes: number; operations: number; queueDepth: number }
  >();
  readonly outcomes: { sequence: number; result: number; hostMs: number }[] = [];
  readonly names: Names;
  readonly core: unknown;
  hostMs = 0;
  unseenDropped = 0;
  private sequence = 0;

  constructor(world: World) {
    this.names = new Names((row) => [0, this.sessions[row]?.target ?? 0, this.sessions[row]?.port ?? 0]);
    for (const port of world.ports) this.names.ports.set(PORT_ROW + port.index, port.name);
    for (const [index, name] of world.targetNames.entries()) this.names.targets.set(TARGET_ROW + index, name);
    this.core = { views: { sessionInput: { generation: (row: number) => this.sessions[row]?.generation } } };
  }

  asShim(): ArrayShim {
    return this as unknown as ArrayShim;
  }

  setLink(port: number, state: number): void {
    this.links.set(port, state);
  }

  setRegistrations(target: number, ports: readonly number[]): void {
    this.registrations.set(
      target,
      [...ports].sort((a, b) => a - b),
    );
  }

  initiator(name: string): number {
    const row = this.names.initiators.row(name);
    if (row >= 0) return row;
    this.names.initiators.set(this.names.initiators.size, name);
    return this.names.initiators.row(name);
  }

  /** The first free row under a larger generation, as the real shim gives them. */
  login(initiator: number, target: number, port: number, _flags: number): number {
    const free = this.sessions.findIndex((session) => !session.loggedIn);
    const row = free < 0 ? this.sessions.length : free;
    const generation = (this.sessions[row]?.generation ?? 0) + 1;
    const name = this.names.initiators.name(initiator);
    this.sessions[row] = { initiator: name, target, port, generation, loggedIn: true, counters: undefined };
    return row;
  }

  logout(row: number): void {
    const session = this.sessions[row];
    if (session === undefined || !session.loggedIn) throw new Error(`row ${row} holds no session`);
    session.loggedIn = false;
  }

  dropUnseenSessions(): number {
    this.unseenDropped++;
    return 0;
  }

  sessionCounters(row: number, hostMs: number, operations: number, bytes: number, inFlight: number): void {
    const session = this.sessions[row];
    if (session === undefined || !session.loggedIn) throw new Error(`row ${row} holds no session`);
    session.counters = { hostMs, operations, bytes, inFlight };
  }

  portCounters(
    port: number,
    hostMs: number,
    busyUs: number,
    bytes: number,
    operations: number,
    queueDepth: number,
  ): void {
    this.portSamples.set(port, { hostMs, busyUs, bytes, operations, queueDepth });
  }

  outcome(_incarnation: number, sequence: number, result: number): boolean {
    this.outcomes.push({ sequence, result, hostMs: this.hostMs });
    return true;
  }

  // What a test asks and says.

  /** Row of a session that is logged in, by its ends. */
  sessionRow(initiator: string, target: string): number {
    const targetRow = this.names.targets.row(target);
    return this.sessions.findIndex(
      (session) => session.loggedIn && session.initiator === initiator && session.target === targetRow,
    );
  }

  /** Name of the port that a session is on; "" for a session that isn't there. */
  portOf(initiator: string, target: string): string {
    const session = this.sessions[this.sessionRow(initiator, target)];
    return session === undefined ? "" : this.names.ports.name(session.port);
  }

  /** Names of the ports that a target was last seen registered on. */
  registeredPorts(target: string): string[] {
    return (this.registrations.get(this.names.targets.row(target)) ?? []).map((row) => this.names.ports.name(row));
  }

  decision(change: Partial<DecisionView>): DecisionView {
    this.sequence++;
    return {
      sequence: this.sequence,
      incarnation: 1,
      timeMs: 0,
      epochLow: 1,
      epochHigh: 0,
      kind: DecisionKind.NONE,
      reason: 0,
      subjectKind: 0,
      subject: 0,
      subjectGeneration: 0,
      from: 0xffff,
      to: 0xffff,
      detail: 0,
      scope: 0,
      ...change,
    };
  }

  withdraw(target: string, port: string): DecisionView {
    const [subject, from] = [this.names.targets.row(target), this.names.ports.row(port)];
    return this.decision({ kind: DecisionKind.WITHDRAW_REGISTRATION, subject, from });
  }

  restore(target: string, port: string): DecisionView {
    const [subject, to] = [this.names.targets.row(target), this.names.ports.row(port)];
    return this.decision({ kind: DecisionKind.RESTORE_REGISTRATION, subject, to });
  }

  logOut(initiator: string, target: string, change: Partial<DecisionView> = {}): DecisionView {
    const subject = this.sessionRow(initiator, target);
    const subjectGeneration = this.sessions[subject]?.generation ?? 0;
    return this.decision({ kind: DecisionKind.LOGOUT_SESSION, subject, subjectGeneration, detail: 3000, ...change });
  }

  resultOf(decision: DecisionView): number | undefined {
    return this.outcomes.find(({ sequence }) => sequence === decision.sequence)?.result;
  }
}
