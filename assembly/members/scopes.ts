/**
 * Scopes: who decides what, under which epoch; and campaigning for those that nobody holds.
 *
 *   nobody holds it ──may hold it: CAMPAIGN, better ones first──▶ the host wins the key ──▶ DECIDING
 *   DECIDING ──grace: observe──▶ decisions under the key's epoch
 *   held here ──may not hold it any more: RESIGN──▶ nobody holds it
 *
 * CAMPAIGN and RESIGN are said again, with a back-off, while the lease service shows something else.
 */
import { NONE, SCOPE_MAX, SERVER_MAX } from "../limits";
import { decideIn, ofThisIncarnation, ringHasReserve, ringHasRoom } from "../memory/ring";
import { afterWait, due, nowMs, rest } from "../memory/scheduling";
import { NEVER, seal } from "../memory/seals";
import { moduleState, verify } from "../memory/verify";
import { HAS_MEMBERS } from "../policies/present";
import { Control } from "../tables/control";
import { DecisionKind, Reason, SubjectKind } from "../tables/decision";
import { MEMBER_SERVERS, MemberConfig } from "../tables/member";
import { CommonPolicy, ProcessorPolicy } from "../tables/policy";
import {
  SCOPE_ARRAY,
  SCOPE_GROUP_0,
  SCOPE_TRANSFERS,
  Scope,
  ScopeFlag,
  ScopeKind,
  ScopeRole,
  ScopeState,
} from "../tables/scope";
import { inMaintenance, leaseGone, leased, memberUp, ownServer } from "./members";
import { restartMembers } from "./observe";
import { groupOf, partnerOf } from "./pairs";
import { mayDecide, stir } from "./stir";

function scopeAt(row: u32): ScopeState {
  return changetype<ScopeState>(verify(SCOPE_STATE_TABLE, row));
}

/** True if the host has said in this incarnation how the scope is. */
export function isScopeTold(row: u32): bool {
  const scope = Scope.at(row);
  return scope.kind != <u8>ScopeKind.NONE && ofThisIncarnation(scope.incarnation);
}

/** True if this module decides in the scope, and may do so now: its observation is over and the lease service is reached. */
export function deciding(row: u32): bool {
  const state = scopeAt(row);
  return state.deciding != 0 && due(state.graceUntilMs) && isReached(row) && mayDecide();
}

/** The lease service is reached: what it says is of now. */
export function isReached(row: u32): bool {
  return isScopeTold(row) && (Scope.at(row).flags & ScopeFlag.UNREACHABLE) == 0;
}

/** Epoch of the scope, for decisions under it. */
export function epochOf(row: u32): u64 {
  return Scope.at(row).epoch;
}

/** Member that holds the scope's key, or `NONE`. */
export function holderOf(row: u32): u32 {
  return isScopeTold(row) ? <u32>Scope.at(row).holder : NONE;
}

/** Member for whom the last holder gave the scope up, while nobody holds it, or `NONE`. */
export function nomineeOf(row: u32): u32 {
  const nominee: u32 = Scope.at(row).nominee;
  return isScopeTold(row) && nominee != 0 ? nominee - 1 : NONE;
}

/** When something is said again for the `said`th time: the wait doubles up to the limit. */
export function backOff(firstMs: u32, said: u32): u64 {
  return afterWait(firstMs, said, ProcessorPolicy.get().backOffMaxMs);
}

/** What the host says of a scope: a term begins with a grace period, in which its effects are observed. */
export function takeScope(row: u32): void {
  stir();
  const scope = Scope.at(row);
  const state = scopeAt(row);
  const decides: u8 = isScopeTold(row) && scope.role == <u8>ScopeRole.DECIDING ? 1 : 0;
  if (decides != 0 && (state.deciding == 0 || state.epoch != scope.epoch)) {
    state.term++;
    state.epoch = scope.epoch;
    state.graceUntilMs = nowMs() + CommonPolicy.get().graceMs;
  }
  state.deciding = decides;
  if (holderOf(row) != NONE) state.freeSinceMs = 0;
  else if (state.freeSinceMs == 0) state.freeSinceMs = nowMs();
  rest(SCOPE_STATE_TABLE, row, nextLook(state, NEVER));
}

