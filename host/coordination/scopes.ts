/** The scopes of an array: their names at the lease service, their rows in the module, and whose holdings they decide. */

import type { ArrayDescription } from "../array/description.js";
import { groupsOf, partnersOf } from "../array/interfaces.js";
import { Acknowledged } from "../shim/generated/layout.js";
import type { CoordinatedScope } from "./coordinator.js";

export interface ArrayScope extends CoordinatedScope {
  /** Row in the module's table, given the place of each server among its rows. */
  row(serverIndex: (controller: string) => number): number;
  /** Bit of `Acknowledged` by which the module is told that a member has reported. */
  acknowledged: number;
  /** The holder is a processor's row, not a server's. */
  heldByProcessor: boolean;
}

export const ARRAY_SCOPE = "array";

const FIRST_GROUP_ROW = 1;
const GROUPS = [0, 1] as const;
const ARRAY_ROW = 3;
const FIRST_PAIR_ROW = 5;

/** All scopes that are decided under a lease. A pair is named after its first controller in the array file. */
export function scopesOf({ controllers }: ArrayDescription): ArrayScope[] {
  const groups = groupsOf(controllers);
  const partners = partnersOf(controllers);
  const names = controllers.map(({ name }) => name);
  const scopes: ArrayScope[] = GROUPS.map((group) => ({
    name: `group/${group}`,
    members: names.filter((name) => groups.get(name) === group),
    effectsWithKey: false,
    acknowledged: Acknowledged.GROUP,
    heldByProcessor: false,
    row: () => FIRST_GROUP_ROW + group,
  }));
  for (const [place, name] of names.entries()) {
    const partner = partners.get(name);
    if (partner !== undefined && names.indexOf(partner) < place) continue;
    const members = partner === undefined ? [name] : [name, partner];
    scopes.push({
      name: `pair/${name}`,
      members,
      effectsWithKey: false,
      acknowledged: Acknowledged.PAIR,
      heldByProcessor: false,
      row: (serverIndex) => FIRST_PAIR_ROW + Math.min(...members.map(serverIndex)),
    });
  }
  scopes.push({
    name: ARRAY_SCOPE,
    members: names,
    effectsWithKey: true,
    acknowledged: Acknowledged.ARRAY,
    heldByProcessor: true,
    row: () => ARRAY_ROW,
  });
  return scopes;
}
