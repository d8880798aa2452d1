/** Where a session would land, whether that is fit, and how much the move disturbs (steps 103 to 106). */
import { MOVE_MAX, NONE, SESSION_MAX, TARGET_PORT_MAX, TARGET_PORT_WORDS } from "../../limits";
import { quotient } from "../../memory/division";
import { nowMs } from "../../memory/scheduling";
import { InitiatorInput, NextPortal } from "../../tables/initiator";
import { ModuleState } from "../../tables/module-state";
import { Move, MoveState } from "../../tables/move";
import { PLAN_CANDIDATES, Plan } from "../../tables/plan";
import { SessionFlag, SessionInput, SessionState } from "../../tables/session";
import { TargetConfig, TargetFlag } from "../../tables/target";
import {
  TargetPortConfig,
  TargetPortInput,
  TargetPortOrder,
  TargetPortState,
  TargetPortStatus,
} from "../../tables/target-port";
import { Sum, loadOf } from "./loads";
import { bitIn, listedPorts, servingPorts } from "./registrations";
import { initiatorAt, policy, portAt, sessionAt } from "./rows";
import { canSteer } from "./steering";

/** Computed switching priorities lie between this and twice this; configured ones go before or after them at will. */
const COMPUTED_PRIORITY: u32 = 1000;
/** Added for a session that holds a reservation: moved after all that don't. */
const RESERVATION_DISTURBANCE: u32 = 480;
const LOAD_UNFIT: u32 = 0xffff;

/** Load of `port` in permille with the session added, all arrivals included; `LOAD_UNFIT` where it can't land at all. */
export function landingLoad(port: u32, row: u32, from: u32, ownArriving: u32): u32 {
  const config = TargetPortConfig.at(port);
  const state = portAt(port);
  const session = sessionAt(row);
  const unfit = TargetPortStatus.MAINTENANCE | TargetPortStatus.FAILED | TargetPortStatus.SILENT;
  if ((state.status & TargetPortStatus.OPERATIVE) == 0 || (state.status & unfit) != 0) return LOAD_UNFIT;
  let load = loadOf(Sum.PORT_WITH_SESSION, state, config, session, portAt(from));
  let planned = state.arrivingPermille;
  if ((state.status & TargetPortStatus.OWN) == 0) {
    // What another controller says of its own port: with the link, so that a port which is operative has told it.
    const input = TargetPortInput.at(port);
    load += input.remoteLoadPermille;
    // What it keeps for this controller's own moves is in both.
    planned = max(planned, <u32>input.remotePlannedPermille);
  }
  return slowed(state, load + planned - min(ownArriving, planned));
}

/** Slow start: right after its return a port counts with a part of its capacity. */
function slowed(state: TargetPortState, load: u32): u32 {
  const knobs = policy();
  if (state.returnedMs == 0) return load;
  const elapsedMs = nowMs() - state.returnedMs;
  if (elapsedMs >= knobs.slowStartMs) return load;
  const grown = quotient((1000 - <u64>knobs.slowStartPermille) * elapsedMs, knobs.slowStartMs);
  return <u32>quotient(<u64>load * 1000, knobs.slowStartPermille + <u32>grown);
}

/** True below the high watermark: the port would not be overloaded by it (step 106). */
export function isFit(load: u32): bool {
  return load < policy().highWatermarkPermille;
}

/** True if the target is listed through any other port that works. */
export function hasAlternative(target: u32, from: u32): bool {
  let any: u32 = 0;
  for (let word: u32 = 0; word < TARGET_PORT_WORDS; word++) {
    any |= servingPorts(target, word) & ~bitIn(from, word);
  }
  return any != 0;
}

/**
 * The port where the session would land once its pair is withdrawn. Where its host already has a session to the target
 * through another port, that one: no login is awaited. Else the portal that the initiator takes next; or, where it can
 * be steered, one of the least loaded ports, if that is better by more than the hysteresis. Where the target redirects
 * logins the array chooses, but never a port over which the host has a session: a second one there could end the first.
 * `NONE` if there is none.
 */
export function landingPort(row: u32, from: u32): u32 {
  const session = sessionAt(row);
  const redirects = (TargetConfig.at(session.target).flags & TargetFlag.REDIRECTION) != 0;
  const mode: u32 = InitiatorInput.at(session.initiator).nextPortal;
  const other = otherPath(row, from);
  const next = other != NONE ? other : nextPort(session.target, from, mode);
  if (!redirects && (other != NONE || !policy().steering)) return next;
  const chosen = leastLoaded(row, session, from, mode, redirects);
  if (chosen == NONE || chosen == next) return next;
  const nextLoad = next == NONE ? LOAD_UNFIT : landingLoad(next, row, from, 0);
  const load = landingLoad(chosen, row, from, 0);
  const better = !isFit(nextLoad) || load + policy().hysteresisPermille < nextLoad;
  return better && load < nextLoad ? chosen : next;
}

