/**
 * Registrations: what is wanted of each (target, port), compared with what the iSNS server lists (the seed's Figure 3).
 * Wanted is configured less withdrawn; the difference to what is listed is said, and said again until it is gone.
 *
 *   wanted ──a move holds it, the port fails, is in maintenance──▶ withdrawn       WITHDRAW_REGISTRATION (step 107)
 *   withdrawn ──port relieved, stable, out of maintenance──▶ wanted                RESTORE_REGISTRATION (step 112)
 *   withdrawn ──no other operative registered port is left──▶ wanted, at once
 *
 * Ports are judged 32 at a time: a target is a few words.
 */
import { NONE, REGISTRATION_CHANGE_MAX, TARGET_PORT_WORDS, TARGET_WORD_MAX } from "../../limits";
import { alarmBetween, decide, ofThisIncarnation, ringHasRoom } from "../../memory/ring";
import { nowMs, rest } from "../../memory/scheduling";
import { resetRow, seal } from "../../memory/seals";
import { DecisionKind, Reason, SubjectKind } from "../../tables/decision";
import { ModuleState } from "../../tables/module-state";
import { Outcome, OutcomeResult } from "../../tables/outcome";
import {
  RegistrationChange,
  RegistrationInput,
  RegistrationState,
  TargetConfig,
  TargetPortsConfig,
} from "../../tables/target";
import { TargetPortState } from "../../tables/target-port";
import { TargetPortSet } from "../../tables/target-port-set";
import { markTarget } from "./marks";
import { moduleState } from "../../memory/verify";
import { changeAt, policy, registrationAt, sayAgainAt } from "./rows";

/** Ports through which the target is listed now, was not withdrawn, and works: where its hosts can go. */
export function servingPorts(target: u32, word: u32): u32 {
  const row = target * TARGET_PORT_WORDS + word;
  const input = RegistrationInput.at(row);
  if (!ofThisIncarnation(input.incarnation)) return 0;
  const set = TargetPortSet.at(word);
  const configured = TargetPortsConfig.at(row).ports;
  const state = registrationAt(row);
  // Nothing is built on a target whose registrations have not been taken over yet.
  if (state.term != ModuleState.get().term) return 0;
  // Another controller's port that has fallen silent may be gone.
  const lost = set.failed | set.maintenance | (set.silent & ~set.own);
  return input.ports & configured & ~state.withdrawn & set.operative & ~lost;
}

/** Ports of the target that the server lists and nobody withdraws: what an initiator is told when it asks (step 202). */
export function listedPorts(target: u32, word: u32): u32 {
  const row = target * TARGET_PORT_WORDS + word;
  const input = RegistrationInput.at(row);
  if (!ofThisIncarnation(input.incarnation)) return 0;
  // An entry of an own port that is no longer configured is about to go.
  const stays = TargetPortsConfig.at(row).ports | ~TargetPortSet.at(word).own;
  return input.ports & stays & ~registrationAt(row).withdrawn;
}

/** True if the server is known to list the pair, or, with `listed` false, known not to. */
export function isObserved(target: u32, port: u32, listed: bool): bool {
  const input = RegistrationInput.at(target * TARGET_PORT_WORDS + (port >> 5));
  if (!ofThisIncarnation(input.incarnation)) return false;
  return ((input.ports >> (port & 31)) & 1) == <u32>listed;
}

/** True if the server is known to list the pair and nobody withdraws it. */
export function isListed(target: u32, port: u32): bool {
  return (listedPorts(target, port >> 5) & bitIn(port, port >> 5)) != 0;
}

/** The bit of `port` in a word of a bitmap of ports. */
export function bitIn(port: u32, word: u32): u32 {
  return port >> 5 == word ? (<u32>1) << (port & 31) : 0;
}

