/** Rows of the port policy, verified as they are read. A broken one begins anew and is rebuilt from what is observed. */
import { NONE } from "../../limits";
import { alarm } from "../../memory/ring";
import { NEVER, nowMs, setDeadline } from "../../memory/scheduling";
import { clear, seal, sealed } from "../../memory/seals";
import { Header } from "../../memory/header";
import { Reason, SubjectKind } from "../../tables/decision";
import { InitiatorState } from "../../tables/initiator";
import { ModuleState } from "../../tables/module-state";
import { Move } from "../../tables/move";
import { Plan } from "../../tables/plan";
import { CommonPolicy, PortPolicy } from "../../tables/policy";
import { SessionState } from "../../tables/session";
import { RegistrationChange, RegistrationState } from "../../tables/target";
import { TargetPortConfig, TargetPortState } from "../../tables/target-port";

/** Counts and reports a row whose check word is wrong, and has the accounts made anew after a grace period. */
export function reportBroken(table: u32, row: u32): void {
  Header.get().brokenSeals++;
  alarm(Reason.BROKEN_SEAL, SubjectKind.TABLE_ROW, row, 0, table);
  beginGrace();
  const module = ModuleState.get();
  module.rebuild = 1;
  seal(module);
}

/** Nothing is moved for the configured time: observations come first. */
export function beginGrace(): void {
  Header.get().graceUntilMs = nowMs() + CommonPolicy.get().graceMs;
}

export function moduleState(): ModuleState {
  const module = ModuleState.get();
  if (sealed(module)) return module;
  clear(module);
  seal(module);
  reportBroken(MODULE_STATE_TABLE, 0);
  return module;
}

export function portAt(port: u32): TargetPortState {
  const state = TargetPortState.at(port);
  if (sealed(state)) return state;
  resetPort(port);
  reportBroken(TARGET_PORT_STATE_TABLE, port);
  return state;
}

/** A port of which nothing is known yet. */
export function resetPort(port: u32): void {
  const state = TargetPortState.at(port);
  clear(state);
  state.generation = TargetPortConfig.at(port).generation;
  state.firstSession = <u16>NONE;
  state.rank = <u16>NONE;
  state.deadlineMs = NEVER;
  seal(state);
}

/** Has the port looked at by `atMs`. */
export function wakePort(port: u32, state: TargetPortState, atMs: u64): void {
  if (atMs < state.deadlineMs) state.deadlineMs = atMs;
  setDeadline(TARGET_PORT_STATE_TABLE, TARGET_PORT_STATE_DEADLINES_BASE, port, state.deadlineMs);
}

export function sessionAt(row: u32): SessionState {
  const state = SessionState.at(row);
  if (sealed(state)) return state;
  resetSession(row);
  reportBroken(SESSION_STATE_TABLE, row);
  return state;
}

/** A session that is accounted nowhere. */
export function resetSession(row: u32): void {
  const state = SessionState.at(row);
  clear(state);
  state.port = <u16>NONE;
  state.portNext = <u16>NONE;
  state.portPrevious = <u16>NONE;
  state.initiatorNext = <u16>NONE;
  state.initiatorPrevious = <u16>NONE;
  seal(state);
}

export function initiatorAt(row: u32): InitiatorState {
  const state = InitiatorState.at(row);
  if (sealed(state)) return state;
  resetInitiator(row);
  reportBroken(INITIATOR_STATE_TABLE, row);
  return state;
}

export function resetInitiator(row: u32): void {
  const state = InitiatorState.at(row);
  clear(state);
  state.firstSession = <u16>NONE;
  seal(state);
}

/** A broken registration row begins anew: what is observed is taken over in a new term of the row. */
export function registrationAt(row: u32): RegistrationState {
  const state = RegistrationState.at(row);
  if (sealed(state)) return state;
  clear(state);
  seal(state);
  reportBroken(REGISTRATION_STATE_TABLE, row);
  return state;
}

export function changeAt(row: u32): RegistrationChange {
  const change = RegistrationChange.at(row);
  if (sealed(change)) return change;
  freeChange(row);
  reportBroken(REGISTRATION_CHANGE_TABLE, row);
  return change;
}

export function freeChange(row: u32): void {
  const change = RegistrationChange.at(row);
  clear(change);
  change.target = <u16>NONE;
  change.port = <u16>NONE;
  change.deadlineMs = NEVER;
  seal(change);
}

export function moveAt(row: u32): Move {
  const move = Move.at(row);
  if (sealed(move)) return move;
  freeMoveRow(row);
  reportBroken(MOVE_TABLE, row);
  return move;
}

export function freeMoveRow(row: u32): void {
  const move = Move.at(row);
  clear(move);
  move.deadlineMs = NEVER;
  seal(move);
}

export function planRow(): Plan {
  const plan = Plan.get();
  if (sealed(plan)) return plan;
  endPlan();
  reportBroken(PLAN_TABLE, 0);
  return plan;
}

/** No plan is under way; the counts of the latest one stay for a reader. */
export function endPlan(): void {
  const plan = Plan.get();
  plan.port = <u16>NONE;
  plan.cursor = <u16>NONE;
  plan.best = <u16>NONE;
  seal(plan);
}

export function policy(): PortPolicy {
  return PortPolicy.get();
}
