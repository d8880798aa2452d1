/**
 * Routing of management requests: whoever holds the array's address answers; a status request is carried out by its
 * subject, unhealthy ones too, through their restricted server; what concerns the array only by an active processor.
 */
import { NONE, PROCESSOR_MAX, ROUTE_CLASS_MAX } from "../../limits";
import { isMember } from "../../members/members";
import { holderOf, isScopeTold } from "../../members/scopes";
import { seal } from "../../memory/seals";
import { ProcessorRole } from "../../tables/member";
import { ProcessorRow, ProcessorState, RouteClass, RouteReason, RouteState } from "../../tables/processor";
import { SCOPE_ARRAY } from "../../tables/scope";
import { verify } from "../../memory/verify";

/** Makes all routes anew; rows that stay as they are are not written. */
export function refreshRoutes(): void {
  const answerer = answering();
  for (let subject: u32 = 0; subject < PROCESSOR_MAX; subject++) {
    for (let kind: u32 = 0; kind < ROUTE_CLASS_MAX; kind++) {
      route(kind, subject, answerer);
    }
  }
}

/** The processor that holds the array's key and has its address, by its own report; or `NONE`. */
function answering(): u32 {
  if (!isScopeTold(SCOPE_ARRAY)) return NONE;
  const holder = holderOf(SCOPE_ARRAY);
  if (holder >= PROCESSOR_MAX || ProcessorRow.at(holder).role == <u8>ProcessorRole.PASSIVE) return NONE;
  return ProcessorRow.at(holder).state == <u8>ProcessorState.UNREACHABLE ? NONE : holder;
}

function route(kind: u32, subject: u32, answerer: u32): void {
  const row = kind * PROCESSOR_MAX + subject;
  const state = changetype<RouteState>(verify(ROUTE_STATE_TABLE, row));
  const reason = reasonOf(kind, subject, answerer);
  let executor = NONE;
  if (reason == RouteReason.SUBJECT) executor = subject;
  if (reason == RouteReason.ANSWERER || reason == RouteReason.LAST_KNOWN) executor = answerer;
  if (state.answerer == <u16>answerer && state.executor == <u16>executor && state.reason == <u16>reason) return;
  state.answerer = <u16>answerer;
  state.executor = <u16>executor;
  state.reason = <u16>reason;
  seal(state);
}

function reasonOf(kind: u32, subject: u32, answerer: u32): RouteReason {
  if (!isMember(subject)) return RouteReason.NO_SUCH_PROCESSOR;
  if (answerer == NONE) return RouteReason.NOBODY;
  const isActive = ProcessorRow.at(answerer).role == <u8>ProcessorRole.ACTIVE;
  const ofArray = kind == <u32>RouteClass.ARRAY;
  if (ofArray ? isActive : subject == answerer) return RouteReason.ANSWERER;
  if (!isActive) return RouteReason.CARETAKER;
  const state: u32 = ProcessorRow.at(subject).state;
  if (state != <u32>ProcessorState.UNREACHABLE && state != <u32>ProcessorState.UNKNOWN) return RouteReason.SUBJECT;
  return kind == <u32>RouteClass.STATUS ? RouteReason.LAST_KNOWN : RouteReason.UNREACHABLE;
}
