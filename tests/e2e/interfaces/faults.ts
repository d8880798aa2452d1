/** The faults of the run: what happens, what must be seen of it, and how it is healed. */

import { setTimeout as delay } from "node:timers/promises";
import { CONTROLLERS, ETCD_NUMBERS, INTERFACES, UNITS } from "./plan.js";
import type { Place, World } from "./world.js";

export interface Fault {
  name: string;
  /** What must be seen. */
  effect: string;
  inject(world: World): Promise<void> | void;
  /** Whether it is seen now. @param before where each address was @param fromUs when the fault came */
  shows(world: World, before: ReadonlyMap<string, Place>, fromUs: number): Promise<[boolean, string]>;
  heal(world: World): Promise<void> | void;
  /** How long what stays must stay, before it is looked at. */
  holdMs?: number;
  /** What must not have happened in a while after `shows`, before it is healed. */
  stays?: { forMs: number; effect: string; holds(world: World, sinceUs: number): Promise<[boolean, string]> };
}

const FLAPS = 5;
const FLAP_MS = 300;
/** Longer than a lease, and what it takes to take over. */
const OVER_LEASE_MS = 7000;
const RESTART_MS = 500;
/** Shorter silences of all may be this machine's. */
const LASTING_US = 2e6;

const NUMBERS = new Map(CONTROLLERS.map(({ name, number }) => [name, number]));

function peersOf(name: string): number[] {
  return [...NUMBERS].filter(([each]) => each !== name).map(([, number]) => number);
}

function groupOf(name: string): number {
  return CONTROLLERS.find((each) => each.name === name)?.group ?? 0;
}

/** All of the lost ones' addresses answer from ports of their group that are not lost; nothing else has moved. */
function movedFrom(lost: (place: Place) => boolean) {
  return async (world: World, before: ReadonlyMap<string, Place>, fromUs: number): Promise<[boolean, string]> => {
    const seen = world.seen();
    const wrong = INTERFACES.flatMap(({ address, group }) => {
      const [was = "", is] = [before.get(address), seen.get(address)];
      const right = lost(was) ? is !== undefined && !lost(is) && groupOf(is.split(" ")[0] ?? "") === group : is === was;
      return right ? [] : [`${address} ${was} → ${is ?? "silent"}`];
    });
    const mute = await mutedUnits(world, fromUs);
    return [wrong.length === 0 && mute.length === 0, [...wrong, ...mute].join(", ") || describeMoves(before, seen)];
  };
}

function describeMoves(before: ReadonlyMap<string, Place>, seen: ReadonlyMap<string, Place>): string {
  const moves = [...before].filter(([address, place]) => seen.get(address) !== place);
  return moves.map(([address, place]) => `${address} ${place} → ${seen.get(address)}`).join(", ") || "nothing moved";
}

/** Units that have not answered since a while after the fault. */
function mutedUnits(world: World, fromUs: number): Promise<string[]> {
  const answering = world.units.answering(fromUs + 1e6);
  return Promise.resolve(
    UNITS.filter(({ name }) => !answering.includes(name)).map(({ name }) => `${name} doesn't answer`),
  );
}

/** Every address answers from where it was, and never stopped for longer than a prober's gap. */
async function nothingMoved(
  world: World,
  before: ReadonlyMap<string, Place>,
  fromUs: number,
): Promise<[boolean, string]> {
  return movedFrom(() => false)(world, before, fromUs);
}

function of(...names: string[]) {
  return (place: Place) => names.includes(place.split(" ")[0] ?? "");
}

function restart(world: World, ...names: string[]): void {
  for (const name of names) world.controllers.start(name);
}

function kill(world: World, ...names: string[]): void {
  for (const name of names) world.controllers.kill(name);
}

