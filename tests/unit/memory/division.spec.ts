import { longQuotient, quotient } from "../../../assembly/memory/division";

/** Dividends of every width, with bits at their ends and in their middles. */
const DIVIDENDS: u64[] = [
  0, 1, 999, 0xffff_ffff, 0x1_0000_0000, 0x1_0000_0001, 4_294_967_295_000, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000,
  0xdead_beef_0bad_cafe, 0xffff_ffff_ffff_ffff,
];
const DIVISORS: u32[] = [1, 2, 3, 7, 999, 1000, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

describe("Division of 64 bits by 32", () => {
  it("is that of the processor", () => {
    for (let n = 0; n < DIVIDENDS.length; n++) {
      for (let m = 0; m < DIVISORS.length; m++) {
        const expected = DIVIDENDS[n] / DIVISORS[m];
        expect<u64>(quotient(DIVIDENDS[n], DIVISORS[m])).toBe(expected, DIVIDENDS[n].toString());
        expect<u64>(longQuotient(DIVIDENDS[n], DIVISORS[m])).toBe(expected, DIVIDENDS[n].toString());
      }
    }
  });
});
