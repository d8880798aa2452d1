/** Names of rows: which port, target, initiator or session a row index stands for. */

import { SubjectKind } from "./generated/layout.js";

/** Row index that means "none" in 16-bit fields. */
export const NONE = 0xffff;

/** The scopes of fixed rows. */
const FIXED_SCOPES: readonly string[] = ["ports", "group 0", "group 1", "array", "transfers"];

/** Names of the rows of one table, both ways. */
export class NameTable {
  private readonly byName = new Map<string, number>();
  private readonly byRow: string[] = [];

  /** Row of a name; -1 for a name that has none. */
  row(name: string): number {
    return this.byName.get(name) ?? -1;
  }

  /** Name of a row; "" for a row that has none. */
  name(row: number): string {
    return this.byRow[row] ?? "";
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  /** Rows in use, in ascending order. */
  rows(): number[] {
    return [...this.byName.values()].sort((left, right) => left - right);
  }

  /** Names in ascending order of row. */
  names(): string[] {
    return this.rows().map((row) => this.name(row));
  }

  get size(): number {
    return this.byName.size;
  }

  /** One more than the highest row that ever had a name. */
  get length(): number {
    return this.byRow.length;
  }

  set(row: number, name: string): void {
    this.remove(row);
    this.byName.set(name, row);
    this.byRow[row] = name;
  }

  /** Another row that is printed by this name. */
  alias(row: number, name: string): void {
    this.byRow[row] = name;
  }

  remove(row: number): void {
    const name = this.byRow[row];
    if (name === undefined || name === "") return;
    if (this.byName.get(name) === row) this.byName.delete(name);
    this.byRow[row] = "";
  }

  clear(): void {
    this.byName.clear();
    this.byRow.length = 0;
  }
}

/** A session by the names of its ends. */
export interface SessionNames {
  initiator: string;
  target: string;
  port: string;
}

/** All names of one shim. Sessions have no name of their own: theirs follow from their row. */
export class Names {
  readonly ports = new NameTable();
  readonly targets = new NameTable();
  readonly initiators = new NameTable();
  /** By index among the controllers. */
  readonly controllers = new NameTable();
  /** By member row: names of the controllers that the members run on. */
  readonly members = new NameTable();
  /** The processors alone, by member row. */
  readonly processors = new NameTable();
  readonly networkPorts = new NameTable();
  readonly interfaces = new NameTable();
  readonly units = new NameTable();

  /** `session`: initiator, target and port rows of a session row. */
  constructor(private readonly sessionRow: (row: number) => readonly [number, number, number]) {}

  /** Ends of a session, also of one that has just ended. */
  session(row: number): SessionNames {
    const [initiator, target, port] = this.sessionRow(row);
    return {
      initiator: this.initiators.name(initiator),
      target: this.targets.name(target),
      port: this.ports.name(port),
    };
  }

  /** A decision's subject in print: a name; `initiator>target` for a session; `#row` where there is no name. */
  subject(kind: number, row: number): string {
    if (kind === SubjectKind.TARGET_PORT) return this.ports.name(row) || `#${row}`;
    if (kind === SubjectKind.TARGET) return this.targets.name(row) || `#${row}`;
    if (kind === SubjectKind.INITIATOR) return this.initiators.name(row) || `#${row}`;
    if (kind === SubjectKind.SCOPE) return this.scope(row);
    if (kind === SubjectKind.SESSION) {
      const session = this.session(row);
      return `${session.initiator}>${session.target}`;
    }
    if (kind === SubjectKind.MEMBER) return this.members.name(row) || `#${row}`;
    if (kind === SubjectKind.NETWORK_PORT) return this.networkPorts.name(row) || `#${row}`;
    if (kind === SubjectKind.INTERFACE) return this.interfaces.name(row) || `#${row}`;
    if (kind === SubjectKind.UNIT) return this.units.name(row) || `#${row}`;
    return kind === SubjectKind.NONE ? "" : `#${row}`;
  }

  /** `from` or `to` of a decision in print: what it is a row of follows from the decision's subject; "" for none. */
  place(subjectKind: number, row: number): string {
    if (row === NONE) return "";
    if (subjectKind === SubjectKind.INTERFACE) return this.networkPort(row);
    const toMembers = [SubjectKind.UNIT, SubjectKind.MEMBER, SubjectKind.SCOPE] as number[];
    if (toMembers.includes(subjectKind)) return this.member(row);
    return this.port(row);
  }

  /** A network port in print; "" for none. */
  networkPort(row: number): string {
    return row === NONE ? "" : this.networkPorts.name(row) || `#${row}`;
  }

  /** A member in print: its controller; "" for none. */
  member(row: number): string {
    return row === NONE ? "" : this.members.name(row) || `#${row}`;
  }

  /** A scope in print; that of a pair by its lower server. */
  scope(row: number): string {
    return FIXED_SCOPES[row] ?? `pair ${this.controllers.name(row - FIXED_SCOPES.length) || `#${row}`}`;
  }

  /** A port of a decision in print; "" for none. */
  port(row: number): string {
    return row === NONE ? "" : this.ports.name(row) || `#${row}`;
  }
}
