/** One line of a trace, in either public format, into a `TraceRecord`. */

import { decimalSeconds, type FieldTime, filetime, opcode, wholeNumber } from "./numbers.js";
import { columnNames, TraceError, type TraceFormat, type TraceRecord } from "./record.js";

const COMMA = 0x2c;
/** A CloudPhysics `lbn` counts blocks of this size. */
const BLOCK_BYTES = 512;
/** No command of a disk moves more; a larger number means that columns are mixed up. */
const COMMAND_BYTES_MAX = 2 ** 31;

/** SCSI opcodes that read (6, 10, 12 and 16 bytes) and that write; SBC-4, section 5. */
const readOpcodes = new Set([0x08, 0x28, 0xa8, 0x88]);
const writeOpcodes = new Set([0x0a, 0x2a, 0xaa, 0x8a]);

/** Parses lines; keeps where fields begin and which volumes it has seen. */
export class LineParser {
  readonly record: TraceRecord = {
    seconds: 0,
    ticks: 0,
    volume: 0,
    address: 0,
    bytes: 0,
    write: false,
    skippedOpcode: -1,
  };
  /** Names of the volumes by number: `host,disk`, or one of no name. */
  readonly volumes: string[] = [];

  private readonly columns: readonly string[];
  private readonly starts = new Int32Array(8);
  private readonly ends = new Int32Array(8);
  private readonly time: FieldTime = { seconds: 0, ticks: 0 };
  private readonly volumeNumbers = new Map<string, number>();
  private lastVolume = new Uint8Array(0);
  private lastVolumeNumber = 0;

  constructor(
    readonly format: TraceFormat,
    readonly file: string,
  ) {
    this.columns = columnNames[format];
    if (format === "cloudphysics") this.volumes.push("");
  }

