/**
 * Accounts of sessions: which port and which initiator each belongs to (the seed's Figure 2: ports, targets, logged-in
 * initiators), and how much each does.
 */
import { INITIATOR_MAX, NONE, SESSION_MAX, TARGET_MAX, TARGET_PORT_MAX } from "../../limits";
import { Header } from "../../memory/header";
import { markChanged } from "../../memory/scheduling";
import { resetRow, seal, sealRow } from "../../memory/seals";
import { InitiatorInput, InitiatorState } from "../../tables/initiator";
import { SessionCounters, SessionFlag, SessionInput, SessionState } from "../../tables/session";
import { TargetConfig } from "../../tables/target";
import {
  LinkState,
  TargetPortConfig,
  TargetPortInput,
  TargetPortState,
  TargetPortStatus,
} from "../../tables/target-port";
import { otherPath } from "./fit";
import { approach, portLoad } from "./loads";
import { beginResidence } from "./residence";
import { quotient } from "../../memory/division";
import { moduleState, verify } from "../../memory/verify";
import { portAt, sessionAt, wakePort } from "./rows";

/** Takes a changed session row into the accounts. */
export function observeSession(row: u32): void {
  const input = SessionInput.at(row);
  const state = sessionAt(row);
  // A damaged row may still be on lists: all accounts are made anew in the next tick.
  if (moduleState().rebuild != 0) return;
  const port = portOf(input);
  if (state.port != <u16>NONE && !isSame(input, state, port)) end(row, state);
  if (port == NONE) return;
  if (state.port == <u16>NONE) begin(row, input, state, port);
  seal(state);
}

/** Takes changed counters of a session into its rates. */
export function sessionCountersCame(row: u32): void {
  const state = sessionAt(row);
  if (state.port == <u16>NONE || SessionCounters.at(row).generation != state.generation) {
    Header.get().droppedRows++;
    return;
  }
  follow(SessionCounters.at(row), state);
  seal(state);
}

/** The port that the session is to be accounted to; `NONE` if it is logged out or names rows that are not in use. */
function portOf(input: SessionInput): u32 {
  if ((input.flags & SessionFlag.LOGGED_IN) == 0) return NONE;
  const inRange = input.port < TARGET_PORT_MAX && input.target < TARGET_MAX && input.initiator < INITIATOR_MAX;
  if (inRange) {
    const known = TargetPortConfig.at(input.port).id != 0 && TargetConfig.at(input.target).id != 0;
    if (known && InitiatorInput.at(input.initiator).id != 0) return input.port;
  }
  Header.get().droppedRows++;
  return NONE;
}

function isSame(input: SessionInput, state: SessionState, port: u32): bool {
  if (state.port != <u16>port || state.generation != input.generation) return false;
  return state.target == input.target && state.initiator == input.initiator;
}

function begin(row: u32, input: SessionInput, state: SessionState, port: u32): void {
  state.generation = input.generation;
  state.port = <u16>port;
  state.target = input.target;
  state.initiator = input.initiator;
  state.sampled = 0;
  state.operationsRate = 0;
  state.bandwidthRate = 0;
  link(TARGET_PORT_STATE_TABLE, port, row, state);
  link(INITIATOR_STATE_TABLE, state.initiator, row, state);
  state.inFlight = 0;
  const counters = SessionCounters.at(row);
  // Counters that nobody has written yet are no sample.
  if (counters.generation == input.generation && counters.sampledMs != 0) follow(counters, state);
  accountPort(port, 1);
}

function end(row: u32, state: SessionState): void {
  const port: u32 = state.port;
  if (TargetPortInput.at(port).link == <u8>LinkState.DOWN && otherPath(row, port) != NONE) {
    // A host that has just lost a path keeps the one it has left for a while.
    beginResidence(InitiatorInput.at(state.initiator).id, TargetConfig.at(state.target).id);
  }
  unlink(TARGET_PORT_STATE_TABLE, port, state);
  unlink(INITIATOR_STATE_TABLE, state.initiator, state);
  resetRow(SESSION_STATE_TABLE, row);
  accountPort(port, -1);
}

/** Takes all sessions of a port out of the accounts. */
export function endSessionsOf(port: u32): void {
  for (let step: u32 = 0; step < SESSION_MAX; step++) {
    const row: u32 = portAt(port).firstSession;
    if (row == NONE) break;
    const state = sessionAt(row);
    // A damaged row that has just begun anew is nobody's: all accounts are made anew.
    if (state.port != <u16>port) break;
    end(row, state);
  }
}

