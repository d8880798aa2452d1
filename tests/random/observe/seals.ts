/** Check words of rows, worked out apart from the module: two running sums over 64-bit words, as `build/layout.md` says. */

import { ErrorCodeNames, layouts, type TableLayout } from "../../../host/shim/generated/layout.js";
import type { Core } from "../../../host/shim/module.js";

const START = 0x666169726c656164n;
const FACTOR = 0x9e3779b97f4a7c16n;
const MASK = 0xffff_ffff_ffff_ffffn;

/** True if the row's check word fits its bytes; a table without one has whole rows only. */
export function isWhole(buffer: ArrayBufferLike, table: TableLayout, row: number): boolean {
  const check = table.fields.find(({ role }) => role === "check");
  if (check === undefined) return true;
  const view = new DataView(buffer);
  const address = table.base + row * table.stride;
  let first = START + BigInt(address);
  let second = 0n;
  for (let at = 0; at < table.stride; at += 8) {
    const word = view.getBigUint64(address + at, true);
    first = (first + (check.offset >> 3 === at >> 3 ? withoutCheck(word, check.offset) : word)) & MASK;
    second = (second + first) & MASK;
  }
  const sum = (first + second * FACTOR) & MASK;
  const word = Number((sum ^ (sum >> 32n)) & 0xffff_ffffn);
  return word === view.getUint32(address + check.offset, true);
}

/** The check word itself counts as zero. */
function withoutCheck(word: bigint, offset: number): bigint {
  return (offset & 4) === 0 ? word & 0xffff_ffff_0000_0000n : word & 0xffff_ffffn;
}

/**
 * What is wrong with a module's rows between two ticks of a run that damages nothing: a row that was left unsealed, or one
 * that the module itself found broken; undefined: nothing. Its `attach` looks at all rows and changes none.
 */
export function brokenSeal({ exports, views, profile }: Core): string | undefined {
  const found = exports.attach();
  if (found !== 0) {
    const table = layouts[profile].tables[(found >>> 8) & 0xff]?.name ?? "no table";
    return `${ErrorCodeNames[found & 0xff] ?? `error ${found & 0xff}`}: row ${found >>> 16} of ${table}`;
  }
  const broken = views.header.brokenSeals(0);
  return broken === 0 ? undefined : `the module itself has found ${broken} broken rows`;
}