/** Judges a target whole: what is withdrawn, and the difference to what the server lists. */
export function judgeTarget(target: u32): void {
  if (TargetConfig.at(target).id == 0) return;
  if (!adopt(target)) return;
  const serving = anyServing(target);
  for (let word: u32 = 0; word < TARGET_PORT_WORDS; word++) {
    const state = registrationAt(target * TARGET_PORT_WORDS + word);
    if (serving) withdrawUnfit(target, word, state);
    else alarmOnlyPorts(target, word, state);
    restoreFit(word, state, RegistrationInput.at(target * TARGET_PORT_WORDS + word).ports, serving);
    seal(state);
  }
  for (let word: u32 = 0; word < TARGET_PORT_WORDS; word++) {
    compare(target, word, serving);
  }
}

/** On becoming the decider, what is observed is what is assigned: a port that isn't listed was withdrawn. */
function adopt(target: u32): bool {
  const term = moduleState().term;
  let known = true;
  for (let word: u32 = 0; word < TARGET_PORT_WORDS; word++) {
    const row = target * TARGET_PORT_WORDS + word;
    const input = RegistrationInput.at(row);
    if (!ofThisIncarnation(input.incarnation)) known = false;
    const state = registrationAt(row);
    if (!known || state.term == term) continue;
    state.term = term;
    state.withdrawn = TargetPortsConfig.at(row).ports & TargetPortSet.at(word).own & ~input.ports;
    state.landed = state.withdrawn;
    state.held = 0;
    state.changing = 0;
    state.confirmed = 0;
    state.alarmed = 0;
    state.steered = 0;
    seal(state);
  }
  return known;
}

function anyServing(target: u32): bool {
  let any: u32 = 0;
  for (let word: u32 = 0; word < TARGET_PORT_WORDS; word++) {
    any |= servingPorts(target, word);
  }
  return any != 0;
}

/** Failed ports and ports in maintenance lose their registrations, as long as another one serves. */
function withdrawUnfit(target: u32, word: u32, state: RegistrationState): void {
  const set = TargetPortSet.at(word);
  const configured = TargetPortsConfig.at(target * TARGET_PORT_WORDS + word).ports;
  const unfit = configured & set.own & (set.failed | set.maintenance) & ~state.withdrawn & ~state.pinned;
  state.withdrawn |= unfit;
  state.landed |= unfit;
  state.confirmed &= ~unfit;
  state.alarmed = 0;
}

/** Without another port the last registrations stay, and that is said once. */
function alarmOnlyPorts(target: u32, word: u32, state: RegistrationState): void {
  const set = TargetPortSet.at(word);
  const configured = TargetPortsConfig.at(target * TARGET_PORT_WORDS + word).ports;
  const unfit = configured & set.own & (set.failed | set.maintenance) & ~state.withdrawn;
  let bits = unfit & ~state.alarmed;
  for (let step: u32 = 0; step < 32; step++) {
    if (bits == 0) break;
    const port = (word << 5) + ctz(bits);
    const generation = TargetConfig.at(target).generation;
    if (!alarmBetween(Reason.ONLY_PORT, SubjectKind.TARGET, target, generation, port, NONE, 0)) return;
    state.alarmed |= bits & (0 - bits);
    bits &= bits - 1;
  }
}

/** Step 112 for ports that are fit again; and for all that work or are still listed, when the alternatives have failed. */
function restoreFit(word: u32, state: RegistrationState, listed: u32, serving: bool): void {
  const set = TargetPortSet.at(word);
  const working = set.own & set.operative & ~set.failed;
  const fit = working & ~set.maintenance & ~set.overloaded;
  let back = state.withdrawn & fit & ~state.held;
  if (!serving) {
    back |= state.withdrawn & (working | listed);
    noteReason(word, state.withdrawn & working & ~fit, Reason.ALTERNATIVES_FAILED);
  }
  release(state, back);
}

/** Takes ports out of the withdrawn ones. */
function release(state: RegistrationState, ports: u32): void {
  state.withdrawn &= ~ports;
  state.landed &= ~ports;
  state.confirmed &= ~ports;
}

function noteReason(word: u32, ports: u32, reason: Reason): void {
  let bits = ports;
  for (let step: u32 = 0; step < 32; step++) {
    if (bits == 0) break;
    const state = TargetPortState.at((word << 5) + ctz(bits));
    state.restoreReason = <u8>reason;
    seal(state);
    bits &= bits - 1;
  }
}

