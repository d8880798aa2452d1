/** Targets to judge: a target is marked by the changed bit of its first registration row. */
import { TARGET_MAX, TARGET_PORT_WORDS, TARGET_WORD_MAX } from "../../limits";
import { markChanged } from "../../memory/scheduling";
import { TargetConfig } from "../../tables/target";

export function markTarget(target: u32): void {
  markChanged(REGISTRATION_STATE_TABLE, target * TARGET_PORT_WORDS);
}

/** Marks every configured target: a port's state has changed. */
export function markAllTargets(): void {
  for (let target: u32 = 0; target < TARGET_MAX; target++) {
    if (TargetConfig.at(target).id != 0) markTarget(target);
  }
}

/** Target of a registration row. */
export function targetOf(row: u32): u32 {
  return row / TARGET_PORT_WORDS;
}

if (TARGET_WORD_MAX % 32 != 0) ERROR("registration rows fill whole changed words");
