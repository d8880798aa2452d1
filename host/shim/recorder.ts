/** Records what goes into a module and what comes out of it, in the format of README.md. */

import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { Fnv64 } from "./digest.js";
import { layoutHash, layouts, layoutVersion, type TableLayout } from "./generated/layout.js";
import { type Core, changedSummariesAddress } from "./module.js";
import {
  type CallName,
  padded,
  RECORD_HEAD_BYTES,
  RECORDING_HEADER_BYTES,
  RECORDING_MAGIC,
  RecordedCall,
  RecordKind,
} from "./recording-format.js";

/** Where recorded bytes go. The bytes are valid during the call only. */
export interface RecordingSink {
  write(bytes: Uint8Array): void;
  close(): void;
}

const BUFFER_BYTES = 256 * 1024;
/** Largest payload of one record: a record and its head always fit the buffer. */
const PAYLOAD_MAX = 64 * 1024;

/** A file; written in large parts, synced when closed. */
export function fileSink(path: string): RecordingSink {
  const descriptor = openSync(path, "w");
  return {
    write(bytes) {
      for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done, bytes.length - done);
    },
    close() {
      fsyncSync(descriptor);
      closeSync(descriptor);
    },
  };
}

/** Bytes in memory, for replays that need no file. */
export function memorySink(): RecordingSink & { bytes(): Uint8Array } {
  const parts: Buffer[] = [];
  return {
    write: (bytes) => void parts.push(Buffer.from(bytes)),
    close: () => undefined,
    bytes: () => new Uint8Array(Buffer.concat(parts)),
  };
}

/** An input table whose changed rows are recorded before each call. */
interface Watched {
  table: TableLayout;
  summaryWord: number;
  leafWord: number;
  leafCount: number;
}

/** Latched rows of a shared build: what the latch took is known only after the tick. */
interface Latched {
  copy: TableLayout;
  written: TableLayout;
  /** The copy as it was after the latest tick. */
  shadow: Uint8Array;
}

/** The recorder of one recording. Its memory is bounded: one buffer, and a copy of the latched rows of a shared build. */
export class Recorder {
  private readonly buffer = new Uint8Array(BUFFER_BYTES);
  private readonly view = new DataView(this.buffer.buffer);
  private used = 0;
  private bytes = new Uint8Array(0);
  private words = new Int32Array(0);
  private tables: readonly TableLayout[] = [];
  private watched: Watched[] = [];
  private latched: Latched[] = [];
  private control: TableLayout | undefined;
  private decision: TableLayout | undefined;
  private readonly digest = new Fnv64();
  private begun = false;
  private ticks = 0;
  private decisions = 0;

  constructor(private readonly sink: RecordingSink) {}

  /** Digest of the decisions so far. */
  get digestHex(): string {
    return this.digest.hex();
  }

  /** Begins with a core, or goes on with that of a restarted host. `image`: its memory is not empty. */
  begin(core: Core, image: boolean): void {
    if (!this.begun) this.writeHeader(core);
    this.begun = true;
    this.tables = layouts[core.profile].tables;
    this.bytes = new Uint8Array(core.memory.buffer);
    this.words = new Int32Array(core.memory.buffer);
    this.control = this.tables.find((table) => table.name === "control");
    this.decision = this.tables.find((table) => table.name === "decision");
    this.watched = this.watchedTables(core);
    this.latched = core.shared ? this.latchedTables() : [];
    if (image) this.image(core);
  }

  /** Records the staged tables whole, before `configure`. */
  staged(): void {
    this.beforeCall();
    for (const table of this.tables) {
      if (table.kind === "staged" && table.planned === undefined) {
        this.span(RecordKind.ROWS, table, table.base, table.capacity * table.stride);
      }
    }
  }

  /** Records a row as it is now, without marking it changed. */
  row(table: TableLayout, row: number): void {
    this.record(RecordKind.ROWS, 0, table.number, row, 0, table.base + row * table.stride, table.stride);
  }

  /** Records the input rows that are marked changed. */
  beforeCall(): void {
    for (const watched of this.watched) {
      const summary = this.words[watched.summaryWord] as number;
      if (summary !== 0) this.changedRows(watched, summary);
    }
  }

  /** Records what the next tick is going to find: its time, and the input rows that are marked changed. */
  beforeTick(): void {
    this.beforeCall();
    const control = this.control as TableLayout;
    // The host's milliseconds are the row's first field, and are written each time without a changed bit.
    this.record(RecordKind.ROWS, 0, control.number, 0, 0, control.base, 8);
  }

  /** Records the call of `tick`; in a shared build what its latch took goes before it. */
  afterTick(waiting: number): void {
    for (const latched of this.latched) this.latchedRows(latched);
    this.ticks++;
    this.call("tick", 0, waiting);
  }

  call(name: CallName, argument: number, result: number): void {
    this.record(RecordKind.CALL, RecordedCall[name], 0, argument, result, 0, 0);
  }

  /** Records one drained decision. */
  drained(slot: number): void {
    const table = this.decision as TableLayout;
    const at = table.base + slot * table.stride;
    this.digest.update(this.bytes, at, at + table.stride);
    this.decisions++;
    this.record(RecordKind.DECISIONS, 0, table.number, slot, 1, at, table.stride);
  }

