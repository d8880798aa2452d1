/** Compares the memory of module and twin byte for byte, and names the first place where they part. */

import { layouts, type ProfileName } from "../../host/shim/generated/layout.js";

/** Thrown when outputs differ: the one thing that fails the bench. */
export class OutputsDiffer extends Error {}

/** Rows that a step leaves behind as scratch are of no account, but the twin leaves the same there too. */
export function firstDifference(profile: ProfileName, module: Uint8Array, twin: Uint8Array): string | undefined {
  if (module.length !== twin.length) return `the module has ${module.length} bytes, the twin ${twin.length}`;
  const at = module.findIndex((byte, address) => byte !== twin[address]);
  return at < 0 ? undefined : `${placeOf(profile, at)}: module ${module[at]}, twin ${twin[at]}`;
}

/** @throws OutputsDiffer naming table, row and field. */
export function expectEqual(profile: ProfileName, what: string, module: Uint8Array, twin: Uint8Array): void {
  const difference = firstDifference(profile, module, twin);
  if (difference !== undefined) throw new OutputsDiffer(`${what}, profile ${profile}: ${difference}`);
}

/** Table, row and field that an address belongs to. */
export function placeOf(profile: ProfileName, address: number): string {
  for (const table of layouts[profile].tables) {
    const offset = address - table.base;
    if (offset < 0 || offset >= table.capacity * table.stride) continue;
    const row = Math.floor(offset / table.stride);
    const field = table.fields.findLast((candidate) => candidate.offset <= offset % table.stride);
    return `byte ${address}, table ${table.name}, row ${row}, field ${field?.name}`;
  }
  return `byte ${address}, outside the rows`;
}
