/** An active processor whose own tests fail is told to give the address up within the published time, successor or not. */

import { DecisionKind, ProcessorRole } from "../../../../host/shim/generated/layout.js";
import { type Invariant, STOPS_WITHIN_MS } from "../scene.js";

export const stopsWhenUnhealthy: Invariant = {
  name: "an active one that turns unhealthy stops in time",
  watch(report) {
    let since = -1;
    return {
      decision({ kind }) {
        if (kind === DecisionKind.PASSIVATE_PROCESSOR) since = -1;
      },
      afterTick({ truth, own, nowMs }) {
        const { failing, role, beats } = truth[own] ?? { failing: 0, role: 0, beats: false };
        if (failing === 0 || !beats || role !== ProcessorRole.ACTIVE) since = -1;
        else if (since < 0) since = nowMs;
        else if (nowMs - since > STOPS_WITHIN_MS) report(`active for ${nowMs - since} ms with failed tests`);
      },
    };
  },
};
