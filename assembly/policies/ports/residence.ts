/**
 * Pairs (initiator, target) that are left alone for a time: after a move for the residence time, after a failed one
 * for a back-off that doubles. Kept by ids in buckets of a few rows, since a session that returns is a new row.
 */
import { NONE, RESIDENCE_MAX, RESIDENCE_WAYS } from "../../limits";
import { afterWait, due, nowMs } from "../../memory/scheduling";
import { seal } from "../../memory/seals";
import { Residence } from "../../tables/move";
import { verify } from "../../memory/verify";
import { policy } from "./rows";

const BUCKETS: u32 = RESIDENCE_MAX / RESIDENCE_WAYS;

/** True if the pair may be moved for balance now, and a row is there to remember that it was. */
export function mayMove(initiatorId: u32, targetId: u32): bool {
  const row = find(initiatorId, targetId);
  if (row != NONE) return due(Residence.at(row).untilMs);
  return findFree(initiatorId, targetId) != NONE;
}

/** True if a failed move of the pair is not long ago: even a drain leaves it alone then. */
export function backsOff(initiatorId: u32, targetId: u32): bool {
  const row = find(initiatorId, targetId);
  if (row == NONE) return false;
  const residence = Residence.at(row);
  return residence.failedMoves > 0 && !due(residence.untilMs);
}

/** The pair has moved. */
export function beginResidence(initiatorId: u32, targetId: u32): void {
  remember(initiatorId, targetId, nowMs() + policy().residenceMs, 0);
}

/** A move of the pair has failed. */
export function beginBackOff(initiatorId: u32, targetId: u32): void {
  const knobs = policy();
  const row = find(initiatorId, targetId);
  const failedBefore = row == NONE ? 0 : Residence.at(row).failedMoves;
  const untilMs = afterWait(knobs.backOffMs, failedBefore, knobs.backOffMaxMs);
  remember(initiatorId, targetId, untilMs, failedBefore + 1);
}

function remember(initiatorId: u32, targetId: u32, untilMs: u64, failedMoves: u32): void {
  let row = find(initiatorId, targetId);
  if (row == NONE) row = findFree(initiatorId, targetId);
  if (row == NONE) return;
  const residence = Residence.at(row);
  residence.initiatorId = initiatorId;
  residence.targetId = targetId;
  residence.untilMs = untilMs;
  residence.failedMoves = failedMoves;
  seal(residence);
}

function firstOf(initiatorId: u32, targetId: u32): u32 {
  const mixed = (initiatorId * 0x9e37_79b1) ^ (targetId * 0x85eb_ca6b);
  return ((mixed ^ (mixed >> 15)) % BUCKETS) * RESIDENCE_WAYS;
}

function find(initiatorId: u32, targetId: u32): u32 {
  const first = firstOf(initiatorId, targetId);
  for (let way: u32 = 0; way < RESIDENCE_WAYS; way++) {
    const residence = residenceAt(first + way);
    if (residence.initiatorId == initiatorId && residence.targetId == targetId) return first + way;
  }
  return NONE;
}

/** A row of the pair's bucket that was never used or whose time is over. */
function findFree(initiatorId: u32, targetId: u32): u32 {
  const first = firstOf(initiatorId, targetId);
  for (let way: u32 = 0; way < RESIDENCE_WAYS; way++) {
    if (due(residenceAt(first + way).untilMs)) return first + way;
  }
  return NONE;
}

function residenceAt(row: u32): Residence {
  return changetype<Residence>(verify(RESIDENCE_TABLE, row));
}
