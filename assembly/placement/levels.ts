/** Levels: how loaded a place is, things by weight, compared without division. */
import { PlacementPlace } from "../tables/placement";

/**
 * Order of two places by their level with so many things on them: below 0 if the first is lower. Of equal levels the
 * one with the greater weight is lower, since the thing that brought it there weighed less.
 */
export function compareLevels(things: u32, weight: u32, otherThings: u32, otherWeight: u32): i32 {
  const level = <u64>things * <u64>otherWeight;
  const otherLevel = <u64>otherThings * <u64>weight;
  if (level != otherLevel) return level < otherLevel ? -1 : 1;
  if (weight == otherWeight) return 0;
  return weight > otherWeight ? -1 : 1;
}

/** Order of two places by their level with one thing more. */
export function compareNext(place: PlacementPlace, other: PlacementPlace): i32 {
  return compareLevels(<u32>place.things + 1, place.weight, <u32>other.things + 1, other.weight);
}
