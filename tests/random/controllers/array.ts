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
