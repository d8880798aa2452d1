/** Members: processors, servers, apparatuses and agents, each kind in its own run of rows. */

export enum MemberFlag {
  /** In maintenance: drain it first, then let it leave. */
  MAINTENANCE = 1,
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

/** How a member is set up. */
@unmanaged
@table("member-config", "configuration", MEMBER_MAX)
@planned("processor election, interface failover, manager redundancy and agent failover")
export class MemberConfig {
  @field("id") id: u32;
  @field("generation") generation: u32;
  /** In the staged table: the row that `configure` gave it. */
  @field("index", "member") assigned: u16;
  @field("flags", "MemberFlag") flags: u16;
  /** Higher is preferred. */
  @knob("rank", 0, 65535, 100) priority: u16;
  /** The other server of the failover pair, or `NONE`. */
  @field("index", "member") partner: u16;
  /** Failure domain. */
  @knob("domain", 0, 63, 0) failureDomain: u16;
  /** Group of a server: 0, 1, or 2 for derived from the pairs. */
  @knob("group", 0, 2, 2) group: u16;
  /** Storage systems, transfers or units that it can carry. */
  @knob("things", 0, 65535, 65535) carriedMax: u32;
  @field("check") check: u32;
  @field("pad") pad: u32;
}
if (offsetof<MemberConfig>() != 32) ERROR("MemberConfig");

/** A status message of a member, under a sequence word. */
@unmanaged
@table("heartbeat", "latched", MEMBER_MAX)
@planned("processor election, interface failover, manager redundancy and agent failover")
export class Heartbeat {
  /** Odd while a writer is in the row. */
  @field("sequenceWord") sequence: u32;
  @field("generation") generation: u32;
  /** Heartbeats sent by the member since its start. */
  @field("sequence") beat: u32;
  /** Starts of the member. */
  @field("count") bootCount: u32;
  /** Self-tests passed: processor, memory, disk, process, web server, clock. */
  @field("flags", "SelfTest") selfTests: u16;
  /** Kind of web server that it runs, and its role. */
  @field("number") role: u16;
  /** Members that it hears: low word of a digest. */
  @field("number") hears: u32;
  /** Digest of its configuration. */
  @field("number") configuration: u32;
  /** What it carries, now. */
  @field("count") carried: u32;
}
if (offsetof<Heartbeat>() != 32) ERROR("Heartbeat");

/** What the module keeps of a member. */
@unmanaged
@table("member-state", "state", MEMBER_MAX)
@planned("processor election, interface failover, manager redundancy and agent failover")
@deadlines
export class MemberState {
  @field("generation") generation: u32;
  /** Latest beat and boot count. */
  @field("sequence") beat: u32;
  @field("count") bootCount: u32;
  /** State of a processor, or role of a member. */
  @field("number") role: u16;
  /** Things placed on it. */
  @field("count") placed: u16;
  /** Epoch under which it holds its role. */
  @field("epoch") epoch: u64;
  @field("time") deadlineMs: u64;
  /** Weighted inputs that lower its priority. */
  @field("number") penalty: u32;
  @field("check") check: u32;
}
if (offsetof<MemberState>() != 40) ERROR("MemberState");
