/** Reads a copy of the array: rows by names, as the commands answer them. */

import { countRegistrations, type PairState, readPair, type Tables } from "../../cli/run/registrations.js";
import type { HostedTables } from "../../cli/run/hosted.js";
import { lowerWords } from "../../cli/run/wording.js";
import {
  createViews,
  LinkState,
  MoveState,
  MoveStateNames,
  SessionFlag,
  TargetPortStatus,
} from "../../shim/generated/layout.js";
import { Names } from "../../shim/names.js";
import { type ArraySnapshot, NAMED_TABLES } from "./managed-array.js";

export type Level = "good" | "warning" | "bad" | "quiet";

export interface PortRow {
  name: string;
  controller: string;
  address: string;
  state: string;
  level: Level;
  maintenance: boolean;
  loadPermille: number;
  arrivingPermille: number;
  leavingPermille: number;
  sessions: number;
  registrationsWanted: number;
  registrationsObserved: number;
}

export interface TargetRow {
  name: string;
  ports: string[];
  wanted: string[];
  observed: string[];
  sessions: number;
}

export interface SessionRow {
  row: number;
  initiator: string;
  target: string;
  port: string;
  operationsPerSecond: number;
  kibPerSecond: number;
  inFlight: number;
}

export interface RegistrationRow extends PairState {
  target: string;
  port: string;
}

export interface MoveRow {
  initiator: string;
  target: string;
  from: string;
  to: string;
  step: string;
  ageMs: number;
}

/** The views of a copy, with the names of its rows. */
export class ArrayTables implements Tables {
  readonly core: HostedTables["core"];
  readonly names: Names;

  constructor(readonly snapshot: ArraySnapshot) {
    const views = createViews(snapshot.memory, snapshot.profile);
    this.core = { views, profile: snapshot.profile };
    const { sessionInput } = views;
    this.names = new Names((row) => [sessionInput.initiator(row), sessionInput.target(row), sessionInput.port(row)]);
    for (const kind of NAMED_TABLES) {
      for (const [row, name] of snapshot.names[kind]) this.names[kind].set(row, name);
    }
  }

  get moduleMs(): number {
    return this.core.views.header.nowMs(0);
  }

  ports(): PortRow[] {
    const counts = countRegistrations(this);
    const described = new Map(this.snapshot.description.ports.map((port) => [port.name, port]));
    const { targetPortState, targetPortInput } = this.core.views;
    return this.names.ports.rows().map((row) => {
      const name = this.names.ports.name(row);
      const port = described.get(name);
      const status = targetPortState.status(row);
      return {
        name,
        controller: port?.controller ?? "",
        address: port?.address ?? "",
        ...portState(targetPortInput.link(row), status),
        maintenance: port?.maintenance ?? (status & TargetPortStatus.MAINTENANCE) !== 0,
        loadPermille: targetPortState.loadPermille(row),
        arrivingPermille: targetPortState.arrivingPermille(row),
        leavingPermille: targetPortState.leavingPermille(row),
        sessions: targetPortState.sessions(row),
        registrationsWanted: counts.wanted[row] ?? 0,
        registrationsObserved: counts.listed[row] ?? 0,
      };
    });
  }

  targets(): TargetRow[] {
    const sessions = new Map<number, number>();
    const { sessionInput } = this.core.views;
    for (const row of this.sessionRows()) count(sessions, sessionInput.target(row));
    const portRows = this.names.ports.rows();
    return this.names.targets.rows().map((target) => {
      const line: TargetRow = {
        name: this.names.targets.name(target),
        ports: [],
        wanted: [],
        observed: [],
        sessions: sessions.get(target) ?? 0,
      };
      for (const port of portRows) {
        const pair = readPair(this, target, port, emptyPair());
        const name = this.names.ports.name(port);
        if (pair.configured) line.ports.push(name);
        if (pair.wanted) line.wanted.push(name);
        if (pair.observed) line.observed.push(name);
      }
      return line;
    });
  }

  sessions(): SessionRow[] {
    const { sessionState } = this.core.views;
    return this.sessionRows().map((row) => ({
      row,
      ...this.names.session(row),
      operationsPerSecond: sessionState.operationsRate(row),
      kibPerSecond: sessionState.bandwidthRate(row),
      inFlight: sessionState.inFlight(row),
    }));
  }

  registrations(): RegistrationRow[] {
    const rows: RegistrationRow[] = [];
    const portRows = this.names.ports.rows();
    for (const target of this.names.targets.rows()) {
      for (const port of portRows) {
        const pair = readPair(this, target, port, emptyPair());
        if (!pair.configured && !pair.observed) continue;
        rows.push({ target: this.names.targets.name(target), port: this.names.ports.name(port), ...pair });
      }
    }
    return rows;
  }

  moves(): MoveRow[] {
    const { move, header } = this.core.views;
    const rows: MoveRow[] = [];
    for (let row = 0; row < move.capacity; row++) {
      const state = move.state(row);
      if (state === MoveState.FREE) continue;
      rows.push({
        initiator: this.names.initiators.name(move.initiator(row)),
        target: this.names.targets.name(move.target(row)),
        from: this.names.port(move.from(row)),
        to: this.names.port(move.to(row)),
        step: lowerWords(MoveStateNames[state] ?? `#${state}`),
        ageMs: header.nowMs(0) - move.startedMs(row),
      });
    }
    return rows.sort((left, right) => right.ageMs - left.ageMs);
  }

  private sessionRows(): number[] {
    const { sessionInput } = this.core.views;
    const rows: number[] = [];
    for (let row = 0; row < sessionInput.capacity; row++) {
      if ((sessionInput.flags(row) & SessionFlag.LOGGED_IN) !== 0) rows.push(row);
    }
    return rows;
  }
}

function emptyPair(): PairState {
  return { configured: false, wanted: false, observed: false };
}

function count(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** A port's state in a word, the worst first. */
export function portState(link: number, status: number): { state: string; level: Level } {
  if ((status & TargetPortStatus.OWN) === 0) return { state: "another controller's", level: "quiet" };
  if (link === LinkState.DOWN) return { state: "link down", level: "bad" };
  if ((status & TargetPortStatus.FAILED) !== 0) return { state: "failed", level: "bad" };
  if ((status & TargetPortStatus.DRAINED) !== 0) return { state: "drained", level: "warning" };
  if ((status & TargetPortStatus.MAINTENANCE) !== 0) return { state: "draining", level: "warning" };
  if ((status & TargetPortStatus.OVERLOADED) !== 0) return { state: "overloaded", level: "bad" };
  if ((status & TargetPortStatus.OPERATIVE) === 0) return { state: "waiting", level: "quiet" };
  return { state: "in service", level: "good" };
}
