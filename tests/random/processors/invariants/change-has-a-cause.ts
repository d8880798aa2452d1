/** A role is given up, and the key resigned, only for one of the causes; a role is taken only when it isn't there. */

import {
  DecisionKind,
  MemberFlag,
  ProcessorRole,
  ProcessorState,
  Reason,
} from "../../../../host/shim/generated/layout.js";
import { NONE } from "../../../../host/shim/names.js";
import type { Invariant, Scene } from "../scene.js";

/** States in which a processor may be active. */
const ABLE: readonly number[] = [ProcessorState.HEALTHY, ProcessorState.DEGRADED];

function hasCause(reason: number, scene: Scene): boolean {
  const { views, own, holder, truth } = scene;
  const state = views.processorState.state(own);
  if (reason === Reason.LEASE_LOST) return holder !== own || truth[own]?.leased === false;
  if (reason === Reason.UNHEALTHY) return !ABLE.includes(state);
  if (reason === Reason.MAINTENANCE) return scene.hasBeenMaintained;
  if (reason === Reason.DEGRADED) return scene.hasBeenDegraded;
  if (reason === Reason.REQUESTED) return scene.isRequested;
  if (reason === Reason.FAIL_BACK) return isForThePreferred(scene);
  // A caretaker gives way to one that can be active, or is itself no longer fit to care.
  if (reason === Reason.OTHER_HOLDER) return holder === own;
  return false;
}

/** It gives way to another one that is to be active whenever it can. */
function isForThePreferred({ views, own }: Scene): boolean {
  const to = views.processorState.yieldTo(own);
  return to !== NONE && to !== own && (views.memberConfig.flags(to) & MemberFlag.PREFERRED) !== 0;
}

export const changeHasACause: Invariant = {
  name: "no change without cause",
  watch: (report) => ({
    decision({ kind, reason, detail }, scene) {
      const role = scene.truth[scene.own]?.role;
      // What its latest heartbeat said: the module can't know more.
      const told = scene.views.heartbeat.role(scene.own) >> 8;
      if (kind === DecisionKind.PASSIVATE_PROCESSOR && told === ProcessorRole.PASSIVE) report("passive already");
      if (kind === DecisionKind.ACTIVATE_PROCESSOR && told === detail) report(`has role ${detail} already`);
      const givesUp = kind === DecisionKind.PASSIVATE_PROCESSOR || kind === DecisionKind.RESIGN;
      if (givesUp && !hasCause(reason, scene)) report(`gives up for reason ${reason} without that cause`);
      if (kind === DecisionKind.RESIGN && role !== ProcessorRole.PASSIVE) report("resigns before the address is gone");
    },
  }),
};
