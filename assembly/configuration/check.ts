/** Checks of the staged configuration: whole, before anything of it is adopted. */
import { TARGET_MAX, TARGET_PORT_MAX, TARGET_PORT_WORDS } from "../limits";
import { ROWS_MAX } from "../memory/directory";
import { ErrorCode, Header } from "../memory/header";
import { HAS_INTERFACES } from "../policies/present";
import { HEALTH_KIND_MAX, HealthConfig } from "../tables/health";
import { CommonPolicy, InterfacePolicy, PortPolicy, ProcessorPolicy } from "../tables/policy";
import { TargetConfig, TargetPortsConfig } from "../tables/target";
import { TargetPortConfig } from "../tables/target-port";
import { checkHosting, checkHostingRow } from "./interfaces";
import { ConfiguredRow } from "./matching";
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
  if (wrong == 0) wrong = checkRows(TARGET_PORT_CONFIG_STAGED_TABLE, CommonPolicy.staged().targetPortCount);
  if (wrong == 0) wrong = checkTargets();
  return wrong;
}

function checkPolicies(): u32 {
  const common = CommonPolicy.staged();
  let wrong = refuseField(checkCommonPolicy(common), COMMON_POLICY_STAGED_TABLE, 0);
  if (wrong == 0)
    wrong = checkCount(common.targetPortCount, TARGET_PORT_MAX, offsetof<CommonPolicy>("targetPortCount"));
  if (wrong == 0) wrong = checkCount(common.targetCount, TARGET_MAX, offsetof<CommonPolicy>("targetCount"));
  const ports = PortPolicy.staged();
  if (wrong == 0) wrong = refuseField(checkPortPolicy(ports), PORT_POLICY_STAGED_TABLE, 0);
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

/** Ids are not 0 and ascend: so that none stands twice, and rows can be matched in one walk. Each row is right by itself. */
export function checkRows(table: u32, count: u32): u32 {
  let before: u32 = 0;
  for (let row: u32 = 0; row < ROWS_MAX; row++) {
    if (row == count) break;
    const wrong = refuseField(checkRow(table, row), table, row);
    if (wrong != 0) return wrong;
    const id = ConfiguredRow.of(table, row).id;
    if (id <= before) return refuse(ErrorCode.NOT_ASCENDING, table, row, offsetof<ConfiguredRow>("id"));
    before = id;
  }
  return 0;
}

/** 0, or the wrong field's offset and an error code. */
function checkRow(table: u32, row: u32): u32 {
  if (table == TARGET_PORT_CONFIG_STAGED_TABLE) return checkTargetPortConfig(TargetPortConfig.stagedAt(row));
  if (table == TARGET_CONFIG_STAGED_TABLE) return checkTargetConfig(TargetConfig.stagedAt(row));
  return HAS_INTERFACES ? checkHostingRow(table, row) : 0;
}

/** More rows of a kind than fit: the field is the kind's count. */
export function checkCount(count: u32, most: u32, field: usize): u32 {
  return count <= most ? 0 : refuse(ErrorCode.TABLE_FULL, COMMON_POLICY_STAGED_TABLE, 0, <u32>field);
}

function checkTargets(): u32 {
  const count = CommonPolicy.staged().targetCount;
  let wrong = checkRows(TARGET_CONFIG_STAGED_TABLE, count);
  for (let target: u32 = 0; target < TARGET_MAX; target++) {
    if (wrong != 0 || target == count) break;
    wrong = checkPortsOf(target);
  }
  return wrong;
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
