/**
 * Panic: where more than the configured share of at least four members of a kind falls silent within one window, and no
 * other observer agrees, the observer is the likelier fault. Their silence is not believed for `panicMs`, an alarm says
 * so, and nothing new is decided meanwhile; then each silence stands as it is.
 */
import { MEMBER_MAX } from "../limits";
import { Header } from "../memory/header";
import { alarm } from "../memory/ring";
import { due, nowMs } from "../memory/scheduling";
import { Reason, SubjectKind } from "../tables/decision";
import { HEALTH_MEMBERS, HealthConfig, HealthKind, HealthState, HealthStatus } from "../tables/health";
import { Heartbeat, firstMember, membersOf } from "../tables/member";
import { isMember, isOwn } from "./members";

/** Subjects below which falling silent together says nothing. */
const PANIC_SUBJECTS_MIN: u32 = 4;
/** Members of a kind whose bits a heartbeat has room for. */
const HEARS_MAX: u32 = 128;

/** Until when the silence of a member is to be put down to this observer; a time past if it stands. */
export function silenceHeldUntil(member: u32, kind: HealthKind, config: HealthConfig): u64 {
  const header = Header.get();
  if (!due(header.panicUntilMs)) return header.panicUntilMs;
  const silent = silentTogether(member, kind - HealthKind.PROCESSOR, config);
  if (silent == 0) return nowMs();
  header.panicUntilMs = nowMs() + config.panicMs;
  alarm(Reason.PANIC, SubjectKind.MEMBER, member, 0, silent);
  return header.panicUntilMs;
}

/** How many of the kind fell silent together, or 0 where that is no cause to panic. */
function silentTogether(member: u32, kind: u32, config: HealthConfig): u32 {
  const first = firstMember(kind);
  const rows = membersOf(kind);
  let subjects: u32 = 0;
  let silent: u32 = 0;
  for (let n: u32 = 0; n < MEMBER_MAX; n++) {
    if (n == rows) break;
    const row = first + n;
    if (!isMember(row)) continue;
    const health = HealthState.at(HEALTH_MEMBERS + row);
    // Whoever has been down for longer than a window is neither silent together with others, nor heard.
    const isDown = health.status != <u8>HealthStatus.UP && health.status != <u8>HealthStatus.HELD_DOWN;
    if (isDown && health.changedMs + config.silenceMs <= nowMs()) continue;
    subjects++;
    // Half of the time is enough: the silences of one cause are not found in the same instant.
    if (health.heardMs + config.silenceMs / 2 <= nowMs()) silent++;
    else if (agrees(row, member - first)) return 0;
  }
  if (subjects < PANIC_SUBJECTS_MIN || silent * 1000 <= subjects * config.panicPermille) return 0;
  return silent;
}

/** True if a member that is heard says that it doesn't hear the silent one either. This module's own row says nothing here. */
function agrees(observer: u32, place: u32): bool {
  if (place >= HEARS_MAX || isOwn(observer)) return false;
  const beat = changetype<usize>(Heartbeat.latchedAt(observer));
  const word = load<u32>(beat + (place >> 5) * 4, offsetof<Heartbeat>("hears0"));
  return ((word >> (place & 31)) & 1) == 0;
}