/** The end of a grace period, or the time to say something again. */
function nextLook(state: ScopeState, atMs: u64): u64 {
  return due(state.graceUntilMs) ? atMs : min(atMs, state.graceUntilMs);
}

/** The control row says who this controller is: what is its own follows from it. */
export function takeControl(): void {
  if (HAS_MEMBERS) stir();
  const module = moduleState();
  const index = Control.get().controllerIndex;
  if (module.controllerIndex == index) return;
  module.controllerIndex = index;
  module.rebuild = 1;
  seal(module);
  if (HAS_MEMBERS) restartMembers(false);
}

/**
 * Has a scope campaigned for or resigned, or neither (NONE): said when it is due, and again with a back-off. A campaign
 * waits for each of `rank` better candidates; a resignation says for whom (`to`) it is.
 */
export function wantScope(row: u32, kind: DecisionKind, reason: Reason, rank: u32, to: u32): void {
  const policy = ProcessorPolicy.get();
  const state = scopeAt(row);
  if (state.wanted != <u8>kind) {
    state.wanted = <u8>kind;
    state.said = 0;
    state.sayAgainMs = nowMs();
  }
  let atMs = NEVER;
  if (kind != DecisionKind.NONE) {
    const isCampaign = kind == DecisionKind.CAMPAIGN;
    atMs = isCampaign ? max(state.sayAgainMs, state.freeSinceMs + <u64>rank * policy.deferMs) : state.sayAgainMs;
    if (due(atMs) && (isCampaign ? ringHasRoom(1) : ringHasReserve())) {
      decideIn(row, kind, reason, SubjectKind.SCOPE, row, 0, NONE, to, 0);
      atMs = backOff(policy.campaignMs, state.said);
      state.sayAgainMs = atMs;
      if (state.said < 255) state.said++;
    }
  }
  rest(SCOPE_STATE_TABLE, row, nextLook(state, atMs));
}

/** The scopes that servers hold: those of the groups, and of the pairs. */
export function judgeServerScopes(): void {
  const own = ownServer();
  for (let row = SCOPE_GROUP_0; row < SCOPE_MAX; row++) {
    if (row == SCOPE_ARRAY || row == SCOPE_TRANSFERS || !isScopeTold(row)) continue;
    const holder = holderOf(row);
    const groupIsDown = !groupHasServer(Scope.at(row).subject);
    let others: u32 = 0;
    let better: u32 = 0;
    for (let n: u32 = 0; n < SERVER_MAX; n++) {
      const server = MEMBER_SERVERS + n;
      if (server == own || !isFit(server) || !mayHold(row, server, groupIsDown)) continue;
      others++;
      if (MemberConfig.at(server).id < MemberConfig.at(own).id) better++;
    }
    // In maintenance it holds on only where nobody else can.
    const can = memberUp(own) && mayHold(row, own, groupIsDown) && (!inMaintenance(own) || others == 0);
    if (holder == own) {
      const reason = memberUp(own) ? Reason.OTHER_HOLDER : Reason.UNHEALTHY;
      wantScope(row, can ? DecisionKind.NONE : DecisionKind.RESIGN, reason, 0, NONE);
      continue;
    }
    const campaigns = can && holder == NONE && leased(own) && isReached(row) && mayDecide();
    wantScope(row, campaigns ? DecisionKind.CAMPAIGN : DecisionKind.NONE, Reason.NO_HOLDER, better, NONE);
  }
}

/** A server that can be relied on: up, not about to leave, and its liveness key not gone. */
function isFit(server: u32): bool {
  return memberUp(server) && !inMaintenance(server) && !leaseGone(server);
}

/** A group's scope is for its own servers, and for any where none of them is up; a pair's is for the two. */
function mayHold(row: u32, server: u32, groupIsDown: bool): bool {
  const scope = Scope.at(row);
  const subject: u32 = scope.subject;
  if (scope.kind == <u8>ScopeKind.PAIR) return server == subject || partnerOf(server) == subject;
  return groupIsDown || groupOf(server) == subject;
}

function groupHasServer(group: u32): bool {
  for (let n: u32 = 0; n < SERVER_MAX; n++) {
    if (isFit(MEMBER_SERVERS + n) && groupOf(MEMBER_SERVERS + n) == group) return true;
  }
  return false;
}
