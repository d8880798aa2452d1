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
  /** This controller's index, which is its row among the servers; 0 on a single controller. Ports with another owner are another controller's. */
  @field("index", "controller") controllerIndex: u16;
  @field("flags", "ControlFlag") flags: u16;
  /** Management requests that this controller's processor has under way: a planned switch-over waits for them. */
  @field("count") requestsUnderWay: u32;
  @field("pad") pad1: u64;

  @inline static get(): Control {
    return changetype<Control>(CONTROL_BASE);
  }
}
if (offsetof<Control>() != 32) ERROR("Control");
