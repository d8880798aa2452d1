/** What a block trace says of one command, whatever its format, and how a broken line is reported. */

export type TraceFormat = "cloudphysics" | "msr";

/** Names of the columns, in the order in which they stand in a line. */
export const columnNames: Record<TraceFormat, readonly string[]> = {
  cloudphysics: ["version", "time", "op", "size", "lbn"],
  msr: ["Timestamp", "Hostname", "DiskNumber", "Type", "Offset", "Size", "ResponseTime"],
};

/** Time steps of a trace: 100 ns, the unit of a Windows filetime. */
export const TICKS_PER_SECOND = 10_000_000;

/**
 * One command of a trace. Readers fill one object again and again: copy what you keep.
 * Time is split so that a filetime, which is larger than 2^53, stays exact.
 */
export interface TraceRecord {
  /** Whole seconds since the format's own zero. */
  seconds: number;
  /** Rest of the time in units of 100 ns, below `TICKS_PER_SECOND`. */
  ticks: number;
  /** Number of the volume (host and disk) in order of appearance; 0 throughout a CloudPhysics trace. */
  volume: number;
  /** First byte within the volume. */
  address: number;
  bytes: number;
  write: boolean;
  /** A SCSI command that moves no data of a known place, by its opcode; -1 for a read or write. */
  skippedOpcode: number;
}

/** A trace that can't be used: says where and what would be right. */
export class TraceError extends Error {
  constructor(
    readonly file: string,
    /** From 1; 0 where the whole file is meant. */
    readonly line: number,
    /** Name of the column, or empty where the whole line is meant. */
    readonly column: string,
    problem: string,
    readonly expected: string,
  ) {
    const place = line > 0 ? `${file}:${line}` : file;
    super(`${place}: ${column === "" ? "" : `column ${column}: `}${problem}; expected ${expected}`);
    this.name = "TraceError";
  }
}
