/** A host with several paths to a target never loses two of them at once by decisions. */

import { asksToLeave, decisionLine } from "../observe/decisions.js";
import { Departures } from "../observe/departures.js";
import { moveRows, isUnderWay, pairKey, sessionPair } from "../observe/tables.js";
import type { Invariant } from "../run/scene.js";

export const onePathAtATime: Invariant = {
  name: "a host with several paths never loses two at once",
  observe(report) {
    const departures = new Departures();
    return {
      name: onePathAtATime.name,
      started: () => departures.forget(),
      afterTick(scene) {
        const { views } = scene;
        departures.settle(scene);
        for (const decision of scene.decisions) {
          if (asksToLeave(decision)) {
            const pair = sessionPair(views, decision.subject);
            const other = departures.underWay.find(
              (departure) => departure.pair === pair && departure.session !== decision.subject,
            );
            if (other !== undefined) report(`${decisionLine(decision)}: session ${other.session} is leaving too`);
          }
          departures.follow(scene, decision);
        }
        const pairs = moveRows(views)
          .filter((move) => isUnderWay(views, move))
          .map((move) => pairKey(views.move.initiatorId(move), views.move.targetId(move)));
        if (new Set(pairs).size !== pairs.length) report(`two moves of one host and target: ${pairs.join(", ")}`);
      },
    };
  },
};
