/** Where interfaces and units live, each group's operative ports, and the scopes with their epochs. */

import { ScopeKindNames, ScopeRoleNames } from "../../shim/generated/layout.js";
import { lowerWords } from "../../cli/run/wording.js";
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
  wanted: string | null;
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
  return { networkPorts: [], interfaces: [], groups: [], units: [], scopes: scopesOf(tables) };
}

function scopesOf({ core, snapshot }: ArrayTables): ScopeRow[] {
  const { scope } = core.views;
  const rows: ScopeRow[] = [];
  for (let row = 0; row < scope.capacity; row++) {
    const kind = scope.kind(row);
    if (kind === 0) continue;
    const name = lowerWords(ScopeKindNames[kind] ?? `#${kind}`);
    const current = scope.incarnation(row) === snapshot.engine.incarnation;
    const role = current ? lowerWords(ScopeRoleNames[scope.role(row)] ?? "unknown") : "unknown";
    rows.push({
      name: row === 0 ? name : `${name} ${scope.subject(row)}`,
      role,
      holder: role === "deciding" ? snapshot.controller : null,
      epoch: scope.epoch(row),
      flags: [],
    });
  }
  return rows;
}
