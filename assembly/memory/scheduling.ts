/**
 * Changed bits and deadlines: the one device by which rows come to be looked at.
 *
 * A table with changed bits has one summary word, a bit of which stands for `1 << shift` leaf words, a bit of which
 * stands for a row. Writers set the leaf bit, then the summary bit; the module takes the summary, then the leaves,
 * then reads the rows. A table with deadlines keeps the earliest of each block of 64 rows, and of them all.
 */
import { BLOCK_ROWS } from "../limits";
import { Work } from "../tables/module-state";
import { ROWS_MAX, TableEntry } from "./directory";
import { CHANGED_SUMMARIES_ADDRESS, Header, TABLE_DEADLINES_ADDRESS } from "./header";
import { NEVER, sealOf } from "./seals";

/** Takes all bits of a word that host threads may set meanwhile. */
function exchange(address: usize): u32 {
  if (load<u32>(address) == 0) return 0;
  if (ASC_FEATURE_THREADS) return atomic.xchg<u32>(address, 0);
  const bits = load<u32>(address);
  store<u32>(address, 0);
  return bits;
}

/** Sets bits of a word that host threads may set meanwhile. */
function include(address: usize, bits: u32): void {
  if (ASC_FEATURE_THREADS) atomic.or<u32>(address, bits);
  else store<u32>(address, load<u32>(address) | bits);
}

/** True if any changed bit of any table is set. */
export function anyChanged(): bool {
  let any: u64 = 0;
  for (let table: u32 = 0; table < CHANGED_TABLES_END; table += 2) {
    any |= load<u64>(CHANGED_SUMMARIES_ADDRESS + table * 4);
  }
  return any != 0;
}

/** Marks a row of a table with changed bits. */
export function markChanged(table: u32, row: u32): void {
  const entry = TableEntry.of(table);
  include(entry.changed + (row >> 5) * 4, 1 << (row & 31));
  include(CHANGED_SUMMARIES_ADDRESS + table * 4, 1 << ((row >> 5) >> entry.changedShift));
}

/**
 * Takes changed rows into the work list and clears their bits; those of a leaf word are taken together or keep their
 * bits. Each busy tick begins with another group of leaf words, that of a summary bit, so that none starves. Returns
 * how many rows.
 */
export function takeChanged(table: u32, most: u32): u32 {
  const summaryAddress: usize = CHANGED_SUMMARIES_ADDRESS + table * 4;
  const summary = exchange(summaryAddress);
  if (summary == 0) return 0;
  const entry = TableEntry.of(table);
  const shift: u32 = entry.changedShift;
  const start = Header.get().busyTicks & 31;
  let count: u32 = 0;
  let left: u32 = 0;
  let groups = rotr<u32>(summary, start);
  for (let step: u32 = 0; step < 32; step++) {
    if (groups == 0) break;
    const group = (ctz(groups) + start) & 31;
    const bit: u32 = 1 << group;
    groups &= groups - 1;
    count = takeGroup(entry.changed, group << shift, 1 << shift, count, most);
    if (count + 32 > most && hasBits(entry.changed, group << shift, 1 << shift)) left |= bit;
  }
  if (left != 0) include(summaryAddress, left);
  return count;
}

/** True if the table has changed rows, left over or new. */
export function changesWait(table: u32): bool {
  return load<u32>(CHANGED_SUMMARIES_ADDRESS + table * 4) != 0;
}

function takeGroup(leaves: usize, firstLeaf: u32, leafCount: u32, taken: u32, most: u32): u32 {
  // A small table's summary bit stands for one leaf word.
  if (PROFILE == 0) return takeLeaves(leaves, firstLeaf, leafCount, taken, most);
  let count = taken;
  for (let n: u32 = 0; n < LEAVES_PER_GROUP_MAX; n += 8) {
    if (n >= leafCount) break;
    // Large groups are mostly empty: eight leaf words are passed over at once.
    if (leafCount >= 8 && areEmpty(leaves + (firstLeaf + n) * 4)) continue;
    count = takeLeaves(leaves, firstLeaf + n, min(leafCount, 8), count, most);
  }
  return count;
}

function takeLeaves(leaves: usize, firstLeaf: u32, leafCount: u32, taken: u32, most: u32): u32 {
  let count = taken;
  for (let n: u32 = 0; n < LEAVES_PER_GROUP_MAX; n++) {
    if (n == leafCount || count + 32 > most) break;
    const leaf = firstLeaf + n;
    let bits = exchange(leaves + leaf * 4);
    for (let step: u32 = 0; step < 32; step++) {
      if (bits == 0) break;
      Work.at(count).row = <u16>((leaf << 5) + ctz(bits));
      bits &= bits - 1;
      count++;
    }
  }
  return count;
}

