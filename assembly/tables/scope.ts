/** Roles and epochs: for each scope, whether this module decides or shadows, and under which epoch. */

export enum ScopeKind {
  NONE = 0,
  /** This controller's own target ports. */
  PORTS = 1,
  /** Interfaces of one of the two groups. */
  GROUP = 2,
  /** Storage units of a failover pair. */
  PAIR = 3,
  /** The active service processor. */
  ARRAY = 4,
  /** Replication transfers. */
  TRANSFERS = 5,
}

export enum ScopeRole {
  /** Not told yet in this incarnation: as SHADOW. */
  UNKNOWN = 0,
  /** Observations and detectors only; no decision. */
  SHADOW = 1,
  DECIDING = 2,
}

/** Row of the scope of this controller's own ports. */
export const SCOPE_PORTS: u32 = 0;

@unmanaged
@table("scope", "input", SCOPE_MAX)
export class Scope {
  @field("enum", "ScopeKind") kind: u8;
  @field("enum", "ScopeRole") role: u8;
  /** Group 0 or 1, or the lower server of the pair; 0 otherwise. */
  @field("number") subject: u16;
  /** Incarnation that wrote the role; of an earlier one it counts as unknown. */
  @field("count") incarnation: u32;
  /** Epoch of the scope: the revision of its lease key; it only grows. */
  @field("epoch") epoch: u64;

  @inline static at(index: u32): Scope {
    return changetype<Scope>(SCOPE_BASE + index * <u32>offsetof<Scope>());
  }
}
if (offsetof<Scope>() != 16) ERROR("Scope");
