import { adoptHosting } from "../../../assembly/configuration/adopt";
import { assignHosting, checkHosting } from "../../../assembly/configuration/interfaces";
import { adoptMembers, assignMembers, checkMembers } from "../../../assembly/configuration/members";
import {
  ELIGIBLE_SET_MAX,
  INTERFACE_MAX,
  NETWORK_PORT_MAX,
  NETWORK_PORT_WORDS,
  UNIT_MAX,
} from "../../../assembly/limits";
import { ErrorCode, Header } from "../../../assembly/memory/header";
import { resetMemory } from "../../../assembly/memory/reset";
import { EligibleSetConfig, InterfaceConfig } from "../../../assembly/tables/interface";
import { MEMBER_SERVERS, MemberConfig } from "../../../assembly/tables/member";
import { NetworkPortConfig } from "../../../assembly/tables/network-port";
import { CommonPolicy } from "../../../assembly/tables/policy";
import { UnitConfig } from "../../../assembly/tables/unit";

/** Two servers of a pair, each with a port; both ports in one set; an interface and a unit of the first. */
function stage(): void {
  resetMemory();
  const common = CommonPolicy.staged();
  common.processorCount = 2;
  common.serverCount = 2;
  common.networkPortCount = 2;
  common.eligibleSetCount = 1;
  common.interfaceCount = 1;
  common.unitCount = 1;
  for (let n: u32 = 0; n < 2; n++) {
    for (let kind: u32 = 0; kind < 2; kind++) {
      const member = MemberConfig.stagedAt(kind * MEMBER_SERVERS + n);
      member.id = n + 1;
      member.group = 2;
      member.partner = kind == 0 ? 0xffff : <u16>(MEMBER_SERVERS + 1 - n);
      member.controller = <u16>n;
    }
    stagePort(n, n + 1, MEMBER_SERVERS + n);
  }
  EligibleSetConfig.stagedAt(0).ports = 3;
  const config = InterfaceConfig.stagedAt(0);
  config.id = 1;
  config.home = 0;
  config.eligibleSet = 0;
  const unit = UnitConfig.stagedAt(0);
  unit.id = 1;
  unit.owner = <u16>MEMBER_SERVERS;
}

function stagePort(row: u32, id: u32, server: u32): void {
  const port = NetworkPortConfig.stagedAt(row);
  port.id = id;
  port.server = <u16>server;
  port.domain = 0;
  port.rank = 0;
  port.speed = 1000;
}

function adopt(): u32 {
  let wrong = checkMembers();
  if (wrong == 0) wrong = checkHosting();
  if (wrong == 0) wrong = assignMembers();
  if (wrong == 0) wrong = assignHosting();
  if (wrong != 0) return wrong;
  Header.get().generation++;
  // As `configure` does first.
  memory.copy(
    changetype<usize>(CommonPolicy.get()),
    changetype<usize>(CommonPolicy.staged()),
    offsetof<CommonPolicy>(),
  );
  adoptMembers();
  adoptHosting();
  return 0;
}

function refused(code: ErrorCode, table: u32, row: u32, field: usize): void {
  const wrong = checkHosting();
  expect<u32>(wrong & 0xff).toBe(code);
  expect<u32>(Header.get().errorTable).toBe(table);
  expect<u32>(Header.get().errorRow).toBe(row);
  expect<u32>(Header.get().errorField).toBe(<u32>field);
}

function portWith(id: u32): u32 {
  for (let row: u32 = 0; row < NETWORK_PORT_MAX; row++) if (NetworkPortConfig.at(row).id == id) return row;
  return 0xffff;
}

