/** Operators' wishes: each is answered once, by the policy that it is for. */
import { NONE, REQUEST_MAX } from "../limits";
import { decideIn, ofThisIncarnation, ringHasRoom } from "../memory/ring";
import { seal } from "../memory/seals";
import { verify } from "../memory/verify";
import { stirFor } from "./stir";
import { DecisionKind, Reason, SubjectKind } from "../tables/decision";
import { Stirred } from "../tables/module-state";
import { Request, RequestKind, RequestResult, RequestState } from "../tables/request";

/** Row of the oldest request of a kind that has no answer yet, or `NONE`. */
export function pendingRequest(kind: RequestKind): u32 {
  let oldest = NONE;
  for (let row: u32 = 0; row < REQUEST_MAX; row++) {
    const request = Request.at(row);
    if (request.kind != <u16>kind || request.sequence == 0 || !ofThisIncarnation(request.incarnation)) continue;
    const state = requestAt(row);
    if (state.sequence == request.sequence && state.incarnation == request.incarnation) continue;
    if (oldest == NONE || request.sequence < Request.at(oldest).sequence) oldest = row;
  }
  return oldest;
}

/** Answers a request under a scope; the generation of the decision's subject is the request's sequence. */
export function answer(row: u32, scope: u32, result: RequestResult): void {
  if (!ringHasRoom(1)) return stirFor(Stirred.REQUESTS);
  const request = Request.at(row);
  const kind = DecisionKind.REQUEST_ANSWERED;
  decideIn(scope, kind, Reason.REQUESTED, SubjectKind.REQUEST, row, request.sequence, NONE, NONE, result);
  const state = requestAt(row);
  state.sequence = request.sequence;
  state.incarnation = request.incarnation;
  seal(state);
}

function requestAt(row: u32): RequestState {
  return changetype<RequestState>(verify(REQUEST_STATE_TABLE, row));
}
