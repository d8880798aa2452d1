import { NONE } from "../../../assembly/limits";
import { resetMemory } from "../../../assembly/memory/reset";
import { cellOf } from "../../../assembly/placement/cells";
import {
  addFixed,
  addPresent,
  addWaiting,
  allow,
  openClass,
  openPlace,
  openPlacement,
  solve,
  takePlace,
  takePresent,
} from "../../../assembly/placement/placement";
import { Placement, PlacementPlace, PlacementStep } from "../../../assembly/tables/placement";

/** Places with these weights; owner `n / 2`. */
function open(weights: u32[]): void {
  resetMemory();
  openPlacement();
  for (let n = 0; n < weights.length; n++) {
    expect<u32>(openPlace(n, n / 2, weights[n], 0)).toBe(n);
  }
}

/** A class that may use these places, with things that wait. */
function addClass(places: u32[], waiting: u32): u32 {
  const ofClass = openClass();
  for (let n = 0; n < places.length; n++) {
    allow(ofClass, places[n]);
  }
  for (let n: u32 = 0; n < waiting; n++) {
    addWaiting(ofClass, 1 + ofClass * 100 + n, NONE);
  }
  return ofClass;
}

function solved(): void {
  for (let n = 0; n < 1000; n++) {
    if (solve(3)) return;
  }
  expect<bool>(false).toBe(true, "solved in the end");
}

function thingsOn(place: u32): u32 {
  return PlacementPlace.at(place).things;
}

describe("placement", () => {
  it("spreads evenly by weight", () => {
    open([10, 10, 25]);
    addClass([0, 1, 2], 9);
    solved();
    expect<u32>(thingsOn(0)).toBe(2);
    expect<u32>(thingsOn(1)).toBe(2);
    expect<u32>(thingsOn(2)).toBe(5);
    expect<u32>(Placement.get().step).toBe(PlacementStep.DONE);
  });

  it("leaves what is fixed where it is, and fills round it", () => {
    open([1, 1, 1]);
    for (let n = 0; n < 4; n++) addFixed(1);
    addClass([0, 1, 2], 5);
    solved();
    expect<u32>(thingsOn(1)).toBe(4);
    expect<u32>(thingsOn(0)).toBe(3);
    expect<u32>(thingsOn(2)).toBe(2);
  });

  it("finds the spread that a greedy choice misses: what only others can use is left to them", () => {
    open([1, 1, 1]);
    for (let n = 0; n < 5; n++) addFixed(2);
    // The first class is filled first, evenly: (2, 2, 5). Then the second has only place 1: (2, 5, 5).
    addClass([0, 1], 4);
    addClass([1, 2], 3);
    solved();
    expect<u32>(max(thingsOn(0), thingsOn(1))).toBe(4);
    expect<u32>(min(thingsOn(0), thingsOn(1))).toBe(3);
    expect<u32>(thingsOn(2)).toBe(5);
  });

  it("moves as few as can be when all may move", () => {
    open([1, 1, 1, 1]);
    const all = addClass([0, 1, 2, 3], 0);
    const some = addClass([0, 1], 0);
    for (let n = 0; n < 6; n++) addPresent(all, 0);
    for (let n = 0; n < 4; n++) addPresent(some, 1);
    for (let n = 0; n < 2; n++) addPresent(all, 2);
    solved();
    for (let n: u32 = 0; n < 4; n++) expect<u32>(thingsOn(n)).toBe(3);
    // Three of `all` leave place 0 for place 3 or 2, one of `some` leaves place 1 for 0, so a fourth leaves 0.
    let stay: u32 = 0;
    for (let n: u32 = 0; n < 4; n++) {
      stay += min(cellOf(all, n).planned, cellOf(all, n).present);
      stay += min(cellOf(some, n).planned, cellOf(some, n).present);
    }
    expect<u32>(stay).toBe(12 - 5);
  });

  it("prefers the earlier rank, then the owner that things come from, then the order of opening", () => {
    resetMemory();
    openPlacement();
    openPlace(0, 7, 1, 5);
    openPlace(1, 8, 1, 1);
    openPlace(2, 9, 1, 1);
    const ofClass = openClass();
    for (let n: u32 = 0; n < 3; n++) allow(ofClass, n);
    addWaiting(ofClass, 1, 9);
    expect<bool>(solve(100)).toBe(true);
    expect<u32>(takePlace(ofClass, NONE)).toBe(2);
    expect<u32>(takePlace(ofClass, NONE)).toBe(NONE, "no room is left");
  });

  it("hands out the places that were planned, a thing's own first", () => {
    open([1, 1]);
    const ofClass = addClass([0, 1], 2);
    addPresent(ofClass, 1);
    addPresent(ofClass, 1);
    solved();
    expect<bool>(takePresent(ofClass, 1)).toBe(true);
    expect<bool>(takePresent(ofClass, 1)).toBe(true);
    expect<u32>(takePlace(ofClass, NONE)).toBe(0);
    expect<u32>(takePlace(ofClass, NONE)).toBe(0);
  });

  it("places nothing for a class without a place", () => {
    open([1]);
    const ofClass = addClass([], 3);
    solved();
    expect<u32>(takePlace(ofClass, NONE)).toBe(NONE);
  });
});