export const FAULTS: readonly Fault[] = [
  {
    name: "link down",
    effect: "addresses of b's only port go to ports of its group",
    inject: ({ network }) => network.setFarEnd("b", "e0", "down"),
    shows: movedFrom((place) => place === "b e0"),
    heal: ({ network }) => network.setFarEnd("b", "e0", "up"),
  },
  {
    name: "device set down",
    effect: "addresses of c's second port go elsewhere in the group, also those that the kernel has dropped with it",
    inject: ({ network }) => network.setNearEnd("c", "e1", "down"),
    shows: movedFrom((place) => place === "c e1"),
    heal: ({ network }) => network.setNearEnd("c", "e1", "up"),
  },
  {
    name: "carrier flaps",
    effect: "every address answers",
    async inject({ network }) {
      for (let flap = 0; flap < FLAPS; flap++) {
        network.setFarEnd("d", "e0", "down");
        await delay(FLAP_MS);
        network.setFarEnd("d", "e0", "up");
        await delay(FLAP_MS);
      }
    },
    shows: async (world) => [world.seen().size === INTERFACES.length, `${world.seen().size} addresses answer`],
    heal: () => undefined,
  },
  {
    name: "controller killed",
    effect: "b's addresses go to its group, its unit to its partner",
    inject: (world) => kill(world, "b"),
    shows: movedFrom(of("b")),
    heal: (world) => restart(world, "b"),
  },
  {
    name: "two of a group killed",
    effect: "the third of the group has all its addresses",
    async inject(world) {
      kill(world, "d");
      await delay(OVER_LEASE_MS);
      kill(world, "e");
    },
    shows: movedFrom(of("d", "e")),
    heal: (world) => restart(world, "d", "e"),
  },
  {
    name: "paused and resumed",
    effect: "a's addresses go to its group while it stands still",
    inject: ({ network }) => network.pause("a"),
    shows: movedFrom(of("a")),
    heal: ({ network }) => network.resume("a"),
  },
  {
    name: "cut off, but not from clients",
    effect: "c's addresses go to its group",
    inject: ({ network }) => network.cut("c", [...peersOf("c"), ...ETCD_NUMBERS]),
    shows: movedFrom(of("c")),
    heal: ({ network }) => network.cut("c", []),
  },
  {
    name: "cut off from etcd",
    effect: "f's addresses go to its group: others reach etcd, so nobody promises it anything",
    inject: ({ network }) => network.cut("f", [...ETCD_NUMBERS]),
    shows: movedFrom(of("f")),
    heal: ({ network }) => network.cut("f", []),
  },
  {
    name: "silent to its peers",
    effect: "b keeps what it has: etcd and clients still reach it",
    inject: ({ network }) => network.cut("b", peersOf("b")),
    holdMs: OVER_LEASE_MS,
    shows: nothingMovedButUnits,
    heal: ({ network }) => network.cut("b", []),
  },
  {
    name: "etcd's leader killed",
    effect: "nothing moves",
    async inject({ etcd }) {
      await etcd.kill(etcd.leader());
    },
    holdMs: OVER_LEASE_MS,
    shows: nothingMoved,
    heal: ({ etcd }) => etcd.runAll(),
  },
  {
    name: "etcd gone",
    effect: "everybody keeps what it has, by promises",
    inject: ({ etcd }) => etcd.killAll(),
    holdMs: 2 * OVER_LEASE_MS,
    shows: nothingMoved,
    heal: ({ etcd }) => etcd.runAll(),
  },
  {
    name: "etcd gone, a controller restarted",
    effect: "the restarted one can promise nobody anything, so all release what they have, units too",
    async inject(world) {
      await world.etcd.killAll();
      await delay(OVER_LEASE_MS);
      kill(world, "e");
      await delay(RESTART_MS);
      await world.controllers.restart("e", world.checks);
    },
    shows: nobodyHasAnything,
    stays: {
      forMs: OVER_LEASE_MS,
      effect: "nobody takes anything while etcd is gone, the restarted one neither",
      async holds(world, sinceUs) {
        const answered = world.addresses.filter((address) => (world.echo.answeredUs.get(address) ?? 0) > sinceUs);
        const [nobody, detail] = await nobodyHasAnything(world);
        return [nobody && answered.length === 0, answered.length === 0 ? detail : `${answered.join(", ")} answered`];
      },
    },
    heal: ({ etcd }) => etcd.runAll(),
  },
  {
    name: "a group down",
    effect: "its addresses are silent, all others and every unit answer",
    inject: (world) => kill(world, "a", "b", "c"),
    async shows(world, before, fromUs) {
      const [seen, silent] = [world.seen(), world.echo.silent(LASTING_US)];
      const wrong = INTERFACES.filter(({ address, group }) =>
        group === 1 ? seen.get(address) !== before.get(address) : !silent.includes(address),
      );
      const mute = await mutedUnits(world, fromUs);
      return [
        wrong.length === 0 && mute.length === 0,
        [...wrong.map(({ name }) => name), ...mute].join(", ") || "so it is",
      ];
    },
    heal: (world) => restart(world, "a", "b", "c"),
  },
  {
    name: "everything down",
    effect: "every address is silent",
    inject: (world) => kill(world, ...CONTROLLERS.map(({ name }) => name)),
    async shows(world) {
      const silent = world.echo.silent(LASTING_US).length;
      return [silent === INTERFACES.length, `${silent} addresses are silent`];
    },
    heal({ controllers }) {
      // By it they are given another array file later on.
      controllers.managed = true;
      controllers.startAll();
    },
  },
];

/** No address answers, none is in a kernel, and no server has a session with a unit. */
async function nobodyHasAnything(world: World): Promise<[boolean, string]> {
  const held = [...world.kernels()].map(([address, places]) => `${address} in ${places.join("+")}`);
  const served = [...(await world.unitServers())].map(([unit, server]) => `${unit} at ${server}`);
  const answering = [...world.seen().keys()].map((address) => `${address} answers`);
  const left = [...answering, ...held, ...served];
  return [left.length === 0, left.join(", ") || "no address answers, no kernel has one, no unit has a server"];
}

/** What is forwarded for clients goes over the cut too: a unit is reached through the addresses on this side of it. */
async function nothingMovedButUnits(world: World, before: ReadonlyMap<string, Place>): Promise<[boolean, string]> {
  return movedFrom(() => false)(world, before, Number.NEGATIVE_INFINITY);
}
