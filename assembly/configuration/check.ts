/** Checks of the staged configuration: whole, before anything of it is adopted. */
import { TARGET_MAX, TARGET_PORT_MAX, TARGET_PORT_WORDS } from "../limits";
import { ErrorCode, Header } from "../memory/header";
import { HEALTH_KIND_MAX, HealthConfig } from "../tables/health";
import { CommonPolicy, InterfacePolicy, PortPolicy, ProcessorPolicy } from "../tables/policy";
import { TargetConfig, TargetPortsConfig } from "../tables/target";
import { TargetPortConfig } from "../tables/target-port";
import { checkHosting } from "./interfaces";
import { checkMembers } from "./members";

/** Notes what is wrong and where; the code is what `configure` returns. */
export function refuse(code: ErrorCode, table: u32, row: u32, field: u32): u32 {
  const header = Header.get();
  header.errorCode = code;
  header.errorTable = table;
  header.errorRow = row;
  header.errorField = field;
  return code;
}

/** A generated check's result: 0, or the field's offset and an error code. */
export function refuseField(result: u32, table: u32, row: u32): u32 {
  return result == 0 ? 0 : refuse(<ErrorCode>(result & 0xff), table, row, result >> 8);
}

/** The first thing that is wrong with the staged configuration, or 0. */
export function checkStaged(): u32 {
  let wrong = checkPolicies();
  if (wrong == 0) wrong = checkMembers();
  if (wrong == 0) wrong = checkHosting();
  if (wrong == 0) wrong = checkTargetPorts();
  if (wrong == 0) wrong = checkTargets();
  return wrong;
}

function checkPolicies(): u32 {
  const common = CommonPolicy.staged();
  let wrong = refuseField(checkCommonPolicy(common), COMMON_POLICY_STAGED_TABLE, 0);
  if (wrong != 0) return wrong;
  if (common.targetPortCount > TARGET_PORT_MAX) {
    return refuse(ErrorCode.TABLE_FULL, COMMON_POLICY_STAGED_TABLE, 0, offsetof<CommonPolicy>("targetPortCount"));
  }
  if (common.targetCount > TARGET_MAX) {
    return refuse(ErrorCode.TABLE_FULL, COMMON_POLICY_STAGED_TABLE, 0, offsetof<CommonPolicy>("targetCount"));
  }
  const ports = PortPolicy.staged();
  wrong = refuseField(checkPortPolicy(ports), PORT_POLICY_STAGED_TABLE, 0);
  if (wrong != 0) return wrong;
  if (ports.lowWatermarkPermille >= ports.highWatermarkPermille) {
    const field = <u32>offsetof<PortPolicy>("lowWatermarkPermille");
    return refuse(ErrorCode.CONFLICT, PORT_POLICY_STAGED_TABLE, 0, field);
  }
  if (ports.backOffMs > ports.backOffMaxMs) {
    return refuse(ErrorCode.CONFLICT, PORT_POLICY_STAGED_TABLE, 0, offsetof<PortPolicy>("backOffMs"));
  }
  wrong = refuseField(checkProcessorPolicy(ProcessorPolicy.staged()), PROCESSOR_POLICY_STAGED_TABLE, 0);
  if (wrong == 0) wrong = refuseField(checkInterfacePolicy(InterfacePolicy.staged()), INTERFACE_POLICY_STAGED_TABLE, 0);
  return wrong == 0 ? checkHealth() : wrong;
}

function checkHealth(): u32 {
  for (let kind: u32 = 0; kind < HEALTH_KIND_MAX; kind++) {
    const health = HealthConfig.stagedAt(kind);
    const wrong = refuseField(checkHealthConfig(health), HEALTH_CONFIG_STAGED_TABLE, kind);
    if (wrong != 0) return wrong;
    if (health.holdDownMs > health.holdDownMaxMs) {
      return refuse(ErrorCode.CONFLICT, HEALTH_CONFIG_STAGED_TABLE, kind, offsetof<HealthConfig>("holdDownMs"));
    }
  }
  return 0;
}

/** Ids are not 0 and ascend: so that none stands twice, and rows can be matched in one walk. */
function checkTargetPorts(): u32 {
  let before: u32 = 0;
  for (let row: u32 = 0; row < TARGET_PORT_MAX; row++) {
    if (row == CommonPolicy.staged().targetPortCount) break;
    const port = TargetPortConfig.stagedAt(row);
    const wrong = refuseField(checkTargetPortConfig(port), TARGET_PORT_CONFIG_STAGED_TABLE, row);
    if (wrong != 0) return wrong;
    if (port.id <= before) {
      return refuse(ErrorCode.NOT_ASCENDING, TARGET_PORT_CONFIG_STAGED_TABLE, row, offsetof<TargetPortConfig>("id"));
    }
    before = port.id;
  }
  return 0;
}

function checkTargets(): u32 {
  let before: u32 = 0;
  for (let row: u32 = 0; row < TARGET_MAX; row++) {
    if (row == CommonPolicy.staged().targetCount) break;
    const target = TargetConfig.stagedAt(row);
    const wrong = refuseField(checkTargetConfig(target), TARGET_CONFIG_STAGED_TABLE, row);
    if (wrong != 0) return wrong;
    if (target.id <= before) {
      return refuse(ErrorCode.NOT_ASCENDING, TARGET_CONFIG_STAGED_TABLE, row, offsetof<TargetConfig>("id"));
    }
    before = target.id;
    const unknown = checkPortsOf(row);
    if (unknown != 0) return unknown;
  }
  return 0;
}

/** A target's bitmap names staged ports only. */
function checkPortsOf(target: u32): u32 {
  const ports = CommonPolicy.staged().targetPortCount;
  for (let word: u32 = 0; word < TARGET_PORT_WORDS; word++) {
    const row = target * TARGET_PORT_WORDS + word;
    const bits = TargetPortsConfig.stagedAt(row).ports;
    const first = word << 5;
    const known: u32 = ports >= first + 32 ? 0xffff_ffff : ports <= first ? 0 : (1 << (ports - first)) - 1;
    if ((bits & ~known) != 0) return refuse(ErrorCode.NO_SUCH_ROW, TARGET_PORTS_CONFIG_STAGED_TABLE, row, 0);
  }
  return 0;
}
