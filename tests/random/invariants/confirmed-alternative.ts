/** No session is asked to leave without a confirmed alternative: registered, operative, and not about to be withdrawn. */

import { Reason } from "../../../host/shim/generated/layout.js";
import { asksToLeave, decisionLine } from "../observe/decisions.js";
import {
  isConfigured,
  isListed,
  isOperative,
  portRows,
  registrationBit,
  sessionPair,
  sessionRows,
} from "../observe/tables.js";
import { Withdrawals } from "../observe/withdrawals.js";
import type { Invariant, Scene } from "../run/scene.js";

export const confirmedAlternative: Invariant = {
  name: "no logout without a confirmed alternative",
  observe(report) {
    const withdrawals = new Withdrawals();
    const serves = (scene: Scene, target: number, port: number) =>
      isListed(scene, target, port) &&
      isConfigured(scene.views, target, port) &&
      isOperative(scene.views, port) &&
      !registrationBit(scene.views, "withdrawn", target, port) &&
      !withdrawals.isUnderWay(target, port);
    return {
      name: confirmedAlternative.name,
      started: () => withdrawals.forget(),
      configured: () => withdrawals.forget(),
      beforeTick: (scene) => withdrawals.observe(scene),
      afterTick(scene) {
        for (const decision of scene.decisions) {
          withdrawals.follow(decision);
          if (!asksToLeave(decision)) continue;
          const target = scene.views.sessionInput.target(decision.subject);
          const others = portRows(scene.views).filter((port) => port !== decision.from && serves(scene, target, port));
          const line = decisionLine(decision);
          if (others.length === 0) report(`${line}: no other port of the target is registered and operative`);
          // Said again, the session may land wherever the target is listed; at first where it was planned, or where
          // its host has a session already.
          const again = decision.reason === Reason.SAID_AGAIN;
          const planned = again || others.includes(decision.to) || hasPath(scene, decision.subject, decision.to);
          if (!planned) report(`${line}: the port where it should land is not registered and operative`);
        }
      },
    };
  },
};

/** The session's host has another one to the target through the port, which works. */
function hasPath({ views }: Scene, session: number, port: number): boolean {
  const pair = sessionPair(views, session);
  const others = sessionRows(views).filter((row) => row !== session && sessionPair(views, row) === pair);
  return isOperative(views, port) && others.some((row) => views.sessionInput.port(row) === port);
}
