/**
 * Interface failover: servers in failover pairs are split into two groups; when a port or a server fails, its addresses
 * move to operative ports of the same group, never to the failover partner, whose work is to take over the storage units
 * (US 7,818,408).
 *
 *   status messages ─▶ links and servers ─▶ each group's list of operative ports       ports.ts
 *                                             │ a change
 *                                             ▼
 *   interfaces without a port ─▶ plan: the best spread over the list                    plan.ts, ../../placement
 *                                             │ wanted
 *                                             ▼
 *   observed ≠ wanted ─▶ UNHOST_INTERFACE, then MOVE_INTERFACE, until it is so           steps.ts
 *   units of a failed server ─▶ TAKE_OVER_UNIT by its partner, RETURN_UNIT               units.ts
 *
 * Only the decider of a group's scope decides; on becoming it, what is observed is what is wanted.
 */
import { ConfiguredRow } from "../../configuration/matching";
import { GROUP_MAX, NETWORK_PORT_MAX, NONE } from "../../limits";
import { takeStirred } from "../../members/stir";
import { ROWS_MAX, TableEntry } from "../../memory/directory";
import { resetRow, seal } from "../../memory/seals";
import { SubjectKind } from "../../tables/decision";
import { HEALTH_NETWORK_PORTS } from "../../tables/health";
import { GroupWish } from "../../tables/interface";
import { Stirred } from "../../tables/module-state";
import { NetworkPortConfig } from "../../tables/network-port";
import { Outcome } from "../../tables/outcome";
import { FailBack } from "../../tables/policy";
import { ScopeState } from "../../tables/scope";
import { followServers } from "./ports";
import { groupAt, isDeciding, knobs, lookAtGroups, scopeOf, wish } from "./rows";
import { decisionOf, interfaceOutcome } from "./steps";
import { callUnitsHome, followUnits } from "./units";

/** After a restart of the host nothing is known of ports, addresses and units until they are written anew. */
export function forgetInterfaces(): void {
  for (let port: u32 = 0; port < NETWORK_PORT_MAX; port++) {
    if (NetworkPortConfig.at(port).id != 0) resetRow(HEALTH_STATE_TABLE, HEALTH_NETWORK_PORTS + port);
  }
  resetConfigured(NETWORK_PORT_CONFIG_TABLE, NETWORK_PORT_STATE_TABLE);
  resetConfigured(INTERFACE_CONFIG_TABLE, INTERFACE_STATE_TABLE);
  resetConfigured(UNIT_CONFIG_TABLE, UNIT_STATE_TABLE);
  followServers();
  lookAtGroups();
}

/** Resets the state of all rows that are configured. */
function resetConfigured(configTable: u32, stateTable: u32): void {
  for (let row: u32 = 0; row < ROWS_MAX; row++) {
    if (row == TableEntry.of(configTable).capacity) break;
    if (ConfiguredRow.of(configTable, row).id != 0) resetRow(stateTable, row);
  }
}

/** What members and scopes have become since the policy looked last. */
export function observeInterfaces(): void {
  if (!takeStirred(Stirred.INTERFACES)) return;
  followServers();
  for (let group: u32 = 0; group < GROUP_MAX; group++) {
    followTerm(group);
  }
  followUnits();
}

/** A new term of the group's scope: every interface is adopted as it is observed. */
function followTerm(group: u32): void {
  const row = groupAt(group);
  const term = ScopeState.at(scopeOf(group)).term;
  if (row.term == term || !isDeciding(scopeOf(group))) return;
  row.term = term;
  row.unforced = 0;
  row.drained = 0;
  row.drainedMore = 0;
  row.wishes = <u16>GroupWish.LOOK;
  seal(row);
}

/** True if the outcome is of a decision about an interface or a unit. */
export function takeHostingOutcome(outcome: Outcome): bool {
  const decision = decisionOf(outcome.sequence);
  if (decision.sequence != outcome.sequence || decision.incarnation != outcome.incarnation) return false;
  if (decision.subjectKind == <u8>SubjectKind.INTERFACE) interfaceOutcome(decision, outcome);
  return decision.subjectKind == <u8>SubjectKind.INTERFACE || decision.subjectKind == <u8>SubjectKind.UNIT;
}

/** An operator's wish: interfaces of a group, or of both (`NONE`), as even as can be; false if this module decides for none. */
export function rebalance(group: u32): bool {
  return wishFor(group, GroupWish.REBALANCE);
}

/**
 * An operator's wish: interfaces and units of a server home, or of all (`NONE`), where fail-back is not off; false if it
 * is off for interfaces, or this module decides for none.
 */
export function failBack(server: u32): bool {
  for (let group: u32 = 0; group < GROUP_MAX; group++) {
    const row = groupAt(group);
    row.returning = <u16>server;
    seal(row);
  }
  if (knobs().unitReturn != <u8>FailBack.OFF) callUnitsHome(server);
  return knobs().failBack != <u8>FailBack.OFF && wishFor(NONE, GroupWish.FAIL_BACK);
}

function wishFor(group: u32, wishes: GroupWish): bool {
  let any = false;
  for (let each: u32 = 0; each < GROUP_MAX; each++) {
    if ((group != NONE && group != each) || !isDeciding(scopeOf(each))) continue;
    wish(each, wishes);
    any = true;
  }
  return any;
}
