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

  @inline static at(base: usize, stride: u32, index: u32): ConfiguredRow {
    return changetype<ConfiguredRow>(base + index * stride);
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
 * Gives each staged row the row in force that has its id, or a free one. Both sides are in ascending order of id (the
 * rows in force by way of `order`, a list of their indexes), so one walk does. 0, or `TABLE_FULL`.
 */
export function assignRows(
  table: u32,
  staged: usize,
  inForce: usize,
  stride: u32,
  order: usize,
  capacity: u32,
  count: u32,
): u32 {
  let place: u32 = 0;
  let hole: u32 = 0;
  for (let index: u32 = 0; index < ROWS_MAX; index++) {
    if (index == count) break;
    const row = ConfiguredRow.at(staged, stride, index);
    place = skipBelow(inForce, stride, order, capacity, place, row.id);
    const present = place < capacity ? <u32>load<u16>(order + place * 2) : NONE;
    if (present != NONE && ConfiguredRow.at(inForce, stride, present).id == row.id) {
      row.assigned = <u16>present;
      continue;
    }
    hole = nextHole(inForce, stride, capacity, hole);
    if (hole == capacity) return refuse(ErrorCode.TABLE_FULL, table, index, offsetof<ConfiguredRow>("id"));
    row.assigned = <u16>hole;
    hole++;
  }
  return 0;
}

function skipBelow(inForce: usize, stride: u32, order: usize, capacity: u32, from: u32, id: u32): u32 {
  for (let place = from; place < ROWS_MAX; place++) {
    if (place >= capacity) return capacity;
    const row: u32 = load<u16>(order + place * 2);
    if (row == NONE || ConfiguredRow.at(inForce, stride, row).id >= id) return place;
  }
  return capacity;
}

/** A hole may be given out once all writers know the generation that made it. */
function nextHole(inForce: usize, stride: u32, capacity: u32, from: u32): u32 {
  const known = Control.get().writersGeneration;
  for (let index = from; index < ROWS_MAX; index++) {
    if (index >= capacity) return capacity;
    const row = ConfiguredRow.at(inForce, stride, index);
    if (row.id == 0 && row.generation <= known) return index;
  }
  return capacity;
}

/** Notes in each row in force which staged row replaces it, or `NONE`. */
export function markKept(staged: usize, inForce: usize, stride: u32, capacity: u32, count: u32): void {
  for (let index: u32 = 0; index < ROWS_MAX; index++) {
    if (index == capacity) break;
    ConfiguredRow.at(inForce, stride, index).assigned = <u16>NONE;
  }
  for (let index: u32 = 0; index < ROWS_MAX; index++) {
    if (index == count) break;
    const row: u32 = ConfiguredRow.at(staged, stride, index).assigned;
    ConfiguredRow.at(inForce, stride, row).assigned = <u16>index;
  }
}

/** Writes the list of rows in force in ascending order of id. */
export function writeOrder(staged: usize, stride: u32, order: usize, capacity: u32, count: u32): void {
  for (let index: u32 = 0; index < ROWS_MAX; index++) {
    if (index == capacity) break;
    const row: u32 = index < count ? ConfiguredRow.at(staged, stride, index).assigned : NONE;
    store<u16>(order + index * 2, <u16>row);
  }
}

/** Replaces a row in force, in which `markKept` has noted its staged row, and says what became of it; the caller seals it. */
export function replaceRow(table: u32, stagedBase: usize, index: u32): RowChange {
  const entry = TableEntry.of(table);
  const row = ConfiguredRow.at(entry.base, entry.stride, index);
  const staged: u32 = row.assigned;
  const isHole = row.id == 0;
  const generation = isHole || staged == NONE ? Header.get().generation : row.generation;
  if (staged == NONE && isHole) return RowChange.NONE;
  if (staged == NONE) row.id = 0;
  else copyRow(changetype<usize>(row), stagedBase + staged * entry.stride, entry.stride);
  row.assigned = <u16>index;
  row.generation = generation;
  if (staged == NONE) return RowChange.REMOVED;
  return isHole ? RowChange.ADDED : RowChange.KEPT;
}
