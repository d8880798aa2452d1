/** What is taken over of members in each tick: heartbeats whole, then what the lease service says of them. */
import { MEMBER_MAX, PROCESSOR_MAX, SCOPE_MAX } from "../limits";
import { Header } from "../memory/header";
import { isCurrent } from "../memory/inputs";
import { latchRow } from "../memory/latch";
import { markChanged, nowMs } from "../memory/scheduling";
import { resetRow, seal } from "../memory/seals";
import { verify } from "../memory/verify";
import { HEALTH_MEMBERS, HealthStatus } from "../tables/health";
import { Heartbeat, MemberConfig, MemberInput, MemberState } from "../tables/member";
import { CommonPolicy, ProcessorPolicy } from "../tables/policy";
import { awaitReport, countRestart, healthKindOf, report } from "./health";
import { isMember, isOwn } from "./members";
import { stir } from "./stir";

/** Words of a heartbeat that say more than that it came: from its self-tests to its flags. */
const TOLD_FROM: u32 = offsetof<Heartbeat>("selfTests");
const TOLD_WORDS: u32 = 7;
if (TOLD_FROM + TOLD_WORDS * 4 != offsetof<Heartbeat>("carried")) ERROR("all of a heartbeat but what it carries");

/** A heartbeat that a writer has left: a sign of life if it is a new one. */
export function takeHeartbeat(row: u32): void {
  const beat = Heartbeat.latchedAt(row);
  const before = told(beat);
  if (!latchRow(HEARTBEAT_TABLE, row)) return;
  const config = MemberConfig.at(row);
  if (config.id == 0 || beat.generation != config.generation) {
    Header.get().droppedRows++;
    return;
  }
  const state = memberAt(row);
  if (told(beat) != before || state.heard == 0) stir();
  if (state.heard != 0 && state.beat == beat.beat && state.bootCount == beat.bootCount) return;
  const health = HEALTH_MEMBERS + row;
  if (state.heard != 0 && state.bootCount != beat.bootCount) countRestart(health);
  state.beat = beat.beat;
  state.bootCount = beat.bootCount;
  state.heard = 1;
  seal(state);
  if (report(health, healthKindOf(health), found(row, beat))) stir();
}

/** A processor that says of itself that it fails is as good as failed; of other members the heartbeat alone counts. */
function found(row: u32, beat: Heartbeat): HealthStatus {
  const failed = ~beat.selfTests & ProcessorPolicy.get().unhealthyTests;
  return row < PROCESSOR_MAX && failed != 0 ? HealthStatus.DOWN : HealthStatus.UP;
}

/** A sum of what the heartbeat says beyond being one: equal where nothing of it has changed. */
function told(beat: Heartbeat): u32 {
  let sum: u32 = 0;
  for (let n: u32 = 0; n < TOLD_WORDS; n++) {
    sum = (rotl(sum, 5) ^ load<u32>(changetype<usize>(beat) + TOLD_FROM + n * 4)) * 0x9e37_79b1;
  }
  return sum;
}

export function takeMemberInput(row: u32): void {
  if (isCurrent(MemberInput.at(row), MemberConfig.at(row))) stir();
}

function memberAt(row: u32): MemberState {
  return changetype<MemberState>(verify(MEMBER_STATE_TABLE, row));
}

/** A row was given out to a new member: it has the grace period and its whole time to be heard. */
export function memberAdded(row: u32): void {
  memberRemoved(row);
  awaitMember(row);
}

/** The silence of own members counts from their first heartbeat on: a host alone need not write any. */
function awaitMember(row: u32): void {
  if (MemberState.at(row).heard != 0 || !isOwn(row))
    awaitReport(HEALTH_MEMBERS + row, nowMs() + CommonPolicy.get().graceMs);
}

/** A removed member leaves nothing behind: its row may be given out anew. */
export function memberRemoved(row: u32): void {
  resetRow(MEMBER_STATE_TABLE, row);
  resetRow(MEMBER_INPUT_TABLE, row);
  resetRow(HEALTH_STATE_TABLE, HEALTH_MEMBERS + row);
}

/** After a gap of the clock each member has its whole time to be heard; after a restart of the host nothing is known of it. */
export function restartMembers(forget: bool): void {
  for (let row: u32 = 0; row < MEMBER_MAX; row++) {
    if (!isMember(row)) continue;
    if (forget) {
      resetRow(MEMBER_STATE_TABLE, row);
      resetRow(HEALTH_STATE_TABLE, HEALTH_MEMBERS + row);
    }
    awaitMember(row);
  }
  for (let row: u32 = 0; row < SCOPE_MAX; row++) {
    if (forget) markChanged(SCOPE_TABLE, row);
  }
  stir();
}
