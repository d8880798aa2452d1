/** What came of a decision: the host writes a row into the next slot whose changed bit is clear. */

export enum OutcomeResult {
  NONE = 0,
  /** The effect is there; the observed tables show it too. */
  DONE = 1,
  /** Refused by the other side: another choice is made. */
  REFUSED = 2,
  /** Tried and failed: said again after a back-off. */
  FAILED = 3,
  /** No answer in time: said again after a back-off. */
  TIMED_OUT = 4,
}

@unmanaged
@table("outcome", "input", OUTCOME_MAX)
export class Outcome {
  /** Incarnation and sequence of the decision. */
  @field("count") incarnation: u32;
  @field("sequence") sequence: u32;
  @field("enum", "OutcomeResult") result: u16;
  @field("pad") pad: u16;
  /** Whatever helps a reader: an errno, a status code. */
  @field("number") detail: u32;

  @inline static at(index: u32): Outcome {
    return changetype<Outcome>(OUTCOME_BASE + index * <u32>offsetof<Outcome>());
  }
}
if (offsetof<Outcome>() != 16) ERROR("Outcome");
