/**
 * Network ports: each group's list of operative ports follows from the links that servers report and from the servers'
 * own health ("establishing a list for each group of servers describing operative ports of each server of the group").
 */
import { GROUP_MAX, NETWORK_PORT_MAX, NETWORK_PORT_WORDS, SERVER_MAX } from "../../limits";
import { reportLink } from "../../members/health";
import { acknowledged, inMaintenance, isMember, leaseGone, leased, memberUp, ownServer } from "../../members/members";
import { groupOf } from "../../members/pairs";
import { putServer } from "../../members/servers";
import { isCurrent } from "../../memory/inputs";
import { nowMs } from "../../memory/scheduling";
import { seal } from "../../memory/seals";
import { HEALTH_NETWORK_PORTS, HealthKind, HealthState, HealthStatus } from "../../tables/health";
import { GroupWish, InterfacePlanStep } from "../../tables/interface";
import { Acknowledged, Heartbeat, MEMBER_SERVERS } from "../../tables/member";
import { GroupPorts, NetworkPortConfig, NetworkPortInput, NetworkPortStatus } from "../../tables/network-port";
import { verify } from "../../memory/verify";
import { groupAt, knobs, planRow, portAt, serverOf, wish } from "./rows";

/** A link as its server reports it. */
export function takeNetworkPort(port: u32): void {
  const input = NetworkPortInput.at(port);
  if (!isCurrent(input, NetworkPortConfig.at(port))) return;
  if (reportLink(HEALTH_NETWORK_PORTS + port, HealthKind.NETWORK_PORT, input.link)) followPort(port);
}

/** One port's link has changed. */
function followPort(port: u32): void {
  if (followStatus(port)) refreshGroup(groupOf(serverOf(port)));
}

/** Servers, leases, or what they have acknowledged may have changed: everything is made anew. */
export function followServers(): void {
  for (let port: u32 = 0; port < NETWORK_PORT_MAX; port++) {
    if (NetworkPortConfig.at(port).id != 0) followStatus(port);
  }
  for (let group: u32 = 0; group < GROUP_MAX; group++) {
    refreshGroup(group);
  }
}

/** Whether a server answers commands: heard, told of the present epoch, of this configuration. */
function answers(server: u32): bool {
  if (!memberUp(server) || !acknowledged(server, Acknowledged.GROUP)) return false;
  return ofOwnConfiguration(server);
}

/** A peer of another revision keeps what it has. */
export function ofOwnConfiguration(server: u32): bool {
  return Heartbeat.latchedAt(server).configuration == Heartbeat.latchedAt(ownServer()).configuration;
}

/** `NetworkPortStatus` as it follows from link and server. */
function judgedStatus(port: u32): u32 {
  const server = serverOf(port);
  if (leaseGone(server)) return NetworkPortStatus.FREED | NetworkPortStatus.FAILED;
  const link: u32 = HealthState.at(HEALTH_NETWORK_PORTS + port).status;
  const isHeard = memberUp(server);
  const answersNow = answers(server);
  const isDraining = inMaintenance(server);
  let status: u32 = 0;
  if (isDraining) status |= NetworkPortStatus.MAINTENANCE;
  if (answersNow) status |= NetworkPortStatus.ANSWERS;
  if (!isHeard || link == <u32>HealthStatus.UNKNOWN) return status;
  if (link != <u32>HealthStatus.UP) return status | NetworkPortStatus.FAILED;
  status |= NetworkPortStatus.OPERATIVE;
  if (answersNow && leased(server) && !isDraining) status |= NetworkPortStatus.USABLE;
  return status;
}

/** True if anything has changed. Another plan is made then. */
function followStatus(port: u32): bool {
  const state = portAt(port);
  const status = judgedStatus(port);
  const changed: u32 = status ^ <u32>state.status;
  if (changed == 0) return false;
  if (changed & status & NetworkPortStatus.OPERATIVE) state.operativeMs = nowMs();
  state.status = <u16>status;
  seal(state);
  const group = groupOf(serverOf(port));
  const row = group * NETWORK_PORT_WORDS + (port >> 5);
  verify(GROUP_PORTS_TABLE, row);
  const list = GroupPorts.at(row);
  const bit: u32 = 1 << (port & 31);
  list.operative = status & NetworkPortStatus.OPERATIVE ? list.operative | bit : list.operative & ~bit;
  seal(list);
  planAnew(group);
  if (knobs().otherGroup != 0) planAnew(1 - group);
  return true;
}

/** What has changed may concern a plan under way: it begins again. */
export function planAnew(group: u32): void {
  const plan = planRow();
  let wishes: u32 = GroupWish.LOOK;
  if (plan.step != <u16>InterfacePlanStep.NONE && plan.group == <u16>group) {
    wishes |= plan.wishes;
    plan.step = <u16>InterfacePlanStep.NONE;
    seal(plan);
  }
  wish(group, wishes);
}

/** What follows for a group as a whole: which servers are well, since when all are, and whether all have reported. */
function refreshGroup(group: u32): void {
  const row = groupAt(group);
  const reported: u16 = <u16>haveReported(group);
  if (reported > row.reported) row.wishes |= <u16>GroupWish.LOOK;
  row.reported = reported;
  row.well = 0;
  row.wellMore = 0;
  for (let server = MEMBER_SERVERS; server < MEMBER_SERVERS + SERVER_MAX; server++) {
    if (memberUp(server) && groupOf(server) == group) putServer(row.wellSet, server, true);
  }
  let allWell = true;
  for (let port: u32 = 0; port < NETWORK_PORT_MAX; port++) {
    if (NetworkPortConfig.at(port).id == 0 || groupOf(serverOf(port)) != group) continue;
    if (portAt(port).status & NetworkPortStatus.OPERATIVE) continue;
    allWell = false;
    putServer(row.wellSet, serverOf(port), false);
  }
  if (!allWell) row.wellMs = 0;
  else if (row.wellMs == 0) row.wellMs = max(nowMs(), 1);
  seal(row);
}

/** Every server that may hold an address of the group has said under the present epoch what it holds, or is gone. */
function haveReported(group: u32): bool {
  const both = knobs().otherGroup != 0;
  for (let server = MEMBER_SERVERS; server < MEMBER_SERVERS + SERVER_MAX; server++) {
    if (!isMember(server) || (!both && groupOf(server) != group)) continue;
    if (!leaseGone(server) && !acknowledged(server, Acknowledged.GROUP)) return false;
  }
  return true;
}
