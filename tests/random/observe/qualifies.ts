/**
 * Whether a session of an overloaded port should move, worked out from the tables apart from the module: for sessions
 * of which there can be no doubt. Steered and redirected landings are left out, but where the portal that comes next
 * is fit something must happen.
 */

import {
  InitiatorFlag,
  SessionFlag,
  TargetFlag,
  TargetPortStatus,
  type Views,
} from "../../../host/shim/generated/layout.js";
import type { Scene } from "../run/scene.js";
import { loadOfPort, loadWith, loadWithout } from "./loads.js";
import { portalsFrom } from "./steering.js";
import {
  hasStatus,
  isConfigured,
  isListed,
  isOperative,
  isOwn,
  isUnderWay,
  limit,
  moveRows,
  pairKey,
  registrationBit,
  sessionPair,
} from "./tables.js";

/** True if a move could begin from the port now, as far as the port and the limits are concerned. */
export function mayLeave({ views }: Scene, port: number): boolean {
  const { targetPortState: state, portPolicy: policy, move } = views;
  if (!isOwn(views, port) || !isOperative(views, port) || !hasStatus(views, port, TargetPortStatus.OVERLOADED))
    return false;
  if (hasStatus(views, port, TargetPortStatus.SILENT | TargetPortStatus.MAINTENANCE)) return false;
  const under = moveRows(views).filter((row) => isUnderWay(views, row));
  const leaving = under.filter((row) => move.from(row) === port).length;
  if (under.length >= policy.movesUnderWayMax(0) || leaving >= policy.movesFromPortMax(0)) return false;
  if (moveRows(views).length >= move.capacity) return false;
  return state.loadPermille(port) - state.leavingPermille(port) >= policy.highWatermarkPermille(0);
}

/** True if the session may be moved for balance to the portal that its initiator takes next, to good effect. */
export function qualifies(scene: Scene, session: number): boolean {
  const { views } = scene;
  const from = views.sessionState.port(session);
  const target = views.sessionState.target(session);
  if (!mayBeMoved(scene, session, from)) return false;
  const landings = landingPorts(scene, session, from, target);
  return landings.length > 0 && landings.every((to) => isGood(scene, session, from, to));
}

function mayBeMoved(scene: Scene, session: number, from: number): boolean {
  const { views } = scene;
  const { sessionInput, initiatorInput, targetConfig, portPolicy } = views;
  const [initiator, target] = [sessionInput.initiator(session), sessionInput.target(session)];
  const flags = sessionInput.flags(session);
  if ((flags & SessionFlag.LOGGED_IN) === 0 || sessionInput.port(session) !== from) return false;
  if ((flags & SessionFlag.PINNED) !== 0 || (initiatorInput.flags(initiator) & InitiatorFlag.PINNED) !== 0)
    return false;
  if ((targetConfig.flags(target) & TargetFlag.PINNED) !== 0) return false;
  if ((flags & SessionFlag.RESERVATION) !== 0 && portPolicy.reservationMoves(0) === 1) return false;
  if (registrationBit(views, "pinned", target, from)) return false;
  return !isMoving(views, session) && !isKept(scene, session) && !isAwaited(views, target, from);
}

function isMoving(views: Views, session: number): boolean {
  const pair = sessionPair(views, session);
  const rows = moveRows(views).filter((row) => isUnderWay(views, row));
  return rows.some((row) => pairKey(views.move.initiatorId(row), views.move.targetId(row)) === pair);
}

/** Another session of the target is on its way to the port, which must stay registered for it. */
function isAwaited(views: Views, target: number, port: number): boolean {
  return moveRows(views).some((row) => views.move.target(row) === target && views.move.to(row) === port);
}

/** The pair has moved or failed to not long ago, or there is perhaps no row to remember that it did. */
function isKept(scene: Scene, session: number): boolean {
  const { views } = scene;
  const { residence } = views;
  const [initiatorId, targetId] = sessionPair(views, session).split(">").map(Number);
  let busy = 0;
  for (let row = 0; row < residence.capacity; row++) {
    if (residence.untilMs(row) <= views.header.nowMs(0)) continue;
    if (residence.initiatorId(row) === initiatorId && residence.targetId(row) === targetId) return true;
    busy++;
  }
  // Pairs share buckets: as long as fewer are kept than a bucket holds, there is room for sure.
  return busy >= limit(scene, "RESIDENCE_WAYS");
}

/** Where the session may land: the host's other paths, or the portal that its initiator takes next. */
function landingPorts(scene: Scene, session: number, from: number, target: number): number[] {
  const { views } = scene;
  const { sessionState, initiatorInput } = views;
  const initiator = sessionState.initiator(session);
  const others: number[] = [];
  for (let row = 0; row < sessionState.capacity; row++) {
    if (row === session || sessionState.initiator(row) !== initiator || sessionState.target(row) !== target) continue;
    if (sessionState.port(row) !== 0xffff && sessionState.port(row) !== from) others.push(sessionState.port(row));
  }
  if (others.length > 0) return others;
  const listed = (port: number) => isListed(scene, target, port) && !registrationBit(views, "withdrawn", target, port);
  const next = portalsFrom(views, from, initiatorInput.nextPortal(initiator)).find(
    (port) => port !== from && listed(port),
  );
  return next === undefined ? [] : [next];
}

/** The port serves the target, stays below the watermark with the session, and the worse load falls clearly. */
function isGood(scene: Scene, session: number, from: number, to: number): boolean {
  const { views } = scene;
  const { targetPortState: state, portPolicy: policy, sessionState, header } = views;
  const target = sessionState.target(session);
  const serves =
    isOperative(views, to) &&
    isConfigured(views, target, to) &&
    isListed(scene, target, to) &&
    !registrationBit(views, "withdrawn", target, to);
  if (!serves || hasStatus(views, to, TargetPortStatus.MAINTENANCE | TargetPortStatus.SILENT)) return false;
  // A port that has just returned counts in part; that is told elsewhere.
  if (state.returnedMs(to) > 0 && header.nowMs(0) - state.returnedMs(to) < policy.slowStartMs(0)) return false;
  const after = loadWith(views, to, session) + state.arrivingPermille(to);
  if (after >= policy.highWatermarkPermille(0)) return false;
  const before = Math.max(state.loadPermille(from) - state.leavingPermille(from), loadOfPort(views, to));
  const left = loadWithout(views, from, session) - state.leavingPermille(from);
  return Math.max(left, after) + policy.hysteresisPermille(0) < before;
}
