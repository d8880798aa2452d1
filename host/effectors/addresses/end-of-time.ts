/**
 * Ends with parts of a second for `nft`. The kernel compares `meta time` in nanoseconds, but nft reads a number there as
 * whole seconds and multiplies it by 10^9 in 64 bits, going round at 2^64. So a number is written whose product is the
 * wanted one: since 10^9 = 2^9 · 5^9, there is one for each multiple of 512 ns. What nft made of it is read back each time.
 */

const SHIFT = 9n;
const RING = 1n << (64n - SHIFT);
const FACTOR = 5n ** 9n;
const INVERSE = inverse(FACTOR);

/** The inverse of an odd number modulo `RING`: each round of Newton's method doubles the right bits. */
function inverse(odd: bigint): bigint {
  let result = odd;
  for (let bits = 3; bits < 64; bits *= 2) result = (result * (2n - odd * result)) & (RING - 1n);
  return result;
}

/** The number that nft takes for this time; rounded down to 512 ns. @param wallMs milliseconds since 1970, not negative */
export function nftTime(wallMs: number): string {
  const nanoseconds = BigInt(Math.floor(wallMs)) * 1_000_000n;
  return `${((nanoseconds >> SHIFT) * INVERSE) & (RING - 1n)}`;
}

/** How nft prints the end: in whole seconds, in UTC where the environment says so. */
export function nftTimePrinted(wallMs: number): string {
  const iso = new Date(Math.floor(wallMs)).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
}
