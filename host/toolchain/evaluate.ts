/** Evaluation that reports instead of throwing, for readers that go on after a problem. */

import type { Expression } from "assemblyscript";
import { type ConstantScope, NotConstant } from "./constants.js";
import type { SourceProblem } from "./problems.js";
import { lineOf } from "./source.js";

/** The expression's value; where it has none, notes the problem and returns 0. */
export function evaluateOr(scope: ConstantScope, node: Expression, profile: number, problems: SourceProblem[]): number {
  try {
    return scope.evaluate(node, profile);
  } catch (error) {
    if (!(error instanceof NotConstant)) throw error;
    problems.push({
      file: error.node.range.source.normalizedPath,
      line: lineOf(error.node),
      message: error.message,
      expected: "a compile-time constant: literals, constants of the layout's files, PROFILE, + - * / % << >> & | ?:",
    });
    return 0;
  }
}
