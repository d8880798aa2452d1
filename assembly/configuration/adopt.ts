/**
 * Adoption of a checked configuration: staged rows are matched with rows in force by id. A row that stays keeps its
 * place and its state; a removed one leaves a hole, which is given out anew only after the host has confirmed that all
 * its writers know the generation that removed it.
 */
import { NONE, TARGET_MAX, TARGET_PORT_MAX, TARGET_PORT_WORDS } from "../limits";
import { ROWS_MAX, TableEntry } from "../memory/directory";
import { ErrorCode, Header } from "../memory/header";
import { copyRow, seal, sealRow } from "../memory/seals";
import { ModuleState } from "../tables/module-state";
import { CommonPolicy } from "../tables/policy";
import { TargetConfig, TargetPortsConfig } from "../tables/target";
import { TargetPortConfig } from "../tables/target-port";
import { endConfiguration, portAdded, portKept, portRemoved, resetTarget } from "../policies/ports/reconfigure";
import { HAS_INTERFACES } from "../policies/present";
import { endInterfaceConfiguration } from "../policies/interfaces/reconfigure";
import { checkStaged, refuse } from "./check";
import { adoptHosting, assignHosting } from "./interfaces";
import { RowChange, assignRows, markKept, replaceRow } from "./matching";
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
  adoptPorts();
  adoptTargets();
  const module = ModuleState.get();
  module.held = 0;
  seal(module);
  endConfiguration(header.generation == 1);
  if (HAS_INTERFACES) endInterfaceConfiguration();
  return 0;
}

/** Kinds that have a table to themselves. */
function assignKind(table: u32, order: u32, count: u32): u32 {
  return assignRows(table, order, 0, TableEntry.of(table).capacity, count);
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

function adoptPorts(): void {
  const count = CommonPolicy.get().targetPortCount;
  markKept(TARGET_PORT_CONFIG_TABLE, TARGET_PORT_BY_ID_TABLE, 0, TARGET_PORT_MAX, count);
  for (let row: u32 = 0; row < TARGET_PORT_MAX; row++) {
    adoptPort(row);
  }
}

function adoptPort(row: u32): void {
  const change = replaceRow(TARGET_PORT_CONFIG_TABLE, row);
  const config = TargetPortConfig.at(row);
  if (change != RowChange.NONE) config.owner = controllerInForce(config.owner);
  seal(config);
  if (change == RowChange.REMOVED) portRemoved(row);
  if (change == RowChange.ADDED) portAdded(row);
  if (change == RowChange.KEPT) portKept(row);
}

function adoptTargets(): void {
  const count = CommonPolicy.get().targetCount;
  markKept(TARGET_CONFIG_TABLE, TARGET_BY_ID_TABLE, 0, TARGET_MAX, count);
  for (let row: u32 = 0; row < TARGET_MAX; row++) {
    adoptTarget(row);
  }
}

function adoptTarget(row: u32): void {
  const staged: u32 = TargetConfig.at(row).assigned;
  const change = replaceRow(TARGET_CONFIG_TABLE, row);
  seal(TargetConfig.at(row));
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
