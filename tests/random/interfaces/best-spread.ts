/**
 * The best spread and the fewest moves, worked out apart from the policy: a flow of least cost over single things, by
 * shortest paths with exact costs (no classes, no levels, no heap), for arrays small enough for that.
 */

/** A place with its weight and the things that stay on it whatever happens. */
export interface Place {
  name: string;
  weight: number;
  fixed: number;
}

/** A thing that may be put on some places; `present`: where it is now, or "". */
export interface Thing {
  name: string;
  places: readonly string[];
  present: string;
}

export interface Spread {
  /** Things per weight of all places, the most loaded first; of equal ones the heavier place counts as lower. */
  loads: number[];
  moves: number;
}

/** Order of levels: things per weight, then the weight (a thing on a heavier place weighed less before it). */
function levelKeys(places: readonly Place[], things: number): Map<string, bigint> {
  const levels = places.flatMap(({ weight, fixed }) =>
    Array.from({ length: things + fixed + 1 }, (_, count) => ({ level: count / weight, key: `${count}/${weight}` })),
  );
  const values = [...new Set(levels.map(({ level }) => level))].sort((left, right) => left - right);
  const ranks = new Map(values.map((value, rank) => [value, rank]));
  const base = BigInt(places.length + 1);
  return new Map(levels.map(({ level, key }) => [key, base ** BigInt(ranks.get(level) ?? 0)]));
}

/** Loads of a distribution, the highest first. */
export function loadsOf(places: readonly Place[], counts: ReadonlyMap<string, number>): number[] {
  return places.map(({ name, weight }) => (counts.get(name) ?? 0) / weight).sort((left, right) => right - left);
}

/** The lexicographically lowest loads, and the fewest moves with which they can be had; things without a place are left out. */
export function bestSpread(places: readonly Place[], things: readonly Thing[]): Spread {
  const keys = levelKeys(places, things.length);
  const counts = new Map(places.map(({ name, fixed }) => [name, fixed]));
  const at = new Map<string, string>();
  const byName = new Map(places.map((place) => [place.name, place]));
  // One level outweighs all moves.
  const scale = BigInt(2 * things.length + 2);
  const added = (place: Place): bigint => {
    const count = counts.get(place.name) ?? 0;
    const after = keys.get(`${count + 1}/${place.weight}`) ?? 0n;
    return (after - (keys.get(`${count}/${place.weight}`) ?? 0n)) * scale;
  };
  for (const thing of things) {
    if (thing.places.length === 0) continue;
    augment(thing, things, at, byName, added, counts);
  }
  const moves = things.filter(({ name, present }) => at.has(name) && at.get(name) !== present).length;
  return { loads: loadsOf(places, counts), moves };
}

function moveCost(thing: Thing, place: string): bigint {
  return thing.present === place ? 0n : 1n;
}

/** Puts one thing in along the cheapest path: others may make room for it. Bellman and Ford, since giving back is negative. */
function augment(
  first: Thing,
  things: readonly Thing[],
  at: Map<string, string>,
  places: ReadonlyMap<string, Place>,
  added: (place: Place) => bigint,
  counts: Map<string, number>,
): void {
  const cost = new Map<string, bigint>();
  const via = new Map<string, Thing>();
  for (const place of first.places) {
    cost.set(place, moveCost(first, place));
    via.set(place, first);
  }
  for (let changed = true; changed; ) {
    changed = false;
    for (const thing of things) {
      const from = at.get(thing.name);
      const reached = from === undefined ? undefined : cost.get(from);
      if (from === undefined || reached === undefined) continue;
      for (const to of thing.places) {
        const candidate = reached - moveCost(thing, from) + moveCost(thing, to);
        const known = cost.get(to);
        if (to === from || (known !== undefined && known <= candidate)) continue;
        cost.set(to, candidate);
        via.set(to, thing);
        changed = true;
      }
    }
  }
  let end = "";
  let least: bigint | undefined;
  for (const [name, path] of cost) {
    const place = places.get(name);
    if (place === undefined) continue;
    const total = path + added(place);
    if (least !== undefined && total >= least) continue;
    least = total;
    end = name;
  }
  if (end === "") return;
  counts.set(end, (counts.get(end) ?? 0) + 1);
  for (let to = end; ; ) {
    const thing = via.get(to) as Thing;
    const from = at.get(thing.name);
    at.set(thing.name, to);
    if (from === undefined) return;
    to = from;
  }
}
