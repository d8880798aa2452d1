/** What the module is told of scopes and members: written when it changes, and not otherwise. */

import { LeaseStatus, layouts, MemberTold, ScopeFlag, ScopeRole } from "../shim/generated/layout.js";
import { NONE } from "../shim/names.js";
import type { Shim } from "../shim/shim.js";
import type { Coordinator, LeaseStanding } from "./coordinator.js";
import type { ArrayScope } from "./scopes.js";

const STANDING: Record<LeaseStanding, number> = {
  unknown: LeaseStatus.UNKNOWN,
  leased: LeaseStatus.LEASED,
  gone: LeaseStatus.GONE,
};

export class ModuleInputs {
  private readonly written = new Map<string, string>();
  private readonly firstServer: number;
  /** Rows of scopes that were written last. */
  private rows: ReadonlySet<number> = new Set();

  constructor(
    private readonly shim: Shim,
    private readonly coordinator: Coordinator,
    private readonly scopes: () => readonly ArrayScope[],
    /** Told once when a controller's liveness key is gone: what it said of itself is void. */
    private readonly gone: (controller: string) => void,
  ) {
    this.firstServer = layouts[shim.core.profile].limits.MEMBER_SERVERS ?? 0;
  }

  /** Another configuration is in force: all is written anew. */
  forget(): void {
    this.written.clear();
  }

  /** Before each tick. */
  write(reachable: boolean): void {
    const flags = (this.coordinator.tenure.failsafe ? ScopeFlag.FAILSAFE : 0) | (reachable ? 0 : ScopeFlag.UNREACHABLE);
    const written = new Set(this.scopes().map((scope) => this.writeScope(scope, flags)));
    for (const row of this.rows) if (!written.has(row)) this.endScope(row);
    this.rows = written;
    for (const { name } of this.shim.array?.controllers ?? []) this.writeMember(name);
  }

  /** Row of a scope in the module's table. */
  rowOf(scope: ArrayScope): number {
    return scope.row((controller) => this.shim.names.members.row(controller) - this.firstServer);
  }

  /** Row of a controller's processor; -1 for one that has none. */
  processorOf(controller: string): number {
    const rows = this.shim.names.processors.rows();
    return rows.find((row) => this.shim.names.processors.name(row) === controller) ?? -1;
  }

  /** A scope that another configuration doesn't have any more is nobody's. */
  private endScope(row: number): void {
    if (row >= 0 && this.isNew(`scope ${row}`, "none")) this.shim.membership.scope(row, ScopeRole.SHADOW, NONE, 0);
  }

  /** @returns its row */
  private writeScope(scope: ArrayScope, flags: number): number {
    const { deciding, epoch, holder } = this.coordinator.scope(scope.name);
    const row = this.rowOf(scope);
    if (row < 0 || row >= this.shim.core.views.scope.capacity) return -1;
    const role = deciding ? ScopeRole.DECIDING : ScopeRole.SHADOW;
    const holderRow = scope.heldByProcessor ? this.processorOf(holder) : this.shim.names.members.row(holder);
    if (this.isNew(`scope ${row}`, `${role} ${epoch} ${holderRow} ${flags}`)) {
      this.shim.membership.scope(row, role, holderRow < 0 ? NONE : holderRow, epoch, flags);
    }
    return row;
  }

  private writeMember(name: string): void {
    const standing = this.coordinator.standing(name);
    if (standing === "gone" && this.isNew(`gone ${name}`, "gone")) this.gone(name);
    if (standing !== "gone") this.written.delete(`gone ${name}`);
    let acknowledged = 0;
    for (const scope of this.scopes()) {
      if (this.coordinator.acknowledged(scope.name, name)) acknowledged |= scope.acknowledged;
    }
    const server = this.shim.names.members.row(name);
    const told = this.coordinator.isFit(name) ? MemberTold.FIT : 0;
    for (const row of [server, this.processorOf(name)]) {
      const of = row === server ? 0 : told;
      if (row < 0 || !this.isNew(`member ${row}`, `${standing} ${acknowledged} ${of}`)) continue;
      this.shim.membership.memberInput(row, STANDING[standing], acknowledged, of);
    }
  }

  private isNew(what: string, value: string): boolean {
    if (this.written.get(what) === value) return false;
    this.written.set(what, value);
    return true;
  }
}
