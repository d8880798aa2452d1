/**
 * Moves under way: one session from an overloaded or drained port to another.
 *
 *   RESERVING ──granted──▶ WITHDRAWING       (only where the other port belongs to another controller)
 *   WITHDRAWING ──no longer listed──▶ LOGGING_OUT          WITHDRAW_REGISTRATION (step 107)
 *   LOGGING_OUT ──session gone──▶ AWAITING_LOGIN           LOGOUT_SESSION or REDIRECT_SESSION (step 108)
 *   AWAITING_LOGIN ──login elsewhere──▶ SETTLING ──samples show it──▶ free
 *   any before SETTLING ──deadline, refusal, came back──▶ failed: given back, backed off, free
 *
 * Steps follow from what is observed, so that a decision said twice or an outcome lost does no harm.
 */
import { MOVE_MAX, NONE, SESSION_MAX, TARGET_PORT_MAX, TARGET_PORT_WORDS } from "../../limits";
import { alarmBetween, decide, ringHasRoom } from "../../memory/ring";
import { due, nowMs, rest } from "../../memory/scheduling";
import { resetRow, seal } from "../../memory/seals";
import { DecisionKind, Reason, SubjectKind } from "../../tables/decision";
import { InitiatorInput } from "../../tables/initiator";
import { Move, MoveState } from "../../tables/move";
import { Outcome, OutcomeResult } from "../../tables/outcome";
import { SessionFlag, SessionInput } from "../../tables/session";
import { TargetConfig, TargetFlag, TargetPortsConfig } from "../../tables/target";
import { TargetPortConfig, TargetPortState, TargetPortStatus } from "../../tables/target-port";
import { hasAlternative, hasSessionAt, isFit, landingLoad, mustSteer } from "./fit";
import { bitIn, hold, isObserved, noteLanded, releaseHeld, unhold } from "./registrations";
import { beginBackOff, beginResidence, mayMove } from "./residence";
import { moduleState } from "../../memory/verify";
import { initiatorAt, moveAt, policy, portAt, sayAgainAt, sessionAt } from "./rows";
import { holds, isNeededElsewhere, needs } from "./steering";

/** Begins the move of a session to `to`; loads in permille of each port are charged and credited at once. */
export function beginMove(
  session: u32,
  from: u32,
  to: u32,
  arrivingPermille: u32,
  leavingPermille: u32,
  reason: Reason,
): void {
  const row = freeRow();
  if (row == NONE) return;
  const input = SessionInput.at(session);
  const move = Move.at(row);
  move.reason = <u16>reason;
  move.session = <u16>session;
  move.sessionGeneration = input.generation;
  move.target = input.target;
  move.initiator = input.initiator;
  move.targetId = TargetConfig.at(input.target).id;
  move.initiatorId = InitiatorInput.at(input.initiator).id;
  move.from = <u16>from;
  move.to = <u16>to;
  move.steered = mustSteer(session, from, to) ? 1 : 0;
  move.nextPortal = InitiatorInput.at(input.initiator).nextPortal;
  move.arrivingPermille = arrivingPermille;
  move.leavingPermille = leavingPermille;
  move.startedMs = nowMs();
  move.endMs = nowMs() + policy().moveMs;
  const own = (TargetPortState.at(to).status & TargetPortStatus.OWN) != 0;
  if (own) enterWithdrawing(row, move);
  else enter(row, move, MoveState.RESERVING, nowMs() + policy().reserveMs);
  charge(to, arrivingPermille);
  creditFrom(from, leavingPermille);
  const module = moduleState();
  module.movesUnderWay++;
  module.movesInUse++;
  seal(module);
}

function freeRow(): u32 {
  for (let row: u32 = 0; row < MOVE_MAX; row++) {
    if (Move.at(row).state == <u8>MoveState.FREE) return row;
  }
  return NONE;
}

function enter(row: u32, move: Move, state: MoveState, deadlineMs: u64): void {
  move.state = <u8>state;
  move.said = 0;
  move.sayAgainMs = 0;
  rest(MOVE_TABLE, row, deadlineMs);
}

/** Step 107. */
function enterWithdrawing(row: u32, move: Move): void {
  holdAll(move);
  enter(row, move, MoveState.WITHDRAWING, nowMs() + policy().withdrawMs);
}

