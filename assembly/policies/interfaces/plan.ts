/**
 * The plan of a group: one walk over its interfaces in order of id says which stay and which need a place, `placement/`
 * finds the best spread, and a second walk gives the places out.
 *
 *   NONE ──something has changed──▶ COLLECT ──▶ SOLVE ──▶ (rebalance: KEEP) ──▶ ASSIGN ──▶ NONE
 *
 * After a failure only interfaces without a place are placed, round those that stay ("transferring the IP address from
 * one port … to another operative port of one server within the same group"). A rebalance may move all. A plan does so
 * much in a tick and goes on in the next; a port that changes meanwhile begins it anew.
 */
import {
  ELIGIBLE_SET_MAX,
  GROUP_MAX,
  INTERFACE_MAX,
  NETWORK_PORT_MAX,
  NETWORK_PORT_WORDS,
  NONE,
  PLACE_MAX,
  PLACE_WORK_MAX,
  SERVER_MAX,
  UNIT_MAX,
} from "../../limits";
import { inMaintenance, isMember } from "../../members/members";
import { groupOf } from "../../members/pairs";
import { hasServer, putServer } from "../../members/servers";
import { Header } from "../../memory/header";
import { due } from "../../memory/scheduling";
import { NEVER, seal } from "../../memory/seals";
import { compareNext } from "../../placement/levels";
import {
  addFixed,
  addPresent,
  addWaiting,
  allow,
  closePlacement,
  openClass,
  openPlace,
  openPlacement,
  solve,
  takePlace,
  takePresent,
} from "../../placement/placement";
import { DecisionKind, Reason, SubjectKind } from "../../tables/decision";
import {
  EligibleSetConfig,
  EligibleSetState,
  GroupWish,
  InterfaceById,
  InterfaceConfig,
  InterfaceGroup,
  InterfacePlan,
  InterfacePlanStep,
  InterfaceState,
  InterfaceStatus,
} from "../../tables/interface";
import { MEMBER_SERVERS, MemberConfig } from "../../tables/member";
import { NetworkPortById, NetworkPortConfig, NetworkPortState, NetworkPortStatus } from "../../tables/network-port";
import { Placement, PlacementPlace } from "../../tables/placement";
import { ScopeState } from "../../tables/scope";
import { UnitInput } from "../../tables/unit";
import {
  groupAt,
  groupOfInterface,
  interfaceAt,
  isDeciding,
  knobs,
  mayDecide,
  planRow,
  sayUnder,
  scopeOf,
  serverOf,
  wish,
} from "./rows";
import { follow, isRefused, mayTake, say, want } from "./steps";

/** Goes on with the plan under way, or begins one. */
export function planInterfaces(): void {
  if (!interfacesPlanned() && !isWishedFor()) return;
  const plan = planRow();
  if (plan.step != <u16>InterfacePlanStep.NONE && !mayDecide(scopeOf(plan.group))) endPlan(plan, true);
  let left = PLACE_WORK_MAX;
  for (let step: u32 = 0; step < PLAN_STEPS; step++) {
    if (plan.step == <u16>InterfacePlanStep.NONE) beginPlan(plan);
    if (left == 0 || plan.step == <u16>InterfacePlanStep.NONE) break;
    if (plan.step == <u16>InterfacePlanStep.SOLVE) {
      if (!solve(left)) break;
      plan.step = <u16>(plan.wishes & GroupWish.REBALANCE ? InterfacePlanStep.KEEP : InterfacePlanStep.ASSIGN);
      plan.cursor = 0;
    } else left = walk(plan, left);
  }
  seal(plan);
}

/** Steps of one plan, and of the next. */
const PLAN_STEPS: u32 = 8;

/** One look at the groups: whether anything is to be planned for one that this module decides for. */
function isWishedFor(): bool {
  for (let group: u32 = 0; group < GROUP_MAX; group++) {
    if (InterfaceGroup.at(group).wishes != 0 && isDeciding(scopeOf(group))) return true;
  }
  return false;
}

