/** The layout hash: what two modules must share so that one can read the other's memory. */

import type { TableMap } from "./memory-map.js";
import type { Model } from "./model.js";

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

/** FNV-1a, 64 bits, as 16 hex digits. */
export function fnv1a64(text: string): string {
  let hash = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV_PRIME);
  return hash.toString(16).padStart(16, "0");
}

type Layout = Pick<Model, "classes" | "enums">;

/**
 * Hash over all row classes, roles, offsets, enums, tables and capacities of every profile, the same for all six
 * modules; the header and the custom section name the profile beside it. Ranges and defaults of knobs are left out:
 * they may change between versions that share a memory.
 */
export function layoutHash(model: Layout, tables: readonly (readonly TableMap[])[]): string {
  return fnv1a64(canonicalLayout(model, tables));
}

/** The text that is hashed, one line a fact. */
export function canonicalLayout(model: Layout, tables: readonly (readonly TableMap[])[]): string {
  const lines: string[] = [];
  for (const row of model.classes) {
    lines.push(`class ${row.number} ${row.name} ${row.kind} ${row.stride}`);
    for (const field of row.fields) {
      lines.push(`field ${field.name} ${field.type} ${field.offset} ${field.role} ${field.reference ?? "-"}`);
    }
  }
  for (const entry of model.enums) {
    lines.push(`enum ${entry.name} ${entry.members.map((member) => `${member.name}=${member.value}`).join(" ")}`);
  }
  for (const [profile, list] of tables.entries()) lines.push(...list.map((table) => canonicalTable(profile, table)));
  return `${lines.join("\n")}\n`;
}

function canonicalTable(profile: number, table: TableMap): string {
  const { number, name, kind, row, base, capacity, changedAddress, deadlinesAddress } = table;
  return `table ${profile} ${number} ${name} ${kind} ${row.number} ${base} ${capacity} ${changedAddress} ${deadlinesAddress}`;
}
