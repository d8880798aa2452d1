/** Roles and epochs: for each scope, whether this module decides or shadows, under which epoch, and who holds it. */

import { SCOPE_MAX, SERVER_MAX } from "../limits";

export enum ScopeKind {
  NONE = 0,
  /** This controller's own target ports, and its own processor's web server. */
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
  /** Observations and detectors only; no decision but to campaign, and to give up what it holds. */
  SHADOW = 1,
  /** Written only after this controller has won the scope's key and begun to raise the epoch at the others. */
  DECIDING = 2,
}

export enum ScopeFlag {
  /** The lease service is out of reach and all peers have promised to take nothing over: what is held goes on. */
  FAILSAFE = 1,
  /** This controller doesn't reach the lease service: holder and leases are as last known, and nothing new is decided. */
  UNREACHABLE = 2,
}

/** Row of the scope of this controller's own ports. */
export const SCOPE_PORTS: u32 = 0;
/** Rows of the scopes of the two groups' interfaces. */
export const SCOPE_GROUP_0: u32 = 1;
export const SCOPE_GROUP_1: u32 = 2;
/** Row of the scope of the active processor. */
export const SCOPE_ARRAY: u32 = 3;
/** Row of the scope of replication transfers. */
export const SCOPE_TRANSFERS: u32 = 4;
/** First row of the pairs' scopes: that of a pair is this plus its lower server's index among the servers. */
export const SCOPE_PAIRS: u32 = 5;

@unmanaged
@table("scope", "input", SCOPE_MAX)
export class Scope {
  /** `NONE`: the scope is not in use. */
  @field("enum", "ScopeKind") kind: u8;
  @field("enum", "ScopeRole") role: u8;
  /** Group 0 or 1; for a pair the member row of its lower server; 0 otherwise. */
  @field("number") subject: u16;
  /** Member that holds the scope's key, by the lease service: a processor for ARRAY, else a server; `NONE`: nobody. */
  @field("index", "member") holder: u16;
  @field("flags", "ScopeFlag") flags: u16;
  /** Incarnation that wrote the row; of an earlier one role and holder count as unknown. */
  @field("count") incarnation: u32;
  /** While nobody holds it: 1 + the member row that the last holder gave it up for, by the lease service; 0 for nobody. */
  @field("number") nominee: u16;
  @field("pad") pad: u16;
  /** Epoch of the scope: the revision of its lease key; it only grows. */
  @field("epoch") epoch: u64;

  @inline static at(index: u32): Scope {
    return changetype<Scope>(SCOPE_BASE + index * <u32>offsetof<Scope>());
  }
}
if (offsetof<Scope>() != 24) ERROR("Scope");
if (SCOPE_PAIRS + SERVER_MAX != SCOPE_MAX) ERROR("each server may be the lower one of a pair");

/** What the module keeps of a scope. */
@unmanaged
@table("scope-state", "state", SCOPE_MAX)
@deadlines
export class ScopeState {
  /** Grows each time the module becomes the decider: assignments are then what is observed. */
  @field("count") term: u32;
  /** 1 while this module is the decider; its decisions begin at `graceUntilMs`. */
  @field("boolean") deciding: u8;
  /** CAMPAIGN or RESIGN while it is wanted; NONE otherwise. */
  @field("enum", "DecisionKind") wanted: u8;
  /** Times that it was said. */
  @field("count") said: u8;
  /** Zero. */
  @field("pad") pad: u8;
  /** Epoch under which it decides. */
  @field("epoch") epoch: u64;
  /** End of the observation that begins a term. */
  @field("time") graceUntilMs: u64;
  /** Since when nobody holds the scope, or 0. */
  @field("time") freeSinceMs: u64;
  /** What is wanted is not said again before. */
  @field("time") sayAgainMs: u64;
  /** Next look. */
  @field("time") deadlineMs: u64;
  @field("check") check: u32;
  @field("pad") pad1: u32;

  @inline static at(index: u32): ScopeState {
    return changetype<ScopeState>(SCOPE_STATE_BASE + index * <u32>offsetof<ScopeState>());
  }
}
if (offsetof<ScopeState>() != 56) ERROR("ScopeState");
