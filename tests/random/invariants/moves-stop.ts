/**
 * Under a steady load moves stop: nobody is asked to leave for balance, and nothing is withdrawn for it, once the
 * published time is over.
 */

import { DecisionKind, Reason } from "../../../host/shim/generated/layout.js";
import { asksToLeave, decisionLine } from "../observe/decisions.js";
import type { Invariant } from "../run/scene.js";

export const movesStop: Invariant = {
  name: "under a steady load moves stop",
  observe(report) {
    return {
      name: movesStop.name,
      afterTick(scene) {
        if (scene.stage !== "steady") return;
        for (const decision of scene.decisions) {
          const disturbs = asksToLeave(decision) || decision.kind === DecisionKind.WITHDRAW_REGISTRATION;
          const forBalance = decision.reason === Reason.OVERLOADED || decision.reason === Reason.STEERING;
          if (disturbs && forBalance) report(`${decisionLine(decision)}: after a long time of steady loads`);
        }
      },
    };
  },
};
