/** A shadow says nothing; a module that is held decides nothing, and says at most that something is wrong. */

import { DecisionKind, ScopeKind, ScopeRole } from "../../../host/shim/generated/layout.js";
import { decisionLine } from "../observe/decisions.js";
import type { Invariant, Scene } from "../run/scene.js";

/** Row of the scope of this controller's own ports. */
const SCOPE_PORTS = 0;

export const silence: Invariant = {
  name: "a shadow and a held module say nothing",
  observe(report) {
    return {
      name: silence.name,
      afterTick(scene) {
        for (const decision of scene.decisions) {
          if (!isDecider(scene)) report(`${decisionLine(decision)}: this module is a shadow`);
          const alarm = decision.kind === DecisionKind.ALARM;
          if (isHeld(scene) && !alarm) report(`${decisionLine(decision)}: this module is held`);
        }
      },
    };
  },
};

/** As the host has told it, in this incarnation. */
function isDecider({ views: { scope }, shim }: Scene): boolean {
  const told = scope.kind(SCOPE_PORTS) === ScopeKind.PORTS && scope.incarnation(SCOPE_PORTS) === shim.incarnation;
  return told && scope.role(SCOPE_PORTS) === ScopeRole.DECIDING;
}

function isHeld({ views: { control, moduleState } }: Scene): boolean {
  return control.flags(0) !== 0 || moduleState.held(0) !== 0;
}
