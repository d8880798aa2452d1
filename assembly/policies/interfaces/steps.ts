/**
 * One interface: where it is observed, where it is wanted, and the difference, which is said until it is gone.
 *
 *   at home ──port fails──▶ UNHOST_INTERFACE ──nobody has it──▶ MOVE_INTERFACE ──▶ away ──home is well──▶ … back at home
 *                              │ its server's lease is gone: nobody has it, at once
 *                              └ its server is silent and leased: it keeps what it has
 *
 * Give up before take: MOVE_INTERFACE is said only when nobody has the address, as was seen in this term or as all who
 * could have it say. A port that was told to take it and wasn't seen to is told to give it up first, too.
 */
import { DECISION_MAX, GROUP_MAX, NETWORK_PORT_MAX, NONE } from "../../limits";
import { groupOf, partnerOf } from "../../members/pairs";
import { hasAny, hasServer, putServer, takeOut } from "../../members/servers";
import { Header } from "../../memory/header";
import { isCurrent, isTold } from "../../memory/inputs";
import { afterWait, due, nowMs, setDeadline } from "../../memory/scheduling";
import { NEVER, seal } from "../../memory/seals";
import { Decision, DecisionKind, Reason, SubjectKind } from "../../tables/decision";
import {
  GroupWish,
  InterfaceConfig,
  InterfaceFlag,
  InterfaceInput,
  InterfaceState,
  InterfaceStatus,
} from "../../tables/interface";
import { NetworkPortConfig, NetworkPortStatus } from "../../tables/network-port";
import { Outcome, OutcomeResult } from "../../tables/outcome";
import { FailBack } from "../../tables/policy";
import { ScopeState } from "../../tables/scope";
import {
  groupAt,
  groupOfInterface,
  interfaceAt,
  isDeciding,
  knobs,
  lookAtGroups,
  mayDecide,
  portAt,
  sayUnder,
  scopeOf,
  serverOf,
  statusOf,
  wish,
} from "./rows";

/** Times that a port is told to take an address before another choice is made. */
const TRIES_MAX: u32 = 3;
/** Refusals in a row after which any other port waits as long as the one that refused. */
const REFUSALS_MAX: u32 = 2;
/** Moves that nothing forces wait for their turn this long. */
const TURN_MS: u64 = 50;

/** An observation of where an address is. */
export function takeInterface(row: u32): void {
  if (isCurrent(InterfaceInput.at(row), InterfaceConfig.at(row))) lookAtInterface(row);
}

/** An interface that was observed anew, or whose deadline has come. */
export function lookAtInterface(row: u32): void {
  const state = interfaceAt(row);
  if (due(state.deadlineMs)) state.deadlineMs = NEVER;
  if (InterfaceConfig.at(row).id != 0) {
    const group = groupOfInterface(row);
    follow(row, state, group);
    if (mayDecide(scopeOf(group))) say(row, state, group);
    else if (isDeciding(scopeOf(group))) wish(group, GroupWish.LOOK);
    if (state.status & InterfaceStatus.WAITING && isDeciding(scopeOf(group))) wish(group, GroupWish.LOOK);
  }
  seal(state);
}

/** Takes over what is observed, and judges whether the interface stays where it is wanted. */
export function follow(row: u32, state: InterfaceState, group: u32): void {
  track(row, state);
  const scope = ScopeState.at(scopeOf(group));
  if (scope.deciding == 0) return;
  if (state.term != scope.term) adopt(state, scope.term);
  for (let each: u32 = 0; each < GROUP_MAX; each++) {
    if (hasAny(state.lostOnSet)) takeOut(state.lostOnSet, groupAt(each).wellSet);
  }
  judge(row, state);
  settle(row, state, group);
}

/** Port whose kernel holds the address, or `NONE`. */
function observedPort(row: u32): u32 {
  const input = InterfaceInput.at(row);
  if (!isTold(input, InterfaceConfig.at(row))) return NONE;
  const port: u32 = input.port;
  return port < NETWORK_PORT_MAX && NetworkPortConfig.at(port).id != 0 ? port : NONE;
}

