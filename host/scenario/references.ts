/** Checks that a case names only what its arrays, the tables and the ranges of the core have. */

import type { Path } from "../array/checked-yaml.js";
import type { ArrayDescription } from "../array/description.js";
import { isFields } from "../array/parse.js";
import { layouts, type TableLayout } from "../shim/generated/layout.js";
import type { ScenarioCase } from "./description.js";
import type { Fields, Reading } from "./parse.js";

interface Known {
  ports: Set<string>;
  targets: Set<string>;
  networkPorts: Set<string>;
  interfaces: Set<string>;
  units: Set<string>;
  controllers: Set<string>;
  tables: Map<string, TableLayout>;
}

type Report = (path: Path, message: string, expected: string) => void;

/** Every name of a port, target, table or field in a case is there, in the case's array or one that it changes to. */
export function checkReferences(read: ScenarioCase, fields: Fields, path: Path, reading: Reading): void {
  const report: Report = (at, message, expected) => {
    reading.problems.push(reading.yaml.problem(at, message, expected));
  };
  const known = knownNames(read);
  checkWalk(fields.events, [...path, "events"], known, report);
  checkWalk(fields.world, [...path, "world"], known, report);
  const expected = isFields(fields.expect) ? fields.expect.end : undefined;
  checkState(expected, [...path, "expect", "end"], known, report);
  const controllers = read.array.controllers.map(({ name }) => name);
  if (!controllers.includes(read.controller)) {
    report([...path, "controller"], `no controller ${read.controller}`, `one of: ${controllers.join(", ")}`);
  }
}

function knownNames(read: ScenarioCase): Known {
  const arrays: ArrayDescription[] = [read.array];
  for (const { action } of read.events) {
    if (action.do === "reconfigure" && action.array !== undefined) arrays.push(action.array);
  }
  return {
    ports: new Set(arrays.flatMap((array) => array.ports.map(({ name }) => name))),
    targets: new Set(arrays.flatMap((array) => array.targets.map(({ name }) => name))),
    networkPorts: new Set(arrays.flatMap((array) => (array.networkPorts ?? []).map(({ name }) => name))),
    interfaces: new Set(arrays.flatMap((array) => (array.interfaces ?? []).map(({ name }) => name))),
    units: new Set(arrays.flatMap((array) => (array.units ?? []).map(({ name }) => name))),
    controllers: new Set(arrays.flatMap((array) => array.controllers.map(({ name }) => name))),
    tables: new Map(layouts[read.profile].tables.map((table) => [table.name, table])),
  };
}

function list(names: Iterable<string>): string {
  const all = [...names];
  return `one of: ${all.slice(0, 12).join(", ")}${all.length > 12 ? ", …" : ""}`;
}

/** Walks events and rules: fields `port` and `target` are names, those of `link` and `maintenance` are ports. */
function checkWalk(value: unknown, path: Path, known: Known, report: Report): void {
  if (Array.isArray(value)) {
    for (const [index, entry] of value.entries()) checkWalk(entry, [...path, index], known, report);
    return;
  }
  if (!isFields(value)) return;
  for (const [name, entry] of Object.entries(value)) {
    const at = [...path, name];
    if (name === "port" && typeof entry === "string") checkPort(entry, at, known, report);
    else if (name === "target" && typeof entry === "string") checkTarget(entry, at, known, report);
    else if (name === "link" && isFields(entry)) {
      for (const port of Object.keys(entry)) checkPort(port, [...at, port], known, report);
    } else if (name === "maintenance" && isFields(entry)) {
      checkKeys(entry, at, "port or controller", new Set([...known.ports, ...known.controllers]), report);
    } else if (name === "networkLink") checkKeys(entry, at, "network port", known.networkPorts, report);
    else if (name === "serverState") checkKeys(entry, at, "controller", known.controllers, report);
    else if (name === "place") checkKeys(entry, at, "interface", known.interfaces, report);
    else if (name === "check") checkState(entry, at, known, report);
    else if (name === "break") checkField(entry, at, known, report);
    else if (name !== "array" && name !== "knobs") checkWalk(entry, at, known, report);
  }
}

/** The names of fields are those of things. */
function checkKeys(value: unknown, path: Path, kind: string, names: Set<string>, report: Report): void {
  for (const name of Object.keys(isFields(value) ? value : {})) {
    if (!names.has(name)) report([...path, name], `no ${kind} ${name}`, list(names));
  }
}

function checkPort(name: string, path: Path, known: Known, report: Report): void {
  if (!known.ports.has(name)) report(path, `no port ${name}`, list(known.ports));
}

function checkTarget(name: string, path: Path, known: Known, report: Report): void {
  if (!known.targets.has(name)) report(path, `no target ${name}`, list(known.targets));
}

function checkField(value: unknown, path: Path, known: Known, report: Report): void {
  if (!isFields(value)) return;
  const table = known.tables.get(String(value.table));
  if (table === undefined) return report([...path, "table"], `no table ${value.table}`, list(known.tables.keys()));
  const field = table.fields.find(({ name }) => name === value.field);
  if (field === undefined) report([...path, "field"], `no field ${value.field}`, list(fieldNames(table)));
}

function fieldNames(table: TableLayout): string[] {
  return table.fields.filter(({ role }) => role !== "pad" && role !== "check").map(({ name }) => name);
}

function checkState(value: unknown, path: Path, known: Known, report: Report): void {
  if (!isFields(value)) return;
  for (const [target, ports] of Object.entries(isFields(value.registrations) ? value.registrations : {})) {
    const at = [...path, "registrations", target];
    checkTarget(target, at, known, report);
    for (const [index, port] of (Array.isArray(ports) ? ports : []).entries())
      checkPort(String(port), [...at, index], known, report);
  }
  for (const port of Object.keys(isFields(value.sessions) ? value.sessions : {})) {
    checkPort(port, [...path, "sessions", port], known, report);
  }
  checkKeys(value.interfaces, [...path, "interfaces"], "interface", known.interfaces, report);
  checkKeys(value.units, [...path, "units"], "unit", known.units, report);
  for (const [name, rows] of Object.entries(isFields(value.tables) ? value.tables : {})) {
    checkTable(name, rows, [...path, "tables", name], known, report);
  }
}

function checkTable(name: string, rows: unknown, path: Path, known: Known, report: Report): void {
  const table = known.tables.get(name);
  if (table === undefined) return report(path, `no table ${name}`, list(known.tables.keys()));
  if (!isFields(rows)) return;
  const fields = fieldNames(table);
  const check = (row: Fields, at: Path) => {
    for (const field of Object.keys(row)) {
      if (!fields.includes(field)) report([...at, field], `no field ${field} in ${name}`, list(fields));
    }
  };
  if (table.capacity === 1) return check(rows, path);
  for (const [row, fieldsOfRow] of Object.entries(rows)) if (isFields(fieldsOfRow)) check(fieldsOfRow, [...path, row]);
}
