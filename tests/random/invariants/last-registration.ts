/**
 * A target never loses its last registered operative port by a decision: where a port that works is withdrawn, another
 * one remains; and withdrawing one that doesn't work begins only where another entry remains at all.
 */

import { DecisionKind, Reason } from "../../../host/shim/generated/layout.js";
import { decisionLine } from "../observe/decisions.js";
import { isConfigured, isListed, isOperative, portRows } from "../observe/tables.js";
import { Withdrawals } from "../observe/withdrawals.js";
import type { Invariant, Scene } from "../run/scene.js";

export const lastRegistration: Invariant = {
  name: "a target keeps its last registered operative port",
  observe(report) {
    const withdrawals = new Withdrawals();
    const isRegistered = (scene: Scene, target: number, port: number) =>
      isListed(scene, target, port) && isConfigured(scene.views, target, port) && !withdrawals.isUnderWay(target, port);
    return {
      name: lastRegistration.name,
      started: () => withdrawals.forget(),
      configured: () => withdrawals.forget(),
      beforeTick: (scene) => withdrawals.observe(scene),
      afterTick(scene) {
        for (const decision of scene.decisions) {
          withdrawals.follow(decision);
          if (decision.kind !== DecisionKind.WITHDRAW_REGISTRATION) continue;
          const { subject: target, from } = decision;
          if (!isListed(scene, target, from)) continue;
          const others = portRows(scene.views).filter((port) => port !== from && isRegistered(scene, target, port));
          const working = others.filter((port) => isOperative(scene.views, port));
          const again = decision.reason === Reason.SAID_AGAIN;
          if (again && !isOperative(scene.views, from)) continue;
          // Where a damaged row was found in this tick, what was known of ports is gone since.
          if (scene.views.moduleState.rebuild(0) !== 0) continue;
          const left = isOperative(scene.views, from) ? working : others;
          if (left.length === 0) report(`${decisionLine(decision)}: no other port is registered and operative`);
        }
      },
    };
  },
};