/** Says the difference between wanted and listed, of own ports. */
function compare(target: u32, word: u32, serving: bool): void {
  const row = target * TARGET_PORT_WORDS + word;
  const state = registrationAt(row);
  const listed = RegistrationInput.at(row).ports;
  const own = TargetPortSet.at(word).own;
  const configured = TargetPortsConfig.at(row).ports;
  // What is no longer configured stays until something else serves.
  const wanted = (serving ? configured : configured | listed) & ~state.withdrawn;
  const different = (wanted ^ listed) & own;
  const overtaken = settle(target, word, state, wanted, ~different) & own;
  // An overtaken change may reach the server yet: its opposite is said though it is what is listed.
  let bits = (different & ~state.changing) | overtaken;
  if (overtaken != 0) markTarget(target);
  for (let step: u32 = 0; step < 32; step++) {
    if (bits == 0) break;
    const bit = bits & (0 - bits);
    if (!sayChange(target, (word << 5) + ctz(bits), state, bit, (wanted & bit) != 0)) {
      markTarget(target);
      break;
    }
    bits &= bits - 1;
  }
  seal(state);
}

/**
 * What is as it should be needs no change any more; a difference after that is the server's doing. Neither is a change
 * said any more whose opposite is wanted by now. Returns those: overtaken, and perhaps still on their way to the server.
 */
function settle(target: u32, word: u32, state: RegistrationState, wanted: u32, equal: u32): u32 {
  let overtaken: u32 = 0;
  let ended: u32 = 0;
  let bits = state.changing;
  for (let step: u32 = 0; step < 32; step++) {
    if (bits == 0) break;
    const bit = bits & (0 - bits);
    const row = findChange(target, (word << 5) + ctz(bits));
    const restores = row != NONE && RegistrationChange.at(row).kind == <u8>DecisionKind.RESTORE_REGISTRATION;
    if (restores != ((wanted & bit) != 0)) overtaken |= bit;
    if (row == NONE || ((equal | overtaken) & bit) != 0) {
      ended |= bit;
      if (row != NONE) resetRow(REGISTRATION_CHANGE_TABLE, row);
    }
    bits ^= bit;
  }
  state.changing &= ~ended;
  state.confirmed |= equal & ~overtaken;
  state.steered &= ~(equal & wanted & ~overtaken);
  return overtaken;
}

/** Says WITHDRAW (step 107) or RESTORE (step 112). False if there is no row or no room: later, then. */
function sayChange(target: u32, port: u32, state: RegistrationState, bit: u32, restore: bool): bool {
  const row = findChange(NONE, NONE);
  if (row == NONE || !ringHasRoom(1)) return false;
  const change = RegistrationChange.at(row);
  change.target = <u16>target;
  change.port = <u16>port;
  change.kind = <u8>(restore ? DecisionKind.RESTORE_REGISTRATION : DecisionKind.WITHDRAW_REGISTRATION);
  change.said = 0;
  change.reason = <u16>reasonOf(target, port, state, bit, restore);
  state.changing |= bit;
  state.confirmed &= ~bit;
  say(row, change, <Reason>change.reason);
  return true;
}

function reasonOf(target: u32, port: u32, state: RegistrationState, bit: u32, restore: bool): Reason {
  const configured = TargetPortsConfig.at(target * TARGET_PORT_WORDS + (port >> 5)).ports;
  if ((configured & bit) == 0) return Reason.NOT_CONFIGURED;
  if ((state.confirmed & bit) != 0) return restore ? Reason.SERVER_FORGOT : Reason.SERVER_ADDED;
  if ((state.steered & bit) != 0) return Reason.STEERING;
  const owner = TargetPortState.at(port);
  if (!restore) return <Reason>owner.withdrawReason;
  return owner.restoreReason == <u8>Reason.NONE ? Reason.FIRST_REGISTRATION : <Reason>owner.restoreReason;
}