/** True while a plan waits for its next tick. */
export function interfacesPlanned(): bool {
  return InterfacePlan.get().step != <u16>InterfacePlanStep.NONE;
}

/** When a group that waits for a plan can have one: at the end of its grace period. */
export function interfacesDeadline(): u64 {
  let earliest = NEVER;
  if (!isWishedFor()) return earliest;
  for (let group: u32 = 0; group < GROUP_MAX; group++) {
    if (groupAt(group).wishes == 0 || !isDeciding(scopeOf(group))) continue;
    earliest = min(earliest, max(ScopeState.at(scopeOf(group)).graceUntilMs, Header.get().graceUntilMs));
  }
  return earliest;
}

function beginPlan(plan: InterfacePlan): void {
  for (let group: u32 = 0; group < GROUP_MAX; group++) {
    const row = groupAt(group);
    if (row.wishes == 0 || !mayDecide(scopeOf(group))) continue;
    plan.step = <u16>InterfacePlanStep.COLLECT;
    plan.group = <u16>group;
    plan.wishes = row.wishes;
    plan.cursor = 0;
    plan.moved = 0;
    plan.unplaced = 0;
    row.wishes = 0;
    seal(row);
    return openPlaces(group);
  }
}

/** Ports of the group that may take addresses, in order of id; with `otherGroup` those of both. */
function openPlaces(group: u32): void {
  openPlacement();
  for (let set: u32 = 0; set < ELIGIBLE_SET_MAX; set++) {
    EligibleSetState.at(set).placementClass = <u16>NONE;
  }
  for (let n: u32 = 0; n < NETWORK_PORT_MAX; n++) {
    const port: u32 = NetworkPortById.at(n).port;
    if (port == NONE) break;
    const state = NetworkPortState.at(port);
    const config = NetworkPortConfig.at(port);
    const isOfGroup = groupOf(config.server) == group;
    state.place = <u16>NONE;
    if ((isOfGroup || knobs().otherGroup != 0) && (state.status & NetworkPortStatus.USABLE) != 0) {
      state.place = <u16>openPlace(port, config.server, config.speed, config.rank);
      // What the other group has placed on it stays.
      if (!isOfGroup && state.place != <u16>NONE) PlacementPlace.at(state.place).things = state.interfaces;
    }
    seal(state);
  }
}

/** Goes on over the group's interfaces in order of id; returns what is left of the work. */
function walk(plan: InterfacePlan, work: u32): u32 {
  let left = work;
  for (let n: u32 = 0; n < INTERFACE_MAX; n++) {
    if (left == 0) return 0;
    const row: u32 = plan.cursor < INTERFACE_MAX ? <u32>InterfaceById.at(plan.cursor).row : NONE;
    if (row == NONE) {
      endWalk(plan);
      return left;
    }
    plan.cursor++;
    left--;
    if (groupOfInterface(row) != <u32>plan.group) continue;
    const state = interfaceAt(row);
    if (plan.step == <u16>InterfacePlanStep.COLLECT) collect(plan, row, state);
    else if (plan.step == <u16>InterfacePlanStep.KEEP) keep(row, state);
    else assign(plan, row, state);
    seal(state);
  }
  return left;
}

function endWalk(plan: InterfacePlan): void {
  plan.cursor = 0;
  if (plan.step == <u16>InterfacePlanStep.COLLECT) plan.step = <u16>InterfacePlanStep.SOLVE;
  else if (plan.step == <u16>InterfacePlanStep.KEEP) plan.step = <u16>InterfacePlanStep.ASSIGN;
  else {
    endPlan(plan, false);
    reportDrained(plan.group);
  }
}

/** Ends the plan; `again`: what it was for is still wanted. */
function endPlan(plan: InterfacePlan, again: bool): void {
  plan.step = <u16>InterfacePlanStep.NONE;
  closePlacement();
  if (again) wish(plan.group, plan.wishes);
}

/** Place of a port in the plan, or `NONE`. */
function placeOf(port: u32): u32 {
  return port == NONE ? NONE : <u32>NetworkPortState.at(port).place;
}

