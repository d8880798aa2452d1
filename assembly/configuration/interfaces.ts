/**
 * Configuration of network ports, eligible sets, interfaces and units. References among staged rows (server, home,
 * owner, ports of a set) name staged rows; in force they name rows in force. Eligible sets have no id: their rows are
 * the same staged and in force.
 */
import {
  ELIGIBLE_SET_MAX,
  ELIGIBLE_SET_WORD_MAX,
  INTERFACE_MAX,
  NETWORK_PORT_MAX,
  NETWORK_PORT_WORDS,
  UNIT_MAX,
} from "../limits";
import { ErrorCode } from "../memory/header";
import { HAS_INTERFACES } from "../policies/present";
import { resetInterface, resetNetworkPort, resetUnit } from "../policies/interfaces/reconfigure";
import { EligibleSetConfig, InterfaceConfig } from "../tables/interface";
import { MEMBER_SERVERS, MemberConfig } from "../tables/member";
import { NetworkPortConfig } from "../tables/network-port";
import { CommonPolicy } from "../tables/policy";
import { UnitConfig } from "../tables/unit";
import { checkCount, checkRows, refuse } from "./check";
import { RowChange, assignKind } from "./matching";

/** The first thing that is wrong with them, or 0. */
export function checkHosting(): u32 {
  if (!HAS_INTERFACES) return checkLeftOut();
  const common = CommonPolicy.staged();
  let wrong = checkCount(common.networkPortCount, NETWORK_PORT_MAX, offsetof<CommonPolicy>("networkPortCount"));
  if (wrong == 0)
    wrong = checkCount(common.eligibleSetCount, ELIGIBLE_SET_MAX, offsetof<CommonPolicy>("eligibleSetCount"));
  if (wrong == 0) wrong = checkCount(common.interfaceCount, INTERFACE_MAX, offsetof<CommonPolicy>("interfaceCount"));
  if (wrong == 0) wrong = checkCount(common.unitCount, UNIT_MAX, offsetof<CommonPolicy>("unitCount"));
  if (wrong == 0) wrong = checkRows(NETWORK_PORT_CONFIG_STAGED_TABLE, common.networkPortCount);
  if (wrong == 0) wrong = checkSets(common.eligibleSetCount);
  if (wrong == 0) wrong = checkRows(INTERFACE_CONFIG_STAGED_TABLE, common.interfaceCount);
  if (wrong == 0) wrong = checkRows(UNIT_CONFIG_STAGED_TABLE, common.unitCount);
  return wrong;
}

/** A build without the policy says so of the first of its tables that has staged rows. */
function checkLeftOut(): u32 {
  const common = CommonPolicy.staged();
  let wrong = leftOut(NETWORK_PORT_CONFIG_STAGED_TABLE, common.networkPortCount);
  if (wrong == 0) wrong = leftOut(ELIGIBLE_SET_CONFIG_STAGED_TABLE, common.eligibleSetCount);
  if (wrong == 0) wrong = leftOut(INTERFACE_CONFIG_STAGED_TABLE, common.interfaceCount);
  if (wrong == 0) wrong = leftOut(UNIT_CONFIG_STAGED_TABLE, common.unitCount);
  return wrong;
}

function leftOut(table: u32, count: u32): u32 {
  return count == 0 ? 0 : refuse(ErrorCode.LEFT_OUT, table, 0, 0);
}

/** 0, or the wrong field's offset and an error code, of a row of one of these kinds. */
export function checkHostingRow(table: u32, row: u32): u32 {
  switch (table) {
    case NETWORK_PORT_CONFIG_STAGED_TABLE: {
      const port = NetworkPortConfig.stagedAt(row);
      return either(checkNetworkPortConfig(port), checkServer(port.server, offsetof<NetworkPortConfig>("server")));
    }
    case INTERFACE_CONFIG_STAGED_TABLE: {
      const config = InterfaceConfig.stagedAt(row);
      return either(checkInterfaceConfig(config), checkHome(config));
    }
    default: {
      const unit = UnitConfig.stagedAt(row);
      return checkServer(unit.owner, offsetof<UnitConfig>("owner"));
    }
  }
}

function either(one: u32, other: u32): u32 {
  return one != 0 ? one : other;
}

/** A server's staged row: what is in neither group is refused. */
function checkServer(row: u32, field: usize): u32 {
  const isServer = row >= MEMBER_SERVERS && row < MEMBER_SERVERS + CommonPolicy.staged().serverCount;
  return isServer ? 0 : ((<u32>field) << 8) | ErrorCode.NO_SUCH_ROW;
}

