/** The source that the transform adds to each compilation: places of tables, the directory, checks of knobs. */

import { DIRECTORY_ENTRY_BYTES, type MemoryMap, TABLE_KINDS, type TableMap } from "./memory-map.js";
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
  for (const [name, value] of injectedConstants(map, model.layoutHash)) lines.push(`@global @lazy const ${name}: u32 = ${value};`);
  for (const row of model.classes) {
    if (row.kind === "configuration") lines.push(...checkFunction(row, model));
  }
  return `${lines.join("\n")}\n`;
}

/** Names and values of the constants, in order. */
export function injectedConstants(map: MemoryMap, hash: string): [string, number][] {
  const constants: [string, number][] = [
    ["TABLE_COUNT", map.tables.length],
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
export function directoryBytes(map: MemoryMap): Uint8Array {
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
    view.setUint8(at + 28, offsetOf(table.row, (field) => field.role === "check"));
    view.setUint8(at + 29, offsetOf(table.row, (field) => field.name === "deadlineMs"));
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

/** `checkFooBar(row)`: 0, or the first field out of range as `(byte offset << 8) | ErrorCode`. */
function checkFunction(row: RowClass, model: Model): string[] {
  const checks = row.fields.flatMap((field) => {
    const check = fieldCheck(field, model);
    return check === undefined ? [] : [`  if (${check[0]}) return ${(field.offset << 8) | check[1]};`];
  });
  return [`@global function check${row.name}(row: ${row.name}): u32 {`, ...checks, "  return 0;", "}"];
}

function fieldCheck(field: Field, model: Model): [string, number] | undefined {
  const value = field.size < 4 ? `<u32>row.${field.name}` : `row.${field.name}`;
  const outOfRange = errorCode(model, "OUT_OF_RANGE");
  if (field.role === "pad") return [`${value} != 0`, errorCode(model, "NOT_ZERO")];
  if (field.role === "boolean") return [`${value} > 1`, outOfRange];
  if (field.knob !== undefined) return rangeCheck(value, field, field.knob.min, field.knob.max, outOfRange);
  const entry = model.enums.find((candidate) => candidate.name === field.reference);
  if (entry === undefined) return undefined;
  const values = entry.members.map((member) => member.value);
  if (field.role === "flags") {
    const known = values.reduce((mask, bit) => mask | bit, 0) >>> 0;
    return [`(${value} & ${~known >>> 0}) != 0`, outOfRange];
  }
  return rangeCheck(value, field, Math.min(...values), Math.max(...values), outOfRange);
}

function rangeCheck(value: string, field: Field, min: number, max: number, code: number): [string, number] | undefined {
  const largest = 2 ** (field.size * 8) - 1;
  if (min === 0 && max === largest) return undefined;
  if (min === 0) return [`${value} > ${max}`, code];
  if (max === largest) return [`${value} < ${min}`, code];
  // One comparison: below the least value the unsigned difference goes round and is large.
  return [`${value} - ${min} > ${max - min}`, code];
}

function errorCode(model: Model, name: string): number {
  const member = model.enums.find((entry) => entry.name === "ErrorCode")?.members.find((entry) => entry.name === name);
  if (member === undefined) throw new Error(`assembly/memory/header.ts must define ErrorCode.${name}`);
  return member.value;
}
