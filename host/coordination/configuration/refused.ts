/** Why a revision is not committed, confirmed or given back. */

import { formatProblem } from "../../array/checked-yaml.js";
import type { Refused } from "./asking.js";

/** Why a text is not committed: by controller. */
export class RevisionRefused extends Error {
  /** @param code one word for programs */
  constructor(
    readonly code: "not_adopted" | "unconfirmed" | "nothing_unconfirmed" | "changed" | "too_large" | "not_in_force",
    readonly reasons: readonly Refused[],
  ) {
    super(reasons.map(({ controller, problem }) => `${controller}: ${formatProblem(problem)}`).join("\n"));
    this.name = "RevisionRefused";
  }
}
