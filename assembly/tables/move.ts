/** Moves under way, arrivals reserved by other controllers, and pairs kept from moving again too soon. */

export enum MoveState {
  FREE = 0,
  /** Asked the other controller's port to keep room. */
  RESERVING = 1,
  /** Waiting until the iSNS server no longer lists the pair. */
  WITHDRAWING = 2,
  /** Waiting until the session ends. */
  LOGGING_OUT = 3,
  /** Waiting for the login elsewhere. */
  AWAITING_LOGIN = 4,
  /** Landed; its load counts as planned until samples show it. */
  SETTLING = 5,
}

@unmanaged
@table("move", "state", MOVE_MAX)
@deadlines
export class Move {
  @field("enum", "MoveState") state: u8;
  /** Times that the present step was said. */
  @field("count") said: u8;
  @field("enum", "Reason") reason: u16;
  @field("index", "session") session: u16;
  @field("index", "target") target: u16;
  @field("index", "initiator") initiator: u16;
  @field("index", "target-port") from: u16;
  /** Where it should land; after it landed, where it did. */
  @field("index", "target-port") to: u16;
  /** 1: the ports listed before `to` are withdrawn too until it has landed. */
  @field("boolean") steered: u16;
  @field("generation") sessionGeneration: u32;
  @field("id") initiatorId: u32;
  @field("id") targetId: u32;
  /** Sequence of the latest decision for it. */
  @field("sequence") sequence: u32;
  /** Load charged to `to`, and credited to `from`, in permille of each. */
  @field("permille") arrivingPermille: u32;
  @field("permille") leavingPermille: u32;
  @field("time") startedMs: u64;
  /** End of the present step. */
  @field("time") deadlineMs: u64;
  /** Said again then. */
  @field("time") sayAgainMs: u64;
  /** End of the whole move. */
  @field("time") endMs: u64;
  @field("check") check: u32;
  /** Which portal its initiator takes next, as it was when the move began. */
  @field("enum", "NextPortal") nextPortal: u32;

  @inline static at(index: u32): Move {
    return changetype<Move>(MOVE_BASE + index * <u32>offsetof<Move>());
  }
}
if (offsetof<Move>() != 80) ERROR("Move");

/** An arrival that another controller asks room for, on a port of this one. */
@unmanaged
@table("arrival-input", "input", ARRIVAL_MAX)
export class ArrivalInput {
  /** Who asks; 0 in a free row. */
  @field("count") requester: u16;
  @field("index", "target") target: u16;
  @field("index", "target-port") port: u16;
  @field("permille") loadPermille: u16;
  /** The asker's sequence, returned with the answer. */
  @field("sequence") sequence: u32;
  @field("count") incarnation: u32;

  @inline static at(index: u32): ArrivalInput {
    return changetype<ArrivalInput>(ARRIVAL_INPUT_BASE + index * <u32>offsetof<ArrivalInput>());
  }
}

export enum ArrivalStatus {
  FREE = 0,
  GRANTED = 1,
  REFUSED = 2,
}

@unmanaged
@table("arrival-state", "state", ARRIVAL_MAX)
@deadlines
export class ArrivalState {
  @field("enum", "ArrivalStatus") status: u16;
  @field("index", "target") target: u16;
  @field("index", "target-port") port: u16;
  @field("permille") loadPermille: u16;
  @field("sequence") sequence: u32;
  @field("check") check: u32;
  /** The grant ends then, landed or not. */
  @field("time") deadlineMs: u64;

  @inline static at(index: u32): ArrivalState {
    return changetype<ArrivalState>(ARRIVAL_STATE_BASE + index * <u32>offsetof<ArrivalState>());
  }
}

/** Pairs that moved, or failed to: not moved again before `untilMs`. Kept by ids, since a session that returns is a new row. */
@unmanaged
@table("residence", "state", RESIDENCE_MAX)
export class Residence {
  /** 0 in a row never used. */
  @field("id") initiatorId: u32;
  @field("id") targetId: u32;
  @field("time") untilMs: u64;
  /** Failed moves in a row: the back-off doubles with each. */
  @field("count") failedMoves: u32;
  @field("check") check: u32;

  @inline static at(index: u32): Residence {
    return changetype<Residence>(RESIDENCE_BASE + index * <u32>offsetof<Residence>());
  }
}
