/** Replays a recording on a module and compares every call and every decision. */

import { Fnv64 } from "./digest.js";
import { FileError } from "./errors.js";
import {
  layoutHash,
  layouts,
  layoutVersion,
  type FieldLayout,
  type ProfileName,
  type TableLayout,
} from "./generated/layout.js";
import { type Core, changedSummariesAddress } from "./module.js";
import {
  padded,
  RECORD_HEAD_BYTES,
  RECORDING_HEADER_BYTES,
  RECORDING_MAGIC,
  type RecordHead,
  RecordedCall,
  RecordKind,
} from "./recording-format.js";

/** What the header of a recording says. */
export interface RecordingFacts {
  layoutVersion: number;
  layoutHash: string;
  profile: ProfileName;
  bytes: number;
}

/** Where a replay parts from its recording. */
export interface Parting {
  /** Calls of `tick` until there, this one included. */
  tick: number;
  /** Sequence of the decision; -1 where a call, not a decision, differs. */
  sequence: number;
  /** Field of the decision, or the call. */
  field: string;
  recorded: string;
  replayed: string;
}

export interface ReplayReport {
  ticks: number;
  decisions: number;
  /** Digest of the decisions that the replay made. */
  digest: string;
  /** The recording has its end record. */
  whole: boolean;
  parting?: Parting;
}

const PROFILES = ["small", "standard", "large"] as const;

/** Reads the header of a recording. @throws FileError for a file that is no recording, or of another layout. */
export function readRecordingHeader(bytes: Uint8Array, file: string): RecordingFacts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint32(0, true) !== RECORDING_MAGIC) {
    throw new FileError(file, 0, "no recording: it does not begin with FLR1");
  }
  if (bytes.length < RECORDING_HEADER_BYTES) {
    throw new FileError(file, bytes.length, `cut off at byte ${bytes.length}, inside its header`);
  }
  const version = view.getUint32(4, true);
  const hash = hex(view.getUint32(12, true)) + hex(view.getUint32(8, true));
  const profile = PROFILES[view.getUint32(16, true)];
  if (profile === undefined) throw new FileError(file, 16, `profile ${view.getUint32(16, true)}: 0, 1 or 2 expected`);
  if (version !== layoutVersion || hash !== layoutHash) {
    const found = `layout version ${version}, hash ${hash}`;
    throw new FileError(
      file,
      4,
      `recorded with ${found}; this host reads version ${layoutVersion}, hash ${layoutHash}`,
    );
  }
  return { layoutVersion: version, layoutHash: hash, profile, bytes: bytes.length };
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}

/** One replay: walks the records and stops where they part. */
class Replay {
  readonly view: DataView;
  readonly memory: Uint8Array;
  readonly tables: readonly TableLayout[];
  readonly digest = new Fnv64();
  at = RECORDING_HEADER_BYTES;
  ticks = 0;
  decisions = 0;
  whole = false;
  parting: Parting | undefined;

  constructor(
    readonly bytes: Uint8Array,
    readonly file: string,
    readonly core: Core,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.memory = new Uint8Array(core.memory.buffer);
    this.tables = layouts[core.profile].tables;
  }

  /** The next record; undefined at the end of the file, also one inside a record. */
  next(): RecordHead | undefined {
    const { at, view } = this;
    if (at + RECORD_HEAD_BYTES > this.bytes.length) return undefined;
    const head = {
      kind: view.getUint8(at),
      detail: view.getUint8(at + 1),
      table: view.getUint16(at + 2, true),
      row: view.getUint32(at + 4, true),
      value: view.getUint32(at + 8, true),
      bytes: view.getUint32(at + 12, true),
    };
    if (head.kind < RecordKind.ROWS || head.kind > RecordKind.END) {
      throw new FileError(this.file, at, `byte ${at}: unknown record ${head.kind}`);
    }
    if (at + RECORD_HEAD_BYTES + padded(head.bytes) > this.bytes.length) return undefined;
    this.at = at + RECORD_HEAD_BYTES;
    return head;
  }

  payload(head: RecordHead): Uint8Array {
    const payload = this.bytes.subarray(this.at, this.at + head.bytes);
    this.at += padded(head.bytes);
    return payload;
  }

  table(head: RecordHead): TableLayout {
    const table = this.tables[head.table];
    if (table === undefined) throw new FileError(this.file, this.at, `byte ${this.at}: no table ${head.table}`);
    return table;
  }

  apply(head: RecordHead): void {
    const payload = this.payload(head);
    if (head.kind === RecordKind.ROWS) this.rows(head, payload);
    else if (head.kind === RecordKind.CALL) this.call(head);
    else if (head.kind === RecordKind.DECISIONS) this.drain(head, payload);
    else if (head.kind === RecordKind.MEMORY) this.put(head.row, payload);
    else this.whole = true;
  }