/** Follows the observation; what a server held whose lease is gone is free. */
function track(row: u32, state: InterfaceState): void {
  let at = observedPort(row);
  if (at != NONE && statusOf(at) & NetworkPortStatus.FREED) {
    lose(state, at, Reason.SERVER_FAILED);
    state.last = <u16>at;
    state.status |= InterfaceStatus.FREE;
    at = NONE;
  }
  if (state.asked != <u16>NONE && (state.asked == <u16>at || statusOf(state.asked) & NetworkPortStatus.FREED)) {
    state.asked = <u16>NONE;
  }
  if (state.held == <u16>at) return;
  countOn(state.held, 0xffff);
  countOn(at, 1);
  state.said = 0;
  if (at == NONE) {
    // Gone by itself, not given up and not with its server.
    if (state.wanted == state.held) state.reason = <u8>Reason.UNHOSTED;
    state.status |= InterfaceStatus.FREE;
  } else {
    state.last = <u16>at;
    state.status &= ~InterfaceStatus.FREE;
  }
  state.held = <u16>at;
}

/** Interfaces observed on a port; a server in maintenance may be drained now. */
function countOn(port: u32, more: u16): void {
  if (port == NONE) return;
  const state = portAt(port);
  state.interfaces += more;
  seal(state);
  if (state.interfaces == 0 && state.status & NetworkPortStatus.MAINTENANCE) {
    lookAtGroups();
  }
}

/** On becoming the decider, what is observed is what is wanted. */
function adopt(state: InterfaceState, term: u32): void {
  state.term = term;
  state.wanted = state.held;
  state.asked = <u16>NONE;
  state.said = 0;
  state.failures = 0;
  state.barredUntilMs = 0;
  state.status &= state.held == <u16>NONE ? 0 : InterfaceStatus.BALANCED;
}

/** A port that held the address can't serve it any more. */
function lose(state: InterfaceState, port: u32, reason: Reason): void {
  putServer(state.lostOnSet, serverOf(port), true);
  state.reason = <u8>reason;
  state.status &= ~(InterfaceStatus.BALANCED | InterfaceStatus.SOFT);
  if (state.wanted == <u16>port) state.wanted = <u16>NONE;
}

/** True if the address may be given to the port now. */
export function mayTake(state: InterfaceState, port: u32): bool {
  if ((statusOf(port) & NetworkPortStatus.USABLE) == 0 || isExcluded(state, port)) return false;
  return (port != <u32>state.barred && !isRefused(state)) || due(state.barredUntilMs);
}

/** Refused by one port after another: from now on they are asked in turn, one a back-off. */
export function isRefused(state: InterfaceState): bool {
  return state.failures >= REFUSALS_MAX;
}

function judge(row: u32, state: InterfaceState): void {
  const at: u32 = state.held;
  state.status &= ~InterfaceStatus.WAITING;
  if (state.wanted != <u16>at && state.wanted != <u16>NONE && !mayTake(state, state.wanted)) want(state, NONE);
  if (at != NONE) {
    const status = statusOf(at);
    if (status & NetworkPortStatus.FAILED) lose(state, at, Reason.PORT_FAILED);
    else if (state.wanted == <u16>NONE) want(state, at);
    const leaves = status & NetworkPortStatus.MAINTENANCE && status & NetworkPortStatus.ANSWERS;
    if (leaves && state.wanted == <u16>at) {
      state.status |= InterfaceStatus.SOFT;
      state.reason = <u8>Reason.MAINTENANCE;
    } else state.status &= ~InterfaceStatus.SOFT;
  }
  if (state.wanted != <u16>NONE && (state.status & InterfaceStatus.SOFT) == 0) return;
  const home: u32 = InterfaceConfig.at(row).home;
  if (home != at && !isRefused(state) && mayTake(state, home)) return want(state, home);
  state.status |= InterfaceStatus.WAITING;
}

/** Wants the address on another port, or on none. */
export function want(state: InterfaceState, port: u32): void {
  if (state.wanted == <u16>port) return;
  state.wanted = <u16>port;
  state.said = 0;
  state.deadlineMs = NEVER;
  if (port != NONE) state.status &= ~(InterfaceStatus.WAITING | InterfaceStatus.SOFT | InterfaceStatus.UNPLACED);
}

