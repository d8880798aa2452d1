/** The product on one page: latch, judge, decide, seal. */
import { ClockStep, advanceClock } from "./memory/clock";
import { restartMembers } from "./members/observe";
import { Call, Header } from "./memory/header";
import { checkRing, decisionsWaiting } from "./memory/ring";
import { anyChanged, changesWait, earliestDeadline } from "./memory/scheduling";
import { PLACE_WORK_MAX, WORK_PER_TICK_MAX } from "./limits";
import { forgetInterfaces, observeInterfaces } from "./policies/interfaces/interfaces";
import { interfacesDeadline, interfacesPlanned, planInterfaces } from "./policies/interfaces/plan";
import { moduleState } from "./memory/verify";
import { HAS_INTERFACES, HAS_MEMBERS } from "./policies/present";
import { decideProcessors } from "./policies/processors/processors";
import { answerRequests } from "./policies/requests";
import { decidePorts, forgetPortObservations, observePorts, restartPortDetectors } from "./policies/ports/ports";
import { planUnderWay } from "./policies/ports/planning";
import { visit } from "./visit";

/** One step. Returns how many decisions wait for the host. */
export function step(): u32 {
  const header = Header.get();
  header.callUnderWay = Call.TICK;
  const clock = advanceClock();
  const idle = clock == ClockStep.STEADY && header.nowMs < header.nextDeadlineMs && !anyChanged();
  if (!idle) work(clock);
  header.callUnderWay = Call.NONE;
  return decisionsWaiting();
}

function work(clock: ClockStep): void {
  const header = Header.get();
  header.busyTicks++;
  checkRing();
  if (clock == ClockStep.RESTART) forgetPortObservations();
  if (HAS_INTERFACES && clock == ClockStep.RESTART) forgetInterfaces();
  if (clock == ClockStep.GAP) restartPortDetectors();
  if (HAS_MEMBERS && (clock != ClockStep.STEADY || moduleState().rebuild != 0))
    restartMembers(clock == ClockStep.RESTART);
  // Latch: what others wrote is taken over, health and port state whole, before anything is judged.
  visit(TARGET_PORT_COUNTERS_TABLE);
  visit(HEARTBEAT_TABLE);
  visit(MEMBER_INPUT_TABLE);
  visit(CONTROL_TABLE);
  visit(SCOPE_TABLE);
  visit(REQUEST_TABLE);
  observePorts();
  observeHosting();
  visit(OUTCOME_TABLE);
  // Judge: samples become loads, loads become states.
  visit(TARGET_PORT_STATE_TABLE);
  visit(SCOPE_STATE_TABLE);
  visit(PROCESSOR_ROW_TABLE);
  // Decide: the difference between what is wanted and what is observed. Rows are sealed as they are written.
  header.ringFull = 0;
  if (HAS_MEMBERS) decideProcessors();
  if (HAS_INTERFACES) answerRequests();
  decidePorts();
  if (HAS_INTERFACES) planInterfaces();
  header.nextDeadlineMs = nextDeadline();
}

/** Links, addresses and units, and what members and scopes have become. */
function observeHosting(): void {
  visit(NETWORK_PORT_INPUT_TABLE);
  if (HAS_INTERFACES) observeInterfaces();
  for (let n: u32 = 0; n < HOSTING_VISITS; n++) {
    if (!changesWait(INTERFACE_INPUT_TABLE)) break;
    visit(INTERFACE_INPUT_TABLE);
  }
  visit(INTERFACE_STATE_TABLE);
  visit(UNIT_INPUT_TABLE);
  visit(UNIT_STATE_TABLE);
}

/** Times that observations of addresses are taken over in one tick: all come up at once. */
const HOSTING_VISITS: u32 = PLACE_WORK_MAX / WORK_PER_TICK_MAX;

/** When time alone makes a tick necessary. */
function nextDeadline(): u64 {
  const header = Header.get();
  let next = earliestDeadline();
  if (planUnderWay() || (HAS_INTERFACES && interfacesPlanned()) || header.ringFull != 0) return header.nowMs;
  if (HAS_INTERFACES) next = min(next, interfacesDeadline());
  if (header.graceUntilMs > header.nowMs) next = min(next, header.graceUntilMs);
  if (header.panicUntilMs > header.nowMs) next = min(next, header.panicUntilMs);
  return next;
}
