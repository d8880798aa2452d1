/** Operators' wishes about interfaces and units: each is answered at once, by whether this module can see to it. */
import { GROUP_MAX, NONE } from "../limits";
import { isMember } from "../members/members";
import { answer, pendingRequest } from "../members/requests";
import { stirFor, takeStirred } from "../members/stir";
import { kindOfMember } from "../tables/member";
import { Request, RequestKind, RequestResult } from "../tables/request";
import { Stirred } from "../tables/module-state";
import { SCOPE_PORTS } from "../tables/scope";
import { failBack, rebalance } from "./interfaces/interfaces";

/** Kind of members that servers are. */
const SERVER: u32 = 1;

/** One of each kind in a tick; the next one in the next. */
export function answerRequests(): void {
  if (!takeStirred(Stirred.REQUESTS)) return;
  const even = pendingRequest(RequestKind.REBALANCE);
  const home = pendingRequest(RequestKind.FAIL_BACK);
  if (even != NONE) answer(even, SCOPE_PORTS, evenOut(Request.at(even).subject));
  if (home != NONE) answer(home, SCOPE_PORTS, bringHome(Request.at(home).subject));
  if (even != NONE || home != NONE) stirFor(Stirred.REQUESTS);
}

/** Interfaces of a group, or of both. */
function evenOut(group: u32): RequestResult {
  return group == NONE || group < GROUP_MAX ? resultOf(rebalance(group)) : RequestResult.NO_SUCH_SUBJECT;
}

/** Interfaces and units of a server, or of all. */
function bringHome(server: u32): RequestResult {
  const known = server == NONE || (kindOfMember(server) == SERVER && isMember(server));
  return known ? resultOf(failBack(server)) : RequestResult.NO_SUCH_SUBJECT;
}

function resultOf(taken: bool): RequestResult {
  return taken ? RequestResult.DONE : RequestResult.REFUSED;
}
