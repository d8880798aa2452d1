/**
 * Processor election: exactly one healthy service processor is active, and answers at the array's one address; healthy
 * ones run the full web server, unhealthy ones the restricted one (US 8,234,380). Each module speaks for its own
 * processor alone; the array's lease, which one at most can hold, settles who is active.
 *
 *   PASSIVE ──nobody holds the array: CAMPAIGN──▶ holds it ──ACTIVATE_PROCESSOR──▶ ACTIVE (or CARETAKER: none is healthy)
 *   ACTIVE ──unhealthy──▶ PASSIVATE_PROCESSOR ──address gone──▶ a candidate is there: RESIGN; none is: CARETAKER
 *   ACTIVE ──switch-over, fail-back, maintenance, degraded: requests under way end──▶ PASSIVATE_PROCESSOR ──▶ RESIGN, for the next
 *   CARETAKER ──a candidate is there──▶ PASSIVATE_PROCESSOR ──▶ RESIGN
 *   any role ──the lease is lost──▶ PASSIVATE_PROCESSOR
 */
import { NONE, PROCESSOR_MAX } from "../../limits";
import { inMaintenance, isMember, leaseGone, leased, ownProcessor } from "../../members/members";
import { answer, pendingRequest } from "../../members/requests";
import {
  backOff,
  deciding,
  holderOf,
  isReached,
  isScopeTold,
  judgeServerScopes,
  nomineeOf,
  wantScope,
} from "../../members/scopes";
import { mayDecide, takeStirred } from "../../members/stir";
import { alarm, decide, decideIn, ringHasReserve, ringHasRoom } from "../../memory/ring";
import { due, nowMs, rest } from "../../memory/scheduling";
import { NEVER } from "../../memory/seals";
import { Control } from "../../tables/control";
import { DecisionKind, Reason, SubjectKind } from "../../tables/decision";
import { HealthConfig, HealthKind } from "../../tables/health";
import { Heartbeat, MemberConfig, MemberFlag, ProcessorRole, WebServerKind } from "../../tables/member";
import { Stirred } from "../../tables/module-state";
import { FailBack, ProcessorPolicy } from "../../tables/policy";
import { ProcessorRow, ProcessorState } from "../../tables/processor";
import { Request, RequestKind, RequestResult } from "../../tables/request";
import { SCOPE_ARRAY } from "../../tables/scope";
import { moduleState } from "../../memory/verify";
import { HAS_INTERFACES, HAS_PROCESSORS } from "../present";
import { refreshRoutes } from "./routes";
import { isBetter, isCandidate, judgeProcessors, mayBeActive, mayBeCaretaker, processorAt } from "./states";

/** The policy's step: whenever something of a member or a scope has changed, or a wait has ended. */
export function decideProcessors(): void {
  if (!takeStirred(Stirred.PROCESSORS)) return;
  if (HAS_INTERFACES) judgeServerScopes();
  if (!HAS_PROCESSORS) return;
  judgeProcessors();
  const own = ownProcessor();
  if (own != NONE) judgeOwn(own);
  refreshRoutes();
}

function judgeOwn(own: u32): void {
  const row = processorAt(own);
  let nextMs = setWebServer(own, row);
  if (isScopeTold(SCOPE_ARRAY) && row.state != <u8>ProcessorState.UNKNOWN) {
    const best = bestOther(own);
    nextMs = min(nextMs, judgeYield(own, row, best));
    row.wantedRole = <u8>wantedRole(own, row, best);
    nextMs = min(nextMs, setRole(own, row));
    nextMs = min(nextMs, judgeScope(own, row, best));
    sayNoneHealthy(own, row, best);
  }
  rest(PROCESSOR_ROW_TABLE, own, nextMs);
}

/** Each runs the kind of web server that its state says. */
function setWebServer(own: u32, row: ProcessorRow): u64 {
  const observed: u32 = Heartbeat.latchedAt(own).role & 0xff;
  if (row.webServer == <u8>WebServerKind.NONE || row.webServer == <u8>observed) {
    row.webServerSaid = 0;
    row.webServerAgainMs = 0;
    return NEVER;
  }
  if (!due(row.webServerAgainMs) || moduleState().deciding == 0 || !ringHasRoom(1)) return row.webServerAgainMs;
  const kind = DecisionKind.SET_WEB_SERVER;
  const generation = MemberConfig.at(own).generation;
  decide(kind, Reason.STATE_CHANGED, SubjectKind.MEMBER, own, generation, NONE, NONE, row.webServer);
  row.webServerAgainMs = backOff(ProcessorPolicy.get().effectMs, row.webServerSaid);
  if (row.webServerSaid < 255) row.webServerSaid++;
  return row.webServerAgainMs;
}

/** The best of the others that could be active now, or `NONE`. */
function bestOther(own: u32): u32 {
  let best = NONE;
  for (let other: u32 = 0; other < PROCESSOR_MAX; other++) {
    if (other == own || !isMember(other) || !isCandidate(other)) continue;
    if (best == NONE || isBetter(other, best)) best = other;
  }
  return best;
}

