/** No session is moved for balance twice within its residence time; drains excepted. */

import { Reason } from "../../../host/shim/generated/layout.js";
import { asksToLeave, decisionLine } from "../observe/decisions.js";
import { Departures } from "../observe/departures.js";
import { sessionPair } from "../observe/tables.js";
import type { Invariant } from "../run/scene.js";

export const residence: Invariant = {
  name: "no session is moved for balance twice within its residence time",
  observe(report) {
    /** Module time until which a pair stays, by ids. */
    const staysUntil = new Map<string, number>();
    const departures = new Departures(({ pair, forBalance }, atMs, { views }) => {
      if (forBalance) staysUntil.set(pair, atMs + views.portPolicy.residenceMs(0));
    });
    return {
      name: residence.name,
      started(_, attached) {
        departures.forget();
        if (!attached) staysUntil.clear();
      },
      // A pair whose row is damaged is no longer remembered, and that is said.
      damage(_, table) {
        if (table === "residence") staysUntil.clear();
      },
      afterTick(scene) {
        departures.settle(scene);
        for (const decision of scene.decisions) {
          departures.follow(scene, decision);
          if (!asksToLeave(decision) || decision.reason !== Reason.OVERLOADED) continue;
          const until = staysUntil.get(sessionPair(scene.views, decision.subject)) ?? 0;
          if (until > scene.views.header.nowMs(0)) report(`${decisionLine(decision)}: it stays until ${until}`);
        }
      },
    };
  },
};
