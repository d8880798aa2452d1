/** How large messages are, and how many controllers an interval allows. */

import { DATAGRAM_BYTES_MAX } from "../transport.js";
import { Body, CODE_BYTES, HEADER_BYTES, PART_MAX, RECORD_HEAD_BYTES } from "./wire.js";

/** Share of one processor's time that status messages may take, in percent. */
export const PROCESSOR_PERCENT_MAX = 20;

/**
 * Processor time of one datagram to one controller and one from it, in microseconds: composed, signed, sent; received,
 * verified, fed. Three times the 50 that were measured on a processor of 2023, since others are slower.
 */
export const DATAGRAM_PAIR_US = 150;

/** How many things a controller's messages speak of. */
export interface StatusContents {
  controllers: number;
  /** Network ports of the controller itself. */
  networkPorts: number;
  /** All interfaces of the array: all may come to stand on one controller. */
  interfaces: number;
  /** Target ports of the controller itself. */
  targetPorts: number;
  /** All targets and units of the array. */
  targets: number;
  units: number;
  /** Scopes whose epochs it stores. */
  scopes: number;
}

/** Bytes of the records of a message at most, when none is cut. */
export function recordBytes(contents: StatusContents): number {
  const { controllers, networkPorts, interfaces, targetPorts, targets, units, scopes } = contents;
  const head = RECORD_HEAD_BYTES;
  const peers = controllers - 1;
  const words = (count: number) => 4 * Math.ceil(count / 32);
  return (
    head +
    Body.ECHO_EACH * peers +
    (head + Body.EPOCH) * scopes +
    (head + Body.NETWORK_PORT) * networkPorts +
    (head + Body.TARGET_PORT) * targetPorts +
    (units === 0 ? 0 : head + Body.UNITS + words(units)) +
    (interfaces === 0 ? 0 : head + Body.HELD + Body.HELD_EACH * interfaces) +
    (targets === 0 ? 0 : (head + Body.REGISTRATIONS + words(targets)) * targetPorts)
  );
}

/** Room for records in one part. */
const PART_ROOM = DATAGRAM_BYTES_MAX - HEADER_BYTES - CODE_BYTES;
/** What may be left over at the end of a part, and repeated when a record is cut: a head, its fixed bytes, one element less. */
const PART_WASTE = 24;

/** Parts of a message at most. */
export function partsMax(contents: StatusContents): number {
  const bytes = recordBytes(contents);
  return bytes <= PART_ROOM ? 1 : Math.ceil(bytes / (PART_ROOM - PART_WASTE));
}

/** Whether the contents fit a message at all. */
export function fitsMessage(contents: StatusContents): boolean {
  return partsMax(contents) <= PART_MAX;
}

/** Controllers of an array at most with this interval, so many links between two, and so many parts a message. */
export function controllersMax(intervalMs: number, links: number, parts: number): number {
  const budgetUs = intervalMs * 10 * PROCESSOR_PERCENT_MAX;
  return 1 + Math.floor(budgetUs / (DATAGRAM_PAIR_US * links * parts));
}
