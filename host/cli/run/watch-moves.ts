/** Watches the module's moves from tick to tick: done, failed with the step they were in, or given up without blame. */

import { MoveState, MoveStateNames } from "../../shim/generated/layout.js";
import type { Shim } from "../../shim/shim.js";
import type { ModuleEvent } from "./records.js";

/** What a move's row said when it was last seen; a freed row is cleared. */
interface SeenMove {
  state: number;
  initiator: number;
  target: number;
  from: number;
  to: number;
  startedMs: number;
}

const FREE: SeenMove = { state: MoveState.FREE, initiator: 0, target: 0, from: 0, to: 0, startedMs: 0 };

export class WatchMoves {
  private readonly seen: SeenMove[];
  private readonly failedMoves: Uint32Array;

  constructor(
    private readonly shim: Shim,
    private readonly tell: (event: ModuleEvent) => void,
  ) {
    const { move, targetPortState } = shim.core.views;
    this.seen = Array.from({ length: move.capacity }, () => ({ ...FREE }));
    this.failedMoves = new Uint32Array(targetPortState.capacity);
    for (let row = 0; row < move.capacity; row++) this.remember(row);
    this.rememberFailures();
  }

  afterTick(nowMs: number): void {
    const { move } = this.shim.core.views;
    for (let row = 0; row < move.capacity; row++) {
      const seen = this.seen[row] as SeenMove;
      const same =
        move.state(row) !== MoveState.FREE && move.startedMs(row) === seen.startedMs && this.isSamePair(row, seen);
      if (isUnderWay(seen.state)) {
        if (!same) this.tellEnd(seen, nowMs);
        else if (move.state(row) === MoveState.SETTLING) this.tellDone(row, nowMs);
      }
      if (!same || move.state(row) !== seen.state || move.to(row) !== seen.to) this.remember(row);
    }
    this.rememberFailures();
  }

  private isSamePair(row: number, seen: SeenMove): boolean {
    const { move } = this.shim.core.views;
    return move.initiator(row) === seen.initiator && move.target(row) === seen.target;
  }

  private remember(row: number): void {
    const { move } = this.shim.core.views;
    const seen = this.seen[row] as SeenMove;
    seen.state = move.state(row);
    seen.initiator = move.initiator(row);
    seen.target = move.target(row);
    seen.from = move.from(row);
    seen.to = move.to(row);
    seen.startedMs = move.startedMs(row);
  }

  private rememberFailures(): void {
    const { targetPortState } = this.shim.core.views;
    for (let row = 0; row < targetPortState.capacity; row++) this.failedMoves[row] = targetPortState.failedMoves(row);
  }

  private tellDone(row: number, nowMs: number): void {
    this.remember(row);
    this.tell({ timeMs: nowMs, event: "MOVE_DONE", ...this.facts(this.seen[row] as SeenMove, nowMs) });
  }

  /** The module counts failed moves by port; a move that ended without a count was given up. */
  private tellEnd(seen: SeenMove, nowMs: number): void {
    const failed =
      this.shim.core.views.targetPortState.failedMoves(seen.from) > (this.failedMoves[seen.from] as number);
    const step = MoveStateNames[seen.state] ?? `#${seen.state}`;
    this.tell({ timeMs: nowMs, event: failed ? "MOVE_FAILED" : "MOVE_GIVEN_UP", ...this.facts(seen, nowMs), step });
  }

  private facts(seen: SeenMove, nowMs: number) {
    const { names } = this.shim;
    return {
      initiator: names.initiators.name(seen.initiator),
      target: names.targets.name(seen.target),
      from: names.port(seen.from),
      to: names.port(seen.to),
      tookMs: nowMs - seen.startedMs,
    };
  }
}

function isUnderWay(state: number): boolean {
  return state !== MoveState.FREE && state !== MoveState.SETTLING;
}
