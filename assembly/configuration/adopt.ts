/**
 * Adoption of a checked configuration: staged rows are matched with rows in force by id. A row that stays keeps its
 * place and its state; a removed one leaves a hole, which is given out anew only after the host has confirmed that all
 * its writers know the generation that removed it.
 */
import { NONE, TARGET_MAX, TARGET_PORT_MAX, TARGET_PORT_WORDS } from "../limits";
import { ErrorCode, Header } from "../memory/header";
import { copyRow, seal } from "../memory/seals";
import { HEALTH_KIND_MAX, HealthConfig } from "../tables/health";
import { ModuleState } from "../tables/module-state";
import { CommonPolicy, InterfacePolicy, PortPolicy, ProcessorPolicy } from "../tables/policy";
import { TargetConfig, TargetPortsConfig } from "../tables/target";
import { TargetPortConfig } from "../tables/target-port";
import { endConfiguration, portAdded, portKept, portRemoved, resetTarget } from "../policies/ports/reconfigure";
import { checkStaged, refuse } from "./check";
import { RowChange, assignRows, markKept, replaceRow, writeOrder } from "./matching";

/** Checks the staged configuration whole; adopts it whole, or keeps the old one and says what is wrong. */
export function adoptStaged(): u32 {
  let wrong = checkStaged();
  if (wrong == 0) wrong = assignPorts();
  if (wrong == 0) wrong = assignTargets();
  if (wrong != 0) return wrong;
  refuse(ErrorCode.NONE, 0, 0, 0);
  const header = Header.get();
  header.generation++;
  adoptPolicies();
  adoptPorts();
  adoptTargets();
  const module = ModuleState.get();
  module.held = 0;
  seal(module);
  endConfiguration(header.generation == 1);
  return 0;
}

const PORT_BYTES: u32 = offsetof<TargetPortConfig>();
const TARGET_BYTES: u32 = offsetof<TargetConfig>();

function assignPorts(): u32 {
  return assignRows(
    TARGET_PORT_CONFIG_STAGED_TABLE,
    TARGET_PORT_CONFIG_STAGED_BASE,
    TARGET_PORT_CONFIG_BASE,
    PORT_BYTES,
    TARGET_PORT_BY_ID_BASE,
    TARGET_PORT_MAX,
    CommonPolicy.staged().targetPortCount,
  );
}

function assignTargets(): u32 {
  return assignRows(
    TARGET_CONFIG_STAGED_TABLE,
    TARGET_CONFIG_STAGED_BASE,
    TARGET_CONFIG_BASE,
    TARGET_BYTES,
    TARGET_BY_ID_BASE,
    TARGET_MAX,
    CommonPolicy.staged().targetCount,
  );
}

function adoptPolicies(): void {
  copyRow(COMMON_POLICY_BASE, COMMON_POLICY_STAGED_BASE, offsetof<CommonPolicy>());
  seal(CommonPolicy.get());
  copyRow(PORT_POLICY_BASE, PORT_POLICY_STAGED_BASE, offsetof<PortPolicy>());
  seal(PortPolicy.get());
  copyRow(PROCESSOR_POLICY_BASE, PROCESSOR_POLICY_STAGED_BASE, offsetof<ProcessorPolicy>());
  seal(ProcessorPolicy.get());
  copyRow(INTERFACE_POLICY_BASE, INTERFACE_POLICY_STAGED_BASE, offsetof<InterfacePolicy>());
  seal(InterfacePolicy.get());
  for (let kind: u32 = 0; kind < HEALTH_KIND_MAX; kind++) {
    const config = HealthConfig.at(kind);
    copyRow(changetype<usize>(config), changetype<usize>(HealthConfig.stagedAt(kind)), offsetof<HealthConfig>());
    seal(config);
  }
}

function adoptPorts(): void {
  const count = CommonPolicy.get().targetPortCount;
  markKept(TARGET_PORT_CONFIG_STAGED_BASE, TARGET_PORT_CONFIG_BASE, PORT_BYTES, TARGET_PORT_MAX, count);
  for (let row: u32 = 0; row < TARGET_PORT_MAX; row++) {
    adoptPort(row);
  }
  writeOrder(TARGET_PORT_CONFIG_STAGED_BASE, PORT_BYTES, TARGET_PORT_BY_ID_BASE, TARGET_PORT_MAX, count);
}

function adoptPort(row: u32): void {
  const change = replaceRow(TARGET_PORT_CONFIG_TABLE, TARGET_PORT_CONFIG_STAGED_BASE, row);
  seal(TargetPortConfig.at(row));
  if (change == RowChange.REMOVED) portRemoved(row);
  if (change == RowChange.ADDED) portAdded(row);
  if (change == RowChange.KEPT) portKept(row);
}

function adoptTargets(): void {
  const count = CommonPolicy.get().targetCount;
  markKept(TARGET_CONFIG_STAGED_BASE, TARGET_CONFIG_BASE, TARGET_BYTES, TARGET_MAX, count);
  for (let row: u32 = 0; row < TARGET_MAX; row++) {
    adoptTarget(row);
  }
  writeOrder(TARGET_CONFIG_STAGED_BASE, TARGET_BYTES, TARGET_BY_ID_BASE, TARGET_MAX, count);
}

function adoptTarget(row: u32): void {
  const staged: u32 = TargetConfig.at(row).assigned;
  const change = replaceRow(TARGET_CONFIG_TABLE, TARGET_CONFIG_STAGED_BASE, row);
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
