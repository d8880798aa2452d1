/** Never more than the allowed moves under way: in total, and from one port. */

import { NewMoves } from "../observe/new-moves.js";
import { isUnderWay, moveRows } from "../observe/tables.js";
import type { Invariant } from "../run/scene.js";

export const movesAllowed: Invariant = {
  name: "never more than the allowed moves under way",
  observe(report) {
    const moves = new NewMoves();
    return {
      name: movesAllowed.name,
      beforeTick: (scene) => moves.remember(scene),
      afterTick(scene) {
        const { views } = scene;
        // Judged when a move begins: a configuration that allows fewer ends none that is under way.
        const begun = moves.begun(scene);
        if (begun.length === 0) return;
        const under = moveRows(views).filter((move) => isUnderWay(views, move));
        const most = views.portPolicy.movesUnderWayMax(0);
        if (under.length > most) report(`${under.length} moves under way, ${most} allowed`);
        for (const row of begun) {
          const from = views.move.from(row);
          const same = under.filter((move) => views.move.from(move) === from);
          const mostFrom = views.portPolicy.movesFromPortMax(0);
          if (same.length > mostFrom) report(`${same.length} moves under way from one port, ${mostFrom} allowed`);
        }
      },
    };
  },
};