/** True if the session has to be steered to land on `to`. */
export function mustSteer(row: u32, from: u32, to: u32): bool {
  const session = sessionAt(row);
  if ((TargetConfig.at(session.target).flags & TargetFlag.REDIRECTION) != 0) return false;
  if (otherPath(row, from) != NONE) return false;
  return nextPort(session.target, from, InitiatorInput.at(session.initiator).nextPortal) != to;
}

/** Of the plan's candidates, least loaded first, the first that serves the target and can be reached. */
function leastLoaded(row: u32, session: SessionState, from: u32, mode: u32, redirects: bool): u32 {
  const target: u32 = session.target;
  for (let n: u32 = 0; n < PLAN_CANDIDATES; n++) {
    const port = Plan.candidate(n);
    if (port == NONE) break;
    if (port == from || (servingPorts(target, port >> 5) & bitIn(port, port >> 5)) == 0) continue;
    const reachable = redirects ? !hasSessionAt(row, port) : canSteer(target, from, port, mode);
    if (reachable) return port;
  }
  return NONE;
}

/** Of the host's other sessions to the target, the port that would be the fullest; `NONE` without any. */
export function otherPath(row: u32, from: u32): u32 {
  const session = sessionAt(row);
  let found = NONE;
  let fullest: u64 = 0;
  let at: u32 = initiatorAt(session.initiator).firstSession;
  for (let step: u32 = 0; step < SESSION_MAX; step++) {
    if (at == NONE) break;
    const other = sessionAt(at);
    if (at != row && other.target == session.target && other.port != <u16>from) {
      // Of equal loads the port listed last, whatever the order of the sessions.
      const load = ((<u64>landingLoad(other.port, row, from, 0)) << 16) | TargetPortState.at(other.port).rank;
      if (load >= fullest) {
        found = other.port;
        fullest = load;
      }
    }
    at = other.initiatorNext;
  }
  return found;
}

/** True if the host of a session has another one to the same target through the port. */
export function hasSessionAt(row: u32, port: u32): bool {
  const session = sessionAt(row);
  let at: u32 = initiatorAt(session.initiator).firstSession;
  for (let step: u32 = 0; step < SESSION_MAX; step++) {
    if (at == NONE) break;
    const other = sessionAt(at);
    if (at != row && other.target == session.target && other.port == <u16>port) return true;
    at = other.initiatorNext;
  }
  return false;
}

/** Step 305: the first portal still listed, or the one listed after the lost one, round to the first. */
function nextPort(target: u32, from: u32, mode: u32): u32 {
  let first = NONE;
  let passed = false;
  for (let place: u32 = 0; place < TARGET_PORT_MAX; place++) {
    const port: u32 = TargetPortOrder.at(place).port;
    if (port == NONE) break;
    if (port == from) {
      passed = true;
      continue;
    }
    if ((listedPorts(target, port >> 5) & bitIn(port, port >> 5)) == 0) continue;
    if (mode == NextPortal.FIRST || passed) return port;
    if (first == NONE) first = port;
  }
  return first;
}

/** Step 103, switching priority: the least disturbance first. Configured priorities override computed ones. */
export function disturbance(row: u32, from: u32): u32 {
  const input = SessionInput.at(row);
  const session = sessionAt(row);
  if (input.switchingPriority != 0) return input.switchingPriority;
  const configured = InitiatorInput.at(session.initiator).switchingPriority;
  if (configured != 0) return configured;
  let sum = COMPUTED_PRIORITY + magnitude(session.inFlight) * 20 + magnitude(session.operationsRate) * 4;
  if ((input.flags & SessionFlag.RESERVATION) != 0) sum += RESERVATION_DISTURBANCE;
  if (otherPath(row, from) == NONE) sum += 10;
  return sum;
}

/** Sizes within a factor of two count alike, so that best fit has something to choose from. */
function magnitude(value: u32): u32 {
  return 32 - clz(value);
}

/** True if a move of the pair is between its first decision and its landing. */
export function pairIsMoving(initiatorId: u32, targetId: u32): bool {
  if (ModuleState.get().movesInUse == 0) return false;
  for (let row: u32 = 0; row < MOVE_MAX; row++) {
    const move = Move.at(row);
    if (move.state == <u8>MoveState.FREE || move.state == <u8>MoveState.SETTLING) continue;
    if (move.initiatorId == initiatorId && move.targetId == targetId) return true;
  }
  return false;
}
