/** Replication transfers. */

export enum TransferFlag {
  /** In maintenance: no agent is to drive it. */
  MAINTENANCE = 1,
}

/** How a transfer is set up. */
@unmanaged
@table("transfer-config", "configuration", TRANSFER_MAX)
@planned("agent failover")
export class TransferConfig {
  @field("id") id: u32;
  @field("generation") generation: u32;
  /** In the staged table: the row that `configure` gave it. */
  @field("index", "transfer") assigned: u16;
  @field("flags", "TransferFlag") flags: u16;
  /** Agents in order of failover, or `NONE`. */
  @field("index", "member") agent0: u16;
  /** Agents in order of failover, or `NONE`. */
  @field("index", "member") agent1: u16;
  /** Agents in order of failover, or `NONE`. */
  @field("index", "member") agent2: u16;
  /** Agents in order of failover, or `NONE`. */
  @field("index", "member") agent3: u16;
  /** Agents in order of failover, or `NONE`. */
  @field("index", "member") agent4: u16;
  /** Agents in order of failover, or `NONE`. */
  @field("index", "member") agent5: u16;
  /** Agents in order of failover, or `NONE`. */
  @field("index", "member") agent6: u16;
  /** Agents in order of failover, or `NONE`. */
  @field("index", "member") agent7: u16;
  /** Mode of each agent: bit set for push. */
  @field("number") push: u16;
  /** Time a script may take. */
  @knob("s", 1, 65535, 60) scriptSeconds: u16;
  /** Phases that have scripts. */
  @field("number") scripts: u16;
  /** What to do when the failed host is dead too. */
  @knob("choice", 0, 2, 0) hostDead: u16;
  @field("pad") pad: u32;
  @field("check") check: u32;
  /** Zero. */
  @field("pad") pad1: u32;
}
if (offsetof<TransferConfig>() != 48) ERROR("TransferConfig");

/** A transfer as observed. */
@unmanaged
@table("transfer-input", "input", TRANSFER_MAX)
@planned("agent failover")
export class TransferInput {
  @field("generation") generation: u32;
  @field("count") incarnation: u32;
  /** Agent that drives it, or `NONE`. */
  @field("index", "member") driver: u16;
  /** Phase and result of the script. */
  @field("number") phase: u16;
  @field("pad") pad: u32;
  @field("epoch") epoch: u64;
  /** Checkpoint reached. */
  @field("count") checkpoint: u64;
}
if (offsetof<TransferInput>() != 32) ERROR("TransferInput");

/** What the module keeps of a transfer. */
@unmanaged
@table("transfer-state", "state", TRANSFER_MAX)
@planned("agent failover")
@deadlines
export class TransferState {
  @field("generation") generation: u32;
  @field("index", "member") driver: u16;
  @field("number") step: u16;
  /** Agents tried since the last success: bits. */
  @field("number") tried: u16;
  @field("count") said: u16;
  @field("sequence") sequence: u32;
  @field("epoch") epoch: u64;
  @field("time") deadlineMs: u64;
  @field("time") stepEndMs: u64;
  @field("check") check: u32;
  @field("pad") pad: u32;
}
if (offsetof<TransferState>() != 48) ERROR("TransferState");
