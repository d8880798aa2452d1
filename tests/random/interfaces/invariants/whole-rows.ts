/** Nothing damages memory here: every row that the module keeps is whole after every tick, and none was found broken. */
import type { Step } from "../run.js";

export function wholeRows({ brokenSeal }: Step): string[] {
  return brokenSeal === undefined ? [] : [brokenSeal];
}
