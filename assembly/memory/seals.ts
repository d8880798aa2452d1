/**
 * Seals: the check word of a row, renewed when the row is written and verified when it is read.
 *
 * Two running sums (Fletcher's scheme, over 64-bit words) from a start that depends on the row's address, so that a
 * row of zeros, a changed bit, swapped words and a row copied to another place are all found.
 */

const SEAL_START: u64 = 0x6661_6972_6c65_6164; // "fairlead"
/** Even, so that one changed bit always changes the sum. */
const SEAL_FACTOR: u64 = 0x9e37_79b9_7f4a_7c16;

/** The check word that the row should have. Row sizes are multiples of 8 bytes. */
export function sealOf<T>(row: T): u32 {
  const address = changetype<usize>(row);
  const checkAt = offsetof<T>("check");
  let first: u64 = SEAL_START + <u64>address;
  let second: u64 = 0;
  for (let at: usize = 0; at < offsetof<T>(); at += 8) {
    let word = load<u64>(address + at);
    if (at == (checkAt & ~7)) word &= (checkAt & 4) != 0 ? 0xffff_ffff : 0xffff_ffff_0000_0000;
    first += word;
    second += first;
  }
  const sum = first + second * SEAL_FACTOR;
  return <u32>(sum ^ (sum >> 32));
}

/** Writes the check word; call it after each change of a sealed row. */
export function seal<T>(row: T): void {
  store<u32>(changetype<usize>(row), sealOf<T>(row), offsetof<T>("check"));
}

/** True if the row is as it was when it was last sealed. */
export function sealed<T>(row: T): bool {
  return load<u32>(changetype<usize>(row), offsetof<T>("check")) == sealOf<T>(row);
}

/** Sets a row to zeros, without sealing it. */
export function clear<T>(row: T): void {
  const address = changetype<usize>(row);
  for (let at: usize = 0; at < offsetof<T>(); at += 8) {
    store<u64>(address + at, 0);
  }
}

/** Copies a row. */
export function copy<T>(to: T, from: T): void {
  const target = changetype<usize>(to);
  const source = changetype<usize>(from);
  for (let at: usize = 0; at < offsetof<T>(); at += 8) {
    store<u64>(target + at, load<u64>(source + at));
  }
}
