/** Members: processors, servers, apparatuses and agents, each kind in its own run of rows. */

import { APPARATUS_MAX, MEMBER_MAX, PROCESSOR_MAX, SERVER_MAX } from "../limits";

/** First member row of each kind. */
export const MEMBER_PROCESSORS: u32 = 0;
export const MEMBER_SERVERS: u32 = PROCESSOR_MAX;
export const MEMBER_APPARATUSES: u32 = PROCESSOR_MAX + SERVER_MAX;
export const MEMBER_AGENTS: u32 = PROCESSOR_MAX + SERVER_MAX + APPARATUS_MAX;

/** Kinds of members, in the order of their rows. */
export const MEMBER_KIND_MAX: u32 = 4;

/** First row of a kind: 0 processors, 1 servers, 2 apparatuses, 3 agents. */
export function firstMember(kind: u32): u32 {
  if (kind == 0) return MEMBER_PROCESSORS;
  if (kind == 1) return MEMBER_SERVERS;
  return kind == 2 ? MEMBER_APPARATUSES : MEMBER_AGENTS;
}

/** Rows of a kind. */
export function membersOf(kind: u32): u32 {
  return (kind < 3 ? firstMember(kind + 1) : MEMBER_MAX) - firstMember(kind);
}

/** Kind of a member row. */
export function kindOfMember(row: u32): u32 {
  return <u32>(row >= MEMBER_SERVERS) + <u32>(row >= MEMBER_APPARATUSES) + <u32>(row >= MEMBER_AGENTS);
}

export enum MemberFlag {
  /** In maintenance: drain it first, then let it leave. */
  MAINTENANCE = 1,
  /** The processor that is to be active whenever it can; at most one. */
  PREFERRED = 2,
}

/** What a member tests of itself. */
export enum SelfTest {
  PROCESSOR = 1,
  MEMORY = 2,
  DISK = 4,
  PROCESS = 8,
  WEB_SERVER = 16,
  CLOCK = 32,
}

export enum MemberReport {
  /** It reaches the lease service. */
  REACHES_LEASE_SERVICE = 1,
}

/** What a processor is for the array; `Heartbeat.role` holds it in bits 8 to 15, its `WebServerKind` in bits 0 to 7. */
export enum ProcessorRole {
  PASSIVE = 0,
  ACTIVE = 1,
  /** None is healthy: it has the address and answers there by its restricted server. */
  CARETAKER = 2,
}

export enum WebServerKind {
  NONE = 0,
  /** Own status, logs, self-test, restart of the service. */
  RESTRICTED = 1,
  FULL = 2,
}

/** How a member is set up. */
@unmanaged
@table("member-config", "configuration", MEMBER_MAX)
export class MemberConfig {
  @field("id") id: u32;
  @field("generation") generation: u32;
  /** In the staged table: the row that `configure` gave it. */
  @field("index", "member") assigned: u16;
  @field("flags", "MemberFlag") flags: u16;
  /** Higher is preferred. */
  @knob("rank", 0, 65535, 100) priority: u16;
  /** The other server of the failover pair, or `NONE`. Staged: its staged row. */
  @field("index", "member") partner: u16;
  /** Failure domain. */
  @knob("domain", 0, 63, 0) failureDomain: u16;
  /** Group of a server: 0, 1, or 2 for derived from the pairs: then the lower one of a pair is in group 0. In force: 0 or 1. */
  @knob("group", 0, 2, 2) group: u16;
  /** Controller that it runs on. Staged: the controller's place among the staged servers. */
  @field("index", "controller") controller: u16;
  @field("pad") pad: u16;
  /** Storage systems, transfers or units that it can carry. */
  @knob("things", 0, 65535, 65535) carriedMax: u32;
  @field("check") check: u32;

  @inline static at(index: u32): MemberConfig {
    return changetype<MemberConfig>(MEMBER_CONFIG_BASE + index * <u32>offsetof<MemberConfig>());
  }
  @inline static stagedAt(index: u32): MemberConfig {
    return changetype<MemberConfig>(MEMBER_CONFIG_STAGED_BASE + index * <u32>offsetof<MemberConfig>());
  }
}
if (offsetof<MemberConfig>() != 32) ERROR("MemberConfig");