function holdAll(move: Move): void {
  for (let port: u32 = 0; port < TARGET_PORT_MAX; port++) {
    if (isConfigured(move.target, port) && needs(move, port)) hold(move.target, port, port != <u32>move.from);
  }
}

/** After another configuration the moves under way may need other pairs withdrawn. */
export function holdAnew(): void {
  releaseHeld();
  for (let row: u32 = 0; row < MOVE_MAX; row++) {
    const move = moveAt(row);
    if (holds(move)) holdAll(move);
  }
}

function charge(port: u32, arrivingPermille: u32): void {
  const state = portAt(port);
  state.arrivingPermille += arrivingPermille;
  seal(state);
}

function uncharge(port: u32, arrivingPermille: u32): void {
  const state = portAt(port);
  state.arrivingPermille -= min(arrivingPermille, state.arrivingPermille);
  seal(state);
}

function creditFrom(port: u32, leavingPermille: u32): void {
  const state = portAt(port);
  state.leavingPermille += leavingPermille;
  state.leaving++;
  if (state.status & TargetPortStatus.MAINTENANCE) state.withdrawReason = <u8>Reason.MAINTENANCE;
  else state.withdrawReason = <u8>Reason.OVERLOADED;
  seal(state);
}

/** Takes every move one step on, as far as what is observed allows. */
export function stepMoves(): void {
  if (moduleState().movesInUse == 0) return;
  for (let row: u32 = 0; row < MOVE_MAX; row++) {
    const move = moveAt(row);
    switch (<u32>move.state) {
      case MoveState.FREE: {
        break;
      }
      case MoveState.RESERVING: {
        reserve(row, move);
        break;
      }
      case MoveState.WITHDRAWING: {
        awaitWithdrawal(row, move);
        break;
      }
      case MoveState.LOGGING_OUT: {
        logOut(row, move);
        break;
      }
      case MoveState.AWAITING_LOGIN: {
        awaitLogin(row, move);
        break;
      }
      default: {
        if (due(move.deadlineMs)) free(row, move);
        break;
      }
    }
  }
}

function reserve(row: u32, move: Move): void {
  if (sessionGone(move)) return abandon(row, move);
  if (move.said == 0 && ringHasRoom(1)) {
    const generation = TargetConfig.at(move.target).generation;
    move.sequence = decide(
      DecisionKind.RESERVE_ARRIVAL,
      <Reason>move.reason,
      SubjectKind.TARGET,
      move.target,
      generation,
      move.from,
      move.to,
      move.arrivingPermille,
    );
    move.said = 1;
    seal(move);
  }
  if (due(move.deadlineMs)) fail(row, move, Reason.MOVE_REFUSED);
}

function awaitWithdrawal(row: u32, move: Move): void {
  if (sessionGone(move) || !isStillWanted(move)) return abandon(row, move);
  if (!canLand(move)) return fail(row, move, Reason.MOVE_NO_ROOM);
  // Asked in the very tick in which all was found right.
  if (isWithdrawn(move) && ringHasRoom(1)) {
    enter(row, move, MoveState.LOGGING_OUT, move.endMs);
    return logOut(row, move);
  }
  if (due(move.deadlineMs)) fail(row, move, Reason.MOVE_NOT_WITHDRAWN);
}

/** True once the server is known to list none of the pairs that the move needs withdrawn. */
function isWithdrawn(move: Move): bool {
  for (let port: u32 = 0; port < TARGET_PORT_MAX; port++) {
    if (!isConfigured(move.target, port) || !needs(move, port)) continue;
    if (!isObserved(move.target, port, false)) return false;
  }
  return true;
}

function isConfigured(target: u32, port: u32): bool {
  return (TargetPortsConfig.at(target * TARGET_PORT_WORDS + (port >> 5)).ports & bitIn(port, port >> 5)) != 0;
}

/** Before anybody was disturbed, the cause of a move may go away, or its host lose another path. */
function isStillWanted(move: Move): bool {
  const status = TargetPortState.at(move.from).status;
  if (move.reason == <u16>Reason.MAINTENANCE) return (status & TargetPortStatus.MAINTENANCE) != 0;
  return (status & TargetPortStatus.OVERLOADED) != 0 && mayMove(move.initiatorId, move.targetId);
}

