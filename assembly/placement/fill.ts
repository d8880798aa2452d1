/** Filling: each thing of a class goes to the place that it loads least, found by a heap of the class's places. */
import { NONE, PLACE_MAX } from "../limits";
import { Placement, PlacementClass, PlacementPlace } from "../tables/placement";
import { cellOf, nextAllowed } from "./cells";
import { compareNext } from "./levels";

/** Levels of the heap: 2^16 places are more than there are. */
const HEAP_DEPTH: u32 = 16;

/** Puts things of a class, at most `work`; returns what is left of the work. */
export function fillClass(ofClass: u32, work: u32): u32 {
  const row = PlacementClass.at(ofClass);
  const places = makeHeap(ofClass, row.owner);
  if (places == 0) row.filled = row.waiting;
  let left = work;
  for (let n: u32 = 0; n < THINGS_MAX; n++) {
    if (left == 0 || row.filled >= row.waiting) break;
    const place: u32 = PlacementPlace.at(0).heap;
    cellOf(ofClass, place).planned++;
    PlacementPlace.at(place).things++;
    row.filled++;
    left--;
    sink(0, places, row.owner);
  }
  return left;
}

/** Things are counted in 16 bits. */
const THINGS_MAX: u32 = 0x1_0000;

/** Returns how many places the heap holds. */
function makeHeap(ofClass: u32, owner: u32): u32 {
  const opened: u32 = Placement.get().places;
  let count: u32 = 0;
  let place = nextAllowed(ofClass, 0);
  for (let step: u32 = 0; step < PLACE_MAX; step++) {
    if (place >= opened) break;
    PlacementPlace.at(count).heap = <u16>place;
    count++;
    place = nextAllowed(ofClass, place + 1);
  }
  for (let step: u32 = 0; step < PLACE_MAX; step++) {
    if (step >= count >> 1) break;
    sink((count >> 1) - 1 - step, count, owner);
  }
  return count;
}

/** Sinks the place at a position of the heap below those that come before it. */
function sink(from: u32, count: u32, owner: u32): void {
  let at = from;
  const moving = PlacementPlace.at(from).heap;
  for (let depth: u32 = 0; depth < HEAP_DEPTH; depth++) {
    let child = at * 2 + 1;
    if (child >= count) break;
    const right = child + 1;
    if (right < count && comesBefore(PlacementPlace.at(right).heap, PlacementPlace.at(child).heap, owner))
      child = right;
    const lower = PlacementPlace.at(child).heap;
    if (!comesBefore(lower, moving, owner)) break;
    PlacementPlace.at(at).heap = lower;
    at = child;
  }
  PlacementPlace.at(at).heap = moving;
}

/** Lowest level, then network spread, then the owner that the things came from, then the order of the places. */
function comesBefore(one: u32, other: u32, owner: u32): bool {
  const first = PlacementPlace.at(one);
  const second = PlacementPlace.at(other);
  const levels = compareNext(first, second);
  if (levels != 0) return levels < 0;
  if (first.rank != second.rank) return first.rank < second.rank;
  const same = owner != NONE && first.owner == <u16>owner;
  const otherSame = owner != NONE && second.owner == <u16>owner;
  if (same != otherSame) return same;
  return one < other;
}

/** The place of a class that one more thing would load least, or `NONE`. */
export function lowestOf(ofClass: u32): u32 {
  return makeHeap(ofClass, NONE) == 0 ? NONE : <u32>PlacementPlace.at(0).heap;
}
