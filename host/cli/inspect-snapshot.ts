/** `fairlead inspect` of a snapshot: where addresses, units and roles were when it was written. */

import { FileError } from "../shim/errors.js";
import { createViews } from "../shim/generated/layout.js";
import { Hosting } from "../shim/hosting.js";
import { Names } from "../shim/names.js";
import { beginsAsSnapshot, decodeSnapshot, type Snapshot } from "../shim/snapshot.js";
import { print } from "./exit.js";
import {
  type GroupRecord,
  groupsOf,
  type HostedTables,
  type InterfaceRecord,
  interfacesOf,
  type ProcessorRecord,
  priorityWords,
  processorsOf,
  type UnitRecord,
  unitsOf,
} from "./run/hosted.js";
import { type LeaseRecord, leasesOf, type ScopeRecord, scopesOf } from "./run/watch-scopes.js";

export const isSnapshot = beginsAsSnapshot;

export interface SnapshotInspection {
  file: string;
  profile: string;
  incarnation: number;
  /** ISO 8601. */
  savedAt: string;
  /** Time of the module, in milliseconds. */
  moduleMs: number;
  groups: GroupRecord[];
  interfaces: InterfaceRecord[];
  units: UnitRecord[];
  processors: ProcessorRecord[];
  scopes: ScopeRecord[];
  leases: LeaseRecord[];
}

/** @throws FileError for a snapshot that is damaged, or of another layout */
export function inspectSnapshot(file: string, bytes: Uint8Array, json: boolean): void {
  const snapshot = decodeSnapshot(bytes, file);
  if (!snapshot.sameLayout) throw new FileError(file, 4, "a snapshot of another layout: its tables can't be read");
  const tables = tablesOf(snapshot);
  const inspection: SnapshotInspection = {
    file,
    profile: snapshot.profile,
    incarnation: snapshot.incarnation,
    savedAt: new Date(snapshot.savedMs).toISOString(),
    moduleMs: tables.core.views.header.nowMs(0),
    groups: groupsOf(tables),
    interfaces: interfacesOf(tables),
    units: unitsOf(tables),
    processors: processorsOf(tables),
    scopes: scopesOf(tables),
    leases: leasesOf(tables),
  };
  if (json) print(JSON.stringify(inspection));
  else printSnapshot(inspection);
}

function tablesOf({ profile, memory, book, incarnation }: Snapshot): HostedTables {
  const views = createViews(memory.buffer as ArrayBuffer, profile);
  const { sessionInput } = views;
  const names = new Names((row) => [sessionInput.initiator(row), sessionInput.target(row), sessionInput.port(row)]);
  const core = { views, profile };
  new Hosting(core, incarnation, names).readNames(book);
  return { core, names, incarnation };
}

function printSnapshot(inspection: SnapshotInspection): void {
  const { file, profile, incarnation, savedAt, moduleMs } = inspection;
  print(`${file}: fairlead snapshot, profile ${profile}`);
  print(`saved     ${savedAt} by start ${incarnation}, at ${moduleMs} ms of the module`);
  printTable(
    ["interface", "home", "is on", "wanted on", "because"],
    inspection.interfaces.map((each) => [each.interface, each.home, each.port ?? "nowhere", each.wanted, each.reason]),
  );
  printTable(
    ["group", "servers", "operative ports"],
    inspection.groups.map(({ group, servers, operativePorts }) => [
      String(group),
      servers.join(" "),
      operativePorts.join(" "),
    ]),
  );
  printTable(
    ["unit", "owner", "admitted", "served by", "wanted with", "because"],
    inspection.units.map((unit) => [unit.unit, unit.owner, unit.server, unit.serving, unit.wanted, unit.reason]),
  );
  printTable(
    ["processor", "state", "role", "web server", "priority"],
    inspection.processors.map((each) => [each.processor, each.state, each.role, each.webServer, priorityWords(each)]),
  );
  printTable(
    ["scope", "holder", "epoch", "role"],
    inspection.scopes.map(({ scope, holder, epoch, role }) => [scope, holder, String(epoch), role]),
  );
  printTable(
    ["lease of", "is"],
    inspection.leases.map(({ controller, lease }) => [controller, lease]),
  );
}

/** Columns as wide as what stands in them; nothing for a table without rows. */
function printTable(header: readonly string[], rows: readonly (string | null)[][]): void {
  if (rows.length === 0) return;
  const lines = [header, ...rows.map((row) => row.map((cell) => cell || "-"))];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  print("");
  for (const line of lines)
    print(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}
