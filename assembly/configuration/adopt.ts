/**
 * Adoption of a checked configuration: staged rows are matched with rows in force by id. A row that stays keeps its
 * place and its state; a removed one leaves a hole, which is given out anew only after the host has confirmed that all
 * its writers know the generation that removed it.
 */
import { NONE, TARGET_PORT_WORDS } from "../limits";
import { ROWS_MAX, TableEntry } from "../memory/directory";
import { ErrorCode, Header } from "../memory/header";
import { copyRow, seal, sealRow } from "../memory/seals";
import { ModuleState } from "../tables/module-state";
import { CommonPolicy } from "../tables/policy";
import { TargetPortsConfig } from "../tables/target";
import { TargetPortConfig } from "../tables/target-port";
import { endConfiguration, portAdded, portKept, portRemoved, resetTarget } from "../policies/ports/reconfigure";
import { HAS_INTERFACES } from "../policies/present";
import { endInterfaceConfiguration } from "../policies/interfaces/reconfigure";
import { checkStaged, refuse } from "./check";
import { adoptHostingRow, adoptSets, assignHosting } from "./interfaces";
import { ConfiguredRow, RowChange, assignKind, markKept, replaceRow } from "./matching";
import { adoptMembers, assignMembers, controllerInForce } from "./members";

/** Checks the staged configuration whole; adopts it whole, or keeps the old one and says what is wrong. */
export function adoptStaged(): u32 {
  let wrong = checkStaged();
  if (wrong == 0) wrong = assignMembers();
  if (wrong == 0) wrong = assignHosting();
  const staged = CommonPolicy.staged();
  if (wrong == 0) wrong = assignKind(TARGET_PORT_CONFIG_TABLE, TARGET_PORT_BY_ID_TABLE, staged.targetPortCount);
  if (wrong == 0) wrong = assignKind(TARGET_CONFIG_TABLE, TARGET_BY_ID_TABLE, staged.targetCount);
  if (wrong != 0) return wrong;
  refuse(ErrorCode.NONE, 0, 0, 0);
  const header = Header.get();
  header.generation++;
  adoptPolicies();
  adoptMembers();
  if (HAS_INTERFACES) adoptHosting();
  adoptKind(TARGET_PORT_CONFIG_TABLE, TARGET_PORT_BY_ID_TABLE, CommonPolicy.get().targetPortCount);
  adoptKind(TARGET_CONFIG_TABLE, TARGET_BY_ID_TABLE, CommonPolicy.get().targetCount);
  const module = ModuleState.get();
  module.held = 0;
  seal(module);
  endConfiguration(header.generation == 1);
  if (HAS_INTERFACES) endInterfaceConfiguration();
  return 0;
}

function adoptPolicies(): void {
  adoptKnobs(COMMON_POLICY_TABLE);
  adoptKnobs(PORT_POLICY_TABLE);
  adoptKnobs(PROCESSOR_POLICY_TABLE);
  adoptKnobs(INTERFACE_POLICY_TABLE);
  adoptKnobs(HEALTH_CONFIG_TABLE);
}

/** Rows without an identity are taken over in place. */
function adoptKnobs(table: u32): void {
  const entry = TableEntry.of(table);
  const staged = TableEntry.of(table + 1);
  for (let row: u32 = 0; row < ROWS_MAX; row++) {
    if (row == entry.capacity) break;
    copyRow(entry.base + row * entry.stride, staged.base + row * entry.stride, entry.stride);
    sealRow(table, row);
  }
}

/** Network ports, eligible sets, interfaces and units; after members. */
export function adoptHosting(): void {
  const common = CommonPolicy.get();
  adoptKind(NETWORK_PORT_CONFIG_TABLE, NETWORK_PORT_BY_ID_TABLE, common.networkPortCount);
  adoptSets();
  adoptKind(INTERFACE_CONFIG_TABLE, INTERFACE_BY_ID_TABLE, common.interfaceCount);
  adoptKind(UNIT_CONFIG_TABLE, UNIT_BY_ID_TABLE, common.unitCount);
}

/** Rows of a kind that has a table to itself. */
function adoptKind(table: u32, order: u32, count: u32): void {
  const capacity = TableEntry.of(table).capacity;
  markKept(table, order, 0, capacity, count);
  for (let row: u32 = 0; row < ROWS_MAX; row++) {
    if (row == capacity) break;
    adoptRow(table, row);
  }
}

function adoptRow(table: u32, row: u32): void {
  const staged: u32 = ConfiguredRow.of(table, row).assigned;
  const change = replaceRow(table, row);
  if (table == TARGET_PORT_CONFIG_TABLE) adoptPort(row, change);
  else if (table == TARGET_CONFIG_TABLE) adoptTarget(row, staged, change);
  else if (HAS_INTERFACES) adoptHostingRow(table, row, change);
  sealRow(table, row);
}

function adoptPort(row: u32, change: RowChange): void {
  const config = TargetPortConfig.at(row);
  if (change != RowChange.NONE) config.owner = controllerInForce(config.owner);
  if (change == RowChange.REMOVED) portRemoved(row);
  if (change == RowChange.ADDED) portAdded(row);
  if (change == RowChange.KEPT) portKept(row);
}

function adoptTarget(row: u32, staged: u32, change: RowChange): void {
  adoptPortsOf(row, staged);
  if (change == RowChange.REMOVED || change == RowChange.ADDED) resetTarget(row);
}

/** Staged bits name staged rows; bits in force name rows in force. */
function adoptPortsOf(target: u32, staged: u32): void {
  for (let word: u32 = 0; word < TARGET_PORT_WORDS; word++) {
    TargetPortsConfig.at(target * TARGET_PORT_WORDS + word).ports = 0;
  }
  if (staged == NONE) return;
  for (let word: u32 = 0; word < TARGET_PORT_WORDS; word++) {
    let bits = TargetPortsConfig.stagedAt(staged * TARGET_PORT_WORDS + word).ports;
    for (let step: u32 = 0; step < 32; step++) {
      if (bits == 0) break;
      const port: u32 = TargetPortConfig.stagedAt((word << 5) + ctz(bits)).assigned;
      TargetPortsConfig.at(target * TARGET_PORT_WORDS + (port >> 5)).ports |= 1 << (port & 31);
      bits &= bits - 1;
    }
  }
}
