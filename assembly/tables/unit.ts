/** Storage units. */

/** How a unit is set up. */
@unmanaged
@table("unit-config", "configuration", UNIT_MAX)
@planned("interface failover")
export class UnitConfig {
  @field("id") id: u32;
  @field("generation") generation: u32;
  /** In the staged table: the row that `configure` gave it. */
  @field("index", "unit") assigned: u16;
  /** Server that owns it; its partner takes over. */
  @field("index", "member") owner: u16;
  @field("check") check: u32;
}
if (offsetof<UnitConfig>() != 16) ERROR("UnitConfig");

/** Where a unit is. */
@unmanaged
@table("unit-input", "input", UNIT_MAX)
@planned("interface failover")
export class UnitInput {
  @field("generation") generation: u32;
  @field("count") incarnation: u32;
  /** Server that its shelf admits, or `NONE`. */
  @field("index", "member") server: u16;
  @field("pad") pad: u16;
}
if (offsetof<UnitInput>() != 12) ERROR("UnitInput");

/** What the module keeps of a unit. */
@unmanaged
@table("unit-state", "state", UNIT_MAX)
@planned("interface failover")
@deadlines
export class UnitState {
  @field("generation") generation: u32;
  @field("index", "member") wanted: u16;
  @field("count") said: u16;
  @field("time") deadlineMs: u64;
  @field("sequence") sequence: u32;
  @field("check") check: u32;
}
if (offsetof<UnitState>() != 24) ERROR("UnitState");
