/** Reads numbers and words of the kernel's text files from bytes, without making strings. */

const ZERO = 0x30;
const NINE = 0x39;
const SPACE = 0x20;
const NEWLINE = 0x0a;
const CLOSING_PARENTHESIS = 0x29;

/** Where a text ends too early, or holds no number where there should be one. */
export const NOT_A_NUMBER = -1;

/** The decimal number at a place, exact to 2^53; `NOT_A_NUMBER` where there is none. */
export function numberAt(bytes: Uint8Array, from: number, length: number): number {
  let value = 0;
  let at = from;
  for (; at < length; at++) {
    const byte = bytes[at] as number;
    if (byte < ZERO || byte > NINE) break;
    value = value * 10 + (byte - ZERO);
  }
  return at === from ? NOT_A_NUMBER : value;
}

/** The number of the line that begins with a word and a space, as in `cpu.stat`. */
export function numberOfLine(bytes: Uint8Array, length: number, word: Uint8Array): number {
  let lineStart = 0;
  for (let at = 0; at <= length; at++) {
    if (at < length && bytes[at] !== NEWLINE) continue;
    if (startsWith(bytes, lineStart, at, word) && bytes[lineStart + word.length] === SPACE) {
      return numberAt(bytes, lineStart + word.length + 1, at);
    }
    lineStart = at + 1;
  }
  return NOT_A_NUMBER;
}

/** Fields of `/proc/PID/stat` (proc(5)): user and system time in clock ticks. */
const FIELD_USER_TIME = 14;
const FIELD_SYSTEM_TIME = 15;
/** The first field after the name, which stands in parentheses and may hold anything. */
const FIELD_STATE = 3;

/** Clock ticks of processor time of a process with all its threads, from `/proc/PID/stat`. */
export function ticksOfProcess(bytes: Uint8Array, length: number): number {
  let field = FIELD_STATE;
  let ticks = 0;
  for (let at = lastIndexOf(bytes, length, CLOSING_PARENTHESIS) + 2; at > 1 && at < length; at++) {
    if (bytes[at - 1] === SPACE && (field === FIELD_USER_TIME || field === FIELD_SYSTEM_TIME)) {
      const value = numberAt(bytes, at, length);
      if (value === NOT_A_NUMBER) return NOT_A_NUMBER;
      ticks += value;
      if (field === FIELD_SYSTEM_TIME) return ticks;
    }
    if (bytes[at] === SPACE) field++;
  }
  return NOT_A_NUMBER;
}

/** Whether the bytes from a place up to `end` begin with a word. */
export function startsWith(bytes: Uint8Array, from: number, end: number, word: Uint8Array): boolean {
  if (from + word.length > end) return false;
  for (let index = 0; index < word.length; index++) if (bytes[from + index] !== word[index]) return false;
  return true;
}

function lastIndexOf(bytes: Uint8Array, length: number, wanted: number): number {
  for (let at = length - 1; at >= 0; at--) if (bytes[at] === wanted) return at;
  return -2;
}
