/**
 * Placement: things of several classes are put on places, as even by weight as can be, with the fewest moves. A class
 * is a number of interchangeable things and the places that they may use (interfaces of an eligible set, and the ports
 * that can take them now).
 *
 *   NONE ──open──▶ OPEN ──solve──▶ FILL ──▶ SPREAD ──▶ DONE ──take, take, …──▶ NONE
 *
 * What is best: the most loaded place is as low as can be, then the second, and so on; of all such spreads one with the
 * fewest things moved. It is a flow of least cost with convex costs of the places, and it is reached as such flows are:
 * FILL puts each thing on the lowest place of its class, SPREAD passes things on along the cheapest paths from a high
 * place to a lower one (class by class: a thing leaves, which makes room for one of another class) until there is no
 * such path. A plain greedy choice isn't optimal, since the first thing may take what only the second can use.
 */
import { NONE, PLACE_CELL_MAX, PLACE_CLASS_MAX, PLACE_MAX, PLACE_WORDS } from "../limits";
import { seal } from "../memory/seals";
import { Placement, PlacementAllowed, PlacementClass, PlacementPlace, PlacementStep } from "../tables/placement";
import { Cell, cellOf, nextAllowed } from "./cells";
import { fillClass, lowestOf } from "./fill";
import { passOn } from "./spread";

/** Begins a plan; any other is forgotten. */
export function openPlacement(): void {
  const placement = Placement.get();
  placement.step = <u16>PlacementStep.OPEN;
  placement.places = 0;
  placement.classes = 0;
  placement.filled = 0;
  placement.passedOn = 0;
  seal(placement);
}

/** Ends the plan under way. */
export function closePlacement(): void {
  const placement = Placement.get();
  placement.step = <u16>PlacementStep.NONE;
  seal(placement);
}

/** Opens a place; the order of opening breaks ties, after `rank`. All places come before the first class. Returns its index. */
export function openPlace(subject: u32, owner: u32, weight: u32, rank: u32): u32 {
  const placement = Placement.get();
  const index: u32 = placement.places;
  if (index >= PLACE_MAX) return NONE;
  const place = PlacementPlace.at(index);
  place.subject = <u16>subject;
  place.owner = <u16>owner;
  place.weight = max(weight, 1);
  place.rank = <u16>rank;
  place.things = 0;
  placement.places++;
  seal(placement);
  return index;
}

/** Opens a class that may use no place yet; `NONE` if there is no room for its cells. */
export function openClass(): u32 {
  const placement = Placement.get();
  const index: u32 = placement.classes;
  const places: u32 = placement.places;
  if (index >= PLACE_CLASS_MAX || (index + 1) * places > PLACE_CELL_MAX) return NONE;
  const row = PlacementClass.at(index);
  row.leastId = 0xffff_ffff;
  row.waiting = 0;
  row.filled = 0;
  row.present = 0;
  row.width = 0;
  row.owner = <u16>NONE;
  row.cursor = 0;
  row.order = <u16>index;
  for (let word: u32 = 0; word < PLACE_WORDS; word++) {
    PlacementAllowed.at(index * PLACE_WORDS + word).places = 0;
  }
  for (let place: u32 = 0; place < PLACE_MAX; place++) {
    if (place == places) break;
    store<u32>(changetype<usize>(cellOf(index, place)), 0);
  }
  placement.classes++;
  seal(placement);
  return index;
}

/** Lets the things of a class use a place. */
export function allow(ofClass: u32, place: u32): void {
  const word = PlacementAllowed.at(ofClass * PLACE_WORDS + (place >> 5));
  word.places |= 1 << (place & 31);
  PlacementClass.at(ofClass).width++;
}

/** A thing that stays on its place, whatever the plan. */
export function addFixed(place: u32): void {
  PlacementPlace.at(place).things++;
}

