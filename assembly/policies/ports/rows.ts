/** Rows of the port policy, verified as they are read. A broken one begins anew and is rebuilt from what is observed. */
import { NONE } from "../../limits";
import { verify } from "../../memory/verify";
import { nowMs, rest } from "../../memory/scheduling";
import { seal } from "../../memory/seals";
import { InitiatorState } from "../../tables/initiator";
import { Move } from "../../tables/move";
import { Plan } from "../../tables/plan";
import { PortPolicy } from "../../tables/policy";
import { SessionState } from "../../tables/session";
import { RegistrationChange, RegistrationState } from "../../tables/target";
import { TargetPortState } from "../../tables/target-port";

export function portAt(port: u32): TargetPortState {
  return changetype<TargetPortState>(verify(TARGET_PORT_STATE_TABLE, port));
}

/** Seals the port and has it looked at by `atMs`. */
export function wakePort(port: u32, state: TargetPortState, atMs: u64): void {
  rest(TARGET_PORT_STATE_TABLE, port, min(atMs, state.deadlineMs));
}

export function sessionAt(row: u32): SessionState {
  return changetype<SessionState>(verify(SESSION_STATE_TABLE, row));
}

export function initiatorAt(row: u32): InitiatorState {
  return changetype<InitiatorState>(verify(INITIATOR_STATE_TABLE, row));
}

export function registrationAt(row: u32): RegistrationState {
  return changetype<RegistrationState>(verify(REGISTRATION_STATE_TABLE, row));
}

export function changeAt(row: u32): RegistrationChange {
  return changetype<RegistrationChange>(verify(REGISTRATION_CHANGE_TABLE, row));
}

export function moveAt(row: u32): Move {
  return changetype<Move>(verify(MOVE_TABLE, row));
}

export function planRow(): Plan {
  return changetype<Plan>(verify(PLAN_TABLE, 0));
}

/** No plan is under way; the counts of the latest one stay for a reader. */
export function endPlan(): void {
  const plan = Plan.get();
  plan.port = <u16>NONE;
  plan.cursor = <u16>NONE;
  seal(plan);
}

/** Waits double up to 2^4 times the first: who works again is told before long. */
const SAID_DOUBLINGS_MAX: u32 = 4;

/** When something that was said `said` times before, and now again, is said once more without effect. */
export function sayAgainAt(firstWaitMs: u32, said: u32): u64 {
  return nowMs() + (firstWaitMs << min(said, SAID_DOUBLINGS_MAX));
}

export function policy(): PortPolicy {
  return PortPolicy.get();
}
