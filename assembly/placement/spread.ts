/**
 * Spreading: paths of least cost in the residual network of the plan. From a place a thing of a class can go to any
 * other place that the class may use, from there a thing of another class, and so on; the thing at the end of the path
 * loads its place. The plan is the best if no path leads from a place to one that would be lower with the thing than
 * the first is with it, and none to one just as low that takes fewer moves.
 *
 * For each place the lowest place that a path reaches, and the moves of that path, are found by relaxing until nothing
 * changes. Paths are the cheapest to their ends, so no cycle ever lowers the moves, and relaxing ends.
 */
import { NONE, PLACE_CLASS_MAX, PLACE_MAX } from "../limits";
import { Placement, PlacementClass, PlacementPlace } from "../tables/placement";
import { Cell, cellOf, nextAllowed } from "./cells";
import { compareLevels, compareNext } from "./levels";

/** Moves of a path are kept as a number around this. */
const NO_MOVES: u32 = 0x8000;

/** Passes things on, for about so many cells of work; true when nothing is left to gain. */
export function passOn(placement: Placement, work: u32): bool {
  let left: i32 = <i32>work;
  for (let step: u32 = 0; step < PATHS_MAX; step++) {
    if (left <= 0) return false;
    left -= <i32>relax(placement);
    const found = mayMove(placement) ? followHighest(placement) : followAll(placement);
    if (!found) return true;
  }
  return false;
}

/** True if things that have a place may be moved: moves count then, and each path is to be the cheapest. */
function mayMove(placement: Placement): bool {
  for (let ofClass: u32 = 0; ofClass < PLACE_CLASS_MAX; ofClass++) {
    if (ofClass == <u32>placement.classes) break;
    if (PlacementClass.at(ofClass).present != 0) return true;
  }
  return false;
}

function followHighest(placement: Placement): bool {
  const from = chooseSource(placement);
  if (from != NONE) follow(placement, from);
  return from != NONE;
}

/** Every path that still gains once those before it were followed. */
function followAll(placement: Placement): bool {
  const places: u32 = placement.places;
  let found = false;
  for (let n: u32 = 0; n < PLACE_MAX; n++) {
    if (n == places) break;
    if (!gains(PlacementPlace.at(n)) || !isOpen(n)) continue;
    follow(placement, n);
    found = true;
  }
  return found;
}

/** True if a thing can still take each step of a place's path. */
function isOpen(from: u32): bool {
  let at = from;
  for (let step: u32 = 0; step < PLACE_MAX; step++) {
    const place = PlacementPlace.at(at);
    if (place.viaClass == <u16>NONE) return true;
    if (cellOf(place.viaClass, at).planned == 0) return false;
    at = place.viaPlace;
  }
  return false;
}

/** Paths of one tick: more than the largest work bound, since each costs at least one unit. */
const PATHS_MAX: u32 = 0x1_0000;

/** Makes the best ends anew. Returns the cells looked at. */
function relax(placement: Placement): u32 {
  const places: u32 = placement.places;
  for (let n: u32 = 0; n < PLACE_MAX; n++) {
    if (n == places) break;
    const place = PlacementPlace.at(n);
    place.best = <u16>n;
    place.viaClass = <u16>NONE;
    place.viaPlace = <u16>NONE;
    place.moves = <u16>NO_MOVES;
  }
  let looked: u32 = 1;
  for (let round: u32 = 0; round < PLACE_MAX; round++) {
    let changed = false;
    for (let ofClass: u32 = 0; ofClass < PLACE_CLASS_MAX; ofClass++) {
      if (ofClass == <u32>placement.classes) break;
      const row = PlacementClass.at(ofClass);
      if (row.filled + row.present == 0) continue;
      const next = lowestEnd(placement, ofClass);
      if (next != NONE && improve(placement, ofClass, next)) changed = true;
      looked += places * 2;
    }
    if (!changed) break;
  }
  return looked;
}

