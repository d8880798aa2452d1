/** A healthy processor is active within the published time once it can have the lease. */

import { ProcessorRole } from "../../../../host/shim/generated/layout.js";
import { ACTIVE_WITHIN_MS, type Invariant, type Scene } from "../scene.js";

/** It is well, leased and reaches the service; the key is free or its own; nobody else says that it has the address. */
function canBeActive({ truth, own, holder, reached, obeys, maintenance }: Scene): boolean {
  const self = truth[own];
  if (self === undefined || !obeys || maintenance || !reached) return false;
  if (!self.beats || !self.leased || self.failing !== 0 || self.penalty !== 0) return false;
  if (holder !== -1 && holder !== own) return false;
  return truth.every((other, row) => row === own || !other.beats || !other.leased || other.role === 0);
}

export const becomesActive: Invariant = {
  name: "a healthy one that can have the lease is active in time",
  watch(report) {
    let since = -1;
    return {
      afterTick(scene) {
        const isActive = scene.truth[scene.own]?.role === ProcessorRole.ACTIVE;
        if (!canBeActive(scene) || isActive) since = -1;
        else if (since < 0) since = scene.nowMs;
        else if (scene.nowMs - since > ACTIVE_WITHIN_MS) report(`not active for ${scene.nowMs - since} ms`);
      },
    };
  },
};
