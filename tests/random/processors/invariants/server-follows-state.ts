/** Every processor has exactly the kind of web server that its state says, by a table written apart from the core's. */

import { DecisionKind, ProcessorState, WebServerKind } from "../../../../host/shim/generated/layout.js";
import { type Invariant, KNOBS } from "../scene.js";

const SERVERS: Readonly<Record<number, number>> = {
  [ProcessorState.UNKNOWN]: WebServerKind.NONE,
  [ProcessorState.HEALTHY]: WebServerKind.FULL,
  [ProcessorState.DEGRADED]: WebServerKind.FULL,
  [ProcessorState.UNHEALTHY]: WebServerKind.RESTRICTED,
  [ProcessorState.ISOLATED]: WebServerKind.RESTRICTED,
  [ProcessorState.UNREACHABLE]: WebServerKind.NONE,
  [ProcessorState.MAINTENANCE]: WebServerKind.RESTRICTED,
};
const WITHIN_MS = KNOBS.backOffMaxMs + 4 * KNOBS.beatMs;

export const serverFollowsState: Invariant = {
  name: "each processor has the web server that its state says",
  watch(report) {
    let since = -1;
    return {
      decision({ kind, detail }, { views, own }) {
        if (kind !== DecisionKind.SET_WEB_SERVER) return;
        const state = views.processorState.state(own);
        if (detail !== SERVERS[state]) report(`server ${detail} in state ${state}`);
      },
      afterTick({ views, truth, own, nowMs, obeys }) {
        for (const row of truth.keys()) {
          const state = views.processorState.state(row);
          if (views.processorState.webServer(row) !== SERVERS[state])
            report(`row ${row}: state ${state}, another server`);
        }
        const wanted = views.processorState.webServer(own);
        const has = wanted === WebServerKind.NONE || truth[own]?.webServer === wanted;
        if (has || !obeys || truth[own]?.beats === false) since = -1;
        else if (since < 0) since = nowMs;
        else if (nowMs - since > WITHIN_MS) report(`server ${wanted} wanted for ${nowMs - since} ms`);
      },
    };
  },
};
