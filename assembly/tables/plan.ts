/** The plan under way: where planning goes on when a tick's work is done. */

/** Ports that a session may be steered to, per plan: more would cost more looks for each session and gain little. */
export const PLAN_CANDIDATES: u32 = 7;

@unmanaged
@table("plan", "state", 1)
export class Plan {
  /** The overloaded or drained port, or `NONE`: no plan is under way. */
  @field("index", "target-port") port: u16;
  /** Next session of that port's list to look at, or `NONE`. */
  @field("index", "session") cursor: u16;
  /** Best session so far, or `NONE`. */
  @field("index", "session") best: u16;
  /** Where the best session would land. */
  @field("index", "target-port") bestTo: u16;
  /** Its disturbance: lower is better. */
  @field("number") bestDisturbance: u32;
  /** Worse of the two loads after it, in permille. */
  @field("permille") bestLoadPermille: u32;
  @field("permille") bestArrivingPermille: u32;
  @field("permille") bestLeavingPermille: u32;
  /** Sessions passed over: pinned. */
  @field("count") pinned: u16;
  /** … holding a reservation. */
  @field("count") reservation: u16;
  /** … within their residence time. */
  @field("count") residence: u16;
  /** … of a pair that is already moving. */
  @field("count") moving: u16;
  /** … whose target has no other registered, operative port (step 105). */
  @field("count") noAlternative: u16;
  /** … whose next port would be at or above the high watermark (step 106). */
  @field("count") alternativeFull: u16;
  /** … whose move would lower the worse of the two loads too little. */
  @field("count") noGain: u16;
  /** … whose registration another controller's arrival pins. */
  @field("count") reserved: u16;
  /** Load of the port where the best session would land, with it, in permille. */
  @field("permille") bestLandingPermille: u16;
  /** Candidates to land on: the least loaded ports when the plan began, `PLAN_CANDIDATES` of them, then `NONE`. */
  @field("index", "target-port") candidate0: u16;
  @field("index", "target-port") candidate1: u16;
  @field("index", "target-port") candidate2: u16;
  @field("index", "target-port") candidate3: u16;
  @field("index", "target-port") candidate4: u16;
  @field("index", "target-port") candidate5: u16;
  @field("index", "target-port") candidate6: u16;
  @field("check") check: u32;
  @field("pad") pad: u32;

  /** Candidate `n` of the plan, or `NONE`. */
  @inline static candidate(n: u32): u32 {
    return load<u16>(PLAN_BASE + offsetof<Plan>("candidate0") + n * 2);
  }
  @inline static setCandidate(n: u32, port: u32): void {
    store<u16>(PLAN_BASE + offsetof<Plan>("candidate0") + n * 2, <u16>port);
  }
  @inline static get(): Plan {
    return changetype<Plan>(PLAN_BASE);
  }
}
if (offsetof<Plan>() != 64) ERROR("Plan");
