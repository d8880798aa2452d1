/**
 * Health of whatever can fail. One machinery for target ports, network ports and members.
 *
 *   UNKNOWN ──first observation──▶ UP or DOWN
 *   UP ──`fallCount` looks in a row find it failed──▶ DOWN           (a flap: the hold-down doubles)
 *   DOWN ──`riseCount` looks in a row find it well──▶ HELD_DOWN ──hold-down over──▶ UP
 *   HELD_DOWN ──a look finds it failed──▶ DOWN
 *
 * A member that isn't heard for the configured time is found failed, too. Silence is told apart from a reported failure:
 * where too many of a kind fall silent together, the observer is the likelier fault (panic.ts), and none of them goes down
 * for it before that panic is over. Target ports and network ports are judged by what is reported of them alone.
 */
import { afterWait, nowMs, rest } from "../memory/scheduling";
import { NEVER, seal } from "../memory/seals";
import { verify } from "../memory/verify";
import { HAS_MEMBERS } from "../policies/present";
import {
  HEALTH_MEMBERS,
  HEALTH_NETWORK_PORTS,
  HealthConfig,
  HealthKind,
  HealthState,
  HealthStatus,
} from "../tables/health";
import { kindOfMember } from "../tables/member";
import { LinkState } from "../tables/target-port";
import { silenceHeldUntil } from "./panic";

/** Doublings after which the hold-down is surely at its limit. */
const FLAPS_MAX: u32 = 20;

/** The health row of a subject; a broken one begins anew as unknown. */
export function healthOf(row: u32): HealthState {
  return changetype<HealthState>(verify(HEALTH_STATE_TABLE, row));
}

/** Kind of a health row's subject. */
export function healthKindOf(row: u32): HealthKind {
  if (!HAS_MEMBERS) return HealthKind.TARGET_PORT;
  if (row >= HEALTH_MEMBERS) return <HealthKind>(HealthKind.PROCESSOR + kindOfMember(row - HEALTH_MEMBERS));
  return row >= HEALTH_NETWORK_PORTS ? HealthKind.NETWORK_PORT : HealthKind.TARGET_PORT;
}

/** What a report says of the subject, judged at once and then by looks. True if its status changed. */
export function report(row: u32, kind: HealthKind, found: HealthStatus): bool {
  const health = healthOf(row);
  health.heardMs = nowMs();
  const wasSilent = health.silent;
  health.silent = 0;
  if (health.observed != <u8>found) {
    health.observed = <u8>found;
    health.looks = 0;
  }
  return look(row, kind, health) || wasSilent != 0;
}

/** The same of a port, by its link: of one that isn't known nothing is said. */
export function reportLink(row: u32, kind: HealthKind, link: LinkState): bool {
  if (link == LinkState.UNKNOWN) return false;
  return report(row, kind, link == LinkState.UP ? HealthStatus.UP : HealthStatus.DOWN);
}

/** Looks at a subject whose deadline has come. True if its status changed. */
export function lookAgain(row: u32, kind: HealthKind): bool {
  return look(row, kind, healthOf(row));
}

function look(row: u32, kind: HealthKind, health: HealthState): bool {
  const config = HealthConfig.at(kind);
  const before = health.status;
  const wasSilent = health.silent;
  if (HAS_MEMBERS && kind >= HealthKind.PROCESSOR) findSilence(row, kind, health, config);
  if (health.looks < 255) health.looks++;
  switch (<u32>before) {
    case HealthStatus.UNKNOWN: {
      // A first observation is taken as it is: a cold start has nothing to compare it with.
      health.status = health.observed;
      health.changedMs = nowMs();
      break;
    }
    case HealthStatus.UP: {
      if (health.observed == <u8>HealthStatus.DOWN && health.looks >= config.fallCount) goDown(health);
      break;
    }
    case HealthStatus.DOWN: {
      if (health.observed == <u8>HealthStatus.UP && health.looks >= config.riseCount) holdDown(health, config);
      break;
    }
    default: {
      if (health.observed == <u8>HealthStatus.DOWN) goDown(health);
      break;
    }
  }
  if (health.status == <u8>HealthStatus.HELD_DOWN && health.heldUntilMs <= nowMs()) goUp(health);
  forgetFlaps(health, config);
  let next = nextLook(health, config);
  if (HAS_MEMBERS && kind >= HealthKind.PROCESSOR && health.silent == 0) {
    next = min(next, max(silentAt(health, config), health.silenceHeldMs));
  }
  rest(HEALTH_STATE_TABLE, row, next);
  return health.status != before || health.silent != wasSilent;
}

/** Nothing heard for too long: as if a failure had been reported, unless the observer is the likelier fault. */
function findSilence(row: u32, kind: HealthKind, health: HealthState, config: HealthConfig): void {
  if (health.silent != 0 || silentAt(health, config) > nowMs()) return;
  // A silence that was put down to a panic is judged once the panic is over.
  if (health.silenceHeldMs <= health.heardMs)
    health.silenceHeldMs = silenceHeldUntil(row - HEALTH_MEMBERS, kind, config);
  if (health.silenceHeldMs > nowMs()) return;
  health.silent = 1;
  if (health.observed == <u8>HealthStatus.DOWN) return;
  health.observed = <u8>HealthStatus.DOWN;
  health.looks = 0;
}

function silentAt(health: HealthState, config: HealthConfig): u64 {
  return health.heardMs + config.silenceMs;
}

/** A member's start, or the end of the observer's own pause: it has its whole time to be heard from `fromMs` on. */
export function awaitReport(row: u32, fromMs: u64): void {
  const health = healthOf(row);
  health.heardMs = fromMs;
  rest(HEALTH_STATE_TABLE, row, silentAt(health, HealthConfig.at(healthKindOf(row))));
}

/** The member started anew: that counts as a flap, though it was not missed. */
export function countRestart(row: u32): void {
  const health = healthOf(row);
  if (health.flaps < FLAPS_MAX) health.flaps++;
  health.changedMs = nowMs();
  seal(health);
}

function goDown(health: HealthState): void {
  if (health.status == <u8>HealthStatus.UP && health.flaps < FLAPS_MAX) health.flaps++;
  health.status = <u8>HealthStatus.DOWN;
  health.changedMs = nowMs();
}

/** Hold-down doubles with each flap up to its limit. */
function holdDown(health: HealthState, config: HealthConfig): void {
  const doublings = health.flaps > 0 ? health.flaps - 1 : 0;
  health.status = <u8>HealthStatus.HELD_DOWN;
  health.heldUntilMs = afterWait(config.holdDownMs, doublings, config.holdDownMaxMs);
}

function goUp(health: HealthState): void {
  health.status = <u8>HealthStatus.UP;
  health.changedMs = nowMs();
}

function forgetFlaps(health: HealthState, config: HealthConfig): void {
  if (health.status != <u8>HealthStatus.UP || health.flaps == 0) return;
  if (health.changedMs + config.flapForgetMs <= nowMs()) health.flaps = 0;
}

/** While in doubt at the interval, then at the end of a hold-down, then when flaps are forgotten; else never. */
function nextLook(health: HealthState, config: HealthConfig): u64 {
  if (health.status == <u8>HealthStatus.HELD_DOWN) return health.heldUntilMs;
  if (health.status != health.observed) return nowMs() + config.intervalMs;
  if (health.status == <u8>HealthStatus.UP && health.flaps > 0) return health.changedMs + config.flapForgetMs;
  return NEVER;
}
