/** An empty array: every byte of the tables is set, so that a reset memory is the same whatever was in it. */
import { KIND_CONFIGURATION, KIND_STATE, ROWS_MAX, TableEntry } from "./directory";
import {
  CONSTANTS_ADDRESS,
  Call,
  Header,
  LAYOUT_VERSION,
  MAGIC,
  TABLES_ADDRESS,
  TABLE_DEADLINES_ADDRESS,
} from "./header";
import { NEVER, resetRow } from "./seals";

/** Sets all to the empty array; the magic word comes last, so that a half-reset memory isn't taken for one. */
export function resetMemory(): void {
  zero(0, CONSTANTS_ADDRESS);
  Header.get().callUnderWay = Call.RESET;
  zero(TABLES_ADDRESS, MEMORY_BYTES);
  for (let table: u32 = 0; table < TABLE_COUNT; table++) {
    resetTable(table, TableEntry.of(table));
  }
  const header = Header.get();
  header.layoutVersion = LAYOUT_VERSION;
  header.layoutHashLow = LAYOUT_HASH_LOW;
  header.layoutHashHigh = LAYOUT_HASH_HIGH;
  header.profile = PROFILE;
  header.memoryBytes = MEMORY_BYTES;
  header.directoryAddress = DIRECTORY_ADDRESS;
  header.tableCount = TABLE_COUNT;
  header.nextDeadlineMs = NEVER;
  header.magic = MAGIC;
  header.callUnderWay = Call.NONE;
}

function zero(from: u32, to: u32): void {
  for (let address = from; address < MEMORY_BYTES; address += 8) {
    if (address >= to) break;
    store<u64>(address, 0);
  }
}

/** Rows that the module writes are sealed; nothing is due. */
function resetTable(table: u32, entry: TableEntry): void {
  store<u64>(TABLE_DEADLINES_ADDRESS + table * 8, NEVER);
  for (let row: u32 = 0; row < ROWS_MAX; row += 64) {
    if (entry.deadlines == 0 || row >= entry.capacity) break;
    store<u64>(entry.deadlines + (row >> 6) * 8, NEVER);
  }
  if (entry.kind != <u16>KIND_CONFIGURATION && entry.kind != <u16>KIND_STATE) return;
  for (let row: u32 = 0; row < ROWS_MAX; row++) {
    if (row == entry.capacity) break;
    resetRow(table, row);
  }
}
