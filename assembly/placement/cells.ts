/** Cells (class, place) of the plan under way: how many things of the class are planned there, and how many are there now. */
import { PLACE_CELL_MAX, PLACE_MAX, PLACE_WORDS } from "../limits";
import { Placement, PlacementAllowed } from "../tables/placement";

/** One of the eight cells of a row of `PlacementCells`. */
@unmanaged
export class Cell {
  /** Things of the class that the plan puts on the place. */
  planned: u16;
  /** Things of the class that are on it now. */
  present: u16;
}

/** The cell of a class and a place; one beyond the table counts as the first. */
export function cellOf(ofClass: u32, place: u32): Cell {
  const index = ofClass * Placement.get().places + place;
  return changetype<Cell>(PLACEMENT_CELLS_BASE + (index < PLACE_CELL_MAX ? index : 0) * <u32>offsetof<Cell>());
}

/** True if the class may use the place. */
export function isAllowed(ofClass: u32, place: u32): bool {
  return ((PlacementAllowed.at(ofClass * PLACE_WORDS + (place >> 5)).places >> (place & 31)) & 1) != 0;
}

/** First place from `from` on that the class may use, or `PLACE_MAX`. */
export function nextAllowed(ofClass: u32, from: u32): u32 {
  let word = from >> 5;
  if (word >= PLACE_WORDS) return PLACE_MAX;
  let bits = PlacementAllowed.at(ofClass * PLACE_WORDS + word).places & (0xffff_ffff << (from & 31));
  for (let step: u32 = 0; step < PLACE_WORDS; step++) {
    if (bits != 0) return (word << 5) + ctz(bits);
    word++;
    if (word >= PLACE_WORDS) break;
    bits = PlacementAllowed.at(ofClass * PLACE_WORDS + word).places;
  }
  return PLACE_MAX;
}
