/** What the controllers of a run have between them: interfaces in groups, units in pairs, one active role. */

import type { CoordinatedScope } from "../../../host/coordination/coordinator.js";

export interface RunArray {
  controllers: readonly string[];
  scopes: readonly CoordinatedScope[];
  interfaces: readonly { name: string; address: string; scope: string }[];
  units: readonly { name: string; owner: string; scope: string }[];
}

export const MANAGEMENT = "192.0.2.254";
export const ARRAY_SCOPE = "array";

const INTERFACES = 4;

/** Two controllers share one group; three as well; four make two groups of two and two pairs. */
export function arrayOf(count: number): RunArray {
  const controllers = ["a", "b", "c", "d"].slice(0, count);
  const groups = count < 4 ? [controllers] : [controllers.filter((_, at) => at % 2 === 0), ["b", "d"]];
  const pairs =
    count < 4
      ? [["a", "b"]]
      : [
          ["a", "b"],
          ["c", "d"],
        ];
  const scopes = [
    ...groups.map((members, at) => ({ name: `group/${at}`, members, effectsWithKey: false })),
    ...pairs.map((members) => ({ name: `pair/${members[0]}`, members, effectsWithKey: false })),
    { name: ARRAY_SCOPE, members: controllers, effectsWithKey: true },
  ];
  const interfaces = Array.from({ length: INTERFACES }, (_, at) => ({
    name: `data${at}`,
    address: `192.0.2.${at + 1}`,
    scope: `group/${at % groups.length}`,
  }));
  const units = pairs.flatMap((members) =>
    members.map((owner) => ({ name: `unit-${owner}`, owner, scope: `pair/${members[0]}` })),
  );
  return { controllers, scopes, interfaces, units };
}

export function portOf(controller: string): string {
  return `${controller}-e0`;
}

/** The same four controllers as an array file, for runs with modules. */
export const ARRAY_FILE = `
name: run
profile: small
controllers:
  - {name: a, partner: b, control: [127.0.0.1:1], command: 127.0.0.1:11}
  - {name: b, control: [127.0.0.1:2], command: 127.0.0.1:12}
  - {name: c, partner: d, control: [127.0.0.1:3], command: 127.0.0.1:13}
  - {name: d, control: [127.0.0.1:4], command: 127.0.0.1:14}
networkPorts:
  - {name: a-e0, controller: a, device: e0}
  - {name: b-e0, controller: b, device: e0}
  - {name: c-e0, controller: c, device: e0}
  - {name: d-e0, controller: d, device: e0}
interfaces:
  - {name: data0, address: 192.0.2.1, home: a-e0}
  - {name: data1, address: 192.0.2.2, home: b-e0}
  - {name: data2, address: 192.0.2.3, home: c-e0}
  - {name: data3, address: 192.0.2.4, home: d-e0}
units:
  - {name: unit-a, owner: a}
  - {name: unit-b, owner: b}
  - {name: unit-c, owner: c}
  - {name: unit-d, owner: d}
policy:
  interfaces: {failBackMs: 3s, unitReturnMs: 3s}
  common: {graceMs: 500ms}
coordination:
  keyFile: /key
  intervalMs: 200ms
  etcd: {endpoints: [127.0.0.1:2379]}
`;
