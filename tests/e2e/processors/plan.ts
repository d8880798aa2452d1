/** The array of the run: two or three processors, three etcd servers, one management address. */

/** On the front, where clients are; the management address belongs there. */
export const FRONT_DEVICE = "e0";

export const MANAGEMENT_ADDRESS = "10.77.0.100";
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

const CLIENT_NUMBER = 200;
const WITNESS_NUMBER = 201;
const ETCD_NUMBER = 20;
const NAMES = ["a", "b", "c"] as const;

export interface Plan {
  /** In a word, for namespaces and reports. */
  name: string;
  processors: readonly string[];
}

export function planOf(processors: 2 | 3): Plan {
  return { name: processors === 2 ? "two" : "three", processors: NAMES.slice(0, processors) };
}

/** Number of a processor, from 1: the last part of its addresses. */
export function numberOf(processor: string): number {
  return NAMES.indexOf(processor as (typeof NAMES)[number]) + 1;
}

export function frontAddress(processor: string): string {
  return `10.77.0.${numberOf(processor)}`;
}

export const CLIENT_ADDRESS = `10.77.0.${CLIENT_NUMBER}`;
export const WITNESS_ADDRESS = `10.77.0.${WITNESS_NUMBER}`;

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
