/** Who is logged in where at the beginning, and how much each does. */

import type { ArrayDescription, PortDescription } from "../../../host/array/description.js";
import type { Load, Login } from "../../../host/scenario/description.js";
import type { Random } from "../../../host/sources/simulated/random.js";
import type { Cost } from "./array.js";
import { integer, oneIn, oneOf, some } from "./draw.js";

export interface RandomTraffic {
  logins: Login[];
  loads: Load[];
}

/** Sessions at the beginning: what the smallest profile takes with room for new ones. */
const SESSIONS_MAX = 56;

/** Commands a second that the port can take before its scarcest resource is full. */
export function operationsOf(port: PortDescription, cost: Cost): number {
  const { processor, bandwidth, operations } = port.capacity;
  return Math.min(
    processor > 0 ? processor / cost.processorUs : Number.POSITIVE_INFINITY,
    bandwidth > 0 ? bandwidth / cost.kibibytes : Number.POSITIVE_INFINITY,
    operations > 0 ? operations : Number.POSITIVE_INFINITY,
  );
}

export function randomTraffic(random: Random, array: ArrayDescription, cost: Cost): RandomTraffic {
  const logins = randomLogins(random, array);
  const capacity = array.ports.reduce((sum, port) => sum + operationsOf(port, cost), 0);
  const pairs = new Map<string, { login: Login; weight: number }>();
  for (const login of logins)
    pairs.set(`${login.initiator} ${login.target}`, { login, weight: random.pareto(1.3, 1, 30) });
  const whole = [...pairs.values()].reduce((sum, { weight }) => sum + weight, 0);
  // From a mostly idle array to one that no placing helps.
  const utilization = random.between(0.1, 1.1);
  const loads = [...pairs.values()].map(({ login, weight }) =>
    loadOf(login.initiator, login.target, (capacity * utilization * weight) / whole, cost, random),
  );
  return { logins, loads };
}

/** A load of so many commands a second, at the array's cost of a command. */
export function loadOf(initiator: string, target: string, rate: number, cost: Cost, random: Random): Load {
  const operations = Math.round(rate);
  return {
    initiator,
    target,
    operations,
    bandwidth: operations * cost.kibibytes,
    processor: operations * cost.processorUs,
    inFlight: random.below(10),
  };
}

function randomLogins(random: Random, array: ArrayDescription): Login[] {
  const crowded = oneIn(random, 2);
  const logins: Login[] = [];
  for (const { name } of array.initiators) {
    for (const target of some(random, array.targets, integer(random, 1, Math.min(4, array.targets.length)))) {
      const ports = listingOrder(array).filter((port) => target.ports.includes(port));
      const paths = oneIn(random, 4) ? integer(random, 2, 3) : 1;
      // As in the seed's Figure 8, everybody on the first; or evenly spread.
      const chosen = crowded ? ports.slice(0, paths) : some(random, ports, Math.min(paths, ports.length));
      for (const port of chosen) logins.push(randomLogin(random, name, target.name, port));
    }
  }
  return logins.slice(0, SESSIONS_MAX);
}

export function randomLogin(random: Random, initiator: string, target: string, port: string): Login {
  return {
    initiator,
    target,
    port,
    pinned: oneIn(random, 16),
    reservation: oneIn(random, 10),
    asyncLogout: !oneIn(random, 3),
    switchingPriority: oneIn(random, 10) ? oneOf(random, [1, 500, 1500, 3000]) : 0,
  };
}

/** Names of ports as the iSNS server lists them. */
export function listingOrder(array: ArrayDescription): string[] {
  const ports = array.ports.map((port) => ({ port, id: port.id ?? 0 }));
  ports.sort((one, two) => one.port.listOrder - two.port.listOrder || one.id - two.id);
  return ports.map(({ port }) => port.name);
}
