/** Storage systems that apparatuses manage. */

/** How a system is set up. */
@unmanaged
@table("system-config", "configuration", SYSTEM_MAX)
@planned("manager redundancy")
export class SystemConfig {
  @field("id") id: u32;
  @field("generation") generation: u32;
  /** In the staged table: the row that `configure` gave it. */
  @field("index", "system") assigned: u16;
  /** Preferred active apparatus, or `NONE`. */
  @field("index", "member") home: u16;
  @field("check") check: u32;
}
if (offsetof<SystemConfig>() != 16) ERROR("SystemConfig");

/** A system as observed. */
@unmanaged
@table("system-input", "input", SYSTEM_MAX)
@planned("manager redundancy")
export class SystemInput {
  @field("generation") generation: u32;
  @field("count") incarnation: u32;
  /** Holders by the record of the system. */
  @field("index", "member") active: u16;
  @field("index", "member") standby: u16;
  /** Version of the management data that the stand-by confirmed. */
  @field("count") confirmed: u32;
  @field("epoch") epoch: u64;
  /** Apparatuses that reach it: digest. */
  @field("number") reached: u32;
  @field("pad") pad: u32;
}
if (offsetof<SystemInput>() != 32) ERROR("SystemInput");

/** What the module keeps of a system. */
@unmanaged
@table("system-state", "state", SYSTEM_MAX)
@planned("manager redundancy")
@deadlines
export class SystemState {
  @field("generation") generation: u32;
  @field("index", "member") active: u16;
  @field("index", "member") standby: u16;
  @field("index", "member") third: u16;
  @field("number") step: u16;
  @field("sequence") sequence: u32;
  @field("epoch") epoch: u64;
  @field("time") deadlineMs: u64;
  @field("count") said: u32;
  @field("check") check: u32;
}
if (offsetof<SystemState>() != 40) ERROR("SystemState");
