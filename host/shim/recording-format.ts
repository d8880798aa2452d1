/** The byte format of recordings; README.md describes it for readers in other languages. */

export const RECORDING_MAGIC = 0x31524c46; // "FLR1", little-endian
export const RECORDING_HEADER_BYTES = 32;
export const RECORD_HEAD_BYTES = 16;

export const RecordKind = {
  /** Bytes of rows written between ticks. */
  ROWS: 1,
  /** A call, with what it returned. */
  CALL: 2,
  /** Decisions drained. */
  DECISIONS: 3,
  /** Bytes of a memory kept by an earlier instance. */
  MEMORY: 4,
  END: 5,
} as const;

export const RecordedCall = {
  reset: 1,
  configure: 2,
  tick: 3,
  scrub: 4,
  attach: 5,
} as const;
export type CallName = keyof typeof RecordedCall;

/** Head of one record. */
export interface RecordHead {
  kind: number;
  detail: number;
  table: number;
  row: number;
  value: number;
  /** Bytes of the payload, without padding. */
  bytes: number;
}

/** Payload bytes as they stand in the file. */
export function padded(bytes: number): number {
  return (bytes + 3) & ~3;
}