/** A planned switch-over: for whom, why, and until when it waits for requests under way. Returns when to look again. */
function judgeYield(own: u32, row: ProcessorRow, best: u32): u64 {
  const request = pendingRequest(RequestKind.SWITCH_OVER);
  if (holderOf(SCOPE_ARRAY) != own) {
    if (request != NONE) {
      const left = row.yieldTo != <u16>NONE && row.reason == <u16>Reason.REQUESTED;
      answer(request, SCOPE_ARRAY, left ? RequestResult.DONE : RequestResult.REFUSED);
    }
    row.yieldTo = <u16>NONE;
    return NEVER;
  }
  const before: u32 = row.yieldTo;
  if (before != NONE && isCandidate(before)) return row.drainUntilMs;
  row.yieldTo = <u16>NONE;
  if (row.role != <u8>ProcessorRole.ACTIVE || !isReached(SCOPE_ARRAY) || !mayDecide()) return NEVER;
  if (request != NONE) return beginRequested(own, row, best, request);
  if (inMaintenance(own) && best != NONE) return beginYield(row, best, Reason.MAINTENANCE);
  const givesWayMs = givesWayAt(row, best);
  if (due(givesWayMs)) return beginYield(row, best, Reason.DEGRADED);
  return min(givesWayMs, beginFailBack(own, row));
}

/** A degraded one is the last choice: it gives way to a healthy one after it has been so for as long as a failure takes. */
function givesWayAt(row: ProcessorRow, best: u32): u64 {
  if (row.state != <u8>ProcessorState.DEGRADED || best == NONE) return NEVER;
  if (ProcessorRow.at(best).state != <u8>ProcessorState.HEALTHY) return NEVER;
  const health = HealthConfig.at(HealthKind.PROCESSOR);
  return row.sinceMs + <u64>health.fallCount * health.intervalMs;
}

function beginYield(row: ProcessorRow, to: u32, reason: Reason): u64 {
  row.yieldTo = <u16>to;
  row.reason = <u16>reason;
  row.drainUntilMs = nowMs() + ProcessorPolicy.get().drainMs;
  row.standBackUntilMs = row.drainUntilMs + ProcessorPolicy.get().backOffMaxMs;
  return row.drainUntilMs;
}

function beginRequested(own: u32, row: ProcessorRow, best: u32, request: u32): u64 {
  const subject: u32 = Request.at(request).subject;
  const to = subject == NONE ? best : subject;
  if (to != NONE && (to >= PROCESSOR_MAX || !isMember(to))) {
    answer(request, SCOPE_ARRAY, RequestResult.NO_SUCH_SUBJECT);
  } else if (to == NONE || to == own || !isCandidate(to)) {
    answer(request, SCOPE_ARRAY, RequestResult.REFUSED);
  } else {
    return beginYield(row, to, Reason.REQUESTED);
  }
  return nowMs();
}

/** The preferred processor becomes active again once it has been healthy for long enough. */
function beginFailBack(own: u32, row: ProcessorRow): u64 {
  const policy = ProcessorPolicy.get();
  if (policy.failBack != <u16>FailBack.AUTOMATIC) return NEVER;
  for (let other: u32 = 0; other < PROCESSOR_MAX; other++) {
    if (other == own || !isMember(other) || (MemberConfig.at(other).flags & MemberFlag.PREFERRED) == 0) continue;
    const preferred = ProcessorRow.at(other);
    if (preferred.state != <u8>ProcessorState.HEALTHY || !isCandidate(other)) continue;
    const atMs = preferred.sinceMs + policy.failBackMs;
    return due(atMs) ? beginYield(row, other, Reason.FAIL_BACK) : atMs;
  }
  return NEVER;
}

/** What the own processor is to be. An active one stays so while it may: sticky. */
function wantedRole(own: u32, row: ProcessorRow, best: u32): ProcessorRole {
  if (holderOf(SCOPE_ARRAY) != own || leaseGone(own)) return ProcessorRole.PASSIVE;
  if (mayBeActive(row.state)) {
    const waits = Control.get().requestsUnderWay != 0 && !due(row.drainUntilMs);
    const stays = row.yieldTo == <u16>NONE || (row.role == <u8>ProcessorRole.ACTIVE && waits);
    return stays ? ProcessorRole.ACTIVE : ProcessorRole.PASSIVE;
  }
  if (row.yieldTo != <u16>NONE || best != NONE || !mayBeCaretaker(row.state)) return ProcessorRole.PASSIVE;
  return ProcessorRole.CARETAKER;
}

