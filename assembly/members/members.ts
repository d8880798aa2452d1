/**
 * Members as policies see them: whether each is up, whether its lease is there, what it has acknowledged. Everything
 * here reads tables; `health.ts` judges.
 */
import { NONE, PROCESSOR_MAX } from "../limits";
import { isTold } from "../memory/inputs";
import { Control } from "../tables/control";
import { HEALTH_MEMBERS, HealthState, HealthStatus } from "../tables/health";
import {
  Acknowledged,
  LeaseStatus,
  MEMBER_SERVERS,
  MemberConfig,
  MemberFlag,
  MemberInput,
  MemberTold,
} from "../tables/member";

export function isMember(row: u32): bool {
  return MemberConfig.at(row).id != 0;
}

/** `HealthStatus` of a member. */
export function memberStatus(row: u32): u32 {
  return HealthState.at(HEALTH_MEMBERS + row).status;
}

/** Configured, heard and past its hold-down. A member in maintenance is up, too. */
export function memberUp(row: u32): bool {
  return isMember(row) && memberStatus(row) == <u32>HealthStatus.UP;
}

export function inMaintenance(row: u32): bool {
  return (MemberConfig.at(row).flags & MemberFlag.MAINTENANCE) != 0;
}

/** True if what the lease service says of the member is of this incarnation. */
function isMemberTold(row: u32): bool {
  return isTold(MemberInput.at(row), MemberConfig.at(row));
}

/** Its liveness key is gone: whatever it held is free. */
export function leaseGone(row: u32): bool {
  return isMemberTold(row) && MemberInput.at(row).lease == <u8>LeaseStatus.GONE;
}

/** Its liveness key is there. */
export function leased(row: u32): bool {
  return isMemberTold(row) && MemberInput.at(row).lease == <u8>LeaseStatus.LEASED;
}

/** Its liveness key is there, and beside it its word that it may be active: so it is well, though perhaps not heard. */
export function toldFit(row: u32): bool {
  return leased(row) && (MemberInput.at(row).told & <u16>MemberTold.FIT) != 0;
}

/** It has stored the present epoch of its scope of that kind, and has reported what it holds under it. */
export function acknowledged(row: u32, scopes: Acknowledged): bool {
  return isMemberTold(row) && (MemberInput.at(row).acknowledged & <u8>scopes) != 0;
}

/** True for a member that runs on this controller. */
export function isOwn(row: u32): bool {
  return isMember(row) && MemberConfig.at(row).controller == Control.get().controllerIndex;
}

/** Member row of this controller's server. */
export function ownServer(): u32 {
  return MEMBER_SERVERS + <u32>Control.get().controllerIndex;
}

/** Member row of this controller's processor, or `NONE`. */
export function ownProcessor(): u32 {
  for (let row: u32 = 0; row < PROCESSOR_MAX; row++) {
    if (isOwn(row)) return row;
  }
  return NONE;
}
