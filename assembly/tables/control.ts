/** What the host tells the module about itself: one row, written before each tick. */

export enum ControlFlag {
  /** The host asks for nothing to be moved; observations go on. */
  HOLD = 1,
}

@unmanaged
@table("control", "input", 1)
export class Control {
  /** The host's monotonic clock in milliseconds. Its zero is of no account; only differences are used. */
  @field("hostTime") hostMs: u64;
  /** Larger at each start of the host. Decisions and outcomes carry it; roles and observations of an earlier one count as unknown. */
  @field("count") incarnation: u32;
  /** Latest generation of the configuration that all writers of input rows know; rows removed by a later one are not given out anew. */
  @field("generation") writersGeneration: u32;
  /** Row of this controller among the servers; 0 on a single controller. Ports with another owner are another controller's. */
  @field("index", "controller") controllerIndex: u16;
  @field("flags", "ControlFlag") flags: u16;
  @field("pad") pad0: u32;
  @field("pad") pad1: u64;

  @inline static get(): Control {
    return changetype<Control>(CONTROL_BASE);
  }
}
if (offsetof<Control>() != 32) ERROR("Control");
