/** Numbers of the byte format; the README beside `host/coordination/` describes it. All numbers are little-endian. */

/** "FLSM". */
export const MAGIC = 0x4d534c46;
export const VERSION = 1;
export const HEADER_BYTES = 64;
/** HMAC-SHA-256 at the end of every datagram. */
export const CODE_BYTES = 32;
export const RECORD_HEAD_BYTES = 4;
/** Parts of a message at most: bits of a word. */
export const PART_MAX = 32;
/** A sequence is a whole number that JavaScript holds exactly. */
export const SEQUENCE_HIGH_MAX = 2 ** 21 - 1;

/** Offsets in the header. */
export const At = {
  MAGIC: 0,
  VERSION: 4,
  LINK: 5,
  PART: 6,
  PARTS: 7,
  SENDER: 8,
  BOOT: 12,
  SEQUENCE: 16,
  CONFIGURATION: 24,
  BYTES: 28,
  FLAGS: 30,
  SELF_TESTS: 32,
  PENALTY: 34,
  ROLE: 36,
  ZERO: 38,
  HOLDS_BACK: 40,
  CARRIED: 44,
  HEARS: 48,
} as const;

export const FLAG_REACHES_LEASE_SERVICE = 1;

export const Kind = {
  ECHO: 1,
  NETWORK_PORT: 2,
  HELD: 3,
  TARGET_PORT: 4,
  REGISTRATIONS: 5,
  UNITS: 6,
  EPOCH: 7,
} as const;

/** Bytes of a body, or of its part before a list. */
export const Body = {
  ECHO_EACH: 8,
  NETWORK_PORT: 8,
  HELD: 4,
  HELD_EACH: 4,
  TARGET_PORT: 8,
  REGISTRATIONS: 4,
  UNITS: 4,
  EPOCH: 12,
} as const;

/** Capacities of things by place, as the configuration has them. */
export interface Sizes {
  networkPorts: number;
  interfaces: number;
  targetPorts: number;
  targets: number;
  units: number;
}
