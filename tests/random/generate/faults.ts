/** Faults, bursts and whims: what happens in the turbulent stage of a run. */

import type { ArrayDescription } from "../../../host/array/description.js";
import type { Behaviour, Load, Pair } from "../../../host/scenario/description.js";
import type { Random } from "../../../host/sources/simulated/random.js";
import type { Action, CaseEvent } from "../case.js";
import { type Cost, randomKnobs, randomPort, randomTarget } from "./array.js";
import { integer, oneIn, oneOf, some } from "./draw.js";
import { loadOf, operationsOf, randomLogin } from "./traffic.js";

/** What a fault may name. */
interface Subjects {
  random: Random;
  array: ArrayDescription;
  cost: Cost;
  loads: readonly Load[];
}

/** An action and when it happens, counted from the fault's beginning. */
type Later = [afterMs: number, action: Action];
type Fault = (subjects: Subjects) => Later[];

const STATE_TABLES = [
  "target-port-state",
  "target-port-set",
  "session-state",
  "initiator-state",
  "registration-state",
  "registration-change",
  "move",
  "residence",
  "plan",
  "module-state",
  "health-state",
  "arrival-state",
] as const;
const SEVERAL: readonly number[] = [1, 2, 5];

function whileMs(random: Random): number {
  return integer(random, 300, 5000);
}

function anyPort({ random, array }: Subjects): string {
  return oneOf(random, array.ports).name;
}

function anyPair({ random, array }: Subjects): Pair {
  const target = oneOf(random, array.targets);
  return { target: target.name, port: oneOf(random, target.ports) };
}

/** Reach of a rule: everybody mostly, sometimes one only. */
function rule<Does extends string>(
  subjects: Subjects,
  does: readonly Does[],
  only: readonly string[],
): Behaviour<Does> {
  const { random } = subjects;
  return {
    does: oneOf(random, does),
    afterMs: oneOf(random, [0, 50, 300, 1500, 4000]),
    times: oneOf(random, SEVERAL),
    only: oneIn(random, 2) ? oneOf(random, only) : "",
    port: anyPort(subjects),
  };
}

