/** What the module keeps of itself, and the scratch list of rows to look at. */

/** Policies that follow members and scopes. */
export enum Stirred {
  PROCESSORS = 1,
  INTERFACES = 2,
  /** Operators\' requests wait for an answer. */
  REQUESTS = 4,
}

@unmanaged
@table("module-state", "state", 1)
export class ModuleState {
  /** Grows each time the module becomes the decider of its ports: assignments are then what is observed. */
  @field("count") term: u32;
  /** 1 while this module decides for its own ports. */
  @field("boolean") deciding: u16;
  /** 1 while the port policy is held for a broken configuration row; a new configuration ends it. */
  @field("boolean") held: u16;
  /** 1: the accounts of ports and initiators are to be made anew from the session rows. */
  @field("boolean") rebuild: u16;
  /** Moves between their first decision and their landing. */
  @field("count") movesUnderWay: u16;
  /** Rows of moves in use, settling ones included. */
  @field("count") movesInUse: u16;
  /** Arrivals granted. */
  @field("count") arrivals: u16;
  /** Policies that have to look again, since something of a member or a scope has changed. */
  @field("flags", "Stirred") stirred: u16;
  /** `Control.controllerIndex` as it was when the rows were last judged by it. */
  @field("number") controllerIndex: u16;
  @field("check") check: u32;

  @inline static get(): ModuleState {
    return changetype<ModuleState>(MODULE_STATE_BASE);
  }
}
if (offsetof<ModuleState>() != 24) ERROR("ModuleState");

/** Rows that the present step looks at. Of no account between ticks. */
@unmanaged
@table("work", "state", WORK_PER_TICK_MAX)
export class Work {
  @field("number") row: u16;

  @inline static at(index: u32): Work {
    return changetype<Work>(WORK_BASE + index * <u32>offsetof<Work>());
  }
}
