/**
 * Steering: which pairs (target, port) a move needs withdrawn. The port that the session leaves always; and where the
 * session is to land on a port that its initiator would not take next, the ports listed before that one, until the
 * session has landed. They stay registered for everybody once it has.
 */
import { MOVE_MAX, TARGET_PORT_MAX, TARGET_PORT_WORDS } from "../../limits";
import { NextPortal } from "../../tables/initiator";
import { ModuleState } from "../../tables/module-state";
import { Move, MoveState } from "../../tables/move";
import { RegistrationState } from "../../tables/target";
import { TargetPortState, TargetPortStatus } from "../../tables/target-port";
import { bitIn, listedPorts } from "./registrations";

/** True if an initiator that lost `from` meets `port` before `to`: first in listing order, or following `from` round. */
export function isBefore(port: u32, from: u32, to: u32, mode: u32): bool {
  const count = TARGET_PORT_MAX;
  const start: u32 = mode == NextPortal.FOLLOWING ? TargetPortState.at(from).rank : 0;
  const place = (TargetPortState.at(port).rank + count - start) % count;
  return place < (TargetPortState.at(to).rank + count - start) % count;
}

/** True if the target's listed ports before `to` are all this controller's, and no arrival pins one: it can be steered to. */
export function canSteer(target: u32, from: u32, to: u32, mode: u32): bool {
  for (let word: u32 = 0; word < TARGET_PORT_WORDS; word++) {
    let bits = listedPorts(target, word) & ~bitIn(from, word) & ~bitIn(to, word);
    for (let step: u32 = 0; step < 32; step++) {
      if (bits == 0) break;
      const port = (word << 5) + ctz(bits);
      bits &= bits - 1;
      if (!isBefore(port, from, to, mode)) continue;
      if ((TargetPortState.at(port).status & TargetPortStatus.OWN) == 0 || isLandingPort(target, port)) return false;
      const registration = RegistrationState.at(target * TARGET_PORT_WORDS + word);
      if ((registration.pinned & bitIn(port, word)) != 0) return false;
    }
  }
  return true;
}

/** True if a move of the target is on its way to the port, which must stay listed for it. */
export function isLandingPort(target: u32, port: u32): bool {
  if (ModuleState.get().movesInUse == 0) return false;
  for (let row: u32 = 0; row < MOVE_MAX; row++) {
    const move = Move.at(row);
    if (move.target != <u16>target || move.to != <u16>port) continue;
    if (holds(move) || move.state == <u8>MoveState.RESERVING) return true;
  }
  return false;
}

/** True if the move, until it has landed, needs the pair (its target, port) withdrawn. */
export function needs(move: Move, port: u32): bool {
  if (port == <u32>move.from) return true;
  if (!move.steered || port == <u32>move.to) return false;
  return isBefore(port, move.from, move.to, move.nextPortal);
}

/** True if any other move under way needs the pair. */
export function isNeededElsewhere(row: u32, target: u32, port: u32): bool {
  for (let other: u32 = 0; other < MOVE_MAX; other++) {
    const move = Move.at(other);
    if (other == row || move.target != <u16>target || !holds(move)) continue;
    if (needs(move, port)) return true;
  }
  return false;
}

/** True for a move that needs registrations withdrawn now. */
export function holds(move: Move): bool {
  const state: u32 = move.state;
  return state == MoveState.WITHDRAWING || state == MoveState.LOGGING_OUT || state == MoveState.AWAITING_LOGIN;
}