/** A status message of a member, under a sequence word; a controller writes its own members' too. */
@unmanaged
@table("heartbeat", "latched", MEMBER_MAX)
export class Heartbeat {
  /** Odd while a writer is in the row. */
  @field("sequenceWord") sequence: u32;
  @field("generation") generation: u32;
  /** Heartbeats sent by the member since its start: one that doesn't change is no sign of life. */
  @field("sequence") beat: u32;
  /** Starts of the member. */
  @field("count") bootCount: u32;
  /** Self-tests passed. */
  @field("flags", "SelfTest") selfTests: u16;
  /** Of a processor: `WebServerKind` in bits 0 to 7, `ProcessorRole` in bits 8 to 15. */
  @field("number") role: u16;
  /** Digest of its configuration. */
  @field("number") configuration: u32;
  /** Members of its kind that it hears: bit `n` is the `n`th row of the kind, rows 0 to 31. */
  @field("number") hears0: u32;
  /** Rows 32 to 63. */
  @field("number") hears1: u32;
  /** Rows 64 to 95. */
  @field("number") hears2: u32;
  /** Rows 96 to 127; later ones are not told. */
  @field("number") hears3: u32;
  /** Sum of the weights of its tracked inputs (links, scripts) that are down: lowers its priority. */
  @field("number") penalty: u16;
  @field("flags", "MemberReport") flags: u16;
  /** What it carries, now. */
  @field("count") carried: u32;

  @inline static at(index: u32): Heartbeat {
    return changetype<Heartbeat>(HEARTBEAT_BASE + index * <u32>offsetof<Heartbeat>());
  }
  @inline static latchedAt(index: u32): Heartbeat {
    return changetype<Heartbeat>(HEARTBEAT_LATCHED_BASE + index * <u32>offsetof<Heartbeat>());
  }
}
if (offsetof<Heartbeat>() != 48) ERROR("Heartbeat");

export enum LeaseStatus {
  UNKNOWN = 0,
  /** Its liveness key is there. */
  LEASED = 1,
  /** Its liveness key is gone: whatever it held is free. */
  GONE = 2,
}

/** Scopes whose present epoch a member has stored, and under which it has reported what it holds. */
export enum Acknowledged {
  GROUP = 1,
  PAIR = 2,
  ARRAY = 4,
}

export enum MemberTold {
  /** A processor that says, beside its liveness key, that it may be active: known also of one that isn't heard. */
  FIT = 1,
}

/** What the lease service and the command channel say of a member. */
@unmanaged
@table("member-input", "input", MEMBER_MAX)
export class MemberInput {
  @field("generation") generation: u32;
  /** Incarnation that wrote the row; of an earlier one it counts as unknown. */
  @field("count") incarnation: u32;
  @field("enum", "LeaseStatus") lease: u8;
  @field("flags", "Acknowledged") acknowledged: u8;
  @field("flags", "MemberTold") told: u16;

  @inline static at(index: u32): MemberInput {
    return changetype<MemberInput>(MEMBER_INPUT_BASE + index * <u32>offsetof<MemberInput>());
  }
}
if (offsetof<MemberInput>() != 12) ERROR("MemberInput");

/** What the module keeps of a member, beside its row of `health-state`. */
@unmanaged
@table("member-state", "state", MEMBER_MAX)
export class MemberState {
  /** Latest beat and boot count. */
  @field("sequence") beat: u32;
  @field("count") bootCount: u32;
  /** 1: a heartbeat has come since the row was given out or the host started. */
  @field("boolean") heard: u16;
  @field("pad") pad: u16;
  @field("check") check: u32;

  @inline static at(index: u32): MemberState {
    return changetype<MemberState>(MEMBER_STATE_BASE + index * <u32>offsetof<MemberState>());
  }
}
if (offsetof<MemberState>() != 16) ERROR("MemberState");

/** Configured members of each kind in ascending order of id, each kind in its own run of rows. */
@unmanaged
@table("member-by-id", "state", MEMBER_MAX)
export class MemberById {
  /** Member at this place, or `NONE`. */
  @field("index", "member") member: u16;

  @inline static at(index: u32): MemberById {
    return changetype<MemberById>(MEMBER_BY_ID_BASE + index * <u32>offsetof<MemberById>());
  }
}
