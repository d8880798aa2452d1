/**
 * The latch: copies counters from where writer threads leave them to where policies read them. The only code that
 * knows concurrency.
 *
 * Shared build: a row stands under a sequence word, odd while a writer is in it; its words are read, then the sequence
 * word again. All of these reads are atomic, and so keep their order. Plain build: nobody writes during a tick (the host latches from a mailbox of its own),
 * so an odd sequence word means a writer that died in the row. Behind the latch the code is the same.
 */
import { LATCH_RETRY_MAX } from "../limits";
import { Heartbeat } from "../tables/member";
import { TargetPortCounters } from "../tables/target-port";
import { TableEntry } from "./directory";
import { Header } from "./header";
import { markChanged } from "./scheduling";
import { copyRow } from "./seals";

/** What a latched row says stands in its first six long words; what counters have behind them are pads. */
const SAID_BYTES: u32 = 48;
if (offsetof<Heartbeat>() != SAID_BYTES) ERROR("a heartbeat is copied whole");
if (offsetof<TargetPortCounters>("operations") + 8 > SAID_BYTES) ERROR("counters are copied whole");

/**
 * Copies a row of a latched table into the table behind it; false if it stayed torn, and then its bit is set again and
 * the last good copy stays.
 */
export function latchRow(table: u32, row: u32): bool {
  const entry = TableEntry.of(table);
  const to: usize = TableEntry.of(table + 1).base + row * entry.stride;
  if (copyWhole(entry.base + row * entry.stride, to)) return true;
  Header.get().tornRows++;
  markChanged(table, row);
  return false;
}

/** The words of the row are held in locals until they are known to belong together. */
function copyWhole(from: usize, to: usize): bool {
  // Nobody writes meanwhile: the shortest code does, where that counts.
  if (PROFILE == 0 && !ASC_FEATURE_THREADS) return copyStill(from, to);
  for (let attempt: u32 = 0; attempt < LATCH_RETRY_MAX; attempt++) {
    const before = sequenceOf(from);
    if ((before & 1) != 0) continue;
    const word0 = word(from, 0);
    const word1 = word(from, 8);
    const word2 = word(from, 16);
    const word3 = word(from, 24);
    const word4 = word(from, 32);
    const word5 = word(from, 40);
    if (sequenceOf(from) != before) continue;
    store<u64>(to, word0);
    store<u64>(to, word1, 8);
    store<u64>(to, word2, 16);
    store<u64>(to, word3, 24);
    store<u64>(to, word4, 32);
    store<u64>(to, word5, 40);
    return true;
  }
  return false;
}

function copyStill(from: usize, to: usize): bool {
  if ((load<u32>(from) & 1) != 0) return false;
  copyRow(to, from, SAID_BYTES);
  return true;
}

function sequenceOf(row: usize): u32 {
  return ASC_FEATURE_THREADS ? atomic.load<u32>(row) : load<u32>(row);
}

/** Atomic where writers run meanwhile: no read of the row may move behind the second read of its sequence word. */
function word(row: usize, offset: usize): u64 {
  return ASC_FEATURE_THREADS ? atomic.load<u64>(row + offset) : load<u64>(row + offset);
}
