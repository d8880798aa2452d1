/** Operators' wishes, and whether they were answered. */

import { REQUEST_MAX } from "../limits";

export enum RequestKind {
  NONE = 0,
  /** Place all interfaces anew, as even as can be with the fewest moves. Subject: group, or `NONE` for both. */
  REBALANCE = 1,
  /** Bring interfaces (and units) back home. Subject: server whose interfaces return, or `NONE` for all. */
  FAIL_BACK = 2,
  /** Make another processor the active one. Subject: its member row, or `NONE` for the best other one. */
  SWITCH_OVER = 3,
}

/** Detail of REQUEST_ANSWERED. */
export enum RequestResult {
  NONE = 0,
  /** Carried out, or begun. */
  DONE = 1,
  /** It can't be: the subject is not well, or is there already. */
  REFUSED = 2,
  /** The subject has no row of that kind. */
  NO_SUCH_SUBJECT = 3,
  /** It was not carried out in time. */
  TIMED_OUT = 4,
}

@unmanaged
@table("request", "input", REQUEST_MAX)
export class Request {
  /** Grows with each request of an incarnation, from 1; 0 in a row never used. */
  @field("sequence") sequence: u32;
  @field("count") incarnation: u32;
  @field("enum", "RequestKind") kind: u16;
  /** By the kind. */
  @field("number") subject: u16;
  @field("number") detail: u32;

  @inline static at(index: u32): Request {
    return changetype<Request>(REQUEST_BASE + index * <u32>offsetof<Request>());
  }
}
if (offsetof<Request>() != 16) ERROR("Request");

/** What the module keeps of a request. */
@unmanaged
@table("request-state", "state", REQUEST_MAX)
export class RequestState {
  /** Sequence and incarnation of the request that was answered. */
  @field("sequence") sequence: u32;
  @field("count") incarnation: u32;
  @field("check") check: u32;
  @field("pad") pad: u32;

  @inline static at(index: u32): RequestState {
    return changetype<RequestState>(REQUEST_STATE_BASE + index * <u32>offsetof<RequestState>());
  }
}
if (offsetof<RequestState>() != 16) ERROR("RequestState");