/** Says the difference between the role that is wanted and the one that is observed. Giving up comes before taking. */
function setRole(own: u32, row: ProcessorRow): u64 {
  const wanted: u32 = row.wantedRole;
  if (row.role == <u8>wanted) {
    row.roleSaid = 0;
    row.roleAgainMs = 0;
    return NEVER;
  }
  if (!due(row.roleAgainMs)) return row.roleAgainMs;
  const generation = MemberConfig.at(own).generation;
  // An active one stops being active whoever comes after it, itself as the caretaker too.
  if (row.role == <u8>ProcessorRole.ACTIVE || wanted == <u32>ProcessorRole.PASSIVE) {
    if (!ringHasReserve()) return nowMs();
    const kind = DecisionKind.PASSIVATE_PROCESSOR;
    decideIn(SCOPE_ARRAY, kind, whyPassive(own, row), SubjectKind.MEMBER, own, generation, own, NONE, 0);
  } else {
    if (!deciding(SCOPE_ARRAY) || isHeldElsewhere(own)) return NEVER;
    if (!ringHasRoom(1)) return nowMs();
    const reason = wanted == <u32>ProcessorRole.ACTIVE ? Reason.ELECTED : Reason.NONE_HEALTHY;
    const kind = DecisionKind.ACTIVATE_PROCESSOR;
    decideIn(SCOPE_ARRAY, kind, reason, SubjectKind.MEMBER, own, generation, NONE, own, wanted);
  }
  row.roleAgainMs = backOff(ProcessorPolicy.get().effectMs, row.roleSaid);
  if (row.roleSaid < 255) row.roleSaid++;
  return row.roleAgainMs;
}

function whyPassive(own: u32, row: ProcessorRow): Reason {
  if (holderOf(SCOPE_ARRAY) != own || leaseGone(own)) return Reason.LEASE_LOST;
  if (row.role == <u8>ProcessorRole.CARETAKER) return Reason.OTHER_HOLDER;
  return row.yieldTo == <u16>NONE ? Reason.UNHEALTHY : <Reason>row.reason;
}

/** Another processor that is heard still says that it has the address, and its lease isn't gone. */
function isHeldElsewhere(own: u32): bool {
  for (let other: u32 = 0; other < PROCESSOR_MAX; other++) {
    if (other == own || !isMember(other) || leaseGone(other)) continue;
    const row = ProcessorRow.at(other);
    const isHeard = row.state != <u8>ProcessorState.UNREACHABLE && row.state != <u8>ProcessorState.UNKNOWN;
    if (isHeard && row.role != <u8>ProcessorRole.PASSIVE) return true;
  }
  return false;
}

/** Campaigns for the array's key where nobody holds it; resigns it once the address is gone and another is to have it. */
function judgeScope(own: u32, row: ProcessorRow, best: u32): u64 {
  const holder = holderOf(SCOPE_ARRAY);
  if (holder == own) {
    const gone = row.wantedRole == <u8>ProcessorRole.PASSIVE && row.role == <u8>ProcessorRole.PASSIVE;
    const isPlanned = row.yieldTo != <u16>NONE;
    const reason = isPlanned ? <Reason>row.reason : Reason.UNHEALTHY;
    const kind = gone ? DecisionKind.RESIGN : DecisionKind.NONE;
    wantScope(SCOPE_ARRAY, kind, reason, 0, isPlanned ? <u32>row.yieldTo : NONE);
    return NEVER;
  }
  const isFit = mayBeActive(row.state) || (mayBeCaretaker(row.state) && best == NONE);
  if (holder != NONE || !isFit || !leased(own) || !isReached(SCOPE_ARRAY) || !mayDecide()) {
    wantScope(SCOPE_ARRAY, DecisionKind.NONE, Reason.NONE, 0, NONE);
    return NEVER;
  }
  if (!due(row.standBackUntilMs)) return row.standBackUntilMs;
  const reason = mayBeActive(row.state) ? Reason.NO_HOLDER : Reason.NONE_HEALTHY;
  wantScope(SCOPE_ARRAY, DecisionKind.CAMPAIGN, reason, betterThan(own), NONE);
  return NEVER;
}

/** Better candidates than the own processor: the one for whom the last holder resigned, then by their worth. */
function betterThan(own: u32): u32 {
  const nominee = nomineeOf(SCOPE_ARRAY);
  if (nominee == own) return 0;
  let better: u32 = 0;
  for (let other: u32 = 0; other < PROCESSOR_MAX; other++) {
    if (other == own || !isMember(other) || leaseGone(other)) continue;
    const state: u32 = ProcessorRow.at(other).state;
    if (!mayBeActive(state) && !mayBeCaretaker(state)) continue;
    if (other == nominee || isBetter(other, own)) better++;
  }
  return better;
}

/** None can be active: said once, until one can. */
function sayNoneHealthy(own: u32, row: ProcessorRow, best: u32): void {
  if (best != NONE || mayBeActive(row.state)) row.alarmed = 0;
  else if (row.alarmed == 0 && mayDecide()) {
    const generation = MemberConfig.at(own).generation;
    if (alarm(Reason.NONE_HEALTHY, SubjectKind.MEMBER, own, generation, row.state)) row.alarmed = 1;
  }
}
