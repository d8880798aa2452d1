/**
 * The latch: copies counters from where writer threads leave them to where policies read them. The only code that
 * knows concurrency.
 *
 * Shared build: a row stands under a sequence word, odd while a writer is in it; it is copied, then a fence, then the
 * sequence word is read again. Plain build: nobody writes during a tick (the host latches from a mailbox of its own),
 * so an odd sequence word means a writer that died in the row. Behind the latch the code is the same.
 */
import { LATCH_RETRY_MAX } from "../limits";
import { TargetPortCounters } from "../tables/target-port";
import { Header } from "./header";
import { markChanged } from "./scheduling";
import { copyRow } from "./seals";

/** Bytes of a row of counters that are in use; what follows is kept for more. */
const COUNTERS_BYTES: u32 = offsetof<TargetPortCounters>("operations") + 8;

/** Copies one row of counters; false if it stayed torn, and then its bit is set again and the last good copy stays. */
export function latchTargetPort(row: u32): bool {
  const from = TargetPortCounters.at(row);
  const to = TargetPortCounters.latchedAt(row);
  if (copyWhole(changetype<usize>(from), changetype<usize>(to))) return true;
  Header.get().tornRows++;
  markChanged(TARGET_PORT_COUNTERS_TABLE, row);
  return false;
}

/** The words of the row are held in locals until they are known to belong together. */
function copyWhole(from: usize, to: usize): bool {
  // Nobody writes meanwhile: the shortest code does, where that counts.
  if (PROFILE == 0 && !ASC_FEATURE_THREADS) return copyStill(from, to);
  for (let attempt: u32 = 0; attempt < LATCH_RETRY_MAX; attempt++) {
    const before = sequenceOf(from);
    if ((before & 1) != 0) continue;
    const head = load<u64>(from);
    const sampled = load<u64>(from, offsetof<TargetPortCounters>("sampledMs"));
    const busyUs = load<u64>(from, offsetof<TargetPortCounters>("busyUs"));
    const bytes = load<u64>(from, offsetof<TargetPortCounters>("bytes"));
    const operations = load<u64>(from, offsetof<TargetPortCounters>("operations"));
    if (ASC_FEATURE_THREADS) atomic.fence();
    if (sequenceOf(from) != before) continue;
    store<u64>(to, head);
    store<u64>(to, sampled, offsetof<TargetPortCounters>("sampledMs"));
    store<u64>(to, busyUs, offsetof<TargetPortCounters>("busyUs"));
    store<u64>(to, bytes, offsetof<TargetPortCounters>("bytes"));
    store<u64>(to, operations, offsetof<TargetPortCounters>("operations"));
    return true;
  }
  return false;
}

function copyStill(from: usize, to: usize): bool {
  if ((load<u32>(from) & 1) != 0) return false;
  copyRow(to, from, COUNTERS_BYTES);
  return true;
}

function sequenceOf(row: usize): u32 {
  return ASC_FEATURE_THREADS ? atomic.load<u32>(row) : load<u32>(row);
}