/** No logout without a confirmed alternative: listed, working, and with room. */
function canLand(move: Move): bool {
  if (!hasAlternative(move.target, move.from)) return false;
  return isFit(landingLoad(move.to, move.session, move.from, move.arrivingPermille));
}

/** Step 108: ask, and ask again after a while that doubles. */
function logOut(row: u32, move: Move): void {
  if (sessionGone(move)) return left(row, move);
  if (!hasAlternative(move.target, move.from)) return fail(row, move, Reason.MOVE_NO_ROOM);
  if (due(move.endMs)) return fail(row, move, Reason.MOVE_NOT_LOGGED_OUT);
  if (!due(move.sayAgainMs) || !ringHasRoom(1)) return;
  const canRedirect = (TargetConfig.at(move.target).flags & TargetFlag.REDIRECTION) != 0;
  const redirects = canRedirect && !hasSessionAt(move.session, move.to);
  const asks = (SessionInput.at(move.session).flags & SessionFlag.ASYNC_LOGOUT) != 0;
  const knobs = policy();
  move.sequence = decide(
    redirects ? DecisionKind.REDIRECT_SESSION : DecisionKind.LOGOUT_SESSION,
    move.said == 0 ? <Reason>move.reason : Reason.SAID_AGAIN,
    SubjectKind.SESSION,
    move.session,
    move.sessionGeneration,
    move.from,
    move.to,
    asks ? knobs.logoutMs : 0,
  );
  move.sayAgainMs = sayAgainAt(knobs.logoutMs + knobs.registrationMs, move.said);
  if (move.said < 255) move.said++;
  rest(MOVE_TABLE, row, min(move.sayAgainMs, move.endMs));
}

/** True once the session is no longer logged in, or its row is another's. */
function sessionGone(move: Move): bool {
  const input = SessionInput.at(move.session);
  return input.generation != move.sessionGeneration || (input.flags & SessionFlag.LOGGED_IN) == 0;
}

/** The session has ended: its host may already be elsewhere. */
function left(row: u32, move: Move): void {
  enter(row, move, MoveState.AWAITING_LOGIN, move.endMs);
  awaitLogin(row, move);
}

function awaitLogin(row: u32, move: Move): void {
  const elsewhere = pairPort(move, true);
  if (elsewhere != NONE) return land(row, move, elsewhere);
  if (pairPort(move, false) != NONE) return fail(row, move, Reason.MOVE_RETURNED);
  if (due(move.endMs)) fail(row, move, Reason.MOVE_NOT_BACK);
}

/** Port of a session of the move's pair: through another port than the move's, or through the same one. The planned port first. */
function pairPort(move: Move, elsewhere: bool): u32 {
  if (InitiatorInput.at(move.initiator).id != move.initiatorId) return NONE;
  let found = NONE;
  let at: u32 = initiatorAt(move.initiator).firstSession;
  for (let step: u32 = 0; step < SESSION_MAX; step++) {
    if (at == NONE) break;
    const session = sessionAt(at);
    if (session.target == move.target && (session.port != move.from) == elsewhere) {
      if (found == NONE || session.port == move.to) found = session.port;
    }
    at = session.initiatorNext;
  }
  return found;
}

/** A landing elsewhere than planned is accounted as it is. */
function land(row: u32, move: Move, port: u32): void {
  beginResidence(move.initiatorId, move.targetId);
  endUnderWay(move);
  // What was held follows from where it should have landed.
  letGo(row, move, true);
  if (<u32>move.to != port) {
    uncharge(move.to, move.arrivingPermille);
    charge(port, move.arrivingPermille);
    move.to = <u16>port;
  }
  enter(row, move, MoveState.SETTLING, nowMs() + policy().settleMs);
}

/** Gives the move up: its pair is given back unless another move needs it, and left alone for a while. */
function fail(row: u32, move: Move, reason: Reason): void {
  const source = portAt(move.from);
  source.restoreReason = <u8>reason;
  source.failedMoves++;
  seal(source);
  beginBackOff(move.initiatorId, move.targetId);
  if (reason == Reason.MOVE_NOT_BACK) {
    const generation = InitiatorInput.at(move.initiator).generation;
    alarmBetween(reason, SubjectKind.INITIATOR, move.initiator, generation, move.from, move.to, move.target);
  }
  abandon(row, move);
}

