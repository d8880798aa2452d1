/** Draws from a stream of random numbers, in the words of the generators. */

import type { Random } from "../../../host/sources/simulated/random.js";

/** One of several. */
export function oneOf<T>(random: Random, choices: readonly T[]): T {
  return choices[random.below(choices.length)] as T;
}

/** True once in so many times. */
export function oneIn(random: Random, times: number): boolean {
  return random.below(times) === 0;
}

/** An integer from `low` to `high`, both included. */
export function integer(random: Random, low: number, high: number): number {
  return low + random.below(high - low + 1);
}

/** `count` of the choices, in their order. */
export function some<T>(random: Random, choices: readonly T[], count: number): T[] {
  const left = choices.map((choice, index) => ({ choice, index, key: random.next() }));
  left.sort((one, two) => one.key - two.key);
  const chosen = left.slice(0, count).sort((one, two) => one.index - two.index);
  return chosen.map(({ choice }) => choice);
}

/** The same, in random order. */
export function shuffled<T>(random: Random, things: readonly T[]): T[] {
  return things
    .map((thing) => ({ thing, key: random.next() }))
    .sort((one, two) => one.key - two.key)
    .map(({ thing }) => thing);
}
