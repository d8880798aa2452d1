/** Where each table lies in the memory of a profile. */

import { constantOf, type Model, PROFILES, type RowClass } from "./model.js";
import type { SourceProblem } from "./problems.js";

export const TABLE_KINDS = [
  "header",
  "input",
  "latched-written",
  "latched-copy",
  "configuration",
  "staged",
  "state",
  "decision",
] as const;
export type TableKind = (typeof TABLE_KINDS)[number];

const PAGE_BYTES = 65536;
const TABLE_ALIGNMENT = 64;
/**
 * Bytes of a directory entry: base, stride, capacity, row type and kind, changed address, deadlines address, and what
 * the core needs to handle rows of any type: which 16-bit words reset to `NONE`, where the check word and the deadline
 * are, and the shift of the changed bits.
 */
export const DIRECTORY_ENTRY_BYTES = 32;
/** Most bytes of a whole memory, per profile: what a microcontroller, a controller and a large array can spare. */
const MEMORY_BOUNDS: readonly number[] = [PAGE_BYTES, 2 * 1024 * 1024, 16 * 1024 * 1024];

export interface TableMap {
  name: string;
  number: number;
  row: RowClass;
  kind: TableKind;
  base: number;
  capacity: number;
  /** Address of the leaf words; 0 without changed bits. */
  changedAddress: number;
  leafWords: number;
  /** Leaf words per summary bit = 1 << shift. */
  changedShift: number;
  /** Address of the block deadlines; 0 without. */
  deadlinesAddress: number;
  deadlineWords: number;
  /** First byte behind all of it. */
  end: number;
}

export interface MemoryMap {
  profile: number;
  tables: readonly TableMap[];
  directoryAddress: number;
  /** First byte behind the last table. */
  end: number;
  memoryBytes: number;
  memoryPages: number;
}

type Layout = Pick<Model, "classes" | "enums" | "constants">;

/** Lays out all tables of a profile; a directory or memory that is too large is reported. */
export function buildMemoryMap(model: Layout, profile: number, problems: SourceProblem[]): MemoryMap {
  const directoryAddress = constantOf(model, "CONSTANTS_ADDRESS", profile);
  const tables: TableMap[] = [];
  let end = constantOf(model, "TABLES_ADDRESS", profile);
  for (const { row, name, kind } of inOrder(model.classes)) {
    const base = row.kind === "header" ? 0 : align(end, TABLE_ALIGNMENT);
    const table = layTable(row, name, kind, tables.length, base, row.capacities[profile] ?? 0);
    if (row.kind !== "header") end = table.end;
    tables.push(table);
  }
  const memoryPages = Math.ceil(end / PAGE_BYTES);
  checkBounds(model, tables, end, profile, problems);
  return { profile, tables, directoryAddress, end, memoryBytes: memoryPages * PAGE_BYTES, memoryPages };
}

interface NamedTable {
  row: RowClass;
  name: string;
  kind: TableKind;
}

/**
 * All tables in the order of their numbers: the header, those with deadlines, those with changed bits, all others. The
 * core looks through the deadlines and the changed bits of all tables in each tick, so that those stand together.
 */
function inOrder(classes: readonly RowClass[]): NamedTable[] {
  const tables = classes.flatMap((row) => tablesOf(row).map(([name, kind]) => ({ row, name, kind })));
  const rank = ({ row, kind }: NamedTable) => {
    if (row.kind === "header") return 0;
    if (row.deadlines) return 1;
    // A latched table and the latch's copy stand together.
    return hasChangedBits(row, kind) || kind === "latched-copy" ? 2 : 3;
  };
  return [0, 1, 2, 3].flatMap((group) => tables.filter((table) => rank(table) === group));
}

function hasChangedBits(row: RowClass, kind: TableKind): boolean {
  return kind === "input" || kind === "latched-written" || row.changed;
}

/** Numbers behind the last table with deadlines, and behind the last one with changed bits. */
export function endsOf(tables: readonly TableMap[]): { deadlines: number; changed: number } {
  const behind = (matches: (table: TableMap) => boolean) => tables.findLastIndex(matches) + 1;
  return {
    deadlines: behind((table) => table.deadlinesAddress !== 0),
    changed: behind((table) => table.changedAddress !== 0),
  };
}

/** Names and kinds of the tables that a row class has. */
export function tablesOf(row: RowClass): [string, TableKind][] {
  if (row.kind === "latched") {
    return [
      [row.tableName, "latched-written"],
      [`${row.tableName}-latched`, "latched-copy"],
    ];
  }
  if (row.kind === "configuration") {
    return [
      [row.tableName, "configuration"],
      [`${row.tableName}-staged`, "staged"],
    ];
  }
  return [[row.tableName, row.kind]];
}

function layTable(
  row: RowClass,
  name: string,
  kind: TableKind,
  number: number,
  base: number,
  capacity: number,
): TableMap {
  const hasChanged = hasChangedBits(row, kind);
  const leafWords = hasChanged ? Math.ceil(capacity / 32) : 0;
  const deadlineWords = row.deadlines ? Math.ceil(capacity / 64) : 0;
  let end = base + capacity * row.stride;
  const changedAddress = hasChanged ? align(end, 8) : 0;
  if (hasChanged) end = changedAddress + leafWords * 4;
  const deadlinesAddress = row.deadlines ? align(end, 8) : 0;
  if (row.deadlines) end = deadlinesAddress + deadlineWords * 8;
  let changedShift = 0;
  while (leafWords > 0 && (leafWords - 1) >> changedShift >= 32) changedShift++;
  return {
    name,
    number,
    row,
    kind,
    base,
    capacity,
    changedAddress,
    leafWords,
    changedShift,
    deadlinesAddress,
    deadlineWords,
    end,
  };
}

function checkBounds(
  model: Layout,
  tables: readonly TableMap[],
  end: number,
  profile: number,
  problems: SourceProblem[],
): void {
  const report = (file: string, message: string, expected: string) => {
    problems.push({ file, line: 1, message, expected });
  };
  const header = "assembly/memory/header.ts";
  const name = PROFILES[profile] ?? "";
  const tableMax = constantOf(model, "TABLE_MAX", profile);
  if (tables.length > tableMax) report(header, `${tables.length} tables`, `at most TABLE_MAX (${tableMax})`);
  const directoryBytes = tables.length * DIRECTORY_ENTRY_BYTES;
  const constantsBytes = constantOf(model, "CONSTANTS_BYTES", profile);
  if (directoryBytes > constantsBytes) {
    report(header, `a directory of ${directoryBytes} bytes`, `at most CONSTANTS_BYTES (${constantsBytes})`);
  }
  const bound = MEMORY_BOUNDS[profile] ?? PAGE_BYTES;
  if (end > bound) report("assembly/limits.ts", `the ${name} profile takes ${end} bytes`, `at most ${bound}`);
  for (const table of tables) {
    if (table.capacity > 0) continue;
    const { file, line } = table.row;
    problems.push({
      file,
      line,
      message: `table ${table.name} has no row in the ${name} profile`,
      expected: "a capacity of at least 1",
    });
  }
}

function align(address: number, alignment: number): number {
  return Math.ceil(address / alignment) * alignment;
}
