/**
 * Seals: the check word of a row, renewed when the row is written and verified when it is read.
 *
 * Two running sums (Fletcher's scheme, over 64-bit words) from a start that depends on the row's address, so that a
 * row of zeros, a changed bit, swapped words and a row copied to another place are all found.
 */
import { NONE } from "../limits";
import { NO_FIELD, TableEntry } from "./directory";

const SEAL_START: u64 = 0x6661_6972_6c65_6164; // "fairlead"
/** Even, so that one changed bit always changes the sum. */
const SEAL_FACTOR: u64 = 0x9e37_79b9_7f4a_7c16;
/** No sealed row is larger. */
const ROW_BYTES_MAX: u32 = 256;
/** A deadline that never comes. */
export const NEVER: u64 = 0xffff_ffff_ffff_ffff;

/** The check word that a row of so many bytes, a multiple of 8, should have. @hot */
export function sealOf(address: usize, bytes: u32, checkOffset: u32): u32 {
  let first: u64 = SEAL_START + <u64>address;
  let second: u64 = 0;
  if (PROFILE != 0) {
    // Four words a step, their own sums first: neither sum waits for the other's, nor for the step of the loop.
    for (let at: u32 = 0; at < ROW_BYTES_MAX; at += 32) {
      if (at + 32 > bytes) break;
      const sum1 = load<u64>(address + at);
      const sum2 = sum1 + load<u64>(address + at, 8);
      const sum3 = sum2 + load<u64>(address + at, 16);
      const sum4 = sum3 + load<u64>(address + at, 24);
      second += (first << 2) + (sum1 + sum2 + (sum3 + sum4));
      first += sum4;
    }
  }
  for (let at: u32 = PROFILE == 0 ? 0 : bytes & ~31; at < ROW_BYTES_MAX; at += 8) {
    if (at == bytes) break;
    first += load<u64>(address + at);
    second += first;
  }
  // The check word itself is taken out again: its own share of both sums is known from its place.
  const own = (<u64>load<u32>(address + checkOffset)) << ((checkOffset & 4) << 3);
  const times = <u64>((bytes - (checkOffset & ~7)) >> 3);
  const sum = first - own + (second - own * times) * SEAL_FACTOR;
  return <u32>(sum ^ (sum >> 32));
}

/** Writes the check word; call it after each change of a sealed row. */
export function seal<T>(row: T): void {
  sealAt(changetype<usize>(row), offsetof<T>(), offsetof<T>("check"));
}

/** Writes the check word of a row of any table. */
export function sealRow(table: u32, row: u32): void {
  const entry = TableEntry.of(table);
  sealAt(entry.addressOf(row), entry.stride, entry.checkOffset);
}

function sealAt(address: usize, bytes: u32, checkOffset: u32): void {
  store<u32>(address + checkOffset, sealOf(address, bytes, checkOffset));
}

/** True if the row of a table is as it was when it was last sealed. */
export function isWhole(table: u32, row: u32): bool {
  const entry = TableEntry.of(table);
  return isSealed(entry, entry.addressOf(row));
}

/** The same, of a row whose place is known. @hot */
export function isSealed(entry: TableEntry, address: usize): bool {
  return load<u32>(address + entry.checkOffset) == sealOf(address, entry.stride, entry.checkOffset);
}

/** Sets a row to what it is in an empty array: zeros, indexes `NONE`, deadline never; sealed. */
export function resetRow(table: u32, row: u32): void {
  const entry = TableEntry.of(table);
  const address = entry.addressOf(row);
  for (let at: u32 = 0; at < ROW_BYTES_MAX; at += 2) {
    if (at == entry.stride) break;
    const isIndex = at < 64 && ((entry.noneWords >> (at >> 1)) & 1) != 0;
    store<u16>(address + at, isIndex ? <u16>NONE : 0);
  }
  if (entry.deadlineOffset != <u8>NO_FIELD) store<u64>(address + entry.deadlineOffset, NEVER);
  if (entry.checkOffset != <u8>NO_FIELD) sealAt(address, entry.stride, entry.checkOffset);
}

/** Copies a row of so many bytes, a multiple of 4. */
export function copyRow(to: usize, from: usize, bytes: u32): void {
  for (let at: u32 = 0; at < ROW_BYTES_MAX; at += 4) {
    if (at == bytes) break;
    store<u32>(to + at, load<u32>(from + at));
  }
}
