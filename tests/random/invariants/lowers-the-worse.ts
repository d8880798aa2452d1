/** Every move for balance lowers the worse of the two loads, as they are with all other moves under way done. */

import { Reason } from "../../../host/shim/generated/layout.js";
import { loadOfPort, loadWith, loadWithout } from "../observe/loads.js";
import { NewMoves } from "../observe/new-moves.js";
import type { Invariant } from "../run/scene.js";

export const lowersTheWorse: Invariant = {
  name: "every balance move lowers the worse of the two loads",
  observe(report) {
    const moves = new NewMoves();
    return {
      name: lowersTheWorse.name,
      beforeTick: (scene) => moves.remember(scene),
      afterTick(scene) {
        const { views, shim } = scene;
        for (const row of moves.begun(scene)) {
          const { move, targetPortState } = views;
          if (move.reason(row) !== Reason.OVERLOADED) continue;
          const [from, to, session] = [move.from(row), move.to(row), move.session(row)];
          // The move's own charge and credit are taken out again: what is left is the other moves'.
          const leaving = targetPortState.leavingPermille(from) - move.leavingPermille(row);
          const arriving = targetPortState.arrivingPermille(to) - move.arrivingPermille(row);
          const before = Math.max(loadOfPort(views, from) - leaving, loadOfPort(views, to) + arriving);
          const after = Math.max(loadWithout(views, from, session) - leaving, loadWith(views, to, session) + arriving);
          const hysteresis = views.portPolicy.hysteresisPermille(0);
          if (after + hysteresis < before) continue;
          const ports = `${shim.names.ports.name(from)} to ${shim.names.ports.name(to)}`;
          report(
            `a move from ${ports}: the worse load is ${before} before and ${after} after, hysteresis ${hysteresis}`,
          );
        }
      },
    };
  },
};
