/**
 * Port balance: an overloaded port loses target registrations in the iSNS server and its initiators are logged out, so
 * that they come back through another port; registrations return when the load falls (JP 4675664).
 *
 *   101 overloaded? ──no──▶ 110 relieved? ──yes──▶ 111 anything withdrawn? ──yes──▶ 112 restore
 *        │ yes
 *   102–104 sessions of the port, by switching priority, and their targets
 *   105 target on another port? ──no──▶ 109 next session
 *   106 other port below the watermark? ──no──▶ 109 next session
 *   107 withdraw the registration ──▶ 108 log out
 */
import {
  ARRIVAL_MAX,
  NONE,
  REGISTRATION_CHANGE_MAX,
  TARGET_MAX,
  TARGET_PORT_MAX,
  TARGET_PORT_WORDS,
  TARGET_WORD_MAX,
  WORK_PER_TICK_MAX,
} from "../../limits";
import { healthOf, reportLink } from "../../members/health";
import { HAS_INTERFACES } from "../present";
import { takeHostingOutcome } from "../interfaces/interfaces";
import { visit } from "../../visit";
import { mayDecide } from "../../members/stir";
import { Header } from "../../memory/header";
import { isCurrent } from "../../memory/inputs";
import { latchRow } from "../../memory/latch";
import { decide, ofThisIncarnation, ringHasRoom } from "../../memory/ring";
import { changesWait, markChanged, nowMs, takeChanged } from "../../memory/scheduling";
import { resetRow, seal } from "../../memory/seals";
import { DecisionKind, Reason, SubjectKind } from "../../tables/decision";
import { HEALTH_TARGET_PORTS, HealthKind, HealthStatus } from "../../tables/health";
import { Outcome } from "../../tables/outcome";
import { SCOPE_PORTS, Scope, ScopeKind, ScopeRole } from "../../tables/scope";
import { RegistrationInput } from "../../tables/target";
import { TargetPortConfig, TargetPortInput, TargetPortState, TargetPortStatus } from "../../tables/target-port";
import { markAllTargets } from "./marks";
import { forgetMoves, moveOutcome, stepMoves } from "./moves";
import { planMoves } from "./planning";
import { endConfiguration, portKept } from "./reconfigure";
import { changeOutcome } from "./registrations";
import { beginGrace, moduleState, verify } from "../../memory/verify";
import { endPlan, portAt, registrationAt, wakePort } from "./rows";
import { countersCame } from "./samples";
import { rebuildAccounts } from "./sessions";
import { planningWanted, refreshSets } from "./sets";

/** After a jump of the clock, detectors start anew and a grace period begins. */
export function restartPortDetectors(): void {
  for (let port: u32 = 0; port < TARGET_PORT_MAX; port++) {
    const state = portAt(port);
    state.highSamples = 0;
    state.lowSamples = 0;
    state.status &= ~TargetPortStatus.SAMPLED;
    wakePort(port, state, nowMs());
  }
  beginGrace();
}

/** After a restart of the host: ports and the role are unknown until they are written anew. */
export function forgetPortObservations(): void {
  const module = moduleState();
  module.deciding = 0;
  seal(module);
  for (let port: u32 = 0; port < TARGET_PORT_MAX; port++) {
    resetRow(HEALTH_STATE_TABLE, HEALTH_TARGET_PORTS + port);
    const state = portAt(port);
    state.status &= ~(TargetPortStatus.OPERATIVE | TargetPortStatus.FAILED);
    seal(state);
  }
  refreshSets();
  restartPortDetectors();
}

/** Counters of a port are taken over whole, or left for a later tick. */
export function takePortCounters(port: u32): void {
  if (latchRow(TARGET_PORT_COUNTERS_TABLE, port)) countersCame(port);
}

/** Role, port states, health. */
export function observePorts(): void {
  for (let word: u32 = 0; word < TARGET_PORT_WORDS; word++) {
    verify(TARGET_PORT_SET_TABLE, word);
  }
  if (moduleState().rebuild) rebuild();
  followRole();
  visit(TARGET_PORT_INPUT_TABLE);
  visit(HEALTH_STATE_TABLE);
  visit(SESSION_INPUT_TABLE);
  visit(SESSION_COUNTERS_TABLE);
  // Initiator rows are read where they are needed; their bits only wake the module.
  takeChanged(INITIATOR_INPUT_TABLE, WORK_PER_TICK_MAX);
  visit(REGISTRATION_INPUT_TABLE);
}

/** A row was damaged: all that follows from others is made anew, and the module decides again from what is observed. */
function rebuild(): void {
  forgetMoves();
  const module = moduleState();
  module.rebuild = 0;
  module.deciding = 0;
  module.movesUnderWay = 0;
  module.movesInUse = 0;
  seal(module);
  for (let row: u32 = 0; row < ARRIVAL_MAX; row++) {
    resetRow(ARRIVAL_STATE_TABLE, row);
    markChanged(ARRIVAL_INPUT_TABLE, row);
  }
  for (let row: u32 = 0; row < TARGET_WORD_MAX; row++) {
    const registration = registrationAt(row);
    registration.pinned = 0;
    seal(registration);
  }
  for (let port: u32 = 0; port < TARGET_PORT_MAX; port++) {
    if (TargetPortConfig.at(port).id == 0) continue;
    const state = portAt(port);
    state.arrivingPermille = 0;
    state.leavingPermille = 0;
    state.leaving = 0;
    portKept(port);
    followHealth(port);
  }
  rebuildAccounts();
  endConfiguration(false);
}

