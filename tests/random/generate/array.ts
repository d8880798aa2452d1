/** A random array: ports of one or two controllers, targets on subsets of them, initiators, short knobs. */

import type {
  ArrayDescription,
  CapacityDescription,
  InitiatorDescription,
  PortDescription,
  TargetDescription,
} from "../../../host/array/description.js";
import type { ProfileName } from "../../../host/shim/generated/layout.js";
import type { Random } from "../../../host/sources/simulated/random.js";
import { integer, oneIn, oneOf, some } from "./draw.js";

/** What a command costs in this array: the same for all, so that what a session does tells what it takes. */
export interface Cost {
  processorUs: number;
  kibibytes: number;
}

/** How large arrays of a profile are: few enough rows that a run is short, some that fill the small profile's ports. */
const SIZES: Record<ProfileName, { ports: number; targets: number; initiators: number }> = {
  small: { ports: 8, targets: 12, initiators: 16 },
  standard: { ports: 40, targets: 48, initiators: 60 },
  large: { ports: 60, targets: 64, initiators: 80 },
};
const BASE_OPERATIONS = 10_000;

export function randomArray(random: Random, profile: ProfileName): { array: ArrayDescription; cost: Cost } {
  const sizes = SIZES[profile];
  const cost = { processorUs: integer(random, 20, 100), kibibytes: oneOf(random, [4, 8, 64]) };
  const controllers = oneIn(random, 3) ? ["a", "b"] : ["a"];
  const resources = randomResources(random);
  const portCount = oneIn(random, 8) ? 1 : integer(random, 2, sizes.ports);
  const ports: PortDescription[] = [];
  let id = 0;
  for (let index = 0; index < portCount; index++) {
    id += integer(random, 1, 3);
    ports.push(randomPort(random, id, oneOf(random, controllers), resources, cost));
  }
  (ports[0] as PortDescription).controller = "a";
  const initiatorCount = integer(random, 1, sizes.initiators);
  const targets = randomTargets(random, integer(random, 1, sizes.targets), ports);
  const initiators = Array.from({ length: initiatorCount }, (_, index) => randomInitiator(random, `i${index}`));
  const array: ArrayDescription = {
    name: "random",
    profile,
    controllers: controllers.map((name) => ({ name })),
    ports,
    targets,
    initiators,
    policy: { common: randomCommon(random), ports: randomKnobs(random), health: { targetPort: randomHealth(random) } },
    sources: {},
  };
  return { array, cost };
}

type ResourceName = keyof CapacityDescription;

/** At least one of the resources that a command uses, so that there is a load to judge. */
function randomResources(random: Random): Set<ResourceName> {
  const resources = new Set<ResourceName>([oneOf(random, ["processor", "bandwidth", "operations"] as const)]);
  for (const name of ["processor", "bandwidth", "operations", "queue", "sessions"] as const) {
    if (oneIn(random, 3)) resources.add(name);
  }
  return resources;
}

export function randomPort(
  random: Random,
  id: number,
  controller: string,
  resources: ReadonlySet<ResourceName>,
  cost: Cost,
): PortDescription {
  const speed = oneOf(random, [1, 1, 1, 2, 4]);
  const operations = BASE_OPERATIONS * speed;
  // Each port may be short of another resource.
  const slack = () => oneOf(random, [1, 1, 1.5, 2]);
  const has = (name: ResourceName, value: number) => (resources.has(name) ? Math.round(value) : 0);
  const capacity = {
    processor: has("processor", operations * cost.processorUs * slack()),
    bandwidth: has("bandwidth", operations * cost.kibibytes * slack()),
    operations: has("operations", operations * slack()),
    queue: has("queue", 64 * speed * slack()),
    sessions: has("sessions", integer(random, 4, 24)),
  };
  const listOrder = random.below(3);
  return { name: `p${id}`, id, controller, address: "", tag: id, listOrder, maintenance: oneIn(random, 24), capacity };
}

function randomTargets(random: Random, count: number, ports: readonly PortDescription[]): TargetDescription[] {
  const targets: TargetDescription[] = [];
  let id = 0;
  for (let index = 0; index < count; index++) {
    id += integer(random, 1, 3);
    targets.push(randomTarget(random, id, ports));
  }
  return targets;
}

export function randomTarget(random: Random, id: number, ports: readonly PortDescription[]): TargetDescription {
  const most = Math.min(ports.length, 8);
  const count = oneIn(random, 8) ? 1 : integer(random, Math.min(2, most), most);
  const names = some(random, ports, count).map(({ name }) => name);
  return { name: `t${id}`, id, ports: names, pinned: oneIn(random, 12), redirection: oneIn(random, 5) };
}

function randomInitiator(random: Random, name: string): InitiatorDescription {
  return {
    name,
    pinned: oneIn(random, 16),
    nextPortal: oneIn(random, 3) ? "following" : "first",
    switchingPriority: oneIn(random, 6) ? integer(random, 1, 2000) : 0,
  };
}

function randomCommon(random: Random): Record<string, number> {
  return { timeStepMaxMs: oneOf(random, [2000, 5000]), graceMs: oneOf(random, [0, 300, 1000]) };
}

/** Short times, so that a minute of virtual time holds many moves; everything else over its whole range of use. */
export function randomKnobs(random: Random): Record<string, number> {
  const high = integer(random, 500, 950);
  const backOffMs = oneOf(random, [200, 500, 1000]);
  return {
    sampleMs: oneOf(random, [100, 200, 300, 500]),
    highWatermarkPermille: high,
    lowWatermarkPermille: integer(random, 200, high - 50),
    highSamples: integer(random, 1, 4),
    lowSamples: integer(random, 1, 4),
    smoothingPermille: oneOf(random, [300, 500, 1000]),
    hysteresisPermille: oneOf(random, [0, 20, 50, 100]),
    movesUnderWayMax: integer(random, 1, 6),
    movesFromPortMax: integer(random, 1, 4),
    reservationMoves: random.below(2),
    residenceMs: oneOf(random, [1000, 3000, 8000]),
    registrationMs: oneOf(random, [50, 100, 200]),
    withdrawMs: oneOf(random, [500, 2000]),
    logoutMs: oneOf(random, [0, 200, 600]),
    moveMs: oneOf(random, [2000, 5000]),
    reserveMs: oneOf(random, [200, 600]),
    backOffMs,
    backOffMaxMs: backOffMs * oneOf(random, [1, 4, 8]),
    settleMs: oneOf(random, [0, 500, 1500]),
    slowStartMs: oneOf(random, [0, 1000, 5000]),
    slowStartPermille: oneOf(random, [100, 250, 1000]),
    steering: oneIn(random, 3) ? 0 : 1,
  };
}

function randomHealth(random: Random): Record<string, number> {
  const holdDownMs = oneOf(random, [0, 200, 500]);
  return {
    intervalMs: oneOf(random, [50, 100]),
    riseCount: integer(random, 1, 3),
    fallCount: integer(random, 1, 3),
    panicPermille: oneOf(random, [300, 500, 1000]),
    silenceMs: oneOf(random, [1500, 3000]),
    holdDownMs,
    holdDownMaxMs: Math.max(holdDownMs, oneOf(random, [500, 2000])),
    flapForgetMs: oneOf(random, [1000, 5000]),
    panicMs: oneOf(random, [500, 2000]),
  };
}
