/** The source that the transform adds to each compilation: places of tables, the directory, checks of knobs. */

import { DIRECTORY_ENTRY_BYTES, endsOf, type MemoryMap, TABLE_KINDS, type TableMap } from "./memory-map.js";
import { type Field, type Model, type RowClass, upperSnake } from "./model.js";

/** Path of the added source; it exists in memory only. */
export const INJECTED_FILE = "assembly/generated-layout.ts";

/** AssemblyScript of the added source for one profile. */
export function injectedSource(model: Model, map: MemoryMap): string {
  const lines = ["// Written by the compiler transform; exists during compilation only."];
  const files = new Map<string, string[]>();
  for (const row of model.classes) files.set(row.file, [...(files.get(row.file) ?? []), row.name]);
  for (const [file, names] of files) {
    lines.push(`import { ${names.join(", ")} } from "./${file.replace(/^assembly\//, "").replace(/\.ts$/, "")}";`);
  }
  for (const [name, value] of injectedConstants(map, model.layoutHash))
    lines.push(`@global @lazy const ${name}: u32 = ${value};`);
  lines.push('import { checkFields } from "./configuration/fields";', ...checkFunctions(model, map));
  return `${lines.join("\n")}\n`;
}

/** Names and values of the constants, in order. */
export function injectedConstants(map: MemoryMap, hash: string): [string, number][] {
  const ends = endsOf(map.tables);
  const constants: [string, number][] = [
    ["TABLE_COUNT", map.tables.length],
    ["DEADLINE_TABLES_END", ends.deadlines],
    ["CHANGED_TABLES_END", ends.changed],
    ["DIRECTORY_ADDRESS", map.directoryAddress],
    ["MEMORY_BYTES", map.memoryBytes],
    ["MEMORY_PAGES", map.memoryPages],
    ["LAYOUT_HASH_LOW", Number.parseInt(hash.slice(8), 16)],
    ["LAYOUT_HASH_HIGH", Number.parseInt(hash.slice(0, 8), 16)],
  ];
  for (const table of map.tables) constants.push(...tableConstants(table));
  return constants;
}

function tableConstants(table: TableMap): [string, number][] {
  const suffix = table.kind === "staged" ? "_STAGED" : table.kind === "latched-copy" ? "_LATCHED" : "";
  const prefix = upperSnake(table.row.name) + suffix;
  const constants: [string, number][] = [
    [`${prefix}_TABLE`, table.number],
    [`${prefix}_BASE`, table.base],
  ];
  if (table.changedAddress !== 0) {
    constants.push([`${prefix}_CHANGED_BASE`, table.changedAddress], [`${prefix}_CHANGED_SHIFT`, table.changedShift]);
  }
  if (table.deadlinesAddress !== 0) constants.push([`${prefix}_DEADLINES_BASE`, table.deadlinesAddress]);
  return constants;
}

