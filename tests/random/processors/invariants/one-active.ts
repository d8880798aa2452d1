/** The own processor takes the address only with the key, under its epoch, and while no other that is heard has it. */

import { DecisionKind, ProcessorRole } from "../../../../host/shim/generated/layout.js";
import { epochOf } from "../../../../host/shim/shim.js";
import type { Invariant } from "../scene.js";

export const oneActive: Invariant = {
  name: "no processor is active beside another, nor without the key",
  watch: (report) => ({
    decision(decision, scene) {
      if (decision.kind !== DecisionKind.ACTIVATE_PROCESSOR) return;
      if (scene.holder !== scene.own) report(`activated while ${scene.holder} holds the key`);
      if (!scene.reached) report("activated while the lease service is out of reach");
      if (epochOf(decision) !== scene.epoch) report(`epoch ${epochOf(decision)}, the key's is ${scene.epoch}`);
      for (const [row, other] of scene.truth.entries()) {
        if (row === scene.own || !other.beats || !other.leased || other.role === ProcessorRole.PASSIVE) continue;
        report(`activated while processor ${row} says that it has the address`);
      }
    },
  }),
};
