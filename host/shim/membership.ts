/** What the module is told of members and scopes: status messages, liveness, and who decides what. */

import { layouts, ScopeKind } from "./generated/layout.js";
import type { LatchedRows } from "./latched-path.js";
import type { HeartbeatFields, LatchedTable } from "./latched-rows.js";
import type { Core } from "./module.js";
import { NONE } from "./names.js";

/** Kinds of the scopes of fixed rows; every later one is a pair's. */
const FIXED_SCOPES = [ScopeKind.PORTS, ScopeKind.GROUP, ScopeKind.GROUP, ScopeKind.ARRAY, ScopeKind.TRANSFERS] as const;

export class Membership {
  private readonly firstServer: number;

  constructor(
    private readonly core: Core,
    private readonly incarnation: number,
    private readonly latched: LatchedRows,
  ) {
    this.firstServer = layouts[core.profile].limits.MEMBER_SERVERS ?? 0;
  }

  /**
   * Role and epoch of a scope in this incarnation, and who holds its key.
   * @param subject group, or member row of the pair's lower server
   * @param holder member row, a processor's for ARRAY, else a server's; NONE for nobody
   * @param flags `ScopeFlag`
   */
  setScope(row: number, kind: number, role: number, subject: number, epoch: number, holder = NONE, flags = 0): void {
    const { scope } = this.core.views;
    if (row >= scope.capacity) throw new RangeError(`scope ${row}: the table has ${scope.capacity} rows`);
    scope.setKind(row, kind);
    scope.setRole(row, role);
    scope.setSubject(row, subject);
    scope.setHolder(row, holder);
    scope.setFlags(row, flags);
    scope.setIncarnation(row, this.incarnation);
    scope.setEpoch(row, epoch);
    scope.markChanged(row);
  }

  /**
   * A scope as the lease service has it: kind and subject follow from the row (0 own ports, 1 and 2 the groups, 3 the
   * array, 4 transfers, then the pairs, 5 + index of the lower server).
   * @param role `ScopeRole`: DECIDING only after this controller has won the key and begun to raise the epoch
   * @param holder member row that holds the key (a processor's for the array, else a server's); NONE for nobody
   * @param flags `ScopeFlag`
   */
  scope(row: number, role: number, holder: number, epoch: number, flags = 0): void {
    const kind = FIXED_SCOPES[row] ?? ScopeKind.PAIR;
    const subject =
      kind === ScopeKind.GROUP ? row - 1 : kind === ScopeKind.PAIR ? this.firstServer + row - FIXED_SCOPES.length : 0;
    this.setScope(row, kind, role, subject, epoch, holder, flags);
  }

  /** A member's status message, its own controller's too. Allocates nothing. */
  heartbeat(member: number, heartbeat: HeartbeatFields): void {
    this.latched.heartbeatWriter.write(member, this.memberGeneration(member), heartbeat);
  }

  /**
   * What the lease service and the command channel say of a member.
   * @param lease `LeaseStatus`: is its liveness key there
   * @param acknowledged `Acknowledged` bits: scopes whose present epoch it has stored, with a report of what it holds
   * @param told `MemberTold` bits: what it says beside its liveness key
   */
  memberInput(member: number, lease: number, acknowledged: number, told = 0): void {
    const { memberInput } = this.core.views;
    memberInput.setGeneration(member, this.memberGeneration(member));
    memberInput.setIncarnation(member, this.incarnation);
    memberInput.setLease(member, lease);
    memberInput.setAcknowledged(member, acknowledged);
    memberInput.setTold(member, told);
    memberInput.markChanged(member);
  }

  /** Generation of a member's row in force; writers of heartbeats on other threads give it with each. */
  memberGeneration(member: number): number {
    return this.core.views.memberConfig.generation(member);
  }

  /** Where worker threads write status messages of members, with a `HeartbeatWriter` of their own: one writer a member. */
  get heartbeats(): LatchedTable {
    return this.latched.heartbeats;
  }
}
