/**
 * A caretaker gives way within the published time to one that may be active, heard or not; an active one that is
 * degraded to a healthy one.
 */

import { ProcessorRole, ProcessorState } from "../../../../host/shim/generated/layout.js";
import { GIVES_WAY_WITHIN_MS, type Invariant, type Scene } from "../scene.js";

const ABLE: readonly number[] = [ProcessorState.HEALTHY, ProcessorState.DEGRADED];

/** Another one that could take the role, as far as anybody can know here. */
function hasBetter({ truth, own, views }: Scene, role: number): boolean {
  return truth.some((other, row) => {
    if (row === own || !other.leased) return false;
    const state = views.processorState.state(row);
    if (role === ProcessorRole.ACTIVE) return state === ProcessorState.HEALTHY;
    return ABLE.includes(state) || (state === ProcessorState.UNREACHABLE && other.fit);
  });
}

function shouldGiveWay(scene: Scene): boolean {
  const { truth, own, reached, obeys, views } = scene;
  const role = truth[own]?.role ?? ProcessorRole.PASSIVE;
  if (!obeys || !reached || role === ProcessorRole.PASSIVE) return false;
  const isLastChoice = views.processorState.state(own) === ProcessorState.DEGRADED;
  return (role === ProcessorRole.CARETAKER || isLastChoice) && hasBetter(scene, role);
}

export const givesWay: Invariant = {
  name: "a caretaker, or a degraded one, gives way in time",
  watch(report) {
    let since = -1;
    return {
      afterTick(scene) {
        if (!shouldGiveWay(scene)) since = -1;
        else if (since < 0) since = scene.nowMs;
        else if (scene.nowMs - since > GIVES_WAY_WITHIN_MS) report(`keeps its role for ${scene.nowMs - since} ms`);
      },
    };
  },
};
