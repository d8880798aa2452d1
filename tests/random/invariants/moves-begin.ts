/** Liveness: while a port is overloaded and a session of it qualifies, a move begins within the published time. */

import { surroundings } from "../generate/case.js";
import { NewMoves } from "../observe/new-moves.js";
import { mayLeave, qualifies } from "../observe/qualifies.js";
import { mayDecide, portRows } from "../observe/tables.js";
import type { Invariant, Scene } from "../run/scene.js";
import { Times } from "../times.js";

export const movesBegin: Invariant = {
  name: "an overloaded port with a session that qualifies: a move begins",
  observe(report) {
    const moves = new NewMoves();
    /** By port row: module time and ticks since which a session has qualified. */
    const since = new Map<number, { ms: number; ticks: number }>();
    return {
      name: movesBegin.name,
      started: () => since.clear(),
      configured: () => since.clear(),
      beforeTick: (scene) => moves.remember(scene),
      afterTick(scene) {
        const { views } = scene;
        const begun = new Set(moves.begun(scene).map((row) => views.move.from(row)));
        const times = new Times(scene.array, { ...surroundings(scene.case), tickMs: 0 });
        const nowMs = views.header.nowMs(0);
        for (const port of portRows(views)) {
          const should = !begun.has(port) && isExpected(scene, port);
          if (!should) {
            since.delete(port);
            continue;
          }
          const first = since.get(port) ?? { ms: nowMs, ticks: scene.tick };
          since.set(port, first);
          const [ms, ticks] = [nowMs - first.ms, scene.tick - first.ticks];
          // What takes ticks is counted in ticks, since a host may tick late.
          if (ms <= times.moveBeginsMs || ticks <= times.moveBeginsTicks) continue;
          const name = scene.shim.names.ports.name(port);
          report(`a session of ${name} qualifies for ${ms} ms and ${ticks} ticks, and no move has begun`);
        }
      },
    };
  },
};

/** A move should begin: something qualifies, and nothing stands in the way of saying so. */
function isExpected(scene: Scene, port: number): boolean {
  const { views } = scene;
  if (!mayDecide(scene) || views.header.ringFull(0) !== 0 || !mayLeave(scene, port)) return false;
  if (scene.damaged.size > 0 || hasWaitingRows(views)) return false;
  const { sessionState } = views;
  for (let row = 0; row < sessionState.capacity; row++) {
    if (sessionState.port(row) === port && qualifies(scene, row)) return true;
  }
  return false;
}

/** Rows that wait for another tick keep planning back. */
function hasWaitingRows({ sessionInput, registrationInput }: Scene["views"]): boolean {
  for (let row = 0; row < sessionInput.capacity; row++) if (sessionInput.isChanged(row)) return true;
  for (let row = 0; row < registrationInput.capacity; row++) if (registrationInput.isChanged(row)) return true;
  return false;
}
