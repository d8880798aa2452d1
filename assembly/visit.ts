/**
 * What is done with a row that has changed or is due, by its table: one walk for all, since it is the same for each.
 *
 * A table with deadlines is looked at by them, any other by its changed bits. No handler visits another table.
 */
import { OUTCOME_MAX, WORK_PER_TICK_MAX } from "./limits";
import { healthKindOf, lookAgain } from "./members/health";
import { takeHeartbeat, takeMemberInput } from "./members/observe";
import { takeControl, takeScope } from "./members/scopes";
import { stir } from "./members/stir";
import { TableEntry } from "./memory/directory";
import { rest, takeChanged, takeDue } from "./memory/scheduling";
import { NEVER } from "./memory/seals";
import { takeNetworkPort } from "./policies/interfaces/ports";
import { lookAtInterface, takeInterface } from "./policies/interfaces/steps";
import { lookAtUnit, takeUnit } from "./policies/interfaces/units";
import { HAS_INTERFACES, HAS_MEMBERS } from "./policies/present";
import { answerArrival, endArrival } from "./policies/ports/arrivals";
import { markTarget, targetOf } from "./policies/ports/marks";
import { wakeMove } from "./policies/ports/moves";
import { followHealth, takeOutcome, takePortCounters, takePortState } from "./policies/ports/ports";
import { judgeTarget, sayAgain } from "./policies/ports/registrations";
import { verify } from "./memory/verify";
import { judgePort } from "./policies/ports/samples";
import { observeSession, sessionCountersCame } from "./policies/ports/sessions";
import { HEALTH_TARGET_PORTS, HealthKind } from "./tables/health";
import { Work } from "./tables/module-state";

/** Outcomes taken in one tick: each is looked for among the moves and changes. */
const OUTCOMES_PER_TICK: u32 = OUTCOME_MAX < 256 ? WORK_PER_TICK_MAX : 256;

/** Handles the rows of a table that have changed or are due, as many as a tick's work allows. */
export function visit(table: u32): void {
  const most = table == OUTCOME_TABLE ? OUTCOMES_PER_TICK : WORK_PER_TICK_MAX;
  const count = TableEntry.of(table).deadlines != 0 ? takeDue(table, most) : takeChanged(table, most);
  for (let n: u32 = 0; n < WORK_PER_TICK_MAX; n++) {
    if (n == count) break;
    visitRow(table, Work.at(n).row);
  }
}

function visitRow(table: u32, row: u32): void {
  switch (table) {
    case TARGET_PORT_COUNTERS_TABLE:
      return takePortCounters(row);
    case TARGET_PORT_STATE_TABLE:
      return judgePort(row);
    case TARGET_PORT_INPUT_TABLE:
      return takePortState(row);
    case HEALTH_STATE_TABLE:
      return lookAtSubject(row);
    case HEARTBEAT_TABLE:
      if (HAS_MEMBERS) takeHeartbeat(row);
      return;
    case MEMBER_INPUT_TABLE:
      if (HAS_MEMBERS) takeMemberInput(row);
      return;
    case SCOPE_TABLE:
      if (HAS_MEMBERS) takeScope(row);
      return;
    case CONTROL_TABLE:
      return takeControl();
    case REQUEST_TABLE:
      if (HAS_MEMBERS) stir();
      return;
    case SCOPE_STATE_TABLE:
    case PROCESSOR_ROW_TABLE:
      return wake(table, row);
    case SESSION_INPUT_TABLE:
      return observeSession(row);
    case SESSION_COUNTERS_TABLE:
      return sessionCountersCame(row);
    case REGISTRATION_INPUT_TABLE:
      return markTarget(targetOf(row));
    case REGISTRATION_STATE_TABLE:
      return judgeTarget(targetOf(row));
    case REGISTRATION_CHANGE_TABLE:
      return sayAgain(row);
    case MOVE_TABLE:
      return wakeMove(row);
    case OUTCOME_TABLE:
      return takeOutcome(row);
    case ARRIVAL_INPUT_TABLE:
      return answerArrival(row);
    case ARRIVAL_STATE_TABLE:
      return endArrival(row);
    case NETWORK_PORT_INPUT_TABLE:
      if (HAS_INTERFACES) takeNetworkPort(row);
      return;
    case INTERFACE_INPUT_TABLE:
      if (HAS_INTERFACES) takeInterface(row);
      return;
    case INTERFACE_STATE_TABLE:
      if (HAS_INTERFACES) lookAtInterface(row);
      return;
    case UNIT_INPUT_TABLE:
      if (HAS_INTERFACES) takeUnit(row);
      return;
    case UNIT_STATE_TABLE:
      if (HAS_INTERFACES) lookAtUnit(row);
      return;
    default:
      return;
  }
}

/** A health row whose deadline has come: whoever follows its subject is told of a change. */
function lookAtSubject(row: u32): void {
  const kind = healthKindOf(row);
  if (!lookAgain(row, kind)) return;
  if (kind == HealthKind.TARGET_PORT) followHealth(row - HEALTH_TARGET_PORTS);
  else if (HAS_MEMBERS) stir();
}

/** A wait of an election has ended: the policies look again, and set the next one. */
function wake(table: u32, row: u32): void {
  verify(table, row);
  rest(table, row, NEVER);
  stir();
}
