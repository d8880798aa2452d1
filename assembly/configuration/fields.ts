/** Checks of fields by a list that the compiler transform writes from the marks of the row classes. */

/** One check: a range, or for flags a mask of what must not be set. */
@unmanaged
class FieldCheck {
  offset: u8;
  size: u8;
  code: u8;
  isMask: u8;
  min: u32;
  max: u32;
}

/** No row has more checked fields. */
const CHECKS_MAX: u32 = 64;

/** 0, or the first field that is wrong as `(byte offset << 8) | ErrorCode`. */
export function checkFields(row: usize, checks: usize, count: u32): u32 {
  for (let n: u32 = 0; n < CHECKS_MAX; n++) {
    if (n == count) break;
    const check = changetype<FieldCheck>(checks + n * <u32>offsetof<FieldCheck>());
    const value = valueAt(row + check.offset, check.size);
    const wrong = check.isMask ? (value & check.max) != 0 : value < check.min || value > check.max;
    if (wrong) return ((<u32>check.offset) << 8) | check.code;
  }
  return 0;
}

/** Of 64 bits only zero or not matters: pads are the only fields that wide. */
function valueAt(address: usize, size: u32): u32 {
  if (size == 1) return load<u8>(address);
  if (size == 2) return load<u16>(address);
  if (size == 4) return load<u32>(address);
  return load<u32>(address) | load<u32>(address, 4);
}
