/** Bytes: of code for each module, of memory for each table. */

import { layouts, type ProfileName, type TableLayout } from "../../host/shim/generated/layout.js";
import { verifyModule } from "../../host/shim/module.js";
import type { Figure } from "./figures.js";

const CODE_AIM: Partial<Record<ProfileName, number>> = { small: 12 * 1024 };

export function measureSize(bytes: Uint8Array): Figure {
  const facts = verifyModule(bytes);
  const aim = CODE_AIM[facts.profile];
  return {
    name: "code section",
    variant: `${facts.profile} ${facts.shared ? "shared" : "plain"}`,
    value: facts.codeBytes,
    unit: "bytes",
    ...(aim === undefined ? {} : { target: aim }),
    note: `${facts.functions} functions, ${facts.dataBytes} bytes of data, file of ${facts.bytes}`,
  };
}

export interface TableBytes {
  table: string;
  rows: number;
  rowBytes: number;
  /** Rows, changed bits and deadlines together. */
  bytes: number;
  planned: boolean;
}

/** Memory of each table of a profile, the largest first. */
export function memoryByTable(profile: ProfileName): TableBytes[] {
  const sized = layouts[profile].tables.map((table) => ({
    table: table.name,
    rows: table.capacity,
    rowBytes: table.stride,
    bytes: bytesOf(table),
    planned: table.planned !== undefined,
  }));
  return sized.sort((left, right) => right.bytes - left.bytes);
}

function bytesOf(table: TableLayout): number {
  const leafBytes = table.changedAddress === 0 ? 0 : Math.ceil(table.capacity / 32) * 4;
  const deadlineBytes = table.deadlinesAddress === 0 ? 0 : Math.ceil(table.capacity / 64) * 8;
  return table.capacity * table.stride + leafBytes + deadlineBytes;
}

/** Bytes in use of a profile's memory. */
export function memoryInUse(profile: ProfileName): Figure {
  const used = memoryByTable(profile).reduce((sum, table) => sum + table.bytes, 0);
  const planned = memoryByTable(profile).reduce((sum, table) => sum + (table.planned ? table.bytes : 0), 0);
  return {
    name: "memory of all tables",
    variant: profile,
    value: used,
    unit: "bytes",
    target: layouts[profile].memoryBytes,
    note: `${planned} of them for policies to come; the target is the whole memory`,
  };
}
