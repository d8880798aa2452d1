/**
 * Planning: for the most loaded overloaded port, which session should move (steps 102 to 106 and 109), or for a port
 * in maintenance any that can. A plan looks at so many sessions a tick and goes on in the next.
 */
import { MOVE_MAX, NONE, TARGET_PORT_MAX, TARGET_PORT_WORDS, WORK_PER_TICK_MAX } from "../../limits";
import { alarm } from "../../memory/ring";
import { due, nowMs } from "../../memory/scheduling";
import { NEVER, resetRow, seal } from "../../memory/seals";
import { Reason, SubjectKind } from "../../tables/decision";
import { InitiatorFlag, InitiatorInput } from "../../tables/initiator";
import { PLAN_CANDIDATES, Plan } from "../../tables/plan";
import { ReservationMoves } from "../../tables/policy";
import { SessionFlag, SessionInput, SessionState } from "../../tables/session";
import { RegistrationState, TargetConfig, TargetFlag } from "../../tables/target";
import { TargetPortConfig, TargetPortOrder, TargetPortState, TargetPortStatus } from "../../tables/target-port";
import { disturbance, isFit, landingLoad, landingPort, pairIsMoving } from "./fit";
import { Sum, less, loadOf } from "./loads";
import { beginMove } from "./moves";
import { bitIn } from "./registrations";
import { backsOff, mayMove } from "./residence";
import { isLandingPort } from "./steering";
import { moduleState } from "../../memory/verify";
import { endPlan, planRow, policy, portAt, sessionAt } from "./rows";

/** Goes on with the plan under way, or begins one. */
export function planMoves(): void {
  const module = moduleState();
  if (module.movesUnderWay >= policy().movesUnderWayMax || <u32>module.movesInUse >= MOVE_MAX) return endPlan();
  const plan = planRow();
  if (plan.port == <u16>NONE || !mayPlan(plan.port)) {
    const port = choosePort();
    if (port == NONE) return endPlan();
    beginPlan(plan, port);
  }
  const port: u32 = plan.port;
  for (let step: u32 = 0; step < WORK_PER_TICK_MAX; step++) {
    if (plan.cursor == <u16>NONE) break;
    const row: u32 = plan.cursor;
    const session = sessionAt(row);
    // The list changed under the plan: begin anew.
    if (session.port != <u16>port) return endPlan();
    weigh(plan, row, session, port);
    plan.cursor = session.portNext;
  }
  seal(plan);
  if (plan.cursor == <u16>NONE) finish(plan, port);
}

/** True while a plan waits for its next tick, or could begin at once. */
export function planUnderWay(): bool {
  return Plan.get().port != <u16>NONE;
}

function beginPlan(plan: Plan, port: u32): void {
  resetRow(PLAN_TABLE, 0);
  plan.port = <u16>port;
  plan.cursor = portAt(port).firstSession;
  chooseCandidates(port);
}

/** The least loaded ports that can take sessions, in order of load, then of listing. */
function chooseCandidates(from: u32): void {
  for (let place: u32 = 0; place < TARGET_PORT_MAX; place++) {
    const port: u32 = TargetPortOrder.at(place).port;
    if (port == NONE) break;
    const status = TargetPortState.at(port).status;
    const unfit = TargetPortStatus.FAILED | TargetPortStatus.MAINTENANCE | TargetPortStatus.SILENT;
    if (port == from || (status & TargetPortStatus.OPERATIVE) == 0 || (status & unfit) != 0) continue;
    insertCandidate(port);
  }
}

function insertCandidate(port: u32): void {
  let moving = port;
  for (let n: u32 = 0; n < PLAN_CANDIDATES; n++) {
    const present = Plan.candidate(n);
    if (present != NONE && comingLoad(present) <= comingLoad(moving)) continue;
    Plan.setCandidate(n, moving);
    if (present == NONE) break;
    moving = present;
  }
}

/** Load of a port once the moves under way have arrived. */
function comingLoad(port: u32): u32 {
  const state = TargetPortState.at(port);
  return state.loadPermille + state.arrivingPermille;
}

function finish(plan: Plan, port: u32): void {
  const draining = isDraining(portAt(port));
  if (plan.best != <u16>NONE) {
    const reason = draining ? Reason.MAINTENANCE : Reason.OVERLOADED;
    beginMove(plan.best, port, plan.bestTo, plan.bestArrivingPermille, plan.bestLeavingPermille, reason);
    return endPlan();
  }
  const state = portAt(port);
  state.backOffUntilMs = nowMs() + policy().sampleMs;
  if ((state.status & TargetPortStatus.ALARMED) == 0) {
    if (alarm(Reason.NO_SESSION_QUALIFIES, SubjectKind.TARGET_PORT, port, state.generation, state.sessions)) {
      state.status |= TargetPortStatus.ALARMED;
    }
  }
  seal(state);
  endPlan();
}

/**
 * The most loaded overloaded port, loads taken as if the moves under way were done; then ports in maintenance; ties by
 * id. A port of which a plan has found nothing comes after those not planned for since, so that it starves none.
 */
function choosePort(): u32 {
  let found = NONE;
  let first: u64 = NEVER;
  for (let port: u32 = 0; port < TARGET_PORT_MAX; port++) {
    if (!mayPlan(port)) continue;
    const state = TargetPortState.at(port);
    const place: u32 = isDraining(state) ? 0xffff : 0xfffe - min(expectedLoad(state), 0xfffe);
    const turn = (state.backOffUntilMs << 16) | place;
    const tied = turn == first && TargetPortConfig.at(port).id < TargetPortConfig.at(found).id;
    if (turn < first || tied) {
      found = port;
      first = turn;
    }
  }
  return found;
}