/** Counts the interface where it stays, or among those of its eligible set that need a place. */
function collect(plan: InterfacePlan, row: u32, state: InterfaceState): void {
  if (plan.wishes & GroupWish.FAIL_BACK) callHome(plan, row, state);
  follow(row, state, plan.group);
  state.status &= ~InterfaceStatus.COUNTED;
  if (state.status & InterfaceStatus.WAITING) {
    state.status |= InterfaceStatus.COUNTED;
    if (isAlone(state)) return;
    const ofClass = classOf(row);
    const from: u32 = state.last;
    if (ofClass != NONE) addWaiting(ofClass, InterfaceConfig.at(row).id, from == NONE ? NONE : serverOf(from));
    return;
  }
  const place = placeOf(state.wanted);
  if (place == NONE) return;
  const mayMove = plan.wishes & GroupWish.REBALANCE && state.held == state.wanted;
  const ofClass = mayMove ? classOf(row) : NONE;
  if (ofClass == NONE) return addFixed(place);
  state.status |= InterfaceStatus.COUNTED;
  addPresent(ofClass, place);
}

/** Not interchangeable with others of its set: a port was tried for it in vain. */
function isAlone(state: InterfaceState): bool {
  return isRefused(state) || !due(state.barredUntilMs);
}

/** An operator wants the interfaces of a server home, or all. */
function callHome(plan: InterfacePlan, row: u32, state: InterfaceState): void {
  const home = InterfaceConfig.at(row).home;
  const server: u32 = groupAt(plan.group).returning;
  if (server != NONE && serverOf(home) != server) return;
  if (state.held != home) state.status |= InterfaceStatus.RETURNING;
}

/** Class of the interface's eligible set in this plan, opened at first need; `NONE` if there is no room for it. */
function classOf(row: u32): u32 {
  const set: u32 = InterfaceConfig.at(row).eligibleSet;
  const known = EligibleSetState.at(set);
  if (known.placementClass != <u16>NONE) return known.placementClass;
  const ofClass = openClass();
  if (ofClass == NONE) return NONE;
  known.placementClass = <u16>ofClass;
  const group = groupOfInterface(row);
  for (let place: u32 = 0; place < PLACE_MAX; place++) {
    if (place >= <u32>Placement.get().places) break;
    const port: u32 = PlacementPlace.at(place).subject;
    if (isEligible(set, port) && groupOf(serverOf(port)) == group) allow(ofClass, place);
  }
  return ofClass;
}

function isEligible(set: u32, port: u32): bool {
  return ((EligibleSetConfig.at(set * NETWORK_PORT_WORDS + (port >> 5)).ports >> (port & 31)) & 1) != 0;
}

/** Rebalance: those that are where the plan leaves one stay; the others take part in what follows. */
function keep(row: u32, state: InterfaceState): void {
  const isCounted = (state.status & InterfaceStatus.COUNTED) != 0;
  if (!isCounted || (state.status & InterfaceStatus.WAITING) != 0) return;
  const place = placeOf(state.held);
  const ofClass = classOf(row);
  if (place == NONE || ofClass == NONE || takePresent(ofClass, place)) state.status &= ~InterfaceStatus.COUNTED;
}

/** Gives out a place to an interface that was counted, and says what follows for any. */
function assign(plan: InterfacePlan, row: u32, state: InterfaceState): void {
  if (state.status & InterfaceStatus.COUNTED) {
    state.status &= ~InterfaceStatus.COUNTED;
    const isWaiting = (state.status & InterfaceStatus.WAITING) != 0;
    const ofClass = isWaiting && isAlone(state) ? NONE : classOf(row);
    let place = ofClass == NONE ? NONE : takePlace(ofClass, NONE);
    const isFit = place != NONE && mayTake(state, PlacementPlace.at(place).subject);
    if (isWaiting && !isFit) place = placeAlone(row, state);
    if (place != NONE) put(plan, state, place);
    else if (isWaiting) noPlace(plan, state);
  } else if (state.status & InterfaceStatus.WAITING) wish(plan.group, GroupWish.LOOK);
  const isAway = state.wanted != InterfaceConfig.at(row).home && state.wanted != <u16>NONE;
  if (plan.wishes & GroupWish.REBALANCE && isAway) state.status |= InterfaceStatus.BALANCED;
  say(row, state, plan.group);
}

