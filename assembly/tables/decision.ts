/** What the module wants done: a ring with two indexes in the header. */

export enum DecisionKind {
  NONE = 0,
  /** Have another controller's port keep room for a session. Subject: target; from, to: ports; detail: load in permille of `to`. */
  RESERVE_ARRIVAL = 1,
  /** Take the (target, port) registration out of the iSNS server (step 107). Subject: target; from: port. */
  WITHDRAW_REGISTRATION = 2,
  /** Put the (target, port) registration back (step 112). Subject: target; to: port. */
  RESTORE_REGISTRATION = 3,
  /** Ask the initiator to log out, then close (step 108). Subject: session; from: its port; to: where it should land; detail: milliseconds until closing. */
  LOGOUT_SESSION = 4,
  /** As LOGOUT_SESSION, and the next login is redirected to `to`. */
  REDIRECT_SESSION = 5,
  /** Somebody should know. Subject and detail by reason. */
  ALARM = 6,
  /** A port in maintenance holds no session any more. Subject: port. */
  DRAINED = 7,
  /** Put the address on a port. Subject: interface; from: the port that held it, or `NONE`; to: network port. */
  MOVE_INTERFACE = 8,
  /** Take the address off a port. Subject: interface; from: network port. */
  UNHOST_INTERFACE = 9,
  /** Have the unit's shelf admit another server. Subject: unit; from: the server admitted, or `NONE`; to: server. */
  TAKE_OVER_UNIT = 10,
  /** As TAKE_OVER_UNIT, back to the unit's owner. */
  RETURN_UNIT = 11,
  /** Ask the lease service for the scope. Subject: scope. */
  CAMPAIGN = 12,
  /** Give the scope's key back: its effects are gone. Subject: scope. */
  RESIGN = 13,
  /** Take the array's address. Subject and to: own processor; detail: `ProcessorRole` ACTIVE or CARETAKER. */
  ACTIVATE_PROCESSOR = 14,
  /** Give the array's address up. Subject and from: own processor. */
  PASSIVATE_PROCESSOR = 15,
  /** Run this kind of web server. Subject: own processor; detail: `WebServerKind`. */
  SET_WEB_SERVER = 16,
  /** An operator's wish was carried out, or can't be. Subject: request; detail: `RequestResult`. */
  REQUEST_ANSWERED = 17,
}

