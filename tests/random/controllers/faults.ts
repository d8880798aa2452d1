/** What goes wrong in a run: drawn by its seed, each with its end, so that all is well again before the run is over. */

import type { SimulatedLinks } from "../../../host/coordination/simulated/commands.js";
import type { SimulatedLeaseServer } from "../../../host/coordination/simulated/lease.js";
import type { PointKind } from "../../../host/coordination/simulated/machine.js";
import type { SimulatedNetwork } from "../../../host/coordination/simulated/network.js";
import type { VirtualTime } from "../../../host/coordination/simulated/time.js";
import type { Random } from "../../../host/sources/simulated/random.js";
import type { RunController } from "./controller.js";

export interface FaultGround {
  time: VirtualTime;
  network: SimulatedNetwork;
  links: SimulatedLinks;
  server: SimulatedLeaseServer;
  controllers: readonly RunController[];
  random: Random;
  note(line: string): void;
}

type Fault = (ground: FaultGround) => void;

const POINTS: readonly PointKind[] = ["fence", "address", "unit", "disk", "send", "lease", "answer"];

function one(ground: FaultGround): RunController {
  return ground.controllers[ground.random.below(ground.controllers.length)] as RunController;
}

function between(ground: FaultGround, least: number, most: number): number {
  return Math.floor(ground.random.between(least, most));
}

const pause: Fault = (ground) => {
  const controller = one(ground);
  const forMs = between(ground, 100, 9000);
  ground.note(`${controller.name} is paused for ${forMs} ms`);
  controller.pause(forMs);
};

/** SIGSTOP at a line: right before something is done to the world. */
const pauseBefore: Fault = (ground) => {
  const kind = POINTS[ground.random.below(POINTS.length)] as PointKind;
  one(ground).pauseBefore(kind, between(ground, 500, 9000));
};

/** An answer of the lease service is read late, and then there is no time for the next renewal. */
const pauseTwice: Fault = (ground) => {
  one(ground).pauseBefore("answer", between(ground, 1000, 2900), between(ground, 3000, 6000));
};

const kill: Fault = (ground) => {
  const controller = one(ground);
  const forMs = between(ground, 100, 6000);
  const reboots = ground.random.below(4) === 0;
  ground.note(`${controller.name} is killed, and back after ${forMs} ms${reboots ? ", rebooted" : ""}`);
  controller.kill();
  if (reboots) controller.machine.reboot();
  ground.time.after(forMs, () => controller.start());
};

const split: Fault = (ground) => {
  const forMs = between(ground, 500, 8000);
  const names = ground.controllers.map((_, at) => at);
  const left = names.filter(() => ground.random.below(2) === 0);
  const right = names.filter((at) => !left.includes(at));
  ground.note(`the network is split for ${forMs} ms: ${left.join(",")} from ${right.join(",")}`);
  ground.network.split(left, right);
  ground.time.after(forMs, () => ground.network.heal());
};

const slow: Fault = (ground) => {
  const forMs = between(ground, 500, 6000);
  const mostMs = between(ground, 50, 2500);
  ground.note(`messages take up to ${mostMs} ms for ${forMs} ms`);
  ground.network.set({ delayMs: [1, mostMs], loss: 0.1 });
  ground.time.after(forMs, () => ground.network.set({ delayMs: [0, 3], loss: 0 }));
};

const link: Fault = (ground) => {
  const controller = one(ground);
  const forMs = between(ground, 200, 8000);
  ground.note(`${controller.name}: the link of its port is down for ${forMs} ms`);
  controller.linkUp = false;
  ground.time.after(forMs, () => {
    controller.linkUp = true;
  });
};

/** Some don't reach the lease service, or none does. */
const leaseOut: Fault = (ground) => {
  const all = ground.random.below(2) === 0;
  const forMs = between(ground, 500, 14_000);
  const cut = ground.controllers.filter(() => all || ground.random.below(2) === 0);
  ground.note(`${cut.map(({ name }) => name).join(",")} don't reach the lease service for ${forMs} ms`);
  for (const controller of cut) controller.cutLease(true);
  for (const controller of cut) {
    // Back one after the other.
    ground.time.after(forMs + between(ground, 0, 1500), () => controller.cutLease(false));
  }
};

/** Orders to one come late, and meanwhile it loses its lease and has another. */
const slowLinkAndLeaseOut: Fault = (ground) => {
  const to = one(ground);
  const slowMs = between(ground, 1000, 5000);
  const cutMs = between(ground, 3000, 4500);
  ground.note(`orders to ${to.name} take ${slowMs} ms; it doesn't reach the lease service for ${cutMs} ms`);
  to.cutLease(true);
  ground.time.after(cutMs, () => to.cutLease(false));
  for (const { name } of ground.controllers) {
    ground.time.after(between(ground, 0, 3000), () => ground.links.delay(name, to.name, slowMs));
    ground.time.after(cutMs + between(ground, 0, 3000), () => ground.links.delay(name, to.name, 0));
  }
};

const leaseSlow: Fault = (ground) => {
  const controller = one(ground);
  const forMs = between(ground, 500, 5000);
  ground.note(`${controller.name} reaches the lease service slowly for ${forMs} ms`);
  controller.slowLease([1, 900], 0.2);
  ground.time.after(forMs, () => controller.slowLease([1, 3], 0));
};

/** A leader is cut off with one client, and still renews its lease; the others have elected another. */
const staleLeader: Fault = (ground) => {
  const controller = one(ground);
  const forMs = between(ground, 500, 6000);
  ground.note(`${controller.name} is left with a stale leader of the lease service for ${forMs} ms`);
  controller.staleLeader(ground.server.term);
  ground.server.elect();
  ground.time.after(forMs, () => controller.staleLeader(undefined));
};

/** Not back while the process is paused right before it moves the fence: the one case that no rule covers (README). */
const stepWall: Fault = (ground) => {
  const controller = one(ground);
  const byMs = between(ground, controller.isPaused ? 0 : -8000, 8000);
  ground.note(`${controller.name}: the wall clock is stepped by ${byMs} ms`);
  controller.stepWall(byMs);
};

/** All at once: the service is gone, and someone who has promised restarts. */
const leaseOutAndRestart: Fault = (ground) => {
  const forMs = between(ground, 4000, 9000);
  const controller = one(ground);
  ground.note(`nobody reaches the lease service for ${forMs} ms; ${controller.name} restarts meanwhile`);
  for (const each of ground.controllers) each.cutLease(true);
  const killMs = forMs - between(ground, 50, 2500);
  ground.time.after(killMs, () => {
    controller.kill();
    ground.time.after(between(ground, 20, 200), () => controller.start());
  });
  const late = one(ground);
  for (const each of ground.controllers) {
    // One stays cut off for longer: what it has, it has by promises alone.
    ground.time.after(forMs + (each === late ? 2500 : between(ground, 0, 300)), () => each.cutLease(false));
  }
};

const FAULTS: readonly Fault[] = [
  pause,
  pause,
  pauseBefore,
  pauseBefore,
  pauseBefore,
  pauseTwice,
  kill,
  split,
  slow,
  leaseOut,
  leaseOut,
  slowLinkAndLeaseOut,
  leaseSlow,
  staleLeader,
  stepWall,
  link,
  leaseOutAndRestart,
];

/** Plans faults from a time on to another. */
export function planFaults(ground: FaultGround, fromMs: number, toMs: number): void {
  for (let atMs = fromMs; atMs < toMs; atMs += between(ground, 300, 5000)) {
    const fault = FAULTS[ground.random.below(FAULTS.length)] as Fault;
    ground.time.at(atMs, () => fault(ground));
  }
}