function areEmpty(address: usize): bool {
  const low = load<u64>(address) | load<u64>(address, 8);
  return (low | load<u64>(address, 16) | load<u64>(address, 24)) == 0;
}

function hasBits(leaves: usize, firstLeaf: u32, leafCount: u32): bool {
  for (let n: u32 = 0; n < LEAVES_PER_GROUP_MAX; n++) {
    if (n == leafCount) break;
    if (load<u32>(leaves + (firstLeaf + n) * 4) != 0) return true;
  }
  return false;
}

/** Leaf words of one summary bit: a table has at most 65,536 rows, 2,048 leaf words, 32 summary bits. */
const LEAVES_PER_GROUP_MAX: u32 = 64;

/** Has a row looked at by its deadline: the row keeps it in its own `deadlineMs`, the block and the table the earliest. */
export function setDeadline(table: u32, row: u32, deadlineMs: u64): void {
  const block: usize = TableEntry.of(table).deadlines + (row / BLOCK_ROWS) * 8;
  if (deadlineMs < load<u64>(block)) store<u64>(block, deadlineMs);
  const whole: usize = TABLE_DEADLINES_ADDRESS + table * 8;
  if (deadlineMs < load<u64>(whole)) store<u64>(whole, deadlineMs);
}

/** Sets the deadline that a row keeps, seals the row, and has it looked at by then: the last of what is done to it. */
export function rest(table: u32, row: u32, deadlineMs: u64): void {
  const entry = TableEntry.of(table);
  const address = entry.addressOf(row);
  store<u64>(address + entry.deadlineOffset, deadlineMs);
  store<u32>(address + entry.checkOffset, sealOf(address, entry.stride, entry.checkOffset));
  setDeadline(table, row, deadlineMs);
}

/**
 * Takes the rows that are due into the work list, at most `most`, and makes the deadlines of their blocks anew from
 * the rows that aren't; whoever handles a row sets its next deadline. A block is taken whole or left due.
 */
export function takeDue(table: u32, most: u32): u32 {
  const nowMs = Header.get().nowMs;
  const whole: usize = TABLE_DEADLINES_ADDRESS + table * 8;
  if (load<u64>(whole) > nowMs) return 0;
  const entry = TableEntry.of(table);
  let count: u32 = 0;
  let earliest = NEVER;
  for (let block: u32 = 0; block < BLOCKS_MAX; block++) {
    if (block * BLOCK_ROWS >= entry.capacity) break;
    const address: usize = entry.deadlines + block * 8;
    if (load<u64>(address) <= nowMs && count + BLOCK_ROWS <= most) count = takeBlock(entry, block, nowMs, count);
    earliest = min(earliest, load<u64>(address));
  }
  store<u64>(whole, earliest);
  return count;
}

function takeBlock(entry: TableEntry, block: u32, nowMs: u64, taken: u32): u32 {
  let count = taken;
  let earliest = NEVER;
  const first = block * BLOCK_ROWS;
  for (let row = first; row < ROWS_MAX; row++) {
    if (row == first + BLOCK_ROWS || row == entry.capacity) break;
    const deadlineMs = load<u64>(entry.addressOf(row) + entry.deadlineOffset);
    if (deadlineMs > nowMs) {
      earliest = min(earliest, deadlineMs);
      continue;
    }
    Work.at(count).row = <u16>row;
    count++;
  }
  store<u64>(entry.deadlines + block * 8, earliest);
  return count;
}

/** Blocks of the largest table with deadlines: 16,384 rows. */
const BLOCKS_MAX: u32 = 256;

/** The earliest deadline of all tables, for the header. */
export function earliestDeadline(): u64 {
  let earliest = NEVER;
  for (let table: u32 = 0; table < DEADLINE_TABLES_END; table++) {
    earliest = min(earliest, load<u64>(TABLE_DEADLINES_ADDRESS + table * 8));
  }
  return earliest;
}

/** Host-independent time of the module, in milliseconds. */
export function nowMs(): u64 {
  return Header.get().nowMs;
}

/** Doublings after which a wait is surely at its limit. */
const DOUBLINGS_MAX: u32 = 20;

/** End of a wait that begins now: it doubles with each of so many `times`, up to its limit. */
export function afterWait(firstMs: u32, times: u32, mostMs: u32): u64 {
  return nowMs() + min((<u64>firstMs) << min(times, DOUBLINGS_MAX), <u64>mostMs);
}

/** True once `deadlineMs` has come. */
export function due(deadlineMs: u64): bool {
  return deadlineMs <= Header.get().nowMs;
}
