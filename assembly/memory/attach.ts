/** Taking over the bytes that an earlier instance left. It only looks: on refusal and on success nothing is changed. */
import { DECISION_MAX } from "../limits";
import { Call, ErrorCode, Header, LAYOUT_VERSION, MAGIC } from "./header";
import { firstFault } from "./scrub";

/**
 * 0 if this module can go on with what the memory holds. Else the `ErrorCode` in the low byte; for `BROKEN_SEAL` and `HALF_WRITTEN_ROW`
 * the table's number in the next byte and the row in the upper two; for `CALL_UNDER_WAY` the call in the next byte.
 */
export function checkMemory(): u32 {
  const header = Header.get();
  if (header.magic != MAGIC) return ErrorCode.BAD_MAGIC;
  if (header.layoutVersion != LAYOUT_VERSION) return ErrorCode.BAD_VERSION;
  if (header.profile != PROFILE || header.memoryBytes != MEMORY_BYTES) return ErrorCode.BAD_PROFILE;
  const sameLayout = header.layoutHashLow == LAYOUT_HASH_LOW && header.layoutHashHigh == LAYOUT_HASH_HIGH;
  if (!sameLayout) return ErrorCode.BAD_LAYOUT;
  if (header.callUnderWay != Call.NONE) return ErrorCode.CALL_UNDER_WAY | (header.callUnderWay << 8);
  if (!isHeaderSound(header)) return ErrorCode.BAD_HEADER;
  // In a shared build a writer may be in a row right now, and the latch waits for it.
  const halfWritten = ASC_FEATURE_THREADS ? 0 : firstFault(true);
  if (halfWritten != 0) return ErrorCode.HALF_WRITTEN_ROW | halfWritten;
  const broken = firstFault(false);
  return broken == 0 ? 0 : ErrorCode.BROKEN_SEAL | broken;
}

function isHeaderSound(header: Header): bool {
  if (header.directoryAddress != DIRECTORY_ADDRESS || header.tableCount != TABLE_COUNT) return false;
  if (header.ringHead - header.ringTail > DECISION_MAX) return false;
  return header.ringFull <= 1;
}
