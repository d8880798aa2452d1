/** Who is active, by the module's tables: the holder of the array's scope, and each processor as this one judges it. */

import { lowerWords } from "../../cli/run/wording.js";
import {
  LeaseStatus,
  ProcessorRole,
  ProcessorState,
  ProcessorStateNames,
  type Views,
  WebServerKind,
} from "../../shim/generated/layout.js";
import { type Names, NONE } from "../../shim/names.js";
import type { Level } from "../array/tables.js";
import type { ProcessorDirectory, ProcessorRow, ServerKind } from "./directory.js";

/** Row of the scope of the active processor. */
const SCOPE_ARRAY = 3;

const LEVELS: Readonly<Record<number, Level>> = {
  [ProcessorState.UNKNOWN]: "quiet",
  [ProcessorState.HEALTHY]: "good",
  [ProcessorState.DEGRADED]: "warning",
  [ProcessorState.UNHEALTHY]: "bad",
  [ProcessorState.ISOLATED]: "bad",
  [ProcessorState.UNREACHABLE]: "bad",
  [ProcessorState.MAINTENANCE]: "warning",
};

const SERVERS: Readonly<Record<number, ServerKind>> = {
  [WebServerKind.NONE]: "none",
  [WebServerKind.RESTRICTED]: "restricted",
  [WebServerKind.FULL]: "full",
};

/** What it reads: a shim, whose tables change between ticks. */
export interface DirectoryTables {
  core: { readonly views: Views };
  names: Names;
  incarnation: number;
}

export class TableDirectory implements ProcessorDirectory {
  constructor(
    private readonly shim: DirectoryTables,
    readonly own: string,
  ) {}

  get names(): readonly string[] {
    return this.shim.names.controllers.names();
  }

  active(): string | undefined {
    const holder = this.holder();
    if (holder === NONE || this.roleOf(holder) === ProcessorRole.CARETAKER) return undefined;
    return this.shim.names.member(holder) || undefined;
  }

  epoch(): number {
    return this.shim.core.views.scope.epoch(SCOPE_ARRAY);
  }

  role(): "active" | "passive" | "caretaker" | "none" {
    const own = this.ownRow();
    if (own < 0) return "none";
    if (this.holder() !== own) return "passive";
    return this.roleOf(own) === ProcessorRole.CARETAKER ? "caretaker" : "active";
  }

  state(): string {
    const own = this.ownRow();
    return own < 0 ? "unknown" : this.stateWords(own);
  }

  rows(): ProcessorRow[] {
    const { names } = this.shim;
    return names.processors.rows().map((row) => this.rowOf(row));
  }

  private rowOf(row: number): ProcessorRow {
    const { processorState, memberConfig, memberInput, heartbeatLatched } = this.shim.core.views;
    const state = processorState.state(row);
    const active = this.holder() === row && this.roleOf(row) !== ProcessorRole.CARETAKER;
    return {
      name: this.shim.names.member(row),
      state: this.stateWords(row),
      level: LEVELS[state] ?? "quiet",
      active,
      server: SERVERS[processorState.webServer(row)] ?? "unknown",
      priority: memberConfig.priority(row),
      penalty: heartbeatLatched.penalty(row),
      reachable: state === ProcessorState.UNKNOWN ? null : state !== ProcessorState.UNREACHABLE,
      why: this.why(row, active, memberInput.lease(row)),
    };
  }

  private why(row: number, active: boolean, lease: number): string {
    const epoch = this.epoch();
    if (active) return `active: it holds the lease of the array's role, epoch ${epoch}`;
    if (this.holder() === row) return `caretaker: none is healthy; it answers at the address, epoch ${epoch}`;
    const state = this.stateWords(row);
    if (lease === LeaseStatus.GONE) return `not active: ${state}, its lease is gone`;
    const other = this.active();
    return other === undefined
      ? `not active: ${state}, and nobody is`
      : `not active: ${state}, and ${other} keeps the role`;
  }

  private stateWords(row: number): string {
    return lowerWords(ProcessorStateNames[this.shim.core.views.processorState.state(row)] ?? "unknown");
  }

  private ownRow(): number {
    return this.shim.names.processors.row(this.own);
  }

  /** Own: what it is to be. Others: what they have reported. */
  private roleOf(row: number): number {
    const { processorState } = this.shim.core.views;
    return row === this.ownRow() ? processorState.wantedRole(row) : processorState.role(row);
  }

  private holder(): number {
    const { scope } = this.shim.core.views;
    return scope.incarnation(SCOPE_ARRAY) === this.shim.incarnation ? scope.holder(SCOPE_ARRAY) : NONE;
  }
}
