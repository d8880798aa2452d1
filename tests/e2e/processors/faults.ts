/** What can happen to a processor, how it is healed, and what is then seen from outside. */

import { setTimeout as delay } from "node:timers/promises";
import { backAddress, ETCD_SERVERS, etcdAddress, FULL_PORT, nowUs, numberOf, PAUSE_MS } from "./plan.js";
import type { World } from "./world.js";

export interface Fault {
  name: string;
  inject(world: World, victim: string): Promise<void> | void;
  heal(world: World, victim: string): Promise<void> | void;
  /**
   * What comes of it when it happens to the active processor; `away`: another one answers, `stays`: it goes on, `caretaker`:
   * none is well, and one of them answers by its restricted server.
   */
  effect: "away" | "stays" | "answered" | "caretaker";
  /** The victim is unhealthy and can still be asked: by its restricted server. */
  restricted?: true;
  /** The others can't ask it, or it them. */
  cutOff?: true;
  /** Lasts at least so long. */
  holdMs?: number;
}

const backOthers = (world: World, victim: string) => world.others(victim).map(backAddress);
const etcdAll = ETCD_SERVERS.map(etcdAddress);

function each(world: World, act: (name: string) => void): void {
  for (const name of world.names) act(name);
}

async function hang(world: World, victim: string): Promise<void> {
  const service = world.processors.service(victim);
  // It may just run no full server: then there is nothing to hang.
  if (service !== undefined) await world.holder.hold(victim, service, FULL_PORT).catch(() => undefined);
}

export const FAULTS: readonly Fault[] = [
  {
    name: "its service killed",
    inject: (world, victim) => world.processors.signalService(victim, "KILL"),
    heal: () => undefined,
    effect: "answered",
  },
  {
    name: "its service paused",
    inject: (world, victim) => world.processors.signalService(victim, "STOP"),
    heal: (world, victim) => world.processors.signalService(victim, "CONT"),
    effect: "away",
    restricted: true,
    holdMs: PAUSE_MS,
  },
  {
    name: "all its processes killed",
    inject: (world, victim) => world.processors.die(victim),
    heal: (world) => world.processors.startAll(),
    effect: "away",
  },
  {
    name: "paused for longer than the lease",
    inject: (world, victim) => world.network.pause(victim),
    heal: (world, victim) => world.network.resume(victim),
    effect: "away",
    holdMs: PAUSE_MS,
  },
  {
    name: "its disk full",
    inject: (world, victim) => world.processors.fillDisk(victim),
    heal: (world, victim) => world.processors.emptyDisk(victim),
    effect: "away",
    restricted: true,
  },
  {
    name: "its web server hung",
    inject: hang,
    heal: (world, victim) => world.holder.letGo(victim),
    effect: "away",
    restricted: true,
  },
  {
    name: "its link to the client cut",
    inject: (world, victim) => world.network.setFront(victim, "down"),
    heal: (world, victim) => world.network.setFront(victim, "up"),
    effect: "away",
  },
  {
    name: "its link to the others cut",
    inject: (world, victim) => world.network.cut(victim, backOthers(world, victim)),
    heal: (world, victim) => world.network.cut(victim, []),
    effect: "stays",
    cutOff: true,
  },
  {
    name: "cut off from etcd",
    inject: (world, victim) => world.network.cut(victim, etcdAll),
    heal: (world, victim) => world.network.cut(victim, []),
    effect: "away",
  },
  {
    name: "all at once",
    async inject(world, victim) {
      world.processors.fillDisk(victim);
      await hang(world, victim);
      world.network.setFront(victim, "down");
      world.network.cut(victim, [...backOthers(world, victim), ...etcdAll]);
      world.network.pause(victim);
    },
    heal(world, victim) {
      world.network.resume(victim);
      world.network.cut(victim, []);
      world.network.setFront(victim, "up");
      world.holder.letGo(victim);
      world.processors.emptyDisk(victim);
    },
    effect: "away",
    holdMs: PAUSE_MS,
  },
  {
    name: "every disk full",
    inject: (world) => each(world, (name) => world.processors.fillDisk(name)),
    heal: (world) => each(world, (name) => world.processors.emptyDisk(name)),
    effect: "caretaker",
  },
  {
    name: "etcd gone, and back",
    inject: (world) => world.etcd.killAll(),
    heal: (world) => world.etcd.runAll(),
    effect: "stays",
    holdMs: PAUSE_MS,
  },
];

/** Its place fails, and the etcd server there with it: what the third place is for. */
export const PLACE: Fault = {
  name: "its place fails, with the etcd server there",
  async inject(world, victim) {
    await Promise.all([world.processors.die(victim), world.etcd.kill(numberOf(victim))]);
  },
  heal(world) {
    world.etcd.runAll();
    world.processors.startAll();
  },
  effect: "away",
};

/** Whether the effect is there. */
export function shows(world: World, { effect }: Fault, victim: string, sinceUs: number): [boolean, string] {
  const answerer = world.answererSince(sinceUs);
  if (answerer === undefined) return [false, "nobody answers at the address"];
  const { processor, server } = answerer;
  const detail = `${processor} answers by its ${server} server`;
  if (effect === "away") return [processor !== victim && server === "full", detail];
  if (effect === "stays") return [processor === victim && server === "full", detail];
  if (effect === "caretaker") return [server === "restricted" && answerer.active === null, detail];
  return [server === "full", detail];
}

/** Lets it last for as long as it is to. */
export async function lasts({ holdMs }: Fault, fromUs: number): Promise<void> {
  const leftMs = (holdMs ?? 0) - (nowUs() - fromUs) / 1000;
  if (leftMs > 0) await delay(leftMs);
}