/** An address that is where it is wanted: done, and perhaps to go home some time. */
function settle(row: u32, state: InterfaceState, group: u32): void {
  if (state.wanted == <u16>NONE) return endUnforced(state, group);
  if (state.wanted != state.held || state.status & InterfaceStatus.SOFT) return;
  endUnforced(state, group);
  state.said = 0;
  state.failures = 0;
  state.status &= ~InterfaceStatus.ALARMED;
  const config = InterfaceConfig.at(row);
  if (state.held == config.home) {
    state.reason = <u8>Reason.NONE;
    state.lostOn = 0;
    state.lostOnMore = 0;
    state.status &= ~(InterfaceStatus.BALANCED | InterfaceStatus.RETURNING);
    return;
  }
  if (mayTake(state, config.home)) goHome(config, state, group);
  // Left alone for a while only: nothing else would have it looked at when that is over.
  else if (state.barred == config.home && !due(state.barredUntilMs)) lookAt(state, state.barredUntilMs);
}

function goHome(config: InterfaceConfig, state: InterfaceState, group: u32): void {
  const isAsked = (state.status & InterfaceStatus.RETURNING) != 0;
  const stays = config.flags & InterfaceFlag.NO_FAIL_BACK || state.status & InterfaceStatus.BALANCED;
  if (!isAsked && (stays || knobs().failBack != <u8>FailBack.AUTOMATIC)) return;
  let wellMs = portAt(config.home).operativeMs;
  if (knobs().followOver != 0) {
    if (groupAt(group).wellMs == 0) return;
    wellMs = max(wellMs, groupAt(group).wellMs);
  }
  const readyMs = isAsked ? 0 : wellMs + knobs().failBackMs;
  if (!due(readyMs)) return lookAt(state, readyMs);
  want(state, config.home);
  state.reason = <u8>(isAsked ? Reason.REQUESTED : Reason.FAIL_BACK);
  state.status |= InterfaceStatus.UNFORCED;
}

function lookAt(state: InterfaceState, atMs: u64): void {
  state.deadlineMs = atMs;
}

function endUnforced(state: InterfaceState, group: u32): void {
  if (state.status & InterfaceStatus.BEGUN) {
    const row = groupAt(group);
    if (row.unforced > 0) row.unforced--;
    seal(row);
  }
  state.status &= ~(InterfaceStatus.UNFORCED | InterfaceStatus.BEGUN);
}

/** Says the difference between where the address is wanted and where it is. The caller seals the state. */
export function say(row: u32, state: InterfaceState, group: u32): void {
  const isUnplaced = (state.status & InterfaceStatus.UNPLACED) != 0;
  if (state.wanted != state.held || state.asked != <u16>NONE || isUnplaced) sayDifference(row, state, group);
  setDeadline(INTERFACE_STATE_TABLE, row, state.deadlineMs);
}

function sayDifference(row: u32, state: InterfaceState, group: u32): void {
  if (state.said > 0 && !due(state.deadlineMs) && state.deadlineMs != NEVER) return;
  const held: u32 = state.held;
  if (held != NONE) {
    if (held == <u32>state.wanted || (state.status & InterfaceStatus.SOFT) != 0) return;
    return giveUp(row, state, group, held);
  }
  const asked: u32 = state.asked;
  if (asked != NONE && asked != <u32>state.wanted) return giveUp(row, state, group, asked);
  if (state.wanted == <u16>NONE) return alarmUnhosted(row, state, group);
  const isFree = (state.status & InterfaceStatus.FREE) != 0 || groupAt(group).reported != 0;
  if (!isFree || !mayTake(state, state.wanted)) return;
  take(row, state, group);
}

/** Tells the port to give the address up; a server that doesn't answer keeps what it has. */
function giveUp(row: u32, state: InterfaceState, group: u32, port: u32): void {
  if ((statusOf(port) & NetworkPortStatus.ANSWERS) == 0 || !begins(state, group)) return;
  if (tell(row, state, group, DecisionKind.UNHOST_INTERFACE, port, NONE)) wait(state, knobs().unhostMs);
}

function take(row: u32, state: InterfaceState, group: u32): void {
  if (state.said >= TRIES_MAX) return tryAnother(row, state, group);
  if (!begins(state, group)) return;
  const to: u32 = state.wanted;
  if (!tell(row, state, group, DecisionKind.MOVE_INTERFACE, state.last, to)) return;
  state.asked = <u16>to;
  wait(state, knobs().moveMs);
}

