/**
 * Arrivals that other controllers ask room for on ports of this one: granted while the port's load and all that is
 * reserved stay below the high watermark. A grant pins the (target, port) registration until its deadline.
 */
import { ARRIVAL_MAX, TARGET_MAX, TARGET_PORT_MAX, TARGET_PORT_WORDS } from "../../limits";
import { ofThisIncarnation } from "../../memory/ring";
import { nowMs, rest } from "../../memory/scheduling";
import { resetRow, seal } from "../../memory/seals";
import { ArrivalInput, ArrivalState, ArrivalStatus } from "../../tables/move";
import { RegistrationState } from "../../tables/target";
import { TargetPortState, TargetPortStatus } from "../../tables/target-port";
import { isFit } from "./fit";
import { markTarget } from "./marks";
import { isObserved } from "./registrations";
import { verify } from "../../memory/verify";
import { policy, portAt, registrationAt } from "./rows";

/** Answers a request that another controller has made; the host reads the answer from the state row. */
export function answerArrival(row: u32): void {
  const input = ArrivalInput.at(row);
  endArrival(row);
  if (input.requester == 0 || !ofThisIncarnation(input.incarnation)) return;
  const state = arrivalAt(row);
  state.target = input.target;
  state.port = input.port;
  state.loadPermille = input.loadPermille;
  state.sequence = input.sequence;
  state.status = <u16>(mayGrant(input) ? ArrivalStatus.GRANTED : ArrivalStatus.REFUSED);
  rest(ARRIVAL_STATE_TABLE, row, nowMs() + policy().moveMs);
  if (state.status == <u16>ArrivalStatus.GRANTED) keepRoom(state);
}

function mayGrant(input: ArrivalInput): bool {
  if (input.port >= TARGET_PORT_MAX || input.target >= TARGET_MAX) return false;
  const state = portAt(input.port);
  const wanted = TargetPortStatus.OWN | TargetPortStatus.OPERATIVE;
  const unfit =
    TargetPortStatus.MAINTENANCE | TargetPortStatus.FAILED | TargetPortStatus.SILENT | TargetPortStatus.OVERLOADED;
  if ((state.status & wanted) != wanted || (state.status & unfit) != 0) return false;
  const registration = registrationAt(<u32>input.target * TARGET_PORT_WORDS + (input.port >> 5));
  if (((registration.withdrawn >> (input.port & 31)) & 1) != 0) return false;
  if (!isObserved(input.target, input.port, true)) return false;
  return isFit(state.loadPermille + state.arrivingPermille + input.loadPermille);
}

function keepRoom(arrival: ArrivalState): void {
  const state = portAt(arrival.port);
  state.arrivingPermille += arrival.loadPermille;
  seal(state);
  pin(arrival, true);
}

/** A pair stays pinned while any grant names it; what had to wait for its end is judged then. */
function pin(arrival: ArrivalState, pinned: bool): void {
  const registration: RegistrationState = registrationAt(<u32>arrival.target * TARGET_PORT_WORDS + (arrival.port >> 5));
  const bit: u32 = 1 << (arrival.port & 31);
  registration.pinned = pinned ? registration.pinned | bit : registration.pinned & ~bit;
  seal(registration);
  markTarget(arrival.target);
}

/** The grant's time is over, or its asker took it back. */
export function endArrival(row: u32): void {
  const arrival = arrivalAt(row);
  if (arrival.status == <u16>ArrivalStatus.GRANTED) {
    const state: TargetPortState = portAt(arrival.port);
    state.arrivingPermille -= min(<u32>arrival.loadPermille, state.arrivingPermille);
    seal(state);
    if (!isGrantedElsewhere(row, arrival)) pin(arrival, false);
  }
  resetRow(ARRIVAL_STATE_TABLE, row);
}

function isGrantedElsewhere(row: u32, arrival: ArrivalState): bool {
  for (let other: u32 = 0; other < ARRIVAL_MAX; other++) {
    const state = ArrivalState.at(other);
    if (other == row || state.status != <u16>ArrivalStatus.GRANTED) continue;
    if (state.target == arrival.target && state.port == arrival.port) return true;
  }
  return false;
}

function arrivalAt(row: u32): ArrivalState {
  return changetype<ArrivalState>(verify(ARRIVAL_STATE_TABLE, row));
}