/** Ends a move before its landing, without blame. */
function abandon(row: u32, move: Move): void {
  endUnderWay(move);
  if (move.state != <u8>MoveState.RESERVING) letGo(row, move, false);
  free(row, move);
}

function endUnderWay(move: Move): void {
  const module = moduleState();
  if (module.movesUnderWay > 0) module.movesUnderWay--;
  seal(module);
  const source = portAt(move.from);
  if (source.leaving > 0) source.leaving--;
  seal(source);
}

/** What is wanted of a pair follows from all moves that need it: one that ends doesn't undo another's withdrawal. */
function letGo(row: u32, move: Move, landed: bool): void {
  for (let port: u32 = 0; port < TARGET_PORT_MAX; port++) {
    if (!needs(move, port) || !isConfigured(move.target, port)) continue;
    const left = landed && port == <u32>move.from;
    if (!isNeededElsewhere(row, move.target, port)) unhold(move.target, port, left);
    else if (left) noteLanded(move.target, port);
  }
}

function free(row: u32, move: Move): void {
  uncharge(move.to, move.arrivingPermille);
  const source = portAt(move.from);
  source.leavingPermille -= min(move.leavingPermille, source.leavingPermille);
  seal(source);
  resetRow(MOVE_TABLE, row);
  const module = moduleState();
  if (module.movesInUse > 0) module.movesInUse--;
  seal(module);
}

/** What the host reports of a move's latest decision. True if the decision was a move's. */
export function moveOutcome(outcome: Outcome): bool {
  for (let row: u32 = 0; row < MOVE_MAX; row++) {
    const move = moveAt(row);
    if (move.state == <u8>MoveState.FREE || move.sequence != outcome.sequence || move.said == 0) continue;
    if (move.state == <u8>MoveState.RESERVING) reserved(row, move, outcome.result);
    else if (move.state == <u8>MoveState.LOGGING_OUT) answered(row, move, outcome.result);
    return true;
  }
  return false;
}

/** Another controller keeps room for the session, or doesn't: WITHDRAW comes only after a grant. */
function reserved(row: u32, move: Move, result: u32): void {
  if (result == OutcomeResult.DONE) enterWithdrawing(row, move);
  else fail(row, move, Reason.MOVE_REFUSED);
}

/** A refusal ends the move; a failure is tried again after a wait. */
function answered(row: u32, move: Move, result: u32): void {
  if (result == OutcomeResult.REFUSED) return fail(row, move, Reason.MOVE_NOT_LOGGED_OUT);
  if (result == OutcomeResult.DONE) return;
  move.sayAgainMs = sayAgainAt(policy().registrationMs, move.said);
  rest(MOVE_TABLE, row, min(move.sayAgainMs, move.endMs));
}

/** Forgets all moves without effects: another decider, or another configuration, begins from what is observed. */
export function forgetMoves(): void {
  for (let row: u32 = 0; row < MOVE_MAX; row++) {
    const move = moveAt(row);
    if (move.state != <u8>MoveState.FREE) forget(row, move);
  }
}

/** A session that was asked to leave has moved, wherever it lands. */
function forget(row: u32, move: Move): void {
  if (move.state == <u8>MoveState.SETTLING) return free(row, move);
  if (move.state >= <u8>MoveState.LOGGING_OUT) beginResidence(move.initiatorId, move.targetId);
  abandon(row, move);
}

/** Ends the moves that name a port or target that is no longer configured. */
export function dropMovesOfRemoved(): void {
  for (let row: u32 = 0; row < MOVE_MAX; row++) {
    const move = moveAt(row);
    if (move.state == <u8>MoveState.FREE) continue;
    const known = TargetPortConfig.at(move.from).id != 0 && TargetPortConfig.at(move.to).id != 0;
    if (!known || TargetConfig.at(move.target).id != move.targetId) forget(row, move);
  }
}

/** A move that was stepped and is still due waits for room in the ring: looked at again after a while. */
export function wakeMove(row: u32): void {
  const move = moveAt(row);
  if (move.state != <u8>MoveState.FREE && due(move.deadlineMs))
    rest(MOVE_TABLE, row, nowMs() + policy().registrationMs);
}