function say(row: u32, change: RegistrationChange, reason: Reason): void {
  const restore = change.kind == <u8>DecisionKind.RESTORE_REGISTRATION;
  const generation = TargetConfig.at(change.target).generation;
  const from = restore ? NONE : <u32>change.port;
  const to = restore ? <u32>change.port : NONE;
  const kind = <DecisionKind>change.kind;
  change.sequence = decide(kind, reason, SubjectKind.TARGET, change.target, generation, from, to, change.said);
  const deadlineMs = sayAgainAt(policy().registrationMs, change.said);
  if (change.said < 255) change.said++;
  rest(REGISTRATION_CHANGE_TABLE, row, deadlineMs);
}

/** A change whose effect did not come by its deadline is said again. */
export function sayAgain(row: u32): void {
  const change = changeAt(row);
  if (change.target == <u16>NONE) return;
  const state = registrationAt(<u32>change.target * TARGET_PORT_WORDS + (change.port >> 5));
  const stale = ((state.changing >> (change.port & 31)) & 1) == 0 || TargetConfig.at(change.target).id == 0;
  if (stale) {
    resetRow(REGISTRATION_CHANGE_TABLE, row);
    return;
  }
  if (ringHasRoom(1)) {
    say(row, change, Reason.SAID_AGAIN);
    return;
  }
  rest(REGISTRATION_CHANGE_TABLE, row, nowMs() + policy().registrationMs);
}

/** A change that the host reports as failed is said again after its wait; one that is done shows in what is observed. */
export function changeOutcome(outcome: Outcome): bool {
  for (let row: u32 = 0; row < REGISTRATION_CHANGE_MAX; row++) {
    const change = RegistrationChange.at(row);
    if (change.sequence != outcome.sequence || change.target == <u16>NONE) continue;
    if (outcome.result != <u16>OutcomeResult.DONE) {
      rest(REGISTRATION_CHANGE_TABLE, row, sayAgainAt(policy().registrationMs, change.said));
    }
    return true;
  }
  return false;
}

/** Nothing that was said of the target matters any more. */
export function dropChangesOf(target: u32): void {
  for (let row: u32 = 0; row < REGISTRATION_CHANGE_MAX; row++) {
    if (RegistrationChange.at(row).target == <u16>target) resetRow(REGISTRATION_CHANGE_TABLE, row);
  }
}

/** Row of the pair's change; of (`NONE`, `NONE`) a free row. */
function findChange(target: u32, port: u32): u32 {
  for (let row: u32 = 0; row < REGISTRATION_CHANGE_MAX; row++) {
    const change = RegistrationChange.at(row);
    if (change.target == <u16>target && change.port == <u16>port) return row;
  }
  return NONE;
}

/** A move needs the pair withdrawn until it ends (step 107), or until it has landed, to steer an initiator past it. */
export function hold(target: u32, port: u32, steers: bool): void {
  const state = registrationAt(target * TARGET_PORT_WORDS + (port >> 5));
  const bit: u32 = 1 << (port & 31);
  if ((state.withdrawn & bit) == 0) {
    state.confirmed &= ~bit;
    state.steered = steers ? state.steered | bit : state.steered & ~bit;
  }
  state.withdrawn |= bit;
  state.held |= bit;
  seal(state);
  markTarget(target);
}

/** No move needs the pair any more. One that landed leaves it withdrawn until the port is relieved; a failed one gives it back. */
export function unhold(target: u32, port: u32, landed: bool): void {
  const state = registrationAt(target * TARGET_PORT_WORDS + (port >> 5));
  const bit: u32 = 1 << (port & 31);
  state.held &= ~bit;
  if (landed) {
    state.landed |= bit;
    state.steered &= ~bit;
  } else if ((state.landed & bit) == 0) {
    release(state, bit);
  }
  seal(state);
  markTarget(target);
}

/** No move needs any pair. */
export function releaseHeld(): void {
  for (let row: u32 = 0; row < TARGET_WORD_MAX; row++) {
    const state = registrationAt(row);
    if (state.held == 0) continue;
    release(state, state.held & ~state.landed);
    state.held = 0;
    seal(state);
  }
}

/** Another move of the pair has landed though the pair is still held. */
export function noteLanded(target: u32, port: u32): void {
  const state = registrationAt(target * TARGET_PORT_WORDS + (port >> 5));
  state.landed |= 1 << (port & 31);
  seal(state);
}