/** The number of sessions is a resource of its own, known without a sample. */
function accountPort(port: u32, change: i32): void {
  const state = portAt(port);
  state.sessions += change;
  if (state.status & TargetPortStatus.OWN) state.loadPermille = portLoad(state, TargetPortConfig.at(port));
  wakePort(port, state, state.sampleDueMs);
}

/** Rates of a session, smoothed as the port's are. */
function follow(input: SessionCounters, state: SessionState): void {
  state.inFlight = input.inFlight;
  const elapsedMs = input.sampledMs - state.sampledMs;
  if (state.sampled && elapsedMs == 0) return;
  const fell = input.bytes < state.bytes;
  if (state.sampled && !fell && elapsedMs < 0x8000_0000) {
    const operations = <u64>(input.operations - state.operations);
    const kibibytes = (input.bytes - state.bytes) >> 10;
    state.operationsRate = rate(state.operationsRate, operations, elapsedMs, state.sampled == 1);
    state.bandwidthRate = rate(state.bandwidthRate, kibibytes, elapsedMs, state.sampled == 1);
    state.sampled = 2;
  } else {
    state.sampled = 1;
  }
  state.sampledMs = input.sampledMs;
  state.operations = input.operations;
  state.bytes = input.bytes;
}

/** The first rate of a session is taken as it is; an average would begin at zero. */
function rate(before: u32, gained: u64, elapsedMs: u32, first: bool): u32 {
  const now = <u32>min(quotient(gained * 1000, elapsedMs), <u64>0xffff_ffff);
  return first ? now : approach(before, now, 0);
}

/** The links of one of a session's two lists, as they stand in its row. */
@unmanaged
class SessionLinks {
  next: u16;
  previous: u16;
}

const INITIATOR_LINKS: usize = offsetof<SessionState>("initiatorNext");
const PORT_LINKS: usize = offsetof<SessionState>("portNext");

function linksOf(state: SessionState, owners: u32): SessionLinks {
  const offset = owners == INITIATOR_STATE_TABLE ? INITIATOR_LINKS : PORT_LINKS;
  return changetype<SessionLinks>(changetype<usize>(state) + offset);
}

/** Puts a session at the head of the list that a port or an initiator, a row of `owners`, has of its sessions. */
function link(owners: u32, owner: u32, row: u32, state: SessionState): void {
  const head = verify(owners, owner) + headOf(owners);
  const links = linksOf(state, owners);
  const first = load<u16>(head);
  links.previous = <u16>NONE;
  links.next = first;
  if (first != <u16>NONE) {
    const next = sessionAt(first);
    linksOf(next, owners).previous = <u16>row;
    seal(next);
  }
  store<u16>(head, <u16>row);
  sealRow(owners, owner);
}

/** Takes a session out of the list. */
function unlink(owners: u32, owner: u32, state: SessionState): void {
  const links = linksOf(state, owners);
  if (links.next != <u16>NONE) {
    const next = sessionAt(links.next);
    linksOf(next, owners).previous = links.previous;
    seal(next);
  }
  if (links.previous != <u16>NONE) {
    const previous = sessionAt(links.previous);
    linksOf(previous, owners).next = links.next;
    seal(previous);
    return;
  }
  store<u16>(verify(owners, owner) + headOf(owners), links.next);
  sealRow(owners, owner);
}

/** Where a row of `owners` keeps the first session of its list. */
function headOf(owners: u32): usize {
  const ofPort = offsetof<TargetPortState>("firstSession");
  return owners == TARGET_PORT_STATE_TABLE ? ofPort : offsetof<InitiatorState>("firstSession");
}

/** Forgets all accounts and has every session row looked at again. */
export function rebuildAccounts(): void {
  for (let port: u32 = 0; port < TARGET_PORT_MAX; port++) {
    const state = portAt(port);
    state.sessions = 0;
    state.firstSession = <u16>NONE;
    seal(state);
  }
  for (let initiator: u32 = 0; initiator < INITIATOR_MAX; initiator++) {
    resetRow(INITIATOR_STATE_TABLE, initiator);
  }
  for (let row: u32 = 0; row < SESSION_MAX; row++) {
    resetRow(SESSION_STATE_TABLE, row);
    if (SessionInput.at(row).flags & SessionFlag.LOGGED_IN) markSession(row);
  }
}

export function markSession(row: u32): void {
  markChanged(SESSION_INPUT_TABLE, row);
}
