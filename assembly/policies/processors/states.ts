/**
 * States of processors, as this module judges them: its own by its own tests, the others' by what they say and by
 * whether they are heard at all.
 *
 *   state        web server   may be active   may be caretaker
 *   UNKNOWN      -            no              no
 *   HEALTHY      full         yes             no
 *   DEGRADED     full         last choice     no
 *   UNHEALTHY    restricted   no              yes
 *   ISOLATED     restricted   no              no
 *   UNREACHABLE  its own say  no              no
 *   MAINTENANCE  restricted   no              last choice
 */
import { PROCESSOR_MAX } from "../../limits";
import { inMaintenance, isMember, isOwn, leaseGone, memberStatus, toldFit } from "../../members/members";
import { nowMs } from "../../memory/scheduling";
import { seal } from "../../memory/seals";
import { HEALTH_MEMBERS, HealthState, HealthStatus } from "../../tables/health";
import {
  Heartbeat,
  MemberConfig,
  MemberFlag,
  MemberReport,
  MemberState,
  ProcessorRole,
  WebServerKind,
} from "../../tables/member";
import { ProcessorRow, ProcessorState } from "../../tables/processor";
import { verify } from "../../memory/verify";

/** The table above, four bits a state: web server in the lower two, then may be active, may be caretaker. */
const ABILITIES: u32 =
  ((<u32>WebServerKind.NONE) << (<u32>ProcessorState.UNKNOWN * 4)) |
  ((<u32>WebServerKind.FULL | 4) << (<u32>ProcessorState.HEALTHY * 4)) |
  ((<u32>WebServerKind.FULL | 4) << (<u32>ProcessorState.DEGRADED * 4)) |
  ((<u32>WebServerKind.RESTRICTED | 8) << (<u32>ProcessorState.UNHEALTHY * 4)) |
  ((<u32>WebServerKind.RESTRICTED) << (<u32>ProcessorState.ISOLATED * 4)) |
  ((<u32>WebServerKind.NONE) << (<u32>ProcessorState.UNREACHABLE * 4)) |
  ((<u32>WebServerKind.RESTRICTED | 8) << (<u32>ProcessorState.MAINTENANCE * 4));

export function webServerOf(state: u32): u32 {
  return (ABILITIES >> (state * 4)) & 3;
}

export function mayBeActive(state: u32): bool {
  return ((ABILITIES >> (state * 4)) & 4) != 0;
}

export function mayBeCaretaker(state: u32): bool {
  return ((ABILITIES >> (state * 4)) & 8) != 0;
}

export function processorAt(row: u32): ProcessorRow {
  return changetype<ProcessorRow>(verify(PROCESSOR_ROW_TABLE, row));
}

/** Takes over state and role of every processor. */
export function judgeProcessors(): void {
  for (let row: u32 = 0; row < PROCESSOR_MAX; row++) {
    const processor = processorAt(row);
    const role: u32 = isMember(row) ? <u32>Heartbeat.latchedAt(row).role >> 8 : ProcessorRole.PASSIVE;
    const state = stateOf(row, role);
    if (processor.state == <u8>state && processor.role == <u8>role) continue;
    if (processor.state != <u8>state) processor.sinceMs = nowMs();
    processor.state = <u8>state;
    processor.webServer = <u8>webServerOf(state);
    processor.role = <u8>role;
    seal(processor);
  }
}

function stateOf(row: u32, role: u32): ProcessorState {
  const health = memberStatus(row);
  if (!isMember(row) || health == <u32>HealthStatus.UNKNOWN) return ProcessorState.UNKNOWN;
  const own = isOwn(row);
  // A host that never says how its own processor is doesn't ask for an election.
  if (own && MemberState.at(row).heard == 0) return ProcessorState.UNKNOWN;
  if (HealthState.at(HEALTH_MEMBERS + row).silent != 0 && !own) return ProcessorState.UNREACHABLE;
  // One that is active drains first, and is in maintenance after that.
  if (inMaintenance(row) && role != <u32>ProcessorRole.ACTIVE) return ProcessorState.MAINTENANCE;
  const beat = Heartbeat.latchedAt(row);
  if (isAlone(row, beat)) return ProcessorState.ISOLATED;
  if (health != <u32>HealthStatus.UP) return ProcessorState.UNHEALTHY;
  const isWhole = (~beat.selfTests & 63) == 0 && (beat.penalty == 0 || beat.penalty < MemberConfig.at(row).priority);
  return isWhole ? ProcessorState.HEALTHY : ProcessorState.DEGRADED;
}

/** It reaches neither the lease service nor any other processor. */
function isAlone(row: u32, beat: Heartbeat): bool {
  if ((beat.flags & <u16>MemberReport.REACHES_LEASE_SERVICE) != 0) return false;
  const others = (<u64>beat.hears0 | ((<u64>beat.hears1) << 32)) & ~((<u64>1) << row);
  return others == 0;
}

/**
 * True for a processor that could take over: it may be active and is not known to have lost its lease; one that is not
 * heard, by its own word through the lease service.
 */
export function isCandidate(row: u32): bool {
  const state: u32 = ProcessorRow.at(row).state;
  if (state == <u32>ProcessorState.UNREACHABLE) return toldFit(row);
  return mayBeActive(state) && !leaseGone(row);
}

/**
 * How good a choice a processor is: healthy before degraded (or unhealthy before in maintenance, for a caretaker), then
 * the preferred one, then by priority less penalty, then by fewer failures lately. Ties are broken by the lower id.
 */
function worth(row: u32): u64 {
  const config = MemberConfig.at(row);
  const penalty = Heartbeat.latchedAt(row).penalty;
  const priority = config.priority > penalty ? config.priority - penalty : 0;
  const preferred: u64 = (config.flags & MemberFlag.PREFERRED) != 0 ? 1 : 0;
  const state: u64 = 15 - ProcessorRow.at(row).state;
  const flaps: u64 = 0xffff - HealthState.at(HEALTH_MEMBERS + row).flaps;
  return (state << 40) | (preferred << 32) | ((<u64>priority) << 16) | flaps;
}

/** True if one processor is the better choice of two. */
export function isBetter(one: u32, other: u32): bool {
  const first = worth(one);
  const second = worth(other);
  return first != second ? first > second : MemberConfig.at(one).id < MemberConfig.at(other).id;
}
