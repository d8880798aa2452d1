/**
 * Storage units: on a server's failure its partner takes its units over while its addresses go to its group; they return
 * after the owner has been well for a time. Fenced at the shelf, which admits one server only: the old one's silence and
 * the pair's lease are enough.
 */
import { NONE, UNIT_MAX } from "../../limits";
import { acknowledged, inMaintenance, leaseGone, memberStatus, memberUp } from "../../members/members";
import { pairScopeOf, partnerOf } from "../../members/pairs";
import { Header } from "../../memory/header";
import { isCurrent, isTold } from "../../memory/inputs";
import { afterWait, due, nowMs, rest } from "../../memory/scheduling";
import { NEVER, seal } from "../../memory/seals";
import { DecisionKind, Reason, SubjectKind } from "../../tables/decision";
import { HealthStatus } from "../../tables/health";
import { Acknowledged } from "../../tables/member";
import { FailBack } from "../../tables/policy";
import { ScopeState } from "../../tables/scope";
import { UnitConfig, UnitInput, UnitState, UnitStatus } from "../../tables/unit";
import { ofOwnConfiguration } from "./ports";
import { knobs, lookAtGroups, mayDecide, sayUnder, unitAt } from "./rows";

/** Servers, leases or roles may have changed. */
export function followUnits(): void {
  for (let unit: u32 = 0; unit < UNIT_MAX; unit++) {
    if (UnitConfig.at(unit).id != 0) lookAtUnit(unit);
  }
}

/** An operator wants the units of a server back, or all. */
export function callUnitsHome(server: u32): void {
  for (let unit: u32 = 0; unit < UNIT_MAX; unit++) {
    const config = UnitConfig.at(unit);
    if (config.id == 0 || (server != NONE && config.owner != <u16>server)) continue;
    const state = unitAt(unit);
    state.status |= UnitStatus.RETURNING;
    seal(state);
  }
  followUnits();
}

/** An observation of where a unit is. */
export function takeUnit(unit: u32): void {
  const config = UnitConfig.at(unit);
  if (!isCurrent(UnitInput.at(unit), config)) return;
  lookAtUnit(unit);
  // A server in maintenance may be drained now.
  const partner = partnerOf(config.owner);
  if (inMaintenance(config.owner) || (partner != NONE && inMaintenance(partner))) lookAtGroups();
}

/** A unit that was observed anew, whose servers have changed, or whose deadline has come. */
export function lookAtUnit(unit: u32): void {
  const state = unitAt(unit);
  const config = UnitConfig.at(unit);
  const input = UnitInput.at(unit);
  const scope = config.id == 0 ? NONE : pairScopeOf(config.owner);
  if (due(state.deadlineMs)) state.deadlineMs = NEVER;
  if (scope != NONE && ScopeState.at(scope).deciding != 0) {
    const told = isTold(input, config);
    if (told && mayDecide(scope)) decideUnit(unit, state, config, input, scope);
    else if (told) state.deadlineMs = min(state.deadlineMs, ScopeState.at(scope).graceUntilMs);
  }
  rest(UNIT_STATE_TABLE, unit, state.deadlineMs);
}

function decideUnit(unit: u32, state: UnitState, config: UnitConfig, input: UnitInput, scope: u32): void {
  const term = ScopeState.at(scope).term;
  if (state.term != term) {
    state.term = term;
    state.wanted = input.server;
    state.said = 0;
  }
  followOwner(state, config.owner);
  const wanted = chooseServer(state, config.owner, input.server);
  if (wanted != <u32>state.wanted) {
    state.wanted = <u16>wanted;
    state.said = 0;
  }
  if (wanted == NONE) return alarmLost(unit, state, config, scope);
  state.status &= ~UnitStatus.ALARMED;
  if (wanted == <u32>config.owner && wanted == <u32>input.server) state.status &= ~UnitStatus.RETURNING;
  if (input.server == <u16>wanted && input.serving == <u16>wanted) {
    state.said = 0;
    return;
  }
  if (input.server == <u16>wanted && state.said == 0 && state.deadlineMs == NEVER) {
    // Admitted, and about to serve: it has its time.
    state.deadlineMs = nowMs() + knobs().unitMs;
    state.said = 1;
    return;
  }
  if (!isFit(wanted) || (state.said > 0 && !due(state.deadlineMs) && state.deadlineMs != NEVER)) return;
  const returns = wanted == <u32>config.owner && input.server != <u16>NONE && input.server != <u16>wanted;
  const kind = returns ? DecisionKind.RETURN_UNIT : DecisionKind.TAKE_OVER_UNIT;
  const reason = <Reason>(state.said > 0 ? Reason.SAID_AGAIN : state.reason);
  if (!sayUnder(scope, kind, reason, SubjectKind.UNIT, unit, config.generation, input.server, wanted)) {
    state.deadlineMs = nowMs();
    return;
  }
  state.sequence = Header.get().sequence;
  state.deadlineMs = afterWait(knobs().unitMs, state.said, max(knobs().backOffMaxMs, knobs().unitMs));
  if (state.said < 255) state.said++;
}

/** Well enough to serve units. */
function isFit(server: u32): bool {
  if (server == NONE || !memberUp(server) || leaseGone(server)) return false;
  return acknowledged(server, Acknowledged.PAIR) && ofOwnConfiguration(server);
}

/** Its lease is gone, or it has been silent for too long. */
function hasFailed(server: u32): bool {
  return leaseGone(server) || memberStatus(server) == <u32>HealthStatus.DOWN;
}

function followOwner(state: UnitState, owner: u32): void {
  if (!isFit(owner) || inMaintenance(owner)) state.ownerWellMs = 0;
  else if (state.ownerWellMs == 0) state.ownerWellMs = max(nowMs(), 1);
}

/** Server that should have the unit, given the one that the shelf admits; `NONE` if none can. */
function chooseServer(state: UnitState, owner: u32, present: u32): u32 {
  const partner = partnerOf(owner);
  if (present == NONE || (present != owner && present != partner)) {
    state.reason = <u8>Reason.UNHOSTED;
    if (isFit(owner)) return owner;
    return isFit(partner) ? partner : NONE;
  }
  const other = present == owner ? partner : owner;
  if (hasFailed(present)) {
    state.reason = <u8>Reason.SERVER_FAILED;
    return isFit(other) ? other : NONE;
  }
  if (inMaintenance(present) && isFit(other) && !inMaintenance(other)) {
    state.reason = <u8>Reason.MAINTENANCE;
    return other;
  }
  if (present == owner || state.ownerWellMs == 0) return present;
  return maySendBack(state) ? owner : present;
}

function maySendBack(state: UnitState): bool {
  if (state.status & UnitStatus.RETURNING) {
    state.reason = <u8>Reason.REQUESTED;
    return true;
  }
  if (knobs().unitReturn != <u8>FailBack.AUTOMATIC) return false;
  const readyMs = state.ownerWellMs + knobs().unitReturnMs;
  state.reason = <u8>Reason.FAIL_BACK;
  if (due(readyMs)) return true;
  state.deadlineMs = min(state.deadlineMs, readyMs);
  return false;
}

/** Neither server can have it: said once. */
function alarmLost(unit: u32, state: UnitState, config: UnitConfig, scope: u32): void {
  if (state.status & UnitStatus.ALARMED) return;
  const from = UnitInput.at(unit).server;
  const reason = Reason.NO_OTHER_SERVER;
  if (sayUnder(scope, DecisionKind.ALARM, reason, SubjectKind.UNIT, unit, config.generation, from, NONE)) {
    state.status |= UnitStatus.ALARMED;
  } else state.deadlineMs = nowMs();
}