/** Bytes of the directory: one little-endian entry a table. */
function directoryBytes(map: MemoryMap): Uint8Array {
  const bytes = new Uint8Array(map.tables.length * DIRECTORY_ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  for (const table of map.tables) {
    const at = table.number * DIRECTORY_ENTRY_BYTES;
    view.setUint32(at, table.base, true);
    view.setUint32(at + 4, table.row.stride, true);
    view.setUint32(at + 8, table.capacity, true);
    view.setUint16(at + 12, table.row.number, true);
    view.setUint16(at + 14, TABLE_KINDS.indexOf(table.kind), true);
    view.setUint32(at + 16, table.changedAddress, true);
    view.setUint32(at + 20, table.deadlinesAddress, true);
    view.setUint32(at + 24, noneWords(table.row), true);
    view.setUint8(
      at + 28,
      offsetOf(table.row, (field) => field.role === "check"),
    );
    view.setUint8(
      at + 29,
      offsetOf(table.row, (field) => field.name === "deadlineMs"),
    );
    view.setUint8(at + 30, table.changedShift);
  }
  return bytes;
}

/** Offset that stands for "no such field". */
const NO_FIELD = 255;

function offsetOf(row: RowClass, matches: (field: Field) => boolean): number {
  return row.fields.find(matches)?.offset ?? NO_FIELD;
}

/** Bit `n` stands for the 16-bit word at byte `2n`: an index, which resets to `NONE`. */
function noneWords(row: RowClass): number {
  const words = row.fields.filter((field) => field.role === "index" && field.size === 2 && field.offset < 64);
  return words.reduce((mask, field) => (mask | (1 << (field.offset / 2))) >>> 0, 0);
}

/** Bytes of a check: offset, size and code of a field, whether it is a mask, and its least and largest value. */
const CHECK_BYTES = 12;

/** A check of one field of a configuration row; of flags, `max` is the mask of what must not be set. */
interface FieldCheck {
  field: Field;
  code: number;
  isMask: boolean;
  min: number;
  max: number;
}

function checksOf(row: RowClass, model: Model): FieldCheck[] {
  if (row.kind !== "configuration" || row.planned !== undefined) return [];
  return row.fields.flatMap((field) => fieldCheck(field, model) ?? []);
}

/** Classes with checks, and where those stand behind the directory. */
function checkRuns(model: Model, map: MemoryMap): { row: RowClass; address: number; checks: FieldCheck[] }[] {
  let address = map.directoryAddress + map.tables.length * DIRECTORY_ENTRY_BYTES;
  const runs = model.classes.map((row) => ({ row, checks: checksOf(row, model) }));
  return runs
    .filter((run) => run.checks.length > 0)
    .map((run) => {
      const placed = { ...run, address };
      address += run.checks.length * CHECK_BYTES;
      return placed;
    });
}

/** Bytes that the transform places in the region of constants: the directory, then the checks. */
export function constantBytes(model: Model, map: MemoryMap): Uint8Array {
  const directory = directoryBytes(map);
  const checks = checkRuns(model, map).flatMap((run) => run.checks);
  const bytes = new Uint8Array(directory.length + checks.length * CHECK_BYTES);
  bytes.set(directory);
  const view = new DataView(bytes.buffer);
  checks.forEach((check, index) => {
    const at = directory.length + index * CHECK_BYTES;
    view.setUint8(at, check.field.offset);
    view.setUint8(at + 1, check.field.size);
    view.setUint8(at + 2, check.code);
    view.setUint8(at + 3, check.isMask ? 1 : 0);
    view.setUint32(at + 4, check.min, true);
    view.setUint32(at + 8, check.max, true);
  });
  return bytes;
}

/** `checkFooBar(row)`: 0, or the first field out of range as `(byte offset << 8) | ErrorCode`. */
function checkFunctions(model: Model, map: MemoryMap): string[] {
  return checkRuns(model, map).flatMap(({ row, address, checks }) => [
    `@global function check${row.name}(row: ${row.name}): u32 {`,
    `  return checkFields(changetype<usize>(row), ${address}, ${checks.length});`,
    "}",
  ]);
}

function fieldCheck(field: Field, model: Model): FieldCheck | undefined {
  const outOfRange = errorCode(model, "OUT_OF_RANGE");
  if (field.role === "pad") return { field, code: errorCode(model, "NOT_ZERO"), isMask: false, min: 0, max: 0 };
  if (field.role === "boolean") return { field, code: outOfRange, isMask: false, min: 0, max: 1 };
  if (field.knob !== undefined) return rangeCheck(field, field.knob.min, field.knob.max, outOfRange);
  const entry = model.enums.find((candidate) => candidate.name === field.reference);
  if (entry === undefined) return undefined;
  const values = entry.members.map((member) => member.value);
  if (field.role === "flags") {
    const known = values.reduce((mask, bit) => mask | bit, 0) >>> 0;
    return { field, code: outOfRange, isMask: true, min: 0, max: ~known >>> 0 };
  }
  return rangeCheck(field, Math.min(...values), Math.max(...values), outOfRange);
}

function rangeCheck(field: Field, min: number, max: number, code: number): FieldCheck | undefined {
  return min === 0 && max === 2 ** (field.size * 8) - 1 ? undefined : { field, code, isMask: false, min, max };
}

function errorCode(model: Model, name: string): number {
  const member = model.enums.find((entry) => entry.name === "ErrorCode")?.members.find((entry) => entry.name === name);
  if (member === undefined) throw new Error(`assembly/memory/header.ts must define ErrorCode.${name}`);
  return member.value;
}