describe("configuration of interfaces and units", () => {
  it("takes one that is right", () => {
    stage();
    expect<u32>(adopt()).toBe(0);
    expect<u32>(NetworkPortConfig.at(portWith(2)).server).toBe(MEMBER_SERVERS + 1);
    expect<u32>(InterfaceConfig.at(0).home).toBe(portWith(1));
    expect<u32>(UnitConfig.at(0).owner).toBe(MEMBER_SERVERS);
  });

  it("refuses more rows than there are, at their count", () => {
    const table = COMMON_POLICY_STAGED_TABLE;
    stage();
    CommonPolicy.staged().networkPortCount = <u16>(NETWORK_PORT_MAX + 1);
    refused(ErrorCode.TABLE_FULL, table, 0, offsetof<CommonPolicy>("networkPortCount"));
    stage();
    CommonPolicy.staged().eligibleSetCount = <u16>(ELIGIBLE_SET_MAX + 1);
    refused(ErrorCode.TABLE_FULL, table, 0, offsetof<CommonPolicy>("eligibleSetCount"));
    stage();
    CommonPolicy.staged().interfaceCount = <u16>(INTERFACE_MAX + 1);
    refused(ErrorCode.TABLE_FULL, table, 0, offsetof<CommonPolicy>("interfaceCount"));
    stage();
    CommonPolicy.staged().unitCount = <u16>(UNIT_MAX + 1);
    refused(ErrorCode.TABLE_FULL, table, 0, offsetof<CommonPolicy>("unitCount"));
  });

  it("refuses ids that don't ascend, and 0", () => {
    stage();
    NetworkPortConfig.stagedAt(1).id = 1;
    refused(ErrorCode.NOT_ASCENDING, NETWORK_PORT_CONFIG_STAGED_TABLE, 1, offsetof<NetworkPortConfig>("id"));
    stage();
    InterfaceConfig.stagedAt(0).id = 0;
    refused(ErrorCode.NOT_ASCENDING, INTERFACE_CONFIG_STAGED_TABLE, 0, offsetof<InterfaceConfig>("id"));
    stage();
    UnitConfig.stagedAt(0).id = 0;
    refused(ErrorCode.NOT_ASCENDING, UNIT_CONFIG_STAGED_TABLE, 0, offsetof<UnitConfig>("id"));
  });

  it("refuses a port or a unit whose server is none: neither a processor, nor one that isn't staged", () => {
    stage();
    NetworkPortConfig.stagedAt(1).server = 1;
    refused(ErrorCode.NO_SUCH_ROW, NETWORK_PORT_CONFIG_STAGED_TABLE, 1, offsetof<NetworkPortConfig>("server"));
    stage();
    NetworkPortConfig.stagedAt(0).server = <u16>(MEMBER_SERVERS + 2);
    refused(ErrorCode.NO_SUCH_ROW, NETWORK_PORT_CONFIG_STAGED_TABLE, 0, offsetof<NetworkPortConfig>("server"));
    stage();
    UnitConfig.stagedAt(0).owner = 0;
    refused(ErrorCode.NO_SUCH_ROW, UNIT_CONFIG_STAGED_TABLE, 0, offsetof<UnitConfig>("owner"));
  });

  it("refuses an interface whose home is none, or may not host it", () => {
    stage();
    InterfaceConfig.stagedAt(0).home = 2;
    refused(ErrorCode.NO_SUCH_ROW, INTERFACE_CONFIG_STAGED_TABLE, 0, offsetof<InterfaceConfig>("home"));
    stage();
    InterfaceConfig.stagedAt(0).eligibleSet = 1;
    refused(ErrorCode.NO_SUCH_ROW, INTERFACE_CONFIG_STAGED_TABLE, 0, offsetof<InterfaceConfig>("eligibleSet"));
    stage();
    EligibleSetConfig.stagedAt(0).ports = 2;
    refused(ErrorCode.CONFLICT, INTERFACE_CONFIG_STAGED_TABLE, 0, offsetof<InterfaceConfig>("eligibleSet"));
  });

  it("refuses a set with a port that is none, or with ports of two domains", () => {
    stage();
    EligibleSetConfig.stagedAt(0).ports = 7;
    refused(ErrorCode.NO_SUCH_ROW, ELIGIBLE_SET_CONFIG_STAGED_TABLE, 0, 0);
    stage();
    NetworkPortConfig.stagedAt(1).domain = 1;
    refused(ErrorCode.CONFLICT, ELIGIBLE_SET_CONFIG_STAGED_TABLE, 0, 0);
    stage();
    CommonPolicy.staged().eligibleSetCount = 2;
    EligibleSetConfig.stagedAt(NETWORK_PORT_WORDS).ports = 4;
    refused(ErrorCode.NO_SUCH_ROW, ELIGIBLE_SET_CONFIG_STAGED_TABLE, NETWORK_PORT_WORDS, 0);
  });

  it("refuses a speed out of range", () => {
    stage();
    NetworkPortConfig.stagedAt(1).speed = 0;
    refused(ErrorCode.OUT_OF_RANGE, NETWORK_PORT_CONFIG_STAGED_TABLE, 1, offsetof<NetworkPortConfig>("speed"));
  });

  it("keeps rows by id, and references with them, when a port before them is removed", () => {
    stage();
    InterfaceConfig.stagedAt(0).home = 1;
    expect<u32>(adopt()).toBe(0);
    const kept = portWith(2);
    const generation = NetworkPortConfig.at(kept).generation;
    CommonPolicy.staged().networkPortCount = 1;
    stagePort(0, 2, MEMBER_SERVERS + 1);
    EligibleSetConfig.stagedAt(0).ports = 1;
    InterfaceConfig.stagedAt(0).home = 0;
    expect<u32>(adopt()).toBe(0);
    expect<u32>(portWith(2)).toBe(kept);
    expect<u32>(NetworkPortConfig.at(kept).generation).toBe(generation);
    expect<u32>(portWith(1)).toBe(0xffff, "it has left");
    expect<u32>(InterfaceConfig.at(0).home).toBe(kept);
    expect<u32>(EligibleSetConfig.at(kept >> 5).ports).toBe(1 << (kept & 31));
  });
});
