import { adoptMembers, assignMembers, checkMembers, controllerInForce } from "../../../assembly/configuration/members";
import { NONE } from "../../../assembly/limits";
import { groupOf, pairScopeOf, partnerOf } from "../../../assembly/members/pairs";
import { ErrorCode, Header } from "../../../assembly/memory/header";
import { resetMemory } from "../../../assembly/memory/reset";
import { Control } from "../../../assembly/tables/control";
import { MEMBER_SERVERS, MemberConfig, MemberFlag } from "../../../assembly/tables/member";
import { CommonPolicy } from "../../../assembly/tables/policy";
import { SCOPE_PAIRS } from "../../../assembly/tables/scope";

/** Stages a processor and a server for each id; partners are places in the list, -1 for none. */
function stage(ids: u32[], partners: i32[]): void {
  CommonPolicy.staged().processorCount = <u16>ids.length;
  CommonPolicy.staged().serverCount = <u16>ids.length;
  for (let n = 0; n < ids.length; n++) {
    for (let kind: u32 = 0; kind < 2; kind++) {
      const member = MemberConfig.stagedAt(kind * MEMBER_SERVERS + n);
      member.id = ids[n];
      member.flags = 0;
      member.group = 2;
      member.partner = kind == 0 || partners[n] < 0 ? <u16>NONE : <u16>(MEMBER_SERVERS + partners[n]);
      member.controller = <u16>n;
    }
  }
}

function adopt(): u32 {
  let wrong = checkMembers();
  if (wrong == 0) wrong = assignMembers();
  if (wrong != 0) return wrong;
  Header.get().generation++;
  adoptMembers();
  return 0;
}

function serverWith(id: u32): u32 {
  for (let row = MEMBER_SERVERS; row < MEMBER_SERVERS + 4; row++) {
    if (MemberConfig.at(row).id == id) return row;
  }
  return NONE;
}

function refusedAt(field: u32): void {
  const code = adopt();
  expect<u32>(code).not.toBe(0);
  expect<u32>(Header.get().errorTable).toBe(MEMBER_CONFIG_STAGED_TABLE);
  expect<u32>(Header.get().errorField).toBe(field);
}

describe("configuration of members", () => {
  it("derives the groups from the pairs", () => {
    resetMemory();
    stage([1, 2, 3, 4], [2, 3, 0, 1]);
    expect<u32>(adopt()).toBe(0);
    expect<u32>(groupOf(serverWith(1))).toBe(0);
    expect<u32>(groupOf(serverWith(3))).toBe(1, "never that of its partner");
    expect<u32>(partnerOf(serverWith(4))).toBe(serverWith(2));
    expect<u32>(pairScopeOf(serverWith(3))).toBe(SCOPE_PAIRS, "the lower server of the pair is the first");
  });

  it("gives the partner of a server with a group the other one", () => {
    resetMemory();
    stage([1, 2], [1, 0]);
    MemberConfig.stagedAt(MEMBER_SERVERS).group = 1;
    expect<u32>(adopt()).toBe(0);
    expect<u32>(groupOf(serverWith(1))).toBe(1);
    expect<u32>(groupOf(serverWith(2))).toBe(0);
  });

  it("keeps rows by id when one before them is removed, and references with them", () => {
    resetMemory();
    stage([1, 2, 3], [-1, 2, 1]);
    expect<u32>(adopt()).toBe(0);
    const before = serverWith(3);
    stage([2, 3], [1, 0]);
    expect<u32>(adopt()).toBe(0);
    expect<u32>(serverWith(3)).toBe(before);
    expect<u32>(partnerOf(before)).toBe(serverWith(2));
    expect<u32>(MemberConfig.at(before).controller).toBe(before - MEMBER_SERVERS);
    expect<u32>(controllerInForce(1)).toBe(before - MEMBER_SERVERS, "the second staged controller");
    expect<u32>(serverWith(1)).toBe(NONE);
  });

  it("gives a hole out anew only after all writers know of it", () => {
    resetMemory();
    stage([1, 2, 3, 4], [-1, -1, -1, -1]);
    adopt();
    stage([1, 2, 3], [-1, -1, -1]);
    adopt();
    stage([1, 2, 3, 5], [-1, -1, -1, -1]);
    expect<u32>(adopt()).toBe(ErrorCode.TABLE_FULL);
    Control.get().writersGeneration = Header.get().generation;
    expect<u32>(adopt()).toBe(0);
  });

  it("refuses partners in one group, one-sided pairs, unknown controllers and two preferred", () => {
    resetMemory();
    stage([1, 2], [1, 0]);
    MemberConfig.stagedAt(MEMBER_SERVERS).group = 1;
    MemberConfig.stagedAt(MEMBER_SERVERS + 1).group = 1;
    refusedAt(offsetof<MemberConfig>("group"));
    stage([1, 2], [1, -1]);
    refusedAt(offsetof<MemberConfig>("partner"));
    stage([1, 2], [5, -1]);
    refusedAt(offsetof<MemberConfig>("partner"));
    stage([1, 2], [-1, -1]);
    MemberConfig.stagedAt(1).controller = 2;
    refusedAt(offsetof<MemberConfig>("controller"));
    stage([1, 2], [-1, -1]);
    MemberConfig.stagedAt(0).flags = <u16>MemberFlag.PREFERRED;
    MemberConfig.stagedAt(1).flags = <u16>MemberFlag.PREFERRED;
    refusedAt(offsetof<MemberConfig>("flags"));
    stage([2, 1], [-1, -1]);
    refusedAt(offsetof<MemberConfig>("id"));
  });
});
