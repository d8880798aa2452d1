/** Matching of staged rows with rows in force, for every configured kind: their rows all begin with id, generation, assigned. */
import { NONE } from "../limits";
import { ROWS_MAX, TableEntry } from "../memory/directory";
import { ErrorCode, Header } from "../memory/header";
import { copyRow } from "../memory/seals";
import { Control } from "../tables/control";
import { refuse } from "./check";

/** What rows of all configured kinds begin with. */
@unmanaged
export class ConfiguredRow {
  id: u32;
  generation: u32;
  assigned: u16;

  @inline static of(table: u32, index: u32): ConfiguredRow {
    const entry = TableEntry.of(table);
    return changetype<ConfiguredRow>(entry.base + index * entry.stride);
  }
}

/** What became of a row in force. */
export enum RowChange {
  /** A hole before and after. */
  NONE = 0,
  KEPT = 1,
  ADDED = 2,
  REMOVED = 3,
}

/**
 * Gives each staged row the row in force that has its id, or a free one. Both sides are in ascending order of id, so one
 * walk does. The kind's rows are `first` to `first + rows - 1` of the table, `count` of them staged, in the staged table
 * behind it; `order` is the table that lists those in force. 0, or `TABLE_FULL`.
 */
export function assignRows(table: u32, order: u32, first: u32, rows: u32, count: u32): u32 {
  const end = first + rows;
  let place = first;
  let hole = first;
  for (let n: u32 = 0; n < ROWS_MAX; n++) {
    if (n == count) break;
    const row = ConfiguredRow.of(table + 1, first + n);
    place = skipBelow(table, order, place, end, row.id);
    const present = place < end ? orderedAt(order, place) : NONE;
    if (present != NONE && ConfiguredRow.of(table, present).id == row.id) {
      row.assigned = <u16>present;
      continue;
    }
    hole = nextHole(table, hole, end);
    if (hole == end) return refuse(ErrorCode.TABLE_FULL, table + 1, first + n, offsetof<ConfiguredRow>("id"));
    row.assigned = <u16>hole;
    hole++;
  }
  return 0;
}

/** The same for a kind that has a table to itself. */
export function assignKind(table: u32, order: u32, count: u32): u32 {
  return assignRows(table, order, 0, TableEntry.of(table).capacity, count);
}

function orderedAt(order: u32, place: u32): u32 {
  return load<u16>(TableEntry.of(order).base + place * 2);
}

function skipBelow(table: u32, order: u32, from: u32, end: u32, id: u32): u32 {
  for (let place = from; place < ROWS_MAX; place++) {
    if (place >= end) return end;
    const row = orderedAt(order, place);
    if (row == NONE || ConfiguredRow.of(table, row).id >= id) return place;
  }
  return end;
}

/** A hole may be given out once all writers know the generation that made it. */
function nextHole(table: u32, from: u32, end: u32): u32 {
  const known = Control.get().writersGeneration;
  for (let index = from; index < ROWS_MAX; index++) {
    if (index >= end) return end;
    const row = ConfiguredRow.of(table, index);
    if (row.id == 0 && row.generation <= known) return index;
  }
  return end;
}

/** Notes in each row in force of a kind which staged row replaces it, or `NONE`, and lists the rows that will be in force. */
export function markKept(table: u32, order: u32, first: u32, rows: u32, count: u32): void {
  const list = TableEntry.of(order).base;
  for (let n: u32 = 0; n < ROWS_MAX; n++) {
    if (n == rows) break;
    ConfiguredRow.of(table, first + n).assigned = <u16>NONE;
  }
  for (let n: u32 = 0; n < ROWS_MAX; n++) {
    if (n == rows) break;
    let row = NONE;
    if (n < count) {
      row = ConfiguredRow.of(table + 1, first + n).assigned;
      ConfiguredRow.of(table, row).assigned = <u16>(first + n);
    }
    store<u16>(list + (first + n) * 2, <u16>row);
  }
}

/** Replaces a row in force, in which `markKept` has noted its staged row, and says what became of it; the caller seals it. */
export function replaceRow(table: u32, index: u32): RowChange {
  const entry = TableEntry.of(table);
  const row = ConfiguredRow.of(table, index);
  const staged: u32 = row.assigned;
  const isHole = row.id == 0;
  const generation = isHole || staged == NONE ? Header.get().generation : row.generation;
  if (staged == NONE && isHole) return RowChange.NONE;
  if (staged == NONE) row.id = 0;
  else copyRow(changetype<usize>(row), changetype<usize>(ConfiguredRow.of(table + 1, staged)), entry.stride);
  row.assigned = <u16>index;
  row.generation = generation;
  if (staged == NONE) return RowChange.REMOVED;
  return isHole ? RowChange.ADDED : RowChange.KEPT;
}
