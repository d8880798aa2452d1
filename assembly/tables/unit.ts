/** Storage units. */

/** How a unit is set up. */
@unmanaged
@table("unit-config", "configuration", UNIT_MAX)
export class UnitConfig {
  @field("id") id: u32;
  @field("generation") generation: u32;
  /** In the staged table: the row that `configure` gave it. */
  @field("index", "unit") assigned: u16;
  /** Server that owns it; its partner takes over. Staged: the server's staged row. */
  @field("index", "member") owner: u16;
  @field("check") check: u32;

  @inline static at(index: u32): UnitConfig {
    return changetype<UnitConfig>(UNIT_CONFIG_BASE + index * <u32>offsetof<UnitConfig>());
  }
  @inline static stagedAt(index: u32): UnitConfig {
    return changetype<UnitConfig>(UNIT_CONFIG_STAGED_BASE + index * <u32>offsetof<UnitConfig>());
  }
}
if (offsetof<UnitConfig>() != 16) ERROR("UnitConfig");

/** Configured units in ascending order of id: `configure` matches by it. */
@unmanaged
@table("unit-by-id", "state", UNIT_MAX)
export class UnitById {
  /** Unit at this place, or `NONE`. */
  @field("index", "unit") unit: u16;

  @inline static at(index: u32): UnitById {
    return changetype<UnitById>(UNIT_BY_ID_BASE + index * <u32>offsetof<UnitById>());
  }
}

/** Where a unit is. */
@unmanaged
@table("unit-input", "input", UNIT_MAX)
export class UnitInput {
  @field("generation") generation: u32;
  /** Incarnation that wrote the row; of an earlier one it counts as unknown. */
  @field("count") incarnation: u32;
  /** Server that its shelf admits, or `NONE`. */
  @field("index", "member") server: u16;
  /** Server that exports it now, or `NONE`. */
  @field("index", "member") serving: u16;

  @inline static at(index: u32): UnitInput {
    return changetype<UnitInput>(UNIT_INPUT_BASE + index * <u32>offsetof<UnitInput>());
  }
}
if (offsetof<UnitInput>() != 12) ERROR("UnitInput");

export enum UnitStatus {
  /** An operator wants it back with its owner. */
  RETURNING = 1,
  /** An alarm that no server can have it has been said. */
  ALARMED = 2,
}

/** What the module keeps of a unit. */
@unmanaged
@table("unit-state", "state", UNIT_MAX)
@deadlines
export class UnitState {
  /** Term of the pair's scope in which it was adopted. */
  @field("count") term: u32;
  /** Server that it is wanted with, or `NONE`. */
  @field("index", "member") wanted: u16;
  /** Why. */
  @field("enum", "Reason") reason: u8;
  /** Times that the present difference was said. */
  @field("count") said: u8;
  @field("flags", "UnitStatus") status: u32;
  @field("pad") pad: u32;
  /** Since when its owner is well; 0 while it isn't. */
  @field("time") ownerWellMs: u64;
  @field("time") deadlineMs: u64;
  @field("sequence") sequence: u32;
  @field("check") check: u32;

  @inline static at(index: u32): UnitState {
    return changetype<UnitState>(UNIT_STATE_BASE + index * <u32>offsetof<UnitState>());
  }
}
if (offsetof<UnitState>() != 40) ERROR("UnitState");