/** The port was told in vain: it is left alone for a while. */
function tryAnother(row: u32, state: InterfaceState, group: u32): void {
  bar(state, state.wanted);
  want(state, NONE);
  judge(row, state);
  wish(group, GroupWish.LOOK);
}

function bar(state: InterfaceState, port: u32): void {
  state.barred = <u16>port;
  state.barredUntilMs = afterWait(knobs().backOffMs, state.failures, knobs().backOffMaxMs);
  state.failures++;
}

/** Moves that no failure forces are so many at a time. */
function begins(state: InterfaceState, group: u32): bool {
  const flags: u32 = InterfaceStatus.UNFORCED | InterfaceStatus.BEGUN;
  if ((<u32>state.status & flags) != <u32>InterfaceStatus.UNFORCED) return true;
  const row = groupAt(group);
  if (row.unforced >= knobs().movesUnderWayMax) {
    lookAt(state, nowMs() + TURN_MS);
    return false;
  }
  row.unforced++;
  seal(row);
  state.status |= InterfaceStatus.BEGUN;
  return true;
}

function tell(row: u32, state: InterfaceState, group: u32, kind: DecisionKind, from: u32, to: u32): bool {
  let reason: u32 = state.reason == 0 ? <u32>Reason.UNHOSTED : <u32>state.reason;
  if (to != NONE && groupOf(serverOf(to)) != group) reason = Reason.OTHER_GROUP;
  if (state.said > 0) reason = Reason.SAID_AGAIN;
  const generation = InterfaceConfig.at(row).generation;
  if (!sayUnder(scopeOf(group), kind, <Reason>reason, SubjectKind.INTERFACE, row, generation, from, to)) {
    lookAt(state, nowMs());
    return false;
  }
  state.sequence = Header.get().sequence;
  return true;
}

/** Waits double with each time that the same is said. */
function wait(state: InterfaceState, firstMs: u32): void {
  lookAt(state, afterWait(firstMs, state.said, max(knobs().backOffMaxMs, firstMs)));
  if (state.said < 255) state.said++;
}

/** No port may host it: said once. */
function alarmUnhosted(row: u32, state: InterfaceState, group: u32): void {
  if (state.status & (InterfaceStatus.ALARMED | InterfaceStatus.COUNTED)) return;
  if ((state.status & InterfaceStatus.UNPLACED) == 0) return;
  const generation = InterfaceConfig.at(row).generation;
  const scope = scopeOf(group);
  if (
    sayUnder(scope, DecisionKind.ALARM, Reason.NO_CANDIDATE, SubjectKind.INTERFACE, row, generation, state.last, NONE)
  ) {
    state.status |= InterfaceStatus.ALARMED;
  } else lookAt(state, nowMs());
}

/** What came of a decision about an interface. Done is seen by observation; given up, and never observed, only by this. */
export function interfaceOutcome(decision: Decision, outcome: Outcome): void {
  const row = decision.subject;
  const state = interfaceAt(row);
  if (state.sequence != outcome.sequence || InterfaceConfig.at(row).generation != decision.subjectGeneration) return;
  const isDone = outcome.result == <u16>OutcomeResult.DONE;
  const isRefused = outcome.result == <u16>OutcomeResult.REFUSED || outcome.result == <u16>OutcomeResult.FAILED;
  if (decision.kind == <u8>DecisionKind.UNHOST_INTERFACE && isDone && state.asked == decision.from) {
    state.asked = <u16>NONE;
    state.said = 0;
  } else if (decision.kind == <u8>DecisionKind.MOVE_INTERFACE && isRefused && state.asked == decision.to) {
    state.asked = <u16>NONE;
    if (state.wanted == decision.to) tryAnother(row, state, groupOfInterface(row));
  } else return;
  seal(state);
  lookAtInterface(row);
}

/** The decision that an outcome names, if it still stands in the ring; its kind is NONE otherwise. */
export function decisionOf(sequence: u32): Decision {
  const header = Header.get();
  const slot = (header.ringHead - 1 - (header.sequence - sequence)) & (DECISION_MAX - 1);
  return Decision.at(slot);
}

/** True for a port of a server whose partner lost the address and is not back: its work is the partner's storage units. */
function isExcluded(state: InterfaceState, port: u32): bool {
  const partner = partnerOf(serverOf(port));
  return partner != NONE && hasServer(state.lostOnSet, partner);
}
