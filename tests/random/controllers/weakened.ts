/** Each rule switched off, and a seed that is known to break it; another may have to be searched for after a change. */

import type { CoordinationRules } from "../../../host/coordination/rules.js";
import type { RunSettings } from "./run.js";

export interface Weakened {
  name: string;
  settings: RunSettings;
  seed: number;
}

function without(rule: keyof CoordinationRules, seed: number): Weakened {
  return { name: rule, settings: { rules: { [rule]: false } }, seed };
}

export const WEAKENED: readonly Weakened[] = [
  without("countFromSent", 138),
  without("confirmRenewals", 2),
  without("emptyBeforeLease", 1),
  without("raiseEpoch", 1),
  without("refuseLowerEpoch", 12),
  without("refuseOtherSession", 104),
  without("giveUpBeforeTake", 1),
  without("fence", 33),
  without("fenceTimeout", 13),
  without("keepPromises", 3),
  without("keepPromisesOverRestart", 17),
  without("askEveryController", 13),
  without("resignAfterEffects", 18),
  { name: "shelfEpoch", settings: { careless: true }, seed: 91 },
];
