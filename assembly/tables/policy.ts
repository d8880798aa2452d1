/** Knobs. Each has its range, default and effect here, and nowhere else. */

@unmanaged
@table("common-policy", "configuration", 1)
export class CommonPolicy {
  /** Number of staged target ports, and of staged targets; the host writes them with the staged rows. */
  @field("count") targetPortCount: u32;
  @field("count") targetCount: u32;
  /** Largest step of the module's time in one tick; a larger gap of the host's clock starts detectors anew. */
  @knob("ms", 100, 60000, 5000) timeStepMaxMs: u32;
  /** After a start, a gap or a new role: observe for this long before anything is moved. */
  @knob("ms", 0, 600000, 2000) graceMs: u32;
  @field("check") check: u32;
  @field("pad") pad: u32;

  @inline static get(): CommonPolicy {
    return changetype<CommonPolicy>(COMMON_POLICY_BASE);
  }
  @inline static staged(): CommonPolicy {
    return changetype<CommonPolicy>(COMMON_POLICY_STAGED_BASE);
  }
}

export enum ReservationMoves {
  /** Sessions that hold persistent reservations are moved after all others. */
  LAST = 0,
  /** … are never moved for balance. */
  NEVER = 1,
}

@unmanaged
@table("port-policy", "configuration", 1)
export class PortPolicy {
  /** Time between two samples of a port's counters. */
  @knob("ms", 10, 60000, 500) sampleMs: u32;
  /** A port at or above this load for `highSamples` samples in a row is overloaded (step 101). */
  @knob("permille", 1, 10000, 800) highWatermarkPermille: u16;
  /** A port at or below this load for `lowSamples` samples in a row is relieved (step 110). */
  @knob("permille", 0, 9999, 600) lowWatermarkPermille: u16;
  /** Samples in a row that make a port overloaded. */
  @knob("samples", 1, 100, 3) highSamples: u8;
  /** Samples in a row that make a port relieved. */
  @knob("samples", 1, 100, 3) lowSamples: u8;
  /** Weight of a new sample in the smoothed usage; 1000 means no smoothing. */
  @knob("permille", 10, 1000, 500) smoothingPermille: u16;
  /** A move must lower the worse of the two loads by more than this. */
  @knob("permille", 0, 1000, 20) hysteresisPermille: u16;
  /** Moves under way at one time. */
  @knob("moves", 1, 256, 4) movesUnderWayMax: u16;
  /** Moves under way from one port at one time. */
  @knob("moves", 1, 256, 2) movesFromPortMax: u16;
  /** What becomes of sessions that hold persistent reservations: 0 moved last, 1 never. */
  @knob("choice", 0, 1, 0) reservationMoves: u16;
  /** A session that was moved for balance stays at least this long. */
  @knob("ms", 0, 86400000, 60000) residenceMs: u32;
  /** A registration change that is not seen done after this is said again; the wait doubles each time. */
  @knob("ms", 10, 600000, 1000) registrationMs: u32;
  /** A withdrawal that a move waits for must be seen done within this, or the move fails. */
  @knob("ms", 10, 600000, 10000) withdrawMs: u32;
  /** Given to the initiator between the request to log out and the closing of its connection. */
  @knob("ms", 0, 600000, 3000) logoutMs: u32;
  /** A whole move, from its first decision to the login elsewhere, must end within this. */
  @knob("ms", 100, 3600000, 20000) moveMs: u32;
  /** Another controller's port must answer a reservation within this. */
  @knob("ms", 10, 600000, 1000) reserveMs: u32;
  /** After a failed move its pair is left alone for this long; it doubles with each failure. */
  @knob("ms", 10, 3600000, 5000) backOffMs: u32;
  /** The back-off doubles up to this. */
  @knob("ms", 10, 86400000, 300000) backOffMaxMs: u32;
  /** A landed move counts as planned for this long, until samples show it. */
  @knob("ms", 0, 600000, 1500) settleMs: u32;
  /** A returned port's capacity grows from `slowStartPermille` to the whole over this time, when judged as a place to land. */
  @knob("ms", 0, 3600000, 10000) slowStartMs: u32;
  /** Share of its capacity that counts right after a port returned. */
  @knob("permille", 1, 1000, 250) slowStartPermille: u16;
  /**
   * 1: a session may be steered past the portal that its initiator would take next, by withdrawing the target from the
   * ports listed before the wanted one until it has landed; 0: only the next portal is considered.
   */
  @knob("choice", 0, 1, 1) steering: u16;
  @field("check") check: u32;
  @field("pad") pad1: u32;

  @inline static get(): PortPolicy {
    return changetype<PortPolicy>(PORT_POLICY_BASE);
  }
  @inline static staged(): PortPolicy {
    return changetype<PortPolicy>(PORT_POLICY_STAGED_BASE);
  }
}
if (offsetof<PortPolicy>() != 72) ERROR("PortPolicy");
