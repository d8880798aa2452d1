/** Rows of the interface policy, verified as they are read; and what a group's scope allows. */
import { changesWait } from "../../memory/scheduling";
import { decideIn, ringHasRoom } from "../../memory/ring";
import { GROUP_MAX, NONE } from "../../limits";
import { groupOf } from "../../members/pairs";
import { deciding } from "../../members/scopes";
import { seal } from "../../memory/seals";
import { DecisionKind, Reason, SubjectKind } from "../../tables/decision";
import { GroupWish, InterfaceConfig, InterfaceGroup, InterfacePlan, InterfaceState } from "../../tables/interface";
import { NetworkPortConfig, NetworkPortState } from "../../tables/network-port";
import { InterfacePolicy } from "../../tables/policy";
import { SCOPE_GROUP_0, ScopeState } from "../../tables/scope";
import { UnitState } from "../../tables/unit";
import { verify } from "../../memory/verify";

export function interfaceAt(row: u32): InterfaceState {
  return changetype<InterfaceState>(verify(INTERFACE_STATE_TABLE, row));
}

export function portAt(port: u32): NetworkPortState {
  return changetype<NetworkPortState>(verify(NETWORK_PORT_STATE_TABLE, port));
}

/** `NetworkPortStatus` of a port; of none nothing is true. */
export function statusOf(port: u32): u32 {
  return port == NONE ? 0 : <u32>portAt(port).status;
}

export function groupAt(group: u32): InterfaceGroup {
  return changetype<InterfaceGroup>(verify(INTERFACE_GROUP_TABLE, group));
}

export function planRow(): InterfacePlan {
  return changetype<InterfacePlan>(verify(INTERFACE_PLAN_TABLE, 0));
}

export function unitAt(unit: u32): UnitState {
  return changetype<UnitState>(verify(UNIT_STATE_TABLE, unit));
}

export function knobs(): InterfacePolicy {
  return InterfacePolicy.get();
}

export function serverOf(port: u32): u32 {
  return NetworkPortConfig.at(port).server;
}

/** Group of an interface: that of its home port's server. */
export function groupOfInterface(row: u32): u32 {
  return groupOf(serverOf(InterfaceConfig.at(row).home));
}

/** Row of a group's scope. */
export function scopeOf(group: u32): u32 {
  return SCOPE_GROUP_0 + group;
}

/** True while this module is the decider of the scope. */
export function isDeciding(scope: u32): bool {
  return ScopeState.at(scope).deciding != 0;
}

/** True if it may decide now: its observation is over, nothing holds it, and no observation is left over. */
export function mayDecide(scope: u32): bool {
  if (changesWait(INTERFACE_INPUT_TABLE) || changesWait(NETWORK_PORT_INPUT_TABLE)) return false;
  return deciding(scope);
}

/** Has a group planned for. */
export function wish(group: u32, wishes: GroupWish): void {
  const row = groupAt(group);
  row.wishes |= <u16>wishes;
  seal(row);
}

/** Has all groups looked at. */
export function lookAtGroups(): void {
  for (let group: u32 = 0; group < GROUP_MAX; group++) {
    wish(group, GroupWish.LOOK);
  }
}

/** Says a decision under a scope; false if the ring has no room for it now. */
export function sayUnder(
  scope: u32,
  kind: DecisionKind,
  reason: Reason,
  subjectKind: SubjectKind,
  subject: u32,
  generation: u32,
  from: u32,
  to: u32,
): bool {
  if (!ringHasRoom(1)) return false;
  decideIn(scope, kind, reason, subjectKind, subject, generation, from, to, 0);
  return true;
}
