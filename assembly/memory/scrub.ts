/**
 * Verification of check words apart from use: `scrub` walks all sealed tables in a cycle, `attach` walks them once.
 * A broken state row begins anew and is rebuilt; a broken configuration row holds its policy.
 */
import { moduleState, verify } from "./verify";
import { Reason, SubjectKind } from "../tables/decision";
import { KIND_CONFIGURATION, KIND_LATCHED, KIND_STATE, NO_FIELD, ROWS_MAX, TableEntry } from "./directory";
import { Header } from "./header";
import { alarm } from "./ring";
import { isWhole, seal } from "./seals";

/** More rows than all sealed tables of the large profile hold together. */
const WALK_MAX: u32 = 0x4_0000;

function hasSeals(entry: TableEntry): bool {
  if (entry.checkOffset == <u8>NO_FIELD) return false;
  return entry.kind == <u16>KIND_CONFIGURATION || entry.kind == <u16>KIND_STATE;
}

/** Verifies so many further rows; returns how many were broken. */
export function scrubRows(rows: u32): u32 {
  const header = Header.get();
  let broken: u32 = 0;
  let looked: u32 = 0;
  for (let n: u32 = 0; n < WALK_MAX; n++) {
    if (looked == rows) break;
    if (header.scrubTable >= TABLE_COUNT) header.scrubTable = 0;
    const entry = TableEntry.of(header.scrubTable);
    if (!hasSeals(entry) || header.scrubRow >= entry.capacity) {
      header.scrubTable++;
      header.scrubRow = 0;
      continue;
    }
    if (!isWhole(header.scrubTable, header.scrubRow)) {
      broken++;
      repair(header.scrubTable, header.scrubRow, entry);
    }
    header.scrubRow++;
    looked++;
  }
  return broken;
}

function repair(table: u32, row: u32, entry: TableEntry): void {
  if (entry.kind == <u16>KIND_CONFIGURATION) return holdPolicy(table, row);
  verify(table, row);
}

/** Nothing can replace a configuration but a new one: until then the policy says nothing. */
function holdPolicy(table: u32, row: u32): void {
  const module = moduleState();
  if (module.held != 0) return;
  Header.get().brokenSeals++;
  alarm(Reason.BROKEN_CONFIGURATION, SubjectKind.TABLE_ROW, row, 0, table);
  module.held = 1;
  seal(module);
}

/** The first row that a writer left half written, or else whose check word is wrong: table << 8 | row << 16, or 0. */
export function firstFault(halfWritten: bool): u32 {
  for (let table: u32 = 0; table < TABLE_COUNT; table++) {
    const entry = TableEntry.of(table);
    if (halfWritten ? entry.kind != <u16>KIND_LATCHED : !hasSeals(entry)) continue;
    for (let row: u32 = 0; row < ROWS_MAX; row++) {
      if (row == entry.capacity) break;
      const isOdd = (load<u32>(entry.addressOf(row)) & 1) != 0;
      if (halfWritten ? isOdd : !isWhole(table, row)) return (table << 8) | (row << 16);
    }
  }
  return 0;
}
