/** Digest of decisions: FNV-1a with 64 bits over each drained row's bytes, in order, without BigInt. */

const OFFSET_LOW = 0x84222325;
const OFFSET_HIGH = 0xcbf29ce4;
/** The prime is 2^40 + 0x1b3. */
const PRIME_LOW = 0x1b3;
const TWO_TO_32 = 2 ** 32;

export class Fnv64 {
  private low = OFFSET_LOW;
  private high = OFFSET_HIGH;

  /** Takes in bytes `from` to `to` (not included). */
  update(bytes: Uint8Array, from = 0, to = bytes.length): void {
    let low = this.low;
    let high = this.high;
    for (let index = from; index < to; index++) {
      low = (low ^ (bytes[index] as number)) >>> 0;
      const product = low * PRIME_LOW;
      const carry = Math.floor(product / TWO_TO_32);
      high = (Math.imul(high, PRIME_LOW) + carry + (low << 8)) >>> 0;
      low = product >>> 0;
    }
    this.low = low;
    this.high = high;
  }

  get lowWord(): number {
    return this.low;
  }

  get highWord(): number {
    return this.high;
  }

  /** 16 hex digits. */
  hex(): string {
    return this.high.toString(16).padStart(8, "0") + this.low.toString(16).padStart(8, "0");
  }

  reset(): void {
    this.low = OFFSET_LOW;
    this.high = OFFSET_HIGH;
  }
}
