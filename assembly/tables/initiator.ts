/** Initiators: known from their logins, so an input and not a configuration. */

export enum InitiatorFlag {
  /** Its sessions are never moved for balance. */
  PINNED = 1,
}

/** Which portal an initiator takes when it has to log in again. */
export enum NextPortal {
  /** The first that the iSNS server still lists (step 305 of the seed). */
  FIRST = 0,
  /** The one listed after the one it lost, round to the first. */
  FOLLOWING = 1,
}

@unmanaged
@table("initiator-input", "input", INITIATOR_MAX)
export class InitiatorInput {
  /** Stable id; 0 in a free row. */
  @field("id") id: u32;
  @field("generation") generation: u32;
  @field("flags", "InitiatorFlag") flags: u16;
  @field("enum", "NextPortal") nextPortal: u8;
  @field("pad") pad0: u8;
  /** Switching priority for all its sessions, 1 first; 0: computed (step 103). */
  @field("number") switchingPriority: u16;
  @field("pad") pad1: u16;

  @inline static at(index: u32): InitiatorInput {
    return changetype<InitiatorInput>(INITIATOR_INPUT_BASE + index * <u32>offsetof<InitiatorInput>());
  }
}
if (offsetof<InitiatorInput>() != 16) ERROR("InitiatorInput");

/** What the module keeps of an initiator. */
@unmanaged
@table("initiator-state", "state", INITIATOR_MAX)
export class InitiatorState {
  /** First session of the initiator's list, or `NONE`. */
  @field("index", "session") firstSession: u16;
  @field("pad") pad: u16;
  @field("check") check: u32;

  @inline static at(index: u32): InitiatorState {
    return changetype<InitiatorState>(INITIATOR_STATE_BASE + index * <u32>offsetof<InitiatorState>());
  }
}
