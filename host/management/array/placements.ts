/** Where interfaces and units live, each group's operative ports, and the scopes with their holders and epochs. */

import { lowerWords } from "../../cli/run/wording.js";
import {
  layouts,
  LinkStateNames,
  ReasonNames,
  ScopeFlag,
  ScopeKind,
  ScopeRole,
  ScopeRoleNames,
} from "../../shim/generated/layout.js";
import { NONE } from "../../shim/names.js";
import type { ArrayTables } from "./tables.js";

export interface NetworkPortRow {
  name: string;
  controller: string;
  domain: string;
  link: string;
  speedMbit: number;
  interfaces: number;
}

export interface InterfaceRow {
  name: string;
  address: string;
  home: string;
  /** Network port; null where this controller does not decide, or finds none. */
  wanted: string | null;
  /** Network port whose kernel holds the address; null for none. */
  observed: string | null;
  reason: string;
}

export interface GroupRow {
  group: number;
  servers: string[];
  operativePorts: string[];
}

export interface UnitRow {
  name: string;
  owner: string;
  server: string | null;
  wanted: string | null;
  reason: string;
}

export interface ScopeRow {
  name: string;
  role: string;
  holder: string | null;
  epoch: number;
  flags: string[];
}

export interface Placements {
  networkPorts: NetworkPortRow[];
  interfaces: InterfaceRow[];
  groups: GroupRow[];
  units: UnitRow[];
  scopes: ScopeRow[];
}

export function placements(tables: ArrayTables): Placements {
  return {
    networkPorts: networkPortsOf(tables),
    interfaces: interfacesOf(tables),
    groups: groupsOf(tables),
    units: unitsOf(tables),
    scopes: scopesOf(tables),
  };
}

function networkPortsOf({ core, names, snapshot }: ArrayTables): NetworkPortRow[] {
  const { networkPortInput, networkPortState } = core.views;
  const { incarnation } = snapshot.engine;
  return (snapshot.description.networkPorts ?? []).map((port) => {
    const row = names.networkPorts.row(port.name);
    const known = row >= 0 && networkPortInput.incarnation(row) === incarnation;
    return {
      name: port.name,
      controller: port.controller,
      domain: port.domain,
      link: known ? lowerWords(LinkStateNames[networkPortInput.link(row)] ?? "unknown") : "unknown",
      speedMbit: port.speed,
      interfaces: row < 0 ? 0 : networkPortState.interfaces(row),
    };
  });
}

function interfacesOf({ core, names, snapshot }: ArrayTables): InterfaceRow[] {
  const { interfaceInput, interfaceState } = core.views;
  const { incarnation } = snapshot.engine;
  return (snapshot.description.interfaces ?? []).map((each) => {
    const row = names.interfaces.row(each.name);
    const known = row >= 0 && interfaceInput.incarnation(row) === incarnation;
    const decided = row >= 0 && interfaceState.term(row) !== 0;
    const reason = decided ? interfaceState.reason(row) : 0;
    return {
      name: each.name,
      address: each.address,
      home: each.home,
      wanted: decided ? names.networkPort(interfaceState.wanted(row)) || null : null,
      observed: known ? names.networkPort(interfaceInput.port(row)) || null : null,
      reason: known ? reasonWords(reason) : "nobody has reported it yet",
    };
  });
}

function reasonWords(reason: number): string {
  return reason === 0 ? "" : lowerWords(ReasonNames[reason] ?? `#${reason}`);
}

function groupsOf({ core, names, snapshot }: ArrayTables): GroupRow[] {
  if ((snapshot.description.networkPorts ?? []).length === 0) return [];
  const { groupPorts, memberConfig } = core.views;
  const { limits } = layouts[snapshot.profile];
  const [words, first] = [limits["NETWORK_PORT_WORDS"] ?? 1, limits["MEMBER_SERVERS"] ?? 0];
  const servers = snapshot.names.controllers
    .map(([index]) => first + index)
    .filter((row) => memberConfig.id(row) !== 0);
  return [0, 1].map((group) => {
    const isOperative = (port: number) =>
      (groupPorts.operative(group * words + (port >> 5)) & (1 << (port & 31))) !== 0;
    return {
      group,
      servers: servers.filter((row) => memberConfig.group(row) === group).map((row) => names.member(row)),
      operativePorts: names.networkPorts
        .rows()
        .filter(isOperative)
        .map((port) => names.networkPort(port)),
    };
  });
}

function unitsOf({ core, names, snapshot }: ArrayTables): UnitRow[] {
  const { unitInput, unitState } = core.views;
  const { incarnation } = snapshot.engine;
  return (snapshot.description.units ?? []).map((unit) => {
    const row = names.units.row(unit.name);
    const known = row >= 0 && unitInput.incarnation(row) === incarnation;
    const decided = row >= 0 && unitState.term(row) !== 0;
    return {
      name: unit.name,
      owner: unit.owner,
      server: known ? names.member(unitInput.serving(row)) || null : null,
      wanted: decided ? names.member(unitState.wanted(row)) || null : null,
      reason: decided ? reasonWords(unitState.reason(row)) : "",
    };
  });
}

const FLAGS: readonly [flag: number, words: string][] = [
  [ScopeFlag.FAILSAFE, "kept by promise"],
  [ScopeFlag.UNREACHABLE, "lease service out of reach"],
];

function scopesOf({ core, names, snapshot }: ArrayTables): ScopeRow[] {
  const { scope } = core.views;
  const rows: ScopeRow[] = [];
  for (let row = 0; row < scope.capacity; row++) {
    if (scope.kind(row) === ScopeKind.NONE) continue;
    const current = scope.incarnation(row) === snapshot.engine.incarnation;
    const role = current ? scope.role(row) : ScopeRole.UNKNOWN;
    const told = current && scope.holder(row) !== NONE ? names.member(scope.holder(row)) : "";
    const own = role === ScopeRole.DECIDING ? snapshot.controller : "";
    rows.push({
      name: names.scope(row),
      role: lowerWords(ScopeRoleNames[role] ?? "unknown"),
      holder: told || own || null,
      epoch: scope.epoch(row),
      flags: FLAGS.filter(([flag]) => (scope.flags(row) & flag) !== 0).map(([, words]) => words),
    });
  }
  return rows;
}