  private put(at: number, payload: Uint8Array): void {
    if (at + payload.length > this.memory.length) {
      throw new FileError(
        this.file,
        this.at,
        `byte ${this.at}: ${payload.length} bytes do not fit the memory at ${at}`,
      );
    }
    this.memory.set(payload, at);
  }

  private rows(head: RecordHead, payload: Uint8Array): void {
    const table = this.table(head);
    const from = head.row * table.stride + head.value;
    const end = from + payload.length;
    if (end > table.capacity * table.stride) {
      throw new FileError(this.file, this.at, `byte ${this.at}: rows beyond the end of table ${table.name}`);
    }
    this.put(table.base + from, payload);
    if ((head.detail & 1) === 0 || table.changedAddress === 0) return;
    for (let row = head.row; row * table.stride < end; row++) this.mark(table, row);
  }

  private mark(table: TableLayout, row: number): void {
    const leaf = row >> 5;
    this.setBit(table.changedAddress + leaf * 4, row & 31);
    this.setBit(changedSummariesAddress(this.core.profile) + table.number * 4, leaf >> table.changedShift);
  }

  private setBit(address: number, bit: number): void {
    const words = new DataView(this.memory.buffer);
    words.setUint32(address, words.getUint32(address, true) | (1 << bit), true);
  }

  private call(head: RecordHead): void {
    const { exports } = this.core;
    let result = 0;
    if (head.detail === RecordedCall.reset) exports.reset();
    else if (head.detail === RecordedCall.configure) result = exports.configure();
    else if (head.detail === RecordedCall.scrub) result = exports.scrub(head.row);
    else if (head.detail === RecordedCall.attach) result = exports.attach();
    else if (head.detail === RecordedCall.tick) {
      this.ticks++;
      result = exports.tick();
    } else throw new FileError(this.file, this.at, `byte ${this.at}: unknown call ${head.detail}`);
    if (result === head.value) return;
    const name = Object.entries(RecordedCall).find(([, number]) => number === head.detail)?.[0] ?? "";
    this.part(-1, `${name}()`, String(head.value), String(result));
  }

  private drain(head: RecordHead, payload: Uint8Array): void {
    const table = this.table(head);
    const { header } = this.core.views;
    for (let index = 0; index < head.value && this.parting === undefined; index++) {
      const tail = header.ringTail(0);
      if (tail === header.ringHead(0)) {
        this.part(sequenceIn(table, payload, index), "decision", "there", "none");
        return;
      }
      const at = table.base + (tail % table.capacity) * table.stride;
      this.digest.update(this.memory, at, at + table.stride);
      this.decisions++;
      header.setRingTail(0, (tail + 1) >>> 0);
      this.compare(table, payload.subarray(index * table.stride, (index + 1) * table.stride), at);
    }
  }

  private compare(table: TableLayout, recorded: Uint8Array, at: number): void {
    const replayed = this.memory.subarray(at, at + table.stride);
    for (const field of table.fields) {
      const left = fieldText(field, recorded);
      const right = fieldText(field, replayed);
      if (left !== right) return this.part(sequenceIn(table, recorded, 0), field.name, left, right);
    }
  }

  private part(sequence: number, field: string, recorded: string, replayed: string): void {
    this.parting ??= { tick: this.ticks, sequence, field, recorded, replayed };
  }
}

function sequenceIn(table: TableLayout, payload: Uint8Array, index: number): number {
  const field = table.fields.find((candidate) => candidate.name === "sequence") as FieldLayout;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return view.getUint32(index * table.stride + field.offset, true);
}

/** A field's value in print; 64-bit ones in hex, since nothing is rounded here. */
function fieldText(field: FieldLayout, row: Uint8Array): string {
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  if (field.size === 1) return String(view.getUint8(field.offset));
  if (field.size === 2) return String(view.getUint16(field.offset, true));
  if (field.size === 4) return String(view.getUint32(field.offset, true));
  return `0x${hex(view.getUint32(field.offset + 4, true))}${hex(view.getUint32(field.offset, true))}`;
}

/**
 * Replays on a fresh instance of a module of the recording's profile.
 * @throws FileError for a file that is no recording of this layout, or that is damaged.
 */
export function replay(bytes: Uint8Array, file: string, core: Core): ReplayReport {
  const facts = readRecordingHeader(bytes, file);
  if (facts.profile !== core.profile) {
    throw new FileError(file, 16, `recorded with profile ${facts.profile}; the module is of ${core.profile}`);
  }
  const run = new Replay(bytes, file, core);
  while (run.parting === undefined && !run.whole) {
    const head = run.next();
    if (head === undefined) break;
    run.apply(head);
  }
  const { ticks, decisions, whole, parting } = run;
  const report: ReplayReport = { ticks, decisions, digest: run.digest.hex(), whole };
  if (parting !== undefined) report.parting = parting;
  return report;
}