  /** True when the bytes are the header line of the format. */
  isHeader(buffer: Uint8Array, start: number, end: number): boolean {
    const text = Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start).toString("latin1");
    return text.replaceAll(/[\s"\uFEFF\xEF\xBB\xBF]/g, "").toLowerCase() === this.columns.join(",").toLowerCase();
  }

  /** Fills `record` from `buffer[start, end)`; throws `TraceError` naming the column. */
  parse(buffer: Uint8Array, start: number, end: number, line: number): void {
    this.split(buffer, start, end, line);
    if (this.format === "cloudphysics") this.cloudPhysics(buffer, line);
    else this.msr(buffer, line);
  }

  private split(buffer: Uint8Array, start: number, end: number, line: number): void {
    let field = 0;
    this.starts[0] = start;
    for (let i = start; i < end; i++) {
      if (buffer[i] !== COMMA) continue;
      this.ends[field] = i;
      field++;
      if (field >= this.columns.length) {
        const found = Buffer.from(buffer.subarray(start, end)).filter((byte) => byte === COMMA).length + 1;
        throw new TraceError(this.file, line, "", `${found} fields`, this.shape());
      }
      this.starts[field] = i + 1;
    }
    this.ends[field] = end;
    if (field + 1 === this.columns.length) return;
    const missing = this.columns[field + 1] as string;
    throw new TraceError(this.file, line, missing, `missing, the line ends after ${field + 1} fields`, this.shape());
  }

  private shape(): string {
    return `${this.columns.length} fields: ${this.columns.join(",")}`;
  }

  /** `version,time,op,size,lbn`: seconds, SCSI opcode in hexadecimal, bytes, block number. */
  private cloudPhysics(buffer: Uint8Array, line: number): void {
    const { record, starts, ends } = this;
    const version = wholeNumber(buffer, starts[0] as number, ends[0] as number);
    if (version < 0) this.refuse(buffer, 0, line, "a whole number, the version of the trace record");
    decimalSeconds(buffer, starts[1] as number, ends[1] as number, this.time);
    if (this.time.seconds < 0) this.refuse(buffer, 1, line, "a time in seconds, as 5633898 or 12.5");
    const op = opcode(buffer, starts[2] as number, ends[2] as number);
    if (op < 0) this.refuse(buffer, 2, line, "a SCSI opcode of two hexadecimal digits, as 2a (write) or 28 (read)");
    const lbn = wholeNumber(buffer, starts[4] as number, ends[4] as number);
    if (lbn < 0 || lbn * BLOCK_BYTES > Number.MAX_SAFE_INTEGER) {
      this.refuse(buffer, 4, line, `a whole number of blocks of ${BLOCK_BYTES} bytes`);
    }
    record.seconds = this.time.seconds;
    record.ticks = this.time.ticks;
    record.address = lbn * BLOCK_BYTES;
    record.bytes = this.size(buffer, 3, line);
    record.write = writeOpcodes.has(op);
    record.skippedOpcode = record.write || readOpcodes.has(op) ? -1 : op;
  }

  /** `Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime`: filetime, names, bytes, bytes, units of 100 ns. */
  private msr(buffer: Uint8Array, line: number): void {
    const { record, starts, ends } = this;
    filetime(buffer, starts[0] as number, ends[0] as number, this.time);
    if (this.time.seconds < 0) this.refuse(buffer, 0, line, "a Windows filetime in units of 100 ns, digits only");
    if (starts[1] === ends[1]) this.refuse(buffer, 1, line, "the name of the host");
    if (wholeNumber(buffer, starts[2] as number, ends[2] as number) < 0) {
      this.refuse(buffer, 2, line, "the number of the disk, as 0");
    }
    const type = this.text(buffer, 3).toLowerCase();
    if (type !== "read" && type !== "write") this.refuse(buffer, 3, line, "Read or Write");
    const offset = wholeNumber(buffer, starts[4] as number, ends[4] as number);
    if (offset < 0) this.refuse(buffer, 4, line, "a whole number of bytes");
    if (wholeNumber(buffer, starts[6] as number, ends[6] as number) < 0) {
      this.refuse(buffer, 6, line, "a whole number of units of 100 ns");
    }
    record.seconds = this.time.seconds;
    record.ticks = this.time.ticks;
    record.volume = this.volumeNumber(buffer, starts[1] as number, ends[2] as number);
    record.address = offset;
    record.bytes = this.size(buffer, 5, line);
    record.write = type === "write";
    record.skippedOpcode = -1;
  }

  private size(buffer: Uint8Array, field: number, line: number): number {
    const bytes = wholeNumber(buffer, this.starts[field] as number, this.ends[field] as number);
    if (bytes < 0 || bytes > COMMAND_BYTES_MAX) {
      this.refuse(buffer, field, line, `a whole number of bytes up to ${COMMAND_BYTES_MAX}`);
    }
    return bytes;
  }

  /** Mostly the volume of the line before: its bytes are compared before a string is made. */
  private volumeNumber(buffer: Uint8Array, start: number, end: number): number {
    if (this.sameVolume(buffer, start, end)) return this.lastVolumeNumber;
    const name = Buffer.from(buffer.subarray(start, end)).toString("latin1");
    let number = this.volumeNumbers.get(name);
    if (number === undefined) {
      number = this.volumes.push(name) - 1;
      this.volumeNumbers.set(name, number);
    }
    this.lastVolume = buffer.slice(start, end);
    this.lastVolumeNumber = number;
    return number;
  }

  private sameVolume(buffer: Uint8Array, start: number, end: number): boolean {
    if (this.lastVolume.length === 0 || this.lastVolume.length !== end - start) return false;
    for (let i = 0; i < this.lastVolume.length; i++) if (buffer[start + i] !== this.lastVolume[i]) return false;
    return true;
  }

  private text(buffer: Uint8Array, field: number): string {
    const start = this.starts[field] as number;
    return Buffer.from(buffer.buffer, buffer.byteOffset + start, (this.ends[field] as number) - start).toString(
      "latin1",
    );
  }

  private refuse(buffer: Uint8Array, field: number, line: number, expected: string): never {
    const text = this.text(buffer, field);
    const shown = text === "" ? "nothing" : JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
    throw new TraceError(this.file, line, this.columns[field] as string, `found ${shown}`, expected);
  }
}
