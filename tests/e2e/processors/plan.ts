/** The arrays of the run: two or three processors, three etcd servers, one management address. */

/** On the front, where clients are; the management address belongs there. */
export const FRONT_DEVICE = "e0";

export const MANAGEMENT_NAME = "array.example";
export const FULL_PORT = 8443;
export const RESTRICTED_PORT = 8444;
export const STATUS_PORT = 7801;
export const COMMAND_PORT = 7901;
export const ETCD_SERVERS = [1, 2, 3] as const;

export const INTERVAL_MS = 250;
export const FALL_COUNT = 4;
export const LEASE_MS = 3000;
/** Longer than the lease, shorter than the supervisor's patience. */
export const PAUSE_MS = 7000;

export const USER = "olivia";
export const PASSWORD = "a horse and a battery";

export const CLIENT_NUMBER = 200;
export const WITNESS_NUMBER = 201;
const ETCD_NUMBER = 20;
const NAMES = ["a", "b", "c"] as const;

/** `six`: two processors whose management address is of IPv6. */
export const PARTS = ["three", "two", "six"] as const;
export type Part = (typeof PARTS)[number];

export interface Plan {
  /** Also in namespaces' names and reports. */
  name: Part;
  processors: readonly string[];
  /** The one address, and how long its prefix is. */
  management: string;
  prefixLength: number;
}

export function planOf(name: Part): Plan {
  const processors = NAMES.slice(0, name === "three" ? 3 : 2);
  const isSix = name === "six";
  return { name, processors, management: isSix ? "fd77::100" : "10.77.0.100", prefixLength: isSix ? 64 : 24 };
}

/** An address as it stands in front of a port. */
export function inUrl(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

/** Number of a processor, from 1: the last part of its addresses. */
export function numberOf(processor: string): number {
  return NAMES.indexOf(processor as (typeof NAMES)[number]) + 1;
}

export function frontAddress(processor: string): string {
  return `10.77.0.${numberOf(processor)}`;
}

/** On the front, of both families, with prefix lengths. */
export function frontAddresses(number: number): string[] {
  return [`10.77.0.${number}/24`, `fd77::${number}/64`];
}

export function backAddress(processor: string): string {
  return `10.78.0.${numberOf(processor)}`;
}

/** @param number of the etcd server, from 1 */
export function etcdAddress(number: number): string {
  return `10.78.0.${ETCD_NUMBER + number}`;
}

/** Microseconds of CLOCK_MONOTONIC, as the prober counts; the same in all processes of the machine. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