/** Of the places that a thing of the class can go to, the one whose path ends lowest, in the fewest moves. */
function lowestEnd(placement: Placement, ofClass: u32): u32 {
  const places: u32 = placement.places;
  let found = NONE;
  let place = nextAllowed(ofClass, 0);
  for (let step: u32 = 0; step < PLACE_MAX; step++) {
    if (place >= places) break;
    if (found == NONE || isLower(place, movesInto(ofClass, place), found, movesInto(ofClass, found))) found = place;
    place = nextAllowed(ofClass, place + 1);
  }
  return found;
}

/** Moves of a thing of the class into the place, and on along the place's path. */
function movesInto(ofClass: u32, place: u32): u32 {
  const cell = cellOf(ofClass, place);
  // One that was there comes back without a move.
  return <u32>PlacementPlace.at(place).moves + (cell.planned < cell.present ? 0 : 1);
}

function isLower(place: u32, moves: u32, other: u32, otherMoves: u32): bool {
  const end = PlacementPlace.at(PlacementPlace.at(place).best);
  const otherEnd = PlacementPlace.at(PlacementPlace.at(other).best);
  const levels = compareNext(end, otherEnd);
  return levels != 0 ? levels < 0 : moves < otherMoves;
}

/** Lets all places with a thing of the class go on by way of `next`, if that ends lower. True if it does for any. */
function improve(placement: Placement, ofClass: u32, next: u32): bool {
  const places: u32 = placement.places;
  const into = movesInto(ofClass, next);
  const end = PlacementPlace.at(next).best;
  let changed = false;
  let n = nextAllowed(ofClass, 0);
  for (let step: u32 = 0; step < PLACE_MAX; step++) {
    if (n >= places) break;
    const cell = cellOf(ofClass, n);
    const place = PlacementPlace.at(n);
    const moves = movesOutOf(cell, into);
    if (n != next && cell.planned > 0 && isBetter(place, end, moves)) {
      place.best = end;
      place.moves = <u16>moves;
      place.viaClass = <u16>ofClass;
      place.viaPlace = <u16>next;
      changed = true;
    }
    n = nextAllowed(ofClass, n + 1);
  }
  return changed;
}

/** A thing that was to move in and goes elsewhere now gives its move back. */
function movesOutOf(cell: Cell, into: u32): u32 {
  return cell.planned > cell.present ? into - 1 : into;
}

function isBetter(place: PlacementPlace, end: u32, moves: u32): bool {
  const levels = compareNext(PlacementPlace.at(end), PlacementPlace.at(place.best));
  return levels != 0 ? levels < 0 : moves < <u32>place.moves;
}

/** The highest place with a path that gains, or `NONE`. */
function chooseSource(placement: Placement): u32 {
  const places: u32 = placement.places;
  let found = NONE;
  for (let n: u32 = 0; n < PLACE_MAX; n++) {
    if (n == places) break;
    const place = PlacementPlace.at(n);
    if (!gains(place)) continue;
    if (found != NONE) {
      const highest = PlacementPlace.at(found);
      if (compareLevels(place.things, place.weight, highest.things, highest.weight) <= 0) continue;
    }
    found = n;
  }
  return found;
}

function gains(place: PlacementPlace): bool {
  if (place.viaClass == <u16>NONE) return false;
  const end = PlacementPlace.at(place.best);
  const levels = compareLevels(<u32>end.things + 1, end.weight, place.things, place.weight);
  return levels != 0 ? levels < 0 : <u32>place.moves < NO_MOVES;
}

/** Passes one thing on along the path of a place. */
function follow(placement: Placement, from: u32): void {
  let at = from;
  PlacementPlace.at(from).things--;
  for (let step: u32 = 0; step < PLACE_MAX; step++) {
    const place = PlacementPlace.at(at);
    if (place.viaClass == <u16>NONE) break;
    cellOf(place.viaClass, at).planned--;
    at = place.viaPlace;
    cellOf(place.viaClass, at).planned++;
  }
  PlacementPlace.at(at).things++;
  placement.passedOn++;
}
