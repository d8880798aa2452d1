/** Sessions (I_T nexuses), as the target server reports them, and what the module keeps of each. */

export enum SessionFlag {
  /** The row is in use: the initiator is logged in. */
  LOGGED_IN = 1,
  /** Never moved for balance. */
  PINNED = 2,
  /** Holds SCSI persistent reservations: a new login changes the nexus they belong to. */
  RESERVATION = 4,
  /** The target can ask this initiator to log out (Async Message, RFC 7143, section 11.9.1); else its connection is closed. */
  ASYNC_LOGOUT = 8,
}

/** Who is logged in where. A change of these rows is a login, a logout, or another flag. */
@unmanaged
@table("session-input", "input", SESSION_MAX)
export class SessionInput {
  /** Larger each time the row is given to another session. */
  @field("generation") generation: u32;
  @field("index", "target") target: u16;
  @field("index", "initiator") initiator: u16;
  @field("index", "target-port") port: u16;
  @field("flags", "SessionFlag") flags: u16;
  /** Switching priority, 1 first; 0: the initiator's, or computed (step 103). */
  @field("number") switchingPriority: u16;
  /** Zero. */
  @field("pad") pad: u16;

  @inline static at(index: u32): SessionInput {
    return changetype<SessionInput>(SESSION_INPUT_BASE + index * <u32>offsetof<SessionInput>());
  }
}
if (offsetof<SessionInput>() != 16) ERROR("SessionInput");

/** What a session does. Apart from `SessionInput`, so that counters which wait their turn don't keep anything from being planned. */
@unmanaged
@table("session-counters", "input", SESSION_MAX)
export class SessionCounters {
  /** Generation of the session's row; others are dropped. */
  @field("generation") generation: u32;
  /** When the counters were read: the host's monotonic milliseconds, low word. */
  @field("hostTime") sampledMs: u32;
  /** Commands completed; goes round at 2^32. */
  @field("counter") operations: u32;
  /** Commands in flight, now. */
  @field("count") inFlight: u16;
  /** Zero. */
  @field("pad") pad: u16;
  /** Bytes sent and received, monotonic. */
  @field("counter") bytes: u64;

  @inline static at(index: u32): SessionCounters {
    return changetype<SessionCounters>(SESSION_COUNTERS_BASE + index * <u32>offsetof<SessionCounters>());
  }
}
if (offsetof<SessionCounters>() != 24) ERROR("SessionCounters");

@unmanaged
@table("session-state", "state", SESSION_MAX)
export class SessionState {
  @field("generation") generation: u32;
  /** Where the session is accounted; port is `NONE` in a row that isn't. */
  @field("index", "target-port") port: u16;
  @field("index", "target") target: u16;
  @field("index", "initiator") initiator: u16;
  /** The port's list. */
  @field("index", "session") portNext: u16;
  @field("index", "session") portPrevious: u16;
  /** The initiator's list. */
  @field("index", "session") initiatorNext: u16;
  @field("index", "session") initiatorPrevious: u16;
  /** 1 once rates are known. */
  @field("boolean") sampled: u16;
  @field("hostTime") sampledMs: u32;
  @field("counter") operations: u32;
  @field("pad") pad0: u32;
  @field("counter") bytes: u64;
  /** Smoothed: KiB in a second. */
  @field("rate") bandwidthRate: u32;
  /** Smoothed: commands in a second. */
  @field("rate") operationsRate: u32;
  /** Commands in flight at the latest sample. */
  @field("count") inFlight: u32;
  @field("check") check: u32;

  /** What it takes of a resource, from bandwidth to queue. */
  @inline usage(resource: u32): u32 {
    return load<u32>(changetype<usize>(this) + resource * 4, offsetof<SessionState>("bandwidthRate") - 4);
  }

  @inline static at(index: u32): SessionState {
    return changetype<SessionState>(SESSION_STATE_BASE + index * <u32>offsetof<SessionState>());
  }
}
if (offsetof<SessionState>() != 56) ERROR("SessionState");
