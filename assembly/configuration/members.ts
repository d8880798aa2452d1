/**
 * Configuration of members: each kind has its own run of rows in one table, and is matched by itself. References among
 * staged rows (partner, controller) name staged rows; in force they name rows in force.
 */
import { MEMBER_MAX, NONE } from "../limits";
import { memberAdded, memberRemoved } from "../members/observe";
import { HAS_MEMBERS } from "../policies/present";
import { stir } from "../members/stir";
import { groupOfPair } from "../members/pairs";
import { ErrorCode } from "../memory/header";
import { seal } from "../memory/seals";
import { HealthKind } from "../tables/health";
import { MEMBER_KIND_MAX, MEMBER_SERVERS, MemberConfig, MemberFlag, firstMember, membersOf } from "../tables/member";
import { CommonPolicy } from "../tables/policy";
import { checkCount, refuse, refuseField } from "./check";
import { RowChange, assignRows, markKept, replaceRow } from "./matching";

/** Staged members of a kind. */
function stagedCount(kind: u32): u32 {
  return load<u16>(COMMON_POLICY_STAGED_BASE + countField(kind));
}

/** Where a kind's count stands among the common knobs. */
function countField(kind: u32): u32 {
  return <u32>offsetof<CommonPolicy>("processorCount") + kind * 2;
}

/** The first thing that is wrong with the staged members, or 0. */
export function checkMembers(): u32 {
  let wrong: u32 = 0;
  for (let kind: u32 = 0; kind < MEMBER_KIND_MAX; kind++) {
    if (wrong == 0) wrong = checkCount(stagedCount(kind), membersOf(kind), countField(kind));
    if (wrong == 0) wrong = checkKind(firstMember(kind), stagedCount(kind));
  }
  return wrong;
}

function checkKind(first: u32, count: u32): u32 {
  let before: u32 = 0;
  let preferred = false;
  for (let n: u32 = 0; n < MEMBER_MAX; n++) {
    if (n == count) break;
    const row = first + n;
    const member = MemberConfig.stagedAt(row);
    const wrong = refuseField(checkMemberConfig(member), MEMBER_CONFIG_STAGED_TABLE, row);
    if (wrong != 0) return wrong;
    if (member.id <= before) return refuseAt(ErrorCode.NOT_ASCENDING, row, offsetof<MemberConfig>("id"));
    before = member.id;
    if (member.controller >= stagedCount(<u32>HealthKind.SERVER - <u32>HealthKind.PROCESSOR)) {
      return refuseAt(ErrorCode.NO_SUCH_ROW, row, offsetof<MemberConfig>("controller"));
    }
    if (member.flags & MemberFlag.PREFERRED) {
      if (preferred) return refuseAt(ErrorCode.CONFLICT, row, offsetof<MemberConfig>("flags"));
      preferred = true;
    }
    if (first != MEMBER_SERVERS || member.partner == <u16>NONE) continue;
    const pair = checkPair(row, member, count);
    if (pair != 0) return pair;
  }
  return 0;
}

/** Partners name each other, and are not in one group. */
function checkPair(row: u32, server: MemberConfig, count: u32): u32 {
  const partner: u32 = server.partner;
  if (partner < MEMBER_SERVERS || partner >= MEMBER_SERVERS + count) {
    return refuseAt(ErrorCode.NO_SUCH_ROW, row, offsetof<MemberConfig>("partner"));
  }
  const other = MemberConfig.stagedAt(partner);
  if (partner == row || other.partner != <u16>row) {
    return refuseAt(ErrorCode.CONFLICT, row, offsetof<MemberConfig>("partner"));
  }
  if (server.group == other.group && server.group < 2) {
    return refuseAt(ErrorCode.CONFLICT, row, offsetof<MemberConfig>("group"));
  }
  return 0;
}

function refuseAt(code: ErrorCode, row: u32, field: u32): u32 {
  return refuse(code, MEMBER_CONFIG_STAGED_TABLE, row, field);
}

export function assignMembers(): u32 {
  let wrong: u32 = 0;
  for (let kind: u32 = 0; kind < MEMBER_KIND_MAX; kind++) {
    if (wrong != 0) break;
    const rows = membersOf(kind);
    wrong = assignRows(MEMBER_CONFIG_TABLE, MEMBER_BY_ID_TABLE, firstMember(kind), rows, stagedCount(kind));
  }
  return wrong;
}

export function adoptMembers(): void {
  for (let kind: u32 = 0; kind < MEMBER_KIND_MAX; kind++) {
    markKept(MEMBER_CONFIG_TABLE, MEMBER_BY_ID_TABLE, firstMember(kind), membersOf(kind), stagedCount(kind));
  }
  for (let row: u32 = 0; row < MEMBER_MAX; row++) {
    adoptMember(row);
  }
  if (HAS_MEMBERS) stir();
}

function adoptMember(row: u32): void {
  const change = replaceRow(MEMBER_CONFIG_TABLE, row);
  const config = MemberConfig.at(row);
  if (change == RowChange.ADDED || change == RowChange.KEPT) {
    config.group = <u16>groupOfPair(config);
    const partner: u32 = config.partner;
    config.partner = partner < MEMBER_MAX ? MemberConfig.stagedAt(partner).assigned : <u16>NONE;
    config.controller = controllerInForce(config.controller);
  }
  seal(config);
  if (!HAS_MEMBERS) return;
  if (change == RowChange.REMOVED) memberRemoved(row);
  if (change == RowChange.ADDED) memberAdded(row);
}

/** A controller is its server's row among the servers; staged, its place among the staged ones. Without servers they are as staged. */
export function controllerInForce(staged: u16): u16 {
  if (staged >= CommonPolicy.staged().serverCount) return staged;
  return MemberConfig.stagedAt(MEMBER_SERVERS + <u32>staged).assigned - <u16>MEMBER_SERVERS;
}