/** Kinds of faults by name; a case draws the names it uses. */
export const FAULTS = {
  bursts(subjects) {
    const { random, loads, cost } = subjects;
    const load = oneOf(random, loads);
    const burst = loadOf(load.initiator, load.target, load.operations * random.between(0, 6), cost, random);
    const lasting: Later[] = oneIn(random, 2) ? [] : [[whileMs(random), { do: "load", load }]];
    return [[0, { do: "load", load: burst }], ...lasting];
  },
  background(subjects) {
    const { random, array, cost } = subjects;
    const port = oneOf(random, array.ports);
    const operations = Math.round(Math.min(operationsOf(port, cost), 1e6) * random.between(0, 1.3));
    const load = {
      port: port.name,
      operations,
      bandwidth: operations * cost.kibibytes,
      processor: operations * cost.processorUs,
      queue: random.below(20),
    };
    const none = { port: port.name, operations: 0, bandwidth: 0, processor: 0, queue: 0 };
    return [
      [0, { do: "portLoad", load }],
      [whileMs(random), { do: "portLoad", load: none }],
    ];
  },
  flaps(subjects) {
    const { random } = subjects;
    const port = anyPort(subjects);
    const later: Later[] = [];
    let atMs = 0;
    for (let flap = 0; flap < oneOf(random, [1, 1, 2, 4]); flap++) {
      later.push([atMs, { do: "link", port, up: false }]);
      atMs += integer(random, 50, 2500);
      later.push([atMs, { do: "link", port, up: true }]);
      atMs += integer(random, 50, 2500);
    }
    return later;
  },
  counters(subjects) {
    const { random, array } = subjects;
    const well = { silent: false, stuck: [], reset: false, nearWrap: false };
    const ports = some(random, array.ports, oneIn(random, 6) ? array.ports.length : 1).map(({ name }) => name);
    const fault = oneOf(random, [
      { ...well, silent: true },
      { ...well, stuck: some(random, ["busyUs", "bytes", "operations"] as const, integer(random, 1, 3)) },
      { ...well, reset: true },
      { ...well, nearWrap: true },
    ]);
    const lasting = whileMs(random);
    return ports.flatMap((port): Later[] => [
      [0, { do: "counters", fault: { ...fault, port } }],
      [lasting, { do: "counters", fault: { ...well, port } }],
    ]);
  },
  server(subjects) {
    const { random } = subjects;
    const choice = random.below(8);
    if (choice === 0) return [[0, { do: "serverRestart", lists: oneOf(random, ["nothing", "everything"] as const) }]];
    const kind = oneOf(random, ["forget", "add"] as const);
    return Array.from({ length: integer(random, 1, 4) }, () => [0, { do: kind, pair: anyPair(subjects) }]);
  },
  registrations(subjects) {
    const { random, array } = subjects;
    const targets = array.targets.map(({ name }) => name);
    const does = ["apply", "apply", "ignore", "refuse", "fail", "timeout", "silent"] as const;
    const name = oneOf(random, ["withdraw", "restore"] as const);
    return [[0, { do: "world", rules: { [name]: rule(subjects, does, targets) } }]];
  },
  logouts(subjects) {
    const does = ["end", "close", "ignore", "refuse", "fail", "timeout", "silent"] as const;
    const initiators = subjects.array.initiators.map(({ name }) => name);
    return [[0, { do: "world", rules: { logout: rule(subjects, does, initiators) } }]];
  },
  returns(subjects) {
    const does = ["listed", "listed", "same", "port", "never"] as const;
    const initiators = subjects.array.initiators.map(({ name }) => name);
    return [[0, { do: "world", rules: { return: rule(subjects, does, initiators) } }]];
  },
  reservations(subjects) {
    const { random } = subjects;
    const reserve = rule(subjects, ["grant", "refuse", "fail", "timeout", "silent"], [""]);
    const silence: Later[] = oneIn(random, 3)
      ? [
          [0, { do: "remoteSilent", on: true }],
          [whileMs(random), { do: "remoteSilent", on: false }],
        ]
      : [];
    return [[0, { do: "world", rules: { reserve } }], ...silence];
  },
  arrivals(subjects) {
    const { random } = subjects;
    const row = random.below(4);
    const pair = anyPair(subjects);
    const loadPermille = random.below(400);
    const given: Later = [0, { do: "arrival", row, requester: integer(random, 1, 3), pair, loadPermille }];
    if (oneIn(random, 2)) return [given];
    return [given, [whileMs(random), { do: "arrival", row, requester: 0, pair, loadPermille: 0 }]];
  },
  logins(subjects) {
    const { random, array } = subjects;
    const pair = anyPair(subjects);
    const initiator = oneOf(random, array.initiators).name;
    const login = randomLogin(random, initiator, pair.target, pair.port);
    const logout: Later = [
      0,
      { do: "logout", initiator, target: oneIn(random, 2) ? pair.target : "", port: "", returns: !oneIn(random, 3) },
    ];
    return [oneIn(random, 2) ? logout : [0, { do: "login", login }]];
  },
  outcomes(subjects) {
    const { random } = subjects;
    const share = () => oneOf(random, [0, 0, 0.3, 1]);
    return [
      [0, { do: "outcomes", lost: share(), twice: share(), wrong: share() }],
      [whileMs(random), { do: "outcomes", lost: 0, twice: 0, wrong: 0 }],
    ];
  },
  ring({ random }) {
    return [
      [0, { do: "drain", on: false }],
      [whileMs(random), { do: "drain", on: true }],
    ];
  },
  clock({ random }) {
    const jump = oneOf(random, [-100_000, -500, 700, 4000, 60_000, 0]);
    return [[0, { do: "clock", forwardMs: jump, stopMs: jump === 0 ? integer(random, 200, 3000) : 0 }]];
  },
  slow({ random }) {
    return [[0, { do: "slow", tickMs: integer(random, 20, 1800), forTicks: integer(random, 1, 20) }]];
  },
  restarts({ random }) {
    return [[0, { do: "restart", attach: !oneIn(random, 3), downMs: integer(random, 0, 4000) }]];
  },
  roles({ random }) {
    return [
      [0, { do: "scope", role: oneOf(random, ["shadow", "unknown", "deciding"] as const) }],
      [whileMs(random), { do: "scope", role: "deciding" }],
    ];
  },
  holds({ random }) {
    return [
      [0, { do: "hold", on: true }],
      [whileMs(random), { do: "hold", on: false }],
    ];
  },
  maintenance(subjects) {
    const { random } = subjects;
    const port = anyPort(subjects);
    const on: Later = [0, { do: "reconfigure", change: { what: "maintenance", port, on: true } }];
    if (oneIn(random, 3)) return [on];
    return [on, [integer(random, 1000, 9000), { do: "reconfigure", change: { what: "maintenance", port, on: false } }]];
  },
  configuration(subjects) {
    return reconfigure(subjects);
  },
  damage({ random }) {
    const flip: Later = [
      0,
      { do: "flip", table: oneOf(random, STATE_TABLES), share: random.next(), bit: random.below(2048) },
    ];
    return oneIn(random, 2) ? [flip] : [flip, [random.below(400), { do: "scrub", rows: integer(random, 1, 5000) }]];
  },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

function reconfigure(subjects: Subjects): Later[] {
  const { random, array, cost } = subjects;
  const port = oneOf(random, array.ports);
  const target = oneOf(random, array.targets);
  const laterMs = whileMs(random);
  switch (random.below(7)) {
    case 0: {
      const targets = array.targets.filter(({ ports }) => ports.includes(port.name)).map(({ name }) => name);
      return [
        [0, { do: "reconfigure", change: { what: "dropPort", port: port.name } }],
        [laterMs, { do: "reconfigure", change: { what: "addPort", port, targets } }],
      ];
    }
    case 1: {
      const id = 100 + random.below(4);
      const added = randomPort(random, id, oneOf(random, array.controllers).name, usedResources(array), cost);
      const targets = some(random, array.targets, integer(random, 0, array.targets.length)).map(({ name }) => name);
      return [[0, { do: "reconfigure", change: { what: "addPort", port: added, targets } }]];
    }
    case 2:
      return [
        [0, { do: "reconfigure", change: { what: "dropTarget", target: target.name } }],
        [laterMs, { do: "reconfigure", change: { what: "addTarget", target } }],
      ];
    case 3: {
      const added = randomTarget(random, 100 + random.below(4), array.ports);
      return [[0, { do: "reconfigure", change: { what: "addTarget", target: added } }]];
    }
    case 4: {
      const { ports } = randomTarget(random, 1, array.ports);
      return [[0, { do: "reconfigure", change: { what: "targetPorts", target: target.name, ports } }]];
    }
    case 5: {
      const initiator = oneOf(random, array.initiators).name;
      const nextPortal = oneOf(random, ["first", "following"] as const);
      return [
        [0, { do: "reconfigure", change: { what: "listOrder", port: port.name, listOrder: random.below(4) } }],
        [laterMs, { do: "reconfigure", change: { what: "nextPortal", initiator, nextPortal } }],
      ];
    }
    default:
      return [[0, { do: "reconfigure", change: { what: "knobs", ports: randomKnobs(random) } }]];
  }
}

function usedResources(array: ArrayDescription): Set<keyof ArrayDescription["ports"][number]["capacity"]> {
  const { capacity } = array.ports[0] as ArrayDescription["ports"][number];
  const names = Object.keys(capacity) as (keyof typeof capacity)[];
  return new Set(names.filter((name) => capacity[name] > 0));
}

/** Faults of the kinds that the case uses, over its turbulent stage; each may go on a while. */
export function randomFaults(
  subjects: Subjects,
  kinds: readonly FaultName[],
  fromMs: number,
  untilMs: number,
): CaseEvent[] {
  const { random } = subjects;
  const events: CaseEvent[] = [];
  if (kinds.length === 0) return events;
  const meanMs = oneOf(random, [400, 1000, 3000]);
  for (let atMs = fromMs; atMs < untilMs; atMs += Math.ceil(random.exponential(meanMs))) {
    const fault: Fault = FAULTS[oneOf(random, kinds)];
    for (const [afterMs, action] of fault(subjects)) {
      if (atMs + afterMs < untilMs) events.push({ atMs: atMs + afterMs, action });
    }
  }
  return events.sort((one, two) => one.atMs - two.atMs);
}
