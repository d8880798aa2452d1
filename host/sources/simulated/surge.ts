/** A surge: the sessions that are on a port want so much more that the port is driven to a given load. */

import type { Application } from "./application.js";
import { meanRate } from "./placement.js";
import type { SimulatedPort } from "./port.js";
import { Random } from "./random.js";
import type { World } from "./world.js";

/** Shares of the sessions in a surge are uneven: a few sessions bring most of it. */
const SHARE_SHAPE = 1.5;
const SHARE_RATIO = 6;

/** What a second's commands take of a port. */
class Demand {
  us = 0;
  bytes = 0;
  operations = 0;

  add(application: Application, rate: number): void {
    this.us += rate * application.commandUs;
    this.bytes += rate * application.commandBytes;
    this.operations += rate;
  }
}

/**
 * Rates to add, in commands a second, to the applications with a session on the port.
 * @param loadPermille mean load that the port would then have, in permille of its scarcest resource
 */
export function surgeRates(world: World, port: SimulatedPort, loadPermille: number): Map<Application, number> {
  const random = new Random(world.settings.seed, `surge ${port.name} ${world.nowMs}`);
  const shares = new Map<Application, number>();
  const present = new Demand();
  const share = new Demand();
  for (const path of world.paths) {
    if (!path.loggedIn || path.port !== port.index) continue;
    const { application } = path;
    const size = random.pareto(SHARE_SHAPE, 1, SHARE_RATIO);
    shares.set(application, size);
    present.add(application, meanRate(application));
    share.add(application, size / application.paths.length);
  }
  const factor = factorTo(loadPermille / 1000, port, present, share);
  for (const [application, size] of shares) shares.set(application, size * factor);
  return shares;
}

/** How many shares take the port from its present demand to a load: the resource that is used up first counts. */
function factorTo(load: number, port: SimulatedPort, present: Demand, share: Demand): number {
  const { processorUs, bytes, operations } = port.capacity;
  const factor = Math.min(
    (load * processorUs - present.us) / share.us,
    (load * bytes - present.bytes) / share.bytes,
    (load * operations - present.operations) / share.operations,
  );
  return Number.isFinite(factor) ? Math.max(0, factor) : 0;
}