  /** Ends the recording and closes its sink. */
  close(): void {
    const digest = new Uint8Array(8);
    const view = new DataView(digest.buffer);
    view.setUint32(0, this.digest.lowWord, true);
    view.setUint32(4, this.digest.highWord, true);
    this.bytes = digest;
    this.record(RecordKind.END, 0, 0, this.ticks, this.decisions, 0, digest.length);
    this.flush();
    this.sink.close();
  }

  /** Hands everything recorded so far to the sink. */
  flush(): void {
    if (this.used > 0) this.sink.write(this.buffer.subarray(0, this.used));
    this.used = 0;
  }

  private watchedTables(core: Core): Watched[] {
    const kinds = core.shared ? ["input"] : ["input", "latched-written"];
    const summaries = changedSummariesAddress(core.profile) >> 2;
    const watched: Watched[] = [];
    for (const table of this.tables) {
      if (!kinds.includes(table.kind) || table.changedAddress === 0) continue;
      const leafCount = (table.capacity + 31) >> 5;
      watched.push({ table, summaryWord: summaries + table.number, leafWord: table.changedAddress >> 2, leafCount });
    }
    return watched;
  }

  private latchedTables(): Latched[] {
    const latched: Latched[] = [];
    for (const copy of this.tables) {
      if (copy.kind !== "latched-copy") continue;
      const written = this.tables.find(
        (table) => table.kind === "latched-written" && table.rowType === copy.rowType,
      ) as TableLayout;
      const shadow = this.bytes.slice(copy.base, copy.base + copy.capacity * copy.stride);
      latched.push({ copy, written, shadow });
    }
    return latched;
  }

  private changedRows(watched: Watched, summary: number): void {
    const { table, leafWord, leafCount } = watched;
    for (let leaf = 0; leaf < leafCount; leaf++) {
      if (((summary >>> (leaf >> table.changedShift)) & 1) === 0) continue;
      let bits = this.words[leafWord + leaf] as number;
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        const row = leaf * 32 + bit;
        this.record(RecordKind.ROWS, 1, table.number, row, 0, table.base + row * table.stride, table.stride);
      }
    }
  }

  private latchedRows({ copy, written, shadow }: Latched): void {
    const { stride } = copy;
    for (let row = 0; row < copy.capacity; row++) {
      const at = copy.base + row * stride;
      if (sameBytes(this.bytes, at, shadow, row * stride, stride)) continue;
      shadow.set(this.bytes.subarray(at, at + stride), row * stride);
      this.record(RecordKind.ROWS, 1, written.number, row, 0, at, stride);
    }
  }

  /** The memory but for the module's constants, as it is now. */
  private image(core: Core): void {
    const header = this.tables.find((table) => table.kind === "header") as TableLayout;
    const constants = core.views.header.directoryAddress(0);
    const first = Math.min(...this.tables.filter((table) => table !== header).map((table) => table.base));
    this.span(RecordKind.MEMORY, undefined, 0, constants === 0 ? changedSummariesAddress(core.profile) : constants);
    this.span(RecordKind.MEMORY, undefined, first, this.bytes.length - first);
  }

  /** Many bytes, in parts. For rows: offsets count from the table's first row. */
  private span(kind: number, table: TableLayout | undefined, from: number, length: number): void {
    const step = table === undefined ? PAYLOAD_MAX : Math.floor(PAYLOAD_MAX / table.stride) * table.stride;
    for (let done = 0; done < length; done += step) {
      const row = table === undefined ? from + done : done / table.stride;
      this.record(kind, 0, table?.number ?? 0, row, 0, from + done, Math.min(step, length - done));
    }
  }

  private writeHeader(core: Core): void {
    this.view.setUint32(0, RECORDING_MAGIC, true);
    this.view.setUint32(4, layoutVersion, true);
    this.view.setUint32(8, Number.parseInt(layoutHash.slice(8), 16), true);
    this.view.setUint32(12, Number.parseInt(layoutHash.slice(0, 8), 16), true);
    this.view.setUint32(16, layouts[core.profile].profile, true);
    this.used = RECORDING_HEADER_BYTES;
  }

  /** One record; its payload are `length` bytes of the memory from `at` on. */
  private record(
    kind: number,
    detail: number,
    table: number,
    row: number,
    value: number,
    at: number,
    length: number,
  ): void {
    if (this.used + RECORD_HEAD_BYTES + padded(length) > BUFFER_BYTES) this.flush();
    const { view, used } = this;
    view.setUint8(used, kind);
    view.setUint8(used + 1, detail);
    view.setUint16(used + 2, table, true);
    view.setUint32(used + 4, row, true);
    view.setUint32(used + 8, value, true);
    view.setUint32(used + 12, length, true);
    const payload = used + RECORD_HEAD_BYTES;
    for (let index = 0; index < length; index++) this.buffer[payload + index] = this.bytes[at + index] as number;
    this.buffer.fill(0, payload + length, payload + padded(length));
    this.used = payload + padded(length);
  }
}

function sameBytes(left: Uint8Array, leftAt: number, right: Uint8Array, rightAt: number, length: number): boolean {
  for (let index = 0; index < length; index++) if (left[leftAt + index] !== right[rightAt + index]) return false;
  return true;
}
