/** Moves that a tick has begun. */

import type { Scene } from "../run/scene.js";
import { moveRows } from "./tables.js";

/** Remembers which moves were there, so that the new ones can be told. */
export class NewMoves {
  private known = new Map<number, string>();

  /** Right before a tick. */
  remember({ views }: Scene): void {
    this.known.clear();
    for (const row of moveRows(views)) this.known.set(row, identity(views, row));
  }

  /** Right after it: rows of moves that were not there before. */
  begun({ views }: Scene): number[] {
    return moveRows(views).filter((row) => this.known.get(row) !== identity(views, row));
  }
}

function identity({ move }: Scene["views"], row: number): string {
  return [
    move.initiatorId(row),
    move.targetId(row),
    move.from(row),
    move.sessionGeneration(row),
    move.startedMs(row),
  ].join();
}