/** The home is a port, and eligible. */
function checkHome(config: InterfaceConfig): u32 {
  const common = CommonPolicy.staged();
  if (config.home >= common.networkPortCount) return (offsetof<InterfaceConfig>("home") << 8) | ErrorCode.NO_SUCH_ROW;
  const field = (<u32>offsetof<InterfaceConfig>("eligibleSet")) << 8;
  if (config.eligibleSet >= common.eligibleSetCount) return field | ErrorCode.NO_SUCH_ROW;
  const word = EligibleSetConfig.stagedAt(config.eligibleSet * NETWORK_PORT_WORDS + (config.home >> 5)).ports;
  return ((word >> (config.home & 31)) & 1) != 0 ? 0 : field | ErrorCode.CONFLICT;
}

/** A set holds staged ports of one broadcast domain. */
function checkSets(count: u32): u32 {
  for (let set: u32 = 0; set < ELIGIBLE_SET_MAX; set++) {
    if (set == count) break;
    let domain: i32 = -1;
    for (let port: u32 = 0; port < NETWORK_PORT_WORDS * 32; port++) {
      const row = set * NETWORK_PORT_WORDS + (port >> 5);
      const bits = EligibleSetConfig.stagedAt(row).ports >> (port & 31);
      if ((bits & 1) == 0) continue;
      if (port >= <u32>CommonPolicy.staged().networkPortCount) return refuseSet(ErrorCode.NO_SUCH_ROW, row);
      const its: i32 = NetworkPortConfig.stagedAt(port).domain;
      if (domain >= 0 && domain != its) return refuseSet(ErrorCode.CONFLICT, row);
      domain = its;
    }
  }
  return 0;
}

function refuseSet(code: ErrorCode, row: u32): u32 {
  return refuse(code, ELIGIBLE_SET_CONFIG_STAGED_TABLE, row, 0);
}

export function assignHosting(): u32 {
  if (!HAS_INTERFACES) return 0;
  const common = CommonPolicy.staged();
  let wrong = assignKind(NETWORK_PORT_CONFIG_TABLE, NETWORK_PORT_BY_ID_TABLE, common.networkPortCount);
  if (wrong == 0) wrong = assignKind(INTERFACE_CONFIG_TABLE, INTERFACE_BY_ID_TABLE, common.interfaceCount);
  if (wrong == 0) wrong = assignKind(UNIT_CONFIG_TABLE, UNIT_BY_ID_TABLE, common.unitCount);
  return wrong;
}

/** References of a row that has just replaced another one; a row of another thing than before has no state yet. */
export function adoptHostingRow(table: u32, row: u32, change: RowChange): void {
  const isThere = change == RowChange.KEPT || change == RowChange.ADDED;
  const isOther = change == RowChange.ADDED || change == RowChange.REMOVED;
  if (table == NETWORK_PORT_CONFIG_TABLE) {
    const port = NetworkPortConfig.at(row);
    if (isThere) port.server = MemberConfig.stagedAt(port.server).assigned;
    if (isOther) resetNetworkPort(row);
  } else if (table == INTERFACE_CONFIG_TABLE) {
    const config = InterfaceConfig.at(row);
    if (isThere) config.home = NetworkPortConfig.stagedAt(config.home).assigned;
    if (isOther) resetInterface(row);
  } else {
    const unit = UnitConfig.at(row);
    if (isThere) unit.owner = MemberConfig.stagedAt(unit.owner).assigned;
    if (isOther) resetUnit(row);
  }
}

/** Staged bits name staged ports; bits in force name ports in force. */
export function adoptSets(): void {
  for (let row: u32 = 0; row < ELIGIBLE_SET_WORD_MAX; row++) {
    EligibleSetConfig.at(row).ports = 0;
  }
  for (let row: u32 = 0; row < ELIGIBLE_SET_WORD_MAX; row++) {
    const first = row - (row % NETWORK_PORT_WORDS);
    let bits = EligibleSetConfig.stagedAt(row).ports;
    for (let step: u32 = 0; step < 32; step++) {
      if (bits == 0) break;
      const port: u32 = NetworkPortConfig.stagedAt(((row - first) << 5) + ctz(bits)).assigned;
      EligibleSetConfig.at(first + (port >> 5)).ports |= 1 << (port & 31);
      bits &= bits - 1;
    }
  }
}