/** On becoming the decider, moves of an earlier term are forgotten and what is observed is what is assigned. */
function followRole(): void {
  const scope = Scope.at(SCOPE_PORTS);
  const told = scope.kind == <u8>ScopeKind.PORTS && ofThisIncarnation(scope.incarnation);
  const deciding: u16 = told && scope.role == <u8>ScopeRole.DECIDING ? 1 : 0;
  const module = moduleState();
  if (module.deciding == deciding) return;
  module.deciding = deciding;
  if (deciding) module.term++;
  seal(module);
  forgetMoves();
  endPlan();
  for (let row: u32 = 0; row < REGISTRATION_CHANGE_MAX; row++) {
    resetRow(REGISTRATION_CHANGE_TABLE, row);
  }
  markAllTargets();
  beginGrace();
}

export function takePortState(port: u32): void {
  const input = TargetPortInput.at(port);
  if (!isCurrent(input, TargetPortConfig.at(port))) return;
  const state = portAt(port);
  state.changedMs = nowMs();
  if ((state.status & TargetPortStatus.OWN) == 0) followRemote(port, state, input);
  seal(state);
  if (reportLink(HEALTH_TARGET_PORTS + port, HealthKind.TARGET_PORT, input.link)) followHealth(port);
}

/** Another controller's port: its load is what its own module says; silence counts from its latest report. */
function followRemote(port: u32, state: TargetPortState, input: TargetPortInput): void {
  state.loadPermille = input.remoteLoadPermille;
  state.status |= TargetPortStatus.SAMPLED;
  if (state.status & TargetPortStatus.SILENT) {
    state.status &= ~TargetPortStatus.SILENT;
    refreshSets();
  }
  wakePort(port, state, nowMs());
}

/** A port that failed or came back: every target is judged anew. */
export function followHealth(port: u32): void {
  const status = healthOf(HEALTH_TARGET_PORTS + port).status;
  const state = portAt(port);
  const wasFailed = (state.status & TargetPortStatus.FAILED) != 0;
  state.status &= ~(TargetPortStatus.OPERATIVE | TargetPortStatus.FAILED);
  if (status == <u8>HealthStatus.UP) {
    state.status |= TargetPortStatus.OPERATIVE;
    if (wasFailed) {
      state.returnedMs = nowMs();
      state.restoreReason = <u8>Reason.PORT_STABLE;
    }
  } else if (status != <u8>HealthStatus.UNKNOWN) {
    state.status |= TargetPortStatus.FAILED;
    state.withdrawReason = <u8>Reason.PORT_FAILED;
  }
  wakePort(port, state, nowMs());
  refreshSets();
  markAllTargets();
}

/** An outcome of this incarnation; others are dropped and counted. */
export function takeOutcome(row: u32): void {
  const outcome = Outcome.at(row);
  if (!ofThisIncarnation(outcome.incarnation)) Header.get().droppedRows++;
  else if (HAS_INTERFACES && takeHostingOutcome(outcome)) return;
  else if (!moveOutcome(outcome)) changeOutcome(outcome);
}

/** Decisions, unless this module is a shadow, held, in its grace period, or its observer is suspected. */
export function decidePorts(): void {
  if (!moduleState().deciding || !mayDecide()) return;
  visit(ARRIVAL_INPUT_TABLE);
  visit(ARRIVAL_STATE_TABLE);
  visit(REGISTRATION_STATE_TABLE);
  if (isPictureWhole()) {
    if (planningWanted()) planMoves();
    reportDrained();
  }
  stepMoves();
  visit(MOVE_TABLE);
  visit(REGISTRATION_STATE_TABLE);
  visit(REGISTRATION_CHANGE_TABLE);
}

/** Where sessions, registrations or targets were left over, nothing is planned on half of the picture. */
function isPictureWhole(): bool {
  if (changesWait(SESSION_INPUT_TABLE) || changesWait(REGISTRATION_INPUT_TABLE)) return false;
  return !changesWait(REGISTRATION_STATE_TABLE);
}

/** A port in maintenance that no session and no registration is left on is reported, once. */
function reportDrained(): void {
  for (let port: u32 = 0; port < TARGET_PORT_MAX; port++) {
    const status = TargetPortState.at(port).status;
    const draining = TargetPortStatus.OWN | TargetPortStatus.MAINTENANCE;
    if ((status & (draining | TargetPortStatus.DRAINED)) != draining) continue;
    const state = portAt(port);
    if (state.sessions != 0 || isListedAnywhere(port) || !ringHasRoom(1)) continue;
    const generation = TargetPortConfig.at(port).generation;
    decide(DecisionKind.DRAINED, Reason.MAINTENANCE, SubjectKind.TARGET_PORT, port, generation, port, NONE, 0);
    state.status |= TargetPortStatus.DRAINED;
    seal(state);
  }
}

function isListedAnywhere(port: u32): bool {
  const bit: u32 = 1 << (port & 31);
  for (let target: u32 = 0; target < TARGET_MAX; target++) {
    const input = RegistrationInput.at(target * TARGET_PORT_WORDS + (port >> 5));
    if ((input.ports & bit) != 0) return true;
  }
  return false;
}
