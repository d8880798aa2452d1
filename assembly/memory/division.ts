/**
 * Division of 64 bits by 32. Nearly all dividends fit into 32 bits, which divide faster on every processor; and the
 * small profile does without the compiler's 64-bit division, which takes 700 bytes on a 32-bit processor.
 */

/** Bits of a dividend. */
const BITS: u32 = 64;

/** Quotient, rounded down; the divisor isn't 0. */
export function quotient(dividend: u64, divisor: u32): u64 {
  if (dividend >> 32 == 0) return <u32>dividend / divisor;
  return PROFILE == 0 ? longQuotient(dividend, divisor) : dividend / divisor;
}

/** Long division: what is left of the dividend moves up, bit by bit, into the rest, and the quotient follows it. */
export function longQuotient(dividend: u64, divisor: u32): u64 {
  let left = dividend;
  let rest: u64 = 0;
  for (let bit: u32 = 0; bit < BITS; bit++) {
    rest = (rest << 1) | (left >> 63);
    left <<= 1;
    if (rest < divisor) continue;
    rest -= divisor;
    left |= 1;
  }
  return left;
}
