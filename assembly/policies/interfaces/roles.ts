/** Terms: on becoming the decider of a group or a pair, a grace period begins and what is observed is what is wanted. */
import { SCOPE_MAX } from "../../limits";
import { ofThisIncarnation } from "../../memory/ring";
import { nowMs } from "../../memory/scheduling";
import { seal } from "../../memory/seals";
import { CommonPolicy } from "../../tables/policy";
import { SCOPE_GROUP_0, Scope, ScopeKind, ScopeRole, ScopeState } from "../../tables/scope";
import { verify } from "../ports/rows";

/** True if any role has changed. */
export function followRoles(): bool {
  let changed = false;
  for (let row = SCOPE_GROUP_0; row < SCOPE_MAX; row++) {
    const scope = Scope.at(row);
    verify(SCOPE_STATE_TABLE, row);
    const state = ScopeState.at(row);
    const told = scope.kind != <u8>ScopeKind.NONE && ofThisIncarnation(scope.incarnation);
    const deciding: u8 = told && scope.role == <u8>ScopeRole.DECIDING ? 1 : 0;
    if (deciding == state.deciding && (deciding == 0 || state.epoch == scope.epoch)) continue;
    state.deciding = deciding;
    state.epoch = scope.epoch;
    if (deciding) {
      state.term++;
      state.graceUntilMs = nowMs() + CommonPolicy.get().graceMs;
    }
    seal(state);
    changed = true;
  }
  return changed;
}
