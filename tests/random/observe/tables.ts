/** What the tables say, in the words of the invariants. Rows are looked at as they are; nothing is kept. */

import {
  LinkState,
  layouts,
  MoveState,
  SessionFlag,
  TargetPortStatus,
  type Views,
} from "../../../host/shim/generated/layout.js";
import type { Scene } from "../run/scene.js";

/** Row index that means "none" in 16-bit fields. */
export const NONE = 0xffff;

/** Rows of configured ports and of configured targets. */
export function portRows(views: Views): number[] {
  return rowsWhere(views.targetPortConfig.capacity, (row) => views.targetPortConfig.id(row) !== 0);
}

export function targetRows(views: Views): number[] {
  return rowsWhere(views.targetConfig.capacity, (row) => views.targetConfig.id(row) !== 0);
}

/** Rows of sessions that are logged in, as the host has written them. */
export function sessionRows(views: Views): number[] {
  return rowsWhere(views.sessionInput.capacity, (row) => (views.sessionInput.flags(row) & SessionFlag.LOGGED_IN) !== 0);
}

/** Rows of moves in any state but free. */
export function moveRows(views: Views): number[] {
  return rowsWhere(views.move.capacity, (row) => views.move.state(row) !== MoveState.FREE);
}

function rowsWhere(capacity: number, holds: (row: number) => boolean): number[] {
  const rows: number[] = [];
  for (let row = 0; row < capacity; row++) if (holds(row)) rows.push(row);
  return rows;
}

/** True for a move between its first decision and its landing. */
export function isUnderWay(views: Views, move: number): boolean {
  const state = views.move.state(move);
  return state !== MoveState.FREE && state !== MoveState.SETTLING;
}

/** Where the words of a target's bitmaps of ports stand, and which bit is a port's. */
export function wordsOf(views: Views): number {
  return views.registrationState.capacity / views.targetConfig.capacity;
}

/** A bit of one of the tables that keep a bitmap of ports for each target. */
function bitOf(views: Views, target: number, port: number, read: (row: number) => number): boolean {
  return ((read(target * wordsOf(views) + (port >> 5)) >>> (port & 31)) & 1) === 1;
}

export function isConfigured(views: Views, target: number, port: number): boolean {
  return bitOf(views, target, port, (row) => views.targetPortsConfig.ports(row));
}

/** The server was seen to list the pair, by this incarnation of the host. */
export function isListed({ views, shim }: Scene, target: number, port: number): boolean {
  const row = target * wordsOf(views) + (port >> 5);
  if (views.registrationInput.incarnation(row) !== shim.incarnation) return false;
  return bitOf(views, target, port, (at) => views.registrationInput.ports(at));
}

export type RegistrationBits = "withdrawn" | "held" | "landed" | "confirmed" | "pinned" | "changing" | "steered";

export function registrationBit(views: Views, name: RegistrationBits, target: number, port: number): boolean {
  return bitOf(views, target, port, (row) => views.registrationState[name](row));
}

export function hasStatus(views: Views, port: number, status: number): boolean {
  return (views.targetPortState.status(port) & status) !== 0;
}

/** Health is up by the module's own detector, and the host has not just reported the link down. */
export function isOperative(views: Views, port: number): boolean {
  return hasStatus(views, port, TargetPortStatus.OPERATIVE) && !hasStatus(views, port, TargetPortStatus.FAILED);
}

export function isOwn(views: Views, port: number): boolean {
  return views.targetPortConfig.owner(port) === views.control.controllerIndex(0);
}

export function isLinkUp(views: Views, port: number): boolean {
  return views.targetPortInput.link(port) === LinkState.UP;
}

/** A capacity of the profile. */
export function limit(scene: Scene, name: string): number {
  const value = layouts[scene.case.profile].limits[name];
  if (value === undefined) throw new Error(`no limit ${name}`);
  return value;
}

/** A pair (initiator, target) by stable ids, and a pair (target, port) by names. */
export function pairKey(initiatorId: number, targetId: number): string {
  return `${initiatorId}>${targetId}`;
}

export function sessionPair(views: Views, session: number): string {
  const initiator = views.initiatorInput.id(views.sessionInput.initiator(session));
  return pairKey(initiator, views.targetConfig.id(views.sessionInput.target(session)));
}

/** True while decisions may be made: the module decides, nobody holds it, its grace and its panic are over. */
export function mayDecide({ views }: Scene): boolean {
  const { header, moduleState, control } = views;
  if (moduleState.deciding(0) === 0 || moduleState.held(0) !== 0 || control.flags(0) !== 0) return false;
  return header.graceUntilMs(0) <= header.nowMs(0) && header.panicUntilMs(0) <= header.nowMs(0);
}
