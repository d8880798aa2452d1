/** Nothing damages memory here: every row that the module keeps is whole after every tick, and none was found broken. */

import { brokenSeal } from "../../observe/seals.js";
import type { Invariant } from "../scene.js";

export const wholeRows: Invariant = {
  name: "every row is sealed",
  watch: (report) => ({
    afterTick({ core }) {
      const broken = brokenSeal(core);
      if (broken !== undefined) report(broken);
    },
  }),
};