/** Load of a port once the moves under way have left it. */
export function expectedLoad(state: TargetPortState): u32 {
  return <u32>less(state.loadPermille, state.leavingPermille);
}

function isDraining(state: TargetPortState): bool {
  return (state.status & TargetPortStatus.MAINTENANCE) != 0;
}

function mayPlan(port: u32): bool {
  if (TargetPortConfig.at(port).id == 0) return false;
  const state = portAt(port);
  const usable = TargetPortStatus.OWN | TargetPortStatus.OPERATIVE;
  if ((state.status & usable) != usable || (state.status & TargetPortStatus.SILENT) != 0) return false;
  if (!due(state.backOffUntilMs) || state.sessions == 0) return false;
  if (<u32>state.leaving >= <u32>policy().movesFromPortMax) return false;
  if (isDraining(state)) return state.sessions > <u32>state.leaving;
  if ((state.status & TargetPortStatus.OVERLOADED) == 0) return false;
  return expectedLoad(state) >= policy().highWatermarkPermille;
}

/** Weighs one session: passed over for a reason that is counted, or compared with the best so far. */
function weigh(plan: Plan, row: u32, session: SessionState, from: u32): void {
  const source = portAt(from);
  const draining = isDraining(source);
  const initiatorId = InitiatorInput.at(session.initiator).id;
  const targetId = TargetConfig.at(session.target).id;
  const input = SessionInput.at(row);
  if (pairIsMoving(initiatorId, targetId)) return count(plan, offsetof<Plan>("moving"));
  if (draining ? backsOff(initiatorId, targetId) : !mayMove(initiatorId, targetId)) {
    return count(plan, offsetof<Plan>("residence"));
  }
  if (!draining && isPinned(input, session)) return count(plan, offsetof<Plan>("pinned"));
  const reservation = (input.flags & SessionFlag.RESERVATION) != 0;
  if (!draining && reservation && policy().reservationMoves == ReservationMoves.NEVER) {
    return count(plan, offsetof<Plan>("reservation"));
  }
  if (isReserved(session.target, from) || isLandingPort(session.target, from))
    return count(plan, offsetof<Plan>("reserved"));
  const to = landingPort(row, from);
  if (to == NONE) return count(plan, offsetof<Plan>("noAlternative"));
  const after = landingLoad(to, row, from, 0);
  if (!isFit(after)) return count(plan, offsetof<Plan>("alternativeFull"));
  compare(plan, row, from, to, after, draining);
}

/** Adds one to the plan's count of sessions passed over, given by its offset. */
function count(plan: Plan, offset: usize): void {
  const address = changetype<usize>(plan) + offset;
  store<u16>(address, load<u16>(address) + 1);
}

function isPinned(input: SessionInput, session: SessionState): bool {
  if ((input.flags & SessionFlag.PINNED) != 0) return true;
  if ((InitiatorInput.at(session.initiator).flags & InitiatorFlag.PINNED) != 0) return true;
  return (TargetConfig.at(session.target).flags & TargetFlag.PINNED) != 0;
}

/** Another controller's arrival pins the registration, and it isn't withdrawn yet. */
function isReserved(target: u32, from: u32): bool {
  const state = RegistrationState.at(target * TARGET_PORT_WORDS + (from >> 5));
  return (state.pinned & ~state.withdrawn & bitIn(from, from >> 5)) != 0;
}

/** A balance move must lower the worse of the two loads by more than the hysteresis; among those the least disturbance, then best fit, then ids. */
function compare(plan: Plan, row: u32, from: u32, to: u32, after: u32, draining: bool): void {
  const source = portAt(from);
  const session = sessionAt(row);
  const without = loadOf(Sum.PORT_WITHOUT_SESSION, source, TargetPortConfig.at(from), session, source);
  const before = max(expectedLoad(source), TargetPortState.at(to).loadPermille);
  const worse = max(<u32>less(without, source.leavingPermille), after);
  if (!draining && worse + policy().hysteresisPermille >= before) return count(plan, offsetof<Plan>("noGain"));
  const disturbs = disturbance(row, from);
  if (plan.best != <u16>NONE && !isBetter(plan, row, disturbs, worse, after)) return;
  plan.best = <u16>row;
  plan.bestTo = <u16>to;
  plan.bestDisturbance = disturbs;
  plan.bestLoadPermille = worse;
  plan.bestLandingPermille = <u16>after;
  plan.bestArrivingPermille = loadOf(Sum.SESSION, source, TargetPortConfig.at(to), session, source);
  plan.bestLeavingPermille = <u32>less(source.loadPermille, without);
}

function isBetter(plan: Plan, row: u32, disturbs: u32, worse: u32, after: u32): bool {
  if (disturbs != plan.bestDisturbance) return disturbs < plan.bestDisturbance;
  if (worse != plan.bestLoadPermille) return worse < plan.bestLoadPermille;
  if (after != <u32>plan.bestLandingPermille) return after < <u32>plan.bestLandingPermille;
  const best = SessionInput.at(plan.best);
  const input = SessionInput.at(row);
  const targetId = TargetConfig.at(input.target).id;
  const bestTargetId = TargetConfig.at(best.target).id;
  if (targetId != bestTargetId) return targetId < bestTargetId;
  return InitiatorInput.at(input.initiator).id < InitiatorInput.at(best.initiator).id;
}
