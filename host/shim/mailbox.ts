/**
 * The mailbox of the plain build, whose memory must be quiet while a tick runs: writer threads put rows here at any
 * time, and the shim copies whole rows into the module's memory right before each tick.
 */

import { layouts, type ProfileName, type TableLayout } from "./generated/layout.js";
import { type LatchedTable, markRow } from "./latched-rows.js";

/** Times that a torn row is read again before it is left for the next tick. */
export const MAILBOX_RETRY_MAX = 4;

export interface Mailbox {
  tables: readonly LatchedTable[];
  /** Rows that were torn at every try and left, marked, for the next tick. */
  tornRows: number;
}

/** The tables that writers fill under a sequence word. */
export function latchedTables(profile: ProfileName): TableLayout[] {
  return layouts[profile].tables.filter((table) => table.kind === "latched-written");
}

/** An empty mailbox for every latched table of a profile, in one SharedArrayBuffer. */
export function createMailbox(profile: ProfileName): Mailbox {
  const places: LatchedTable[] = [];
  let end = 0;
  for (const table of latchedTables(profile)) {
    const leafWords = Math.ceil(table.capacity / 32);
    const rowsAddress = end;
    const leafAddress = rowsAddress + table.capacity * table.stride;
    const summaryAddress = leafAddress + leafWords * 4;
    const leafShift = Math.max(0, Math.ceil(Math.log2(leafWords / 32)));
    end = (summaryAddress + 4 + 63) & ~63;
    const place = {
      rowsAddress,
      rowBytes: table.stride,
      capacity: table.capacity,
      leafAddress,
      leafShift,
      summaryAddress,
    };
    places.push({ ...place, name: table.name, profile, buffer: undefined as never });
  }
  const buffer = new SharedArrayBuffer(end);
  for (const place of places) place.buffer = buffer;
  return { tables: places, tornRows: 0 };
}

/** The latched tables of a shared build, in the module's own memory. `summariesAddress`: the changed summaries. */
export function sharedTables(
  profile: ProfileName,
  buffer: SharedArrayBuffer,
  summariesAddress: number,
): LatchedTable[] {
  return latchedTables(profile).map((table) => ({
    buffer,
    name: table.name,
    profile,
    rowsAddress: table.base,
    rowBytes: table.stride,
    capacity: table.capacity,
    leafAddress: table.changedAddress,
    leafShift: table.changedShift,
    summaryAddress: summariesAddress + table.number * 4,
  }));
}

/**
 * Takes over rows that an earlier host left in the module's memory: sequence words go on, so that both builds show the
 * same. A row that a writer was in is emptied: its generation 0 is no one's, and its writer fills it again.
 */
export function takeOverRows(memory: ArrayBufferLike, profile: ProfileName, mailbox: Mailbox | undefined): void {
  const words = new Int32Array(memory);
  for (const table of latchedTables(profile)) {
    const rowWords = table.stride >> 2;
    const from = table.base >> 2;
    for (let row = 0; row < table.capacity; row++) {
      const at = from + row * rowWords;
      const sequence = words[at] as number;
      if ((sequence & 1) !== 0) words.fill(0, at, at + rowWords).fill(sequence + 1, at, at + 1);
    }
    const place = mailbox?.tables.find(({ name }) => name === table.name);
    if (place === undefined) continue;
    const rows = words.subarray(from, from + table.capacity * rowWords);
    new Int32Array(place.buffer).set(rows, place.rowsAddress >> 2);
  }
}

/** Where a latched row goes: the written table of the module's memory. */
export interface LatchSink {
  /** Words of the module's memory. */
  words: Int32Array;
  /** First word of each latched table, in the order of the mailbox's tables. */
  bases: readonly number[];
  /** Marks a row of that table changed. */
  mark: readonly ((row: number) => void)[];
}

/**
 * Copies what was marked since the last time into the module's memory, whole rows only. A row that is torn at each of
 * `MAILBOX_RETRY_MAX` tries stays marked and is counted. Called by the ticking thread alone, between ticks.
 */
export class MailboxLatch {
  private readonly words: Int32Array;
  private readonly row = new Int32Array(64);

  constructor(
    private readonly mailbox: Mailbox,
    private readonly sink: LatchSink,
  ) {
    this.words = new Int32Array((mailbox.tables[0] as LatchedTable).buffer);
  }

  latch(): void {
    const tables = this.mailbox.tables;
    for (let index = 0; index < tables.length; index++) {
      const table = tables[index] as LatchedTable;
      const summary = Atomics.exchange(this.words, table.summaryAddress >> 2, 0);
      if (summary !== 0) this.latchTable(table, index, summary);
    }
  }

  private latchTable(table: LatchedTable, index: number, summary: number): void {
    const leaves = (table.capacity + 31) >> 5;
    for (let leaf = 0; leaf < leaves; leaf++) {
      if (((summary >>> (leaf >> table.leafShift)) & 1) === 0) continue;
      let bits = Atomics.exchange(this.words, (table.leafAddress >> 2) + leaf, 0);
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits);
        bits ^= 1 << bit;
        this.latchRow(table, index, leaf * 32 + bit);
      }
    }
  }

  private latchRow(table: LatchedTable, index: number, row: number): void {
    const rowWords = table.rowBytes >> 2;
    const from = (table.rowsAddress >> 2) + row * rowWords;
    for (let attempt = 0; attempt < MAILBOX_RETRY_MAX; attempt++) {
      if (!this.copyWhole(from, rowWords)) continue;
      const to = (this.sink.bases[index] as number) + row * rowWords;
      for (let word = 0; word < rowWords; word++) this.sink.words[to + word] = this.row[word] as number;
      (this.sink.mark[index] as (row: number) => void)(row);
      return;
    }
    markRow(this.words, table, row);
    this.mailbox.tornRows++;
  }

  /** Copies a row aside; false if a writer was in it. The sequence word is the first of the row. */
  private copyWhole(from: number, rowWords: number): boolean {
    const before = Atomics.load(this.words, from);
    if ((before & 1) !== 0) return false;
    this.row[0] = before;
    for (let word = 1; word < rowWords; word++) this.row[word] = Atomics.load(this.words, from + word);
    return Atomics.load(this.words, from) === before;
  }
}
