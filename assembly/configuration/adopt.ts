/**
 * Adoption of a checked configuration: staged rows are matched with rows in force by id. A row that stays keeps its
 * place and its state; a removed one leaves a hole, which is given out anew only after the host has confirmed that all
 * its writers know the generation that removed it.
 */
import { NONE, TARGET_MAX, TARGET_PORT_MAX, TARGET_PORT_WORDS } from "../limits";
import { ErrorCode, Header } from "../memory/header";
import { copy, seal } from "../memory/seals";
import { HEALTH_KIND_MAX, HealthConfig } from "../tables/health";
import { ModuleState } from "../tables/module-state";
import { CommonPolicy, PortPolicy } from "../tables/policy";
import { TargetById, TargetConfig, TargetPortsConfig } from "../tables/target";
import { TargetPortById, TargetPortConfig } from "../tables/target-port";
import {
  endConfiguration,
  portAdded,
  portKept,
  portRemoved,
  targetAdded,
  targetRemoved,
} from "../policies/ports/reconfigure";
import { checkStaged, refuse } from "./check";
import { assignRows, markKept, writeOrder } from "./matching";

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
  copy(CommonPolicy.get(), CommonPolicy.staged());
  seal(CommonPolicy.get());
  copy(PortPolicy.get(), PortPolicy.staged());
  seal(PortPolicy.get());
  for (let kind: u32 = 0; kind < HEALTH_KIND_MAX; kind++) {
    copy(HealthConfig.at(kind), HealthConfig.stagedAt(kind));
    seal(HealthConfig.at(kind));
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
  const config = TargetPortConfig.at(row);
  const staged: u32 = config.assigned;
  const before = config.id;
  const generation = before != 0 && staged != NONE ? config.generation : Header.get().generation;
  if (staged == NONE) {
    if (before == 0) return seal(config);
    config.id = 0;
  } else {
    copy(config, TargetPortConfig.stagedAt(staged));
    config.assigned = <u16>row;
  }
  config.generation = generation;
  seal(config);
  if (staged == NONE) portRemoved(row);
  else if (before == 0) portAdded(row);
  else portKept(row);
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
  const config = TargetConfig.at(row);
  const staged: u32 = config.assigned;
  const before = config.id;
  const generation = before != 0 && staged != NONE ? config.generation : Header.get().generation;
  if (staged == NONE) {
    if (before == 0) return seal(config);
    config.id = 0;
  } else {
    copy(config, TargetConfig.stagedAt(staged));
    config.assigned = <u16>row;
  }
  config.generation = generation;
  seal(config);
  adoptPortsOf(row, staged);
  if (staged == NONE) targetRemoved(row);
  else if (before == 0) targetAdded(row);
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
