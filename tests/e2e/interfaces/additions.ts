/** What a revision adds to the array of the run, and the next one takes away again. */

import type { PlannedController } from "./plan.js";

/** An address that the revision adds, without the prefix length. */
export interface AddedInterface {
  name: string;
  address: string;
  prefixLength: number;
  /** `controller device`, as places are written. */
  home: string;
  group: 0 | 1;
}

/** A device that its controller has had no port on before. */
export const ADDED_PORT = { controller: "b", device: "e2" } as const;

/** A failover pair; their groups follow from the order: the first one is in group 0. */
export const ADDED_PAIR: readonly PlannedController[] = [
  { name: "g", number: 7, partner: "h", group: 0, devices: ["e0"] },
  { name: "h", number: 8, partner: "g", group: 1, devices: ["e0"] },
];

/** One at a port that there is, one at the new port, one at the new pair. */
export const ON_OLD_PORT: AddedInterface = {
  name: "j1",
  address: "10.77.0.151",
  prefixLength: 24,
  home: "d e0",
  group: 1,
};
export const ON_NEW_PORT: AddedInterface = {
  name: "j2",
  address: "fd77::151",
  prefixLength: 64,
  home: `${ADDED_PORT.controller} ${ADDED_PORT.device}`,
  group: 0,
};
export const ON_NEW_PAIR: AddedInterface = {
  name: "j3",
  address: "10.77.0.153",
  prefixLength: 24,
  home: "g e0",
  group: 0,
};
export const ADDED_INTERFACES: readonly AddedInterface[] = [ON_OLD_PORT, ON_NEW_PORT, ON_NEW_PAIR];
