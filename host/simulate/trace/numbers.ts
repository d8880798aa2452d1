/** Numbers in bytes of ASCII: a trace has hundreds of millions of them, so no string is made of one. */

const ZERO = 0x30;
const NINE = 0x39;
const POINT = 0x2e;
const FRACTION_DIGITS = 7;

/** The whole number in `buffer[start, end)`, or -1 when it isn't one or is not exact in a double. */
export function wholeNumber(buffer: Uint8Array, start: number, end: number): number {
  if (start >= end || end - start > 16) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const byte = buffer[i] as number;
    if (byte < ZERO || byte > NINE) return -1;
    value = value * 10 + (byte - ZERO);
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : -1;
}

/** A time as it comes out of a field; `seconds` is -1 when the field holds none. */
export interface FieldTime {
  seconds: number;
  /** Units of 100 ns below a second. */
  ticks: number;
}

/** Seconds with any number of decimals into `out`; what is finer than 100 ns is cut off. */
export function decimalSeconds(buffer: Uint8Array, start: number, end: number, out: FieldTime): void {
  let point = start;
  while (point < end && buffer[point] !== POINT) point++;
  out.seconds = wholeNumber(buffer, start, point);
  out.ticks = 0;
  if (out.seconds < 0 || point === end) return;
  if (point + 1 === end) out.seconds = -1;
  for (let i = 0; i < FRACTION_DIGITS || point + 1 + i < end; i++) {
    const at = point + 1 + i;
    const digit = at < end ? (buffer[at] as number) - ZERO : 0;
    if (digit < 0 || digit > 9) out.seconds = -1;
    if (i < FRACTION_DIGITS) out.ticks = out.ticks * 10 + digit;
  }
}

/** A Windows filetime, units of 100 ns, into `out`: its last seven digits are the part below a second. */
export function filetime(buffer: Uint8Array, start: number, end: number, out: FieldTime): void {
  const split = Math.max(start, end - FRACTION_DIGITS);
  const seconds = split === start ? 0 : wholeNumber(buffer, start, split);
  const ticks = wholeNumber(buffer, split, end);
  out.seconds = seconds < 0 || ticks < 0 ? -1 : seconds;
  out.ticks = Math.max(ticks, 0);
}

/** A SCSI opcode, one or two hexadecimal digits, with or without `0x`; -1 when it isn't one. */
export function opcode(buffer: Uint8Array, start: number, end: number): number {
  const prefixed = end - start > 2 && buffer[start] === ZERO && ((buffer[start + 1] as number) | 0x20) === 0x78;
  const from = prefixed ? start + 2 : start;
  if (from >= end || end - from > 2) return -1;
  let value = 0;
  for (let i = from; i < end; i++) {
    const digit = hexDigit(buffer[i] as number);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function hexDigit(byte: number): number {
  if (byte >= ZERO && byte <= NINE) return byte - ZERO;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}
