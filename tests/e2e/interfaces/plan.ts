/** The array of the run: six controllers in three failover pairs, two groups, twelve addresses, six units. */

export interface PlannedController {
  name: string;
  /** From 1. */
  number: number;
  partner: string;
  group: 0 | 1;
  /** Devices of its network ports. */
  devices: string[];
}

export interface PlannedInterface {
  name: string;
  /** Without the prefix length. */
  address: string;
  prefixLength: number;
  controller: string;
  device: string;
  group: 0 | 1;
}

export interface PlannedUnit {
  name: string;
  owner: string;
  target: string;
  /** TCP port on which it is exported. */
  port: number;
}

const GROUPS = [
  ["a", "b", "c"],
  ["d", "e", "f"],
] as const;
/** Those that have a second port. */
const TWO_PORTS = new Set(["a", "c", "e"]);
const FIRST_UNIT_PORT = 10_809;
const INTERFACES_EACH = 2;

export const CONTROLLERS: readonly PlannedController[] = GROUPS.flatMap((names, group) =>
  names.map((name, index) => ({
    name,
    number: group * names.length + index + 1,
    partner: GROUPS[1 - group]?.[index] as string,
    group: group as 0 | 1,
    devices: TWO_PORTS.has(name) ? ["e0", "e1"] : ["e0"],
  })),
);

/** Two at each controller, one of each family; at one with two ports each on a port of its own. */
export const INTERFACES: readonly PlannedInterface[] = CONTROLLERS.flatMap((controller) =>
  Array.from({ length: INTERFACES_EACH }, (_, index) => {
    const number = INTERFACES_EACH * (controller.number - 1) + index + 1;
    const isFour = index === 0;
    return {
      name: `i${number}`,
      address: isFour ? `10.77.0.${100 + number}` : `fd77::${(0x100 + number).toString(16)}`,
      prefixLength: isFour ? 24 : 64,
      controller: controller.name,
      device: controller.devices[index % controller.devices.length] as string,
      group: controller.group,
    };
  }),
);

export const UNITS: readonly PlannedUnit[] = CONTROLLERS.map(({ name, number }) => ({
  name: `u${number}`,
  owner: name,
  target: `iqn.2026-01.org.example:u${number}`,
  port: FIRST_UNIT_PORT + number - 1,
}));

/** On the network between controllers, where etcd and the shelf are too. */
export function backplane(number: number): { ipv4: string; ipv6: string } {
  return { ipv4: `10.78.0.${number}`, ipv6: `fd78::${number.toString(16)}` };
}

/** Numbers on the backplane; controllers have 1 to 6. */
export const ETCD_NUMBERS = [21, 22, 23] as const;
export const SHELF_NUMBER = 30;

export const STATUS_PORT = 7801;
export const COMMAND_PORT = 7901;
export const SHELF_COMMAND_PORT = 7900;
export const ISCSI_PORT = 3260;
