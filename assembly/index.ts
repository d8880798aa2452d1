/**
 * Everything that the module exports. It imports one memory and no function.
 */
import { adoptStaged } from "./configuration/adopt";
import { checkMemory } from "./memory/attach";
import { Call, Header, LAYOUT_VERSION } from "./memory/header";
import { resetMemory } from "./memory/reset";
import { scrubRows } from "./memory/scrub";
import { step } from "./tick";

/** Marker of the binary interface; never called. A loader looks for it before anything else. */
export function fairlead_abi_1(): void {}

/** Version of the memory layout. */
export function abiVersion(): u32 {
  return LAYOUT_VERSION;
}

/** An empty array without a configuration: all knobs are zero until `configure`, and until then nothing is decided. */
export function reset(): void {
  resetMemory();
}

/** Checks the staged configuration whole; 0 if it was adopted whole, else an `ErrorCode` and the place in the header. */
export function configure(): u32 {
  const header = Header.get();
  header.callUnderWay = Call.CONFIGURE;
  const wrong = adoptStaged();
  header.nextDeadlineMs = header.nowMs;
  header.callUnderWay = Call.NONE;
  return wrong;
}

/** Takes over the bytes that an earlier instance left; 0, or what is wrong with them. Changes nothing. */
export function attach(): u32 {
  return checkMemory();
}

/**
 * One step: latch, judge, decide, seal. Returns how many decisions wait. Before a configuration is in force it does no
 * harm: the module's time stands still, observations are dropped, requests are refused, and nothing else is decided.
 */
export function tick(): u32 {
  return step();
}

/** Verifies the check words of so many further rows; returns how many were broken. */
export function scrub(rows: u32): u32 {
  const header = Header.get();
  header.callUnderWay = Call.SCRUB;
  const broken = scrubRows(rows);
  if (broken != 0) header.nextDeadlineMs = header.nowMs;
  header.callUnderWay = Call.NONE;
  return broken;
}

/** Where a runtime could put a heap: behind the tables. There is none. */
export const __heap_base: u32 = MEMORY_BYTES;
/** End of what the module's data segment fills. */
export const __data_end: u32 = MEMORY_BYTES;