/** A thing that is on a place that its class may use, and may be moved. */
export function addPresent(ofClass: u32, place: u32): void {
  const cell = cellOf(ofClass, place);
  cell.planned++;
  cell.present++;
  PlacementClass.at(ofClass).present++;
  PlacementPlace.at(place).things++;
}

/** A thing without a place. `owner`: of the place that it comes from, or `NONE`. */
export function addWaiting(ofClass: u32, id: u32, owner: u32): void {
  const row = PlacementClass.at(ofClass);
  row.owner = <u16>(row.waiting == 0 || row.owner == <u16>owner ? owner : NONE);
  row.leastId = min(row.leastId, id);
  row.waiting++;
}

/** Goes on with the plan for about so many units of work (things put, cells looked at); true once the best spread is known. */
export function solve(work: u32): bool {
  const placement = Placement.get();
  if (placement.step == <u16>PlacementStep.OPEN) {
    orderClasses(placement);
    placement.step = <u16>PlacementStep.FILL;
  }
  let left = work;
  for (let n: u32 = 0; n < PLACE_CLASS_MAX; n++) {
    if (placement.step != <u16>PlacementStep.FILL || left == 0) break;
    if (placement.filled < placement.classes) left = fillClass(PlacementClass.at(placement.filled).order, left);
    if (left > 0 || isFilled(placement)) placement.filled++;
    if (placement.filled >= placement.classes) placement.step = <u16>PlacementStep.SPREAD;
  }
  if (placement.step == <u16>PlacementStep.SPREAD && left > 0 && passOn(placement, left)) {
    placement.step = <u16>PlacementStep.DONE;
  }
  seal(placement);
  return placement.step == <u16>PlacementStep.DONE;
}

function isFilled(placement: Placement): bool {
  const row = PlacementClass.at(PlacementClass.at(placement.filled).order);
  return row.filled == row.waiting;
}

/** Classes with the fewest places first: less is to be passed on then; ties by the least id. */
function orderClasses(placement: Placement): void {
  const classes: u32 = placement.classes;
  for (let n: u32 = 1; n < PLACE_CLASS_MAX; n++) {
    if (n >= classes) break;
    sinkClass(n);
  }
}

/** One step of an insertion: the class at place `n` goes before those that it precedes. */
function sinkClass(n: u32): void {
  const moving = PlacementClass.at(n).order;
  let place = n;
  for (let step: u32 = 0; step < PLACE_CLASS_MAX; step++) {
    if (place == 0) break;
    const before = PlacementClass.at(place - 1).order;
    if (!precedes(PlacementClass.at(moving), PlacementClass.at(before))) break;
    PlacementClass.at(place).order = before;
    place--;
  }
  PlacementClass.at(place).order = moving;
}

function precedes(one: PlacementClass, other: PlacementClass): bool {
  return one.width != other.width ? one.width < other.width : one.leastId < other.leastId;
}

/** Takes a place for a thing of the class: the preferred one if the plan has room there, else the first; `NONE` if there is none. */
export function takePlace(ofClass: u32, preferred: u32): u32 {
  if (preferred != NONE && takeFrom(cellOf(ofClass, preferred))) return preferred;
  const row = PlacementClass.at(ofClass);
  for (let step: u32 = 0; step < PLACE_MAX; step++) {
    const place = nextAllowed(ofClass, row.cursor);
    if (place >= <u32>Placement.get().places) return NONE;
    row.cursor = <u16>place;
    if (takeFrom(cellOf(ofClass, place))) return place;
    row.cursor++;
  }
  return NONE;
}

/** Takes the thing's own place if the plan leaves one there. */
export function takePresent(ofClass: u32, place: u32): bool {
  return takeFrom(cellOf(ofClass, place));
}

function takeFrom(cell: Cell): bool {
  if (cell.planned == 0) return false;
  cell.planned--;
  return true;
}

/** The place of the class that one more thing would load least, or `NONE`: for a thing that is put by itself. */
export function lowestPlace(ofClass: u32): u32 {
  return lowestOf(ofClass);
}