export enum Reason {
  NONE = 0,
  /** The port's load is at or above the high watermark (step 101 yes). */
  OVERLOADED = 1,
  /** The port's load is at or below the low watermark (step 110 yes). */
  RELIEVED = 2,
  /** The other ports of the target failed. */
  ALTERNATIVES_FAILED = 3,
  /** The port failed. */
  PORT_FAILED = 4,
  /** The failed port has been stable for its hold-down. */
  PORT_STABLE = 5,
  /** The port is in maintenance. */
  MAINTENANCE = 6,
  /** Maintenance has ended. */
  MAINTENANCE_ENDED = 7,
  /** The initiator came back through the same port. */
  MOVE_RETURNED = 8,
  /** The initiator did not come back in time. */
  MOVE_NOT_BACK = 9,
  /** The withdrawal was not confirmed in time. */
  MOVE_NOT_WITHDRAWN = 10,
  /** The session did not end in time. */
  MOVE_NOT_LOGGED_OUT = 11,
  /** The port that was to take the session no longer can. */
  MOVE_NO_ROOM = 12,
  /** The other controller refused the arrival, or did not answer. */
  MOVE_REFUSED = 13,
  /** The server lost an entry by itself. */
  SERVER_FORGOT = 14,
  /** The server added an entry by itself, or a restart brought it back. */
  SERVER_ADDED = 15,
  /** A port is overloaded and no session qualifies; detail counts the sessions passed over, and the header's plan row says why. */
  NO_SESSION_QUALIFIES = 16,
  /** The target has no other port: it can't be drained, or its last registration stays. Subject: target; from: port. */
  ONLY_PORT = 17,
  /** Too many fell silent at once: the observer is the likelier fault. Detail: how many. */
  PANIC = 18,
  /** A row's check word was wrong; it is rebuilt from what is observed. Subject: row; detail: table. */
  BROKEN_SEAL = 19,
  /** A configuration row's check word was wrong; its policy is held. Subject: row; detail: table. */
  BROKEN_CONFIGURATION = 20,
  /** The host's clock jumped; detectors started anew. Detail: milliseconds, capped. */
  CLOCK_GAP = 21,
  /** A counter of the port stands still while others move. Subject: port; detail: counter. */
  COUNTER_STUCK = 22,
  /** The effect did not come by its deadline: said again. */
  SAID_AGAIN = 23,
  /** Registration of a target that was never registered, or whose move was given up before anybody was disturbed. */
  FIRST_REGISTRATION = 24,
  /** The port is no longer configured for the target. */
  NOT_CONFIGURED = 25,
  /** Withdrawn for a moment so that an initiator passes the port by, or restored after that. */
  STEERING = 26,
  /** Nobody holds the scope. */
  NO_HOLDER = 27,
  /** Another should hold the scope. */
  OTHER_HOLDER = 28,
  /** The processor's or server's own state doesn't allow it. */
  UNHEALTHY = 29,
  /** Its lease is gone, or another holds the scope. */
  LEASE_LOST = 30,
  /** The best of those that can be. */
  ELECTED = 31,
  /** None is healthy: one answers by its restricted server. Subject: processor, or none where nobody can. */
  NONE_HEALTHY = 32,
  /** An operator's wish. */
  REQUESTED = 33,
  /** Home, or the preferred one, is well again. */
  FAIL_BACK = 34,
  /** The kind of web server follows from the processor's state. Detail of an alarm: `ProcessorState`. */
  STATE_CHANGED = 35,
  /** The server failed. */
  SERVER_FAILED = 36,
  /** Placed anew for an even spread. */
  REBALANCED = 37,
  /** No port may host it. */
  NO_CANDIDATE = 38,
  /** It was nowhere, and a port can host it. */
  UNHOSTED = 39,
  /** Two ports hold it. */
  HELD_TWICE = 40,
  /** To a port of the other group. */
  OTHER_GROUP = 41,
  /** There is no other server to fail over to. */
  NO_OTHER_SERVER = 42,
  /** A member of another configuration keeps what it has. */
  OTHER_CONFIGURATION = 43,
  /** The active processor is degraded, and a healthy one is there. */
  DEGRADED = 44,
}

/** What `subject` is a row of. */
export enum SubjectKind {
  NONE = 0,
  TARGET_PORT = 1,
  TARGET = 2,
  INITIATOR = 3,
  SESSION = 4,
  TABLE_ROW = 5,
  MEMBER = 6,
  NETWORK_PORT = 7,
  INTERFACE = 8,
  UNIT = 9,
  SCOPE = 10,
  REQUEST = 11,
}

@unmanaged
@table("decision", "decision", DECISION_MAX)
export class Decision {
  /** Module time at which it was made. */
  @field("time") timeMs: u64;
  /** Epoch of the scope it was made under; the executor refuses a lower one than it has seen. */
  @field("epoch") epoch: u64;
  @field("count") incarnation: u32;
  /** Grows by one with each decision of an incarnation. Outcomes name it. */
  @field("sequence") sequence: u32;
  @field("enum", "DecisionKind") kind: u8;
  @field("enum", "SubjectKind") subjectKind: u8;
  @field("enum", "Reason") reason: u16;
  /** Row of the subject, and the generation of that row. */
  @field("index", "subject") subject: u32;
  @field("generation") subjectGeneration: u32;
  /** Rows of target ports, network ports or members, by the kind; or `NONE`. */
  @field("index", "subject") from: u16;
  @field("index", "subject") to: u16;
  @field("number") detail: u32;
  /** Row of the scope, whose role allowed it. */
  @field("index", "scope") scope: u16;
  @field("pad") pad: u16;

  @inline static at(slot: u32): Decision {
    return changetype<Decision>(DECISION_BASE + slot * <u32>offsetof<Decision>());
  }
}
if (offsetof<Decision>() != 48) ERROR("Decision");
