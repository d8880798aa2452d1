/** Random arrays of failover pairs with interfaces and units, and what happens to them. */

import type { ArrayDescription } from "../../../host/array/description.js";
import { parseArray } from "../../../host/array/description.js";
import { Random } from "../../../host/sources/simulated/random.js";
import { integer, oneIn, oneOf, shuffled, some } from "../generate/draw.js";

export type Happening =
  | { do: "link"; port: string; up: boolean }
  | { do: "dead"; server: string }
  | { do: "back"; server: string }
  | { do: "silent"; server: string; heard: boolean }
  | { do: "rebalance" };

export interface HostedCase {
  seed: number;
  array: ArrayDescription;
  /** Each is looked at when all is quiet again. */
  happenings: Happening[];
  /** Where addresses are at the start; homes of those not named. */
  places: Record<string, string>;
}

/** Fail-back off: what has moved stays, so that spreads can be compared. */
const POLICY = {
  common: { graceMs: 500 },
  interfaces: { failBack: 0, unitReturnMs: 1000, movesUnderWayMax: 1000 },
  health: {
    networkPort: { holdDownMs: 0, panicPermille: 1000 },
    server: { holdDownMs: 0, panicPermille: 1000, silenceMs: 1000 },
    processor: { panicPermille: 1000 },
  },
};

const STEPS = 8;
const SCARCE_STEPS = 24;

export function randomHostedCase(seed: number): HostedCase {
  const random = new Random(seed, "interfaces");
  if (seed % 5 === 0) return scarceCase(seed, random);
  return oneIn(random, 2) ? crossedCase(seed, random) : mixedCase(seed, random);
}

function mixedCase(seed: number, random: Random): HostedCase {
  const pairs = integer(random, 2, 4);
  const controllers = Array.from({ length: pairs }, (_, index) => [
    { name: `l${index}`, partner: `r${index}` },
    { name: `r${index}` },
  ]).flat();
  const domains = oneIn(random, 3) ? ["lan", "wan"] : ["lan"];
  const networkPorts = controllers.flatMap(({ name }) =>
    Array.from({ length: integer(random, 1, 3) }, (_, index) => ({
      name: `${name}e${index}`,
      controller: name,
      speed: oneOf(random, [1000, 1000, 1000, 2500, 10000]),
      domain: oneOf(random, domains),
      rank: integer(random, 0, 1),
    })),
  );
  const eligibles = Array.from({ length: 3 }, () => some(random, networkPorts, integer(random, 2, 8)));
  const interfaces = Array.from({ length: integer(random, 4, 28) }, (_, index) => {
    const home = oneOf(random, networkPorts);
    const set = oneOf(random, eligibles).filter(({ domain }) => domain === home.domain);
    const eligible = [...new Set([home.name, ...set.map(({ name }) => name)])];
    return { name: `v${index}`, home: home.name, ...(oneIn(random, 3) ? {} : { eligible }) };
  });
  const array = arrayOf(seed, { controllers, networkPorts, interfaces });
  return { seed, array, happenings: happenings(random, array), places: {} };
}

/** Few ports that fail often, and the other group is taken where the own one has none: and back again. */
function scarceCase(seed: number, random: Random): HostedCase {
  const controllers = Array.from({ length: integer(random, 2, 3) }, (_, index) => [
    { name: `l${index}`, partner: `r${index}` },
    { name: `r${index}` },
  ]).flat();
  const networkPorts = controllers.map(({ name }) => ({ name: `${name}e0`, controller: name }));
  const interfaces = Array.from({ length: integer(random, 2, 6) }, (_, index) => ({
    name: `v${index}`,
    home: oneOf(random, networkPorts).name,
  }));
  const array = arrayOf(seed, { controllers, networkPorts, interfaces }, 1);
  return { seed, array, happenings: happenings(random, array, [], [], SCARCE_STEPS), places: {} };
}

/**
 * Sets of ports that cross: what dies first is the home of most interfaces, and each of these may go to another two or
 * three of the ports that are left. Who takes the lowest port of its own set for each in turn doesn't find the best.
 */
function crossedCase(seed: number, random: Random): HostedCase {
  const pairs = integer(random, 4, 5);
  const controllers = Array.from({ length: pairs }, (_, index) => [
    { name: `l${index}`, partner: `r${index}` },
    { name: `r${index}` },
  ]).flat();
  const networkPorts = controllers.map(({ name }) => ({
    name: `${name}e0`,
    controller: name,
    speed: oneOf(random, [1000, 1000, 1000, 2500]),
  }));
  const left = networkPorts.filter(({ name }) => name.startsWith("l") && name !== "l0e0").map(({ name }) => name);
  const sets = Array.from({ length: integer(random, 2, 4) }, () => some(random, left, integer(random, 1, 3)));
  const displaced = Array.from({ length: integer(random, 5, 18) }, (_, index) => ({
    name: `v${index}`,
    home: "l0e0",
    eligible: ["l0e0", ...oneOf(random, sets)],
  }));
  const others = Array.from({ length: integer(random, 0, 6) }, (_, index) => ({
    name: `w${index}`,
    home: oneOf(random, networkPorts).name,
  }));
  const interfaces = shuffled(random, [...displaced, ...others]);
  const array = arrayOf(seed, { controllers, networkPorts, interfaces });
  const first: Happening[] = [
    oneIn(random, 2) ? { do: "dead", server: "l0" } : { do: "link", port: "l0e0", up: false },
  ];
  const down = first[0]?.do === "link" ? ["l0e0"] : [];
  return {
    seed,
    array,
    happenings: [...first, ...happenings(random, array, down, down.length === 0 ? ["l0"] : [])],
    places: {},
  };
}

function arrayOf(
  seed: number,
  parts: { controllers: { name: string }[] } & Record<string, unknown>,
  otherGroup = 0,
): ArrayDescription {
  const units = parts.controllers.map(({ name }) => ({ name: `u-${name}`, owner: name }));
  const description = {
    name: "random",
    ...parts,
    units,
    policy: { ...POLICY, interfaces: { ...POLICY.interfaces, otherGroup } },
  };
  const { array, problems } = parseArray(JSON.stringify(description), `seed ${seed}`);
  if (array === undefined) throw new Error(problems.map(({ field, message }) => `${field}: ${message}`).join("\n"));
  return array;
}

/** @param downNow ports whose link is down already, and servers that are dead */
function happenings(
  random: Random,
  array: ArrayDescription,
  downNow: readonly string[] = [],
  deadNow: readonly string[] = [],
  steps = STEPS,
): Happening[] {
  const list: Happening[] = [];
  const ports = (array.networkPorts ?? []).map(({ name }) => name);
  // The last controller runs the module.
  const servers = array.controllers.map(({ name }) => name).slice(0, -1);
  const down = new Set(downNow);
  const dead = new Set(deadNow);
  for (let step = 0; step < steps; step++) {
    const kind = random.below(6);
    if (kind <= 1) {
      const port = oneOf(random, ports);
      list.push({ do: "link", port, up: down.has(port) });
      if (!down.delete(port)) down.add(port);
    } else if (kind <= 3) {
      const server = oneOf(random, servers);
      list.push(dead.has(server) ? { do: "back", server } : { do: "dead", server });
      if (!dead.delete(server)) dead.add(server);
    } else if (kind === 4) list.push({ do: "rebalance" });
    else {
      const server = oneOf(random, servers);
      if (dead.has(server)) continue;
      list.push({ do: "silent", server, heard: false }, { do: "silent", server, heard: true });
    }
  }
  return list;
}
