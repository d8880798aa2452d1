/** Where interfaces and units live, each group's operative ports, and the scopes with their holders and epochs. */

import { type GroupRecord, groupsOf, interfaceOf, UNREPORTED, unitOf } from "../../cli/run/hosted.js";
import { lowerWords } from "../../cli/run/wording.js";
import { LinkStateNames, ScopeFlag, ScopeKind, ScopeRole, ScopeRoleNames } from "../../shim/generated/layout.js";
import { NONE } from "../../shim/names.js";
import type { ArrayTables } from "./tables.js";

export interface NetworkPortRow {
  name: string;
  controller: string;
  domain: string;
  link: string;
  /** Errors of receiving and sending that its kernel has counted since its controller started; goes round at 65,536. */
  errors: number;
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
  groups: GroupRecord[];
  units: UnitRow[];
  scopes: ScopeRow[];
}

export function placements(tables: ArrayTables): Placements {
  return {
    networkPorts: networkPortsOf(tables),
    interfaces: interfacesOf(tables),
    groups: groupsOf({ ...tables, incarnation: tables.snapshot.engine.incarnation }),
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
      errors: known ? networkPortInput.errors(row) : 0,
      speedMbit: port.speed,
      interfaces: row < 0 ? 0 : networkPortState.interfaces(row),
    };
  });
}

/** What the configuration says of each interface, and what the tables say. */
function interfacesOf({ core, names, snapshot }: ArrayTables): InterfaceRow[] {
  const tables = { core, names, incarnation: snapshot.engine.incarnation };
  return (snapshot.description.interfaces ?? []).map(({ name, address, home }) => {
    const row = names.interfaces.row(name);
    const { wanted, port: observed, reason } = row < 0 ? UNREPORTED : interfaceOf(tables, row);
    return { name, address, home, wanted, observed, reason };
  });
}

function unitsOf({ core, names, snapshot }: ArrayTables): UnitRow[] {
  const tables = { core, names, incarnation: snapshot.engine.incarnation };
  return (snapshot.description.units ?? []).map(({ name, owner }) => {
    const row = names.units.row(name);
    const { wanted, serving: server, reason } = row < 0 ? UNREPORTED : unitOf(tables, row);
    return { name, owner, server, wanted, reason };
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
