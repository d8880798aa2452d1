/** The epochs that a controller tells of: those of the scopes that decide what it holds. */

import { Acknowledged, ScopeKind } from "../../shim/generated/layout.js";
import type { ArrayScope } from "../scopes.js";
import type { StoredEpoch } from "./status.js";

const KINDS: ReadonlyMap<number, number> = new Map([
  [Acknowledged.GROUP, ScopeKind.GROUP],
  [Acknowledged.PAIR, ScopeKind.PAIR],
  [Acknowledged.ARRAY, ScopeKind.ARRAY],
]);
/** Row of group 0 in the module's table of scopes. */
const FIRST_GROUP_ROW = 1;

/**
 * @param controllers names in the order of the array file
 * @param highest the highest epoch stored of a scope, by its name; 0: none
 */
export function storedEpochs(
  scopes: readonly ArrayScope[],
  self: string,
  controllers: readonly string[],
  highest: (scope: string) => number,
): StoredEpoch[] {
  const epochs: StoredEpoch[] = [];
  for (const scope of scopes) {
    const kind = KINDS.get(scope.acknowledged);
    const epoch = highest(scope.name);
    if (kind === undefined || epoch === 0 || !scope.members.includes(self)) continue;
    epochs.push({ kind, subject: subjectOf(kind, scope, controllers), epoch });
  }
  return epochs;
}

function subjectOf(kind: number, scope: ArrayScope, controllers: readonly string[]): number {
  if (kind === ScopeKind.GROUP) return scope.row(() => 0) - FIRST_GROUP_ROW;
  return kind === ScopeKind.PAIR ? Math.min(...scope.members.map((name) => controllers.indexOf(name))) : 0;
}