function put(plan: InterfacePlan, state: InterfaceState, place: u32): void {
  const port: u32 = PlacementPlace.at(place).subject;
  if (!mayTake(state, port)) return wish(plan.group, GroupWish.LOOK);
  const isForced = (state.status & InterfaceStatus.WAITING) != 0;
  if (!isForced) {
    state.reason = <u8>Reason.REBALANCED;
    state.status |= InterfaceStatus.UNFORCED;
  }
  want(state, port);
  plan.moved++;
}

/** One that could stay stays; any other is nowhere until a port returns. */
function noPlace(plan: InterfacePlan, state: InterfaceState): void {
  if (state.status & InterfaceStatus.SOFT) {
    state.status &= ~(InterfaceStatus.SOFT | InterfaceStatus.WAITING);
    return;
  }
  state.status |= InterfaceStatus.UNPLACED;
  // A port may be left alone for a while only: nothing else would have it looked at when that is over.
  if (!due(state.barredUntilMs)) state.deadlineMs = min(state.deadlineMs, state.barredUntilMs);
  plan.unplaced++;
}

/**
 * The place for one that is placed by itself, past a port tried in vain or in the other group: the least loaded, or
 * after several were tried in vain the next in order of id, so that each has its turn.
 */
function placeAlone(row: u32, state: InterfaceState): u32 {
  const set: u32 = InterfaceConfig.at(row).eligibleSet;
  const group = groupOfInterface(row);
  const inTurn = isRefused(state);
  const past: u32 = placeOf(state.barred) + 1;
  let found = NONE;
  for (let place: u32 = 0; place < PLACE_MAX; place++) {
    if (place >= <u32>Placement.get().places) break;
    const port: u32 = PlacementPlace.at(place).subject;
    if (!isEligible(set, port) || !mayTake(state, port)) continue;
    if (found != NONE && !(inTurn ? place - past < found - past : isLower(place, found, group))) continue;
    found = place;
  }
  if (found != NONE) PlacementPlace.at(found).things++;
  return found;
}

/** Ports of the own group before those of the other, then the lower level, then the network spread. */
function isLower(one: u32, other: u32, group: u32): bool {
  const first = PlacementPlace.at(one);
  const second = PlacementPlace.at(other);
  const isOwn = groupOf(first.owner) == group;
  if (isOwn != (groupOf(second.owner) == group)) return isOwn;
  const levels = compareNext(first, second);
  return levels != 0 ? levels < 0 : first.rank < second.rank;
}

/** A server in maintenance that holds no address of the group and no unit is reported, once. */
function reportDrained(group: u32): void {
  const row = groupAt(group);
  for (let server = MEMBER_SERVERS; server < MEMBER_SERVERS + SERVER_MAX; server++) {
    if (!isMember(server) || groupOf(server) != group) continue;
    const wasSaid = hasServer(row.drainedSet, server);
    const isDrained = inMaintenance(server) && isEmpty(server);
    if (isDrained && !wasSaid) {
      const generation = MemberConfig.at(server).generation;
      const kind = DecisionKind.DRAINED;
      const reason = Reason.MAINTENANCE;
      if (!sayUnder(scopeOf(group), kind, reason, SubjectKind.MEMBER, server, generation, server, NONE)) {
        row.wishes |= <u16>GroupWish.LOOK;
        continue;
      }
    }
    putServer(row.drainedSet, server, isDrained);
  }
  seal(row);
}

function isEmpty(server: u32): bool {
  for (let port: u32 = 0; port < NETWORK_PORT_MAX; port++) {
    if (NetworkPortConfig.at(port).id == 0 || serverOf(port) != server) continue;
    if (NetworkPortState.at(port).interfaces != 0) return false;
  }
  for (let unit: u32 = 0; unit < UNIT_MAX; unit++) {
    if (UnitInput.at(unit).server == <u16>server) return false;
  }
  return true;
}
