/** Problems found in the row classes and in the sources of the core: each names its place and what would be right. */

export interface SourceProblem {
  /** Path from the root of the tree. */
  file: string;
  /** 1-based. */
  line: number;
  message: string;
  /** What would be right. */
  expected: string;
}

/** `file:line: message; expected …`, the form that editors follow. */
export function formatProblem(problem: SourceProblem): string {
  return `${problem.file}:${problem.line}: ${problem.message}; expected ${problem.expected}`;
}

/** Thrown once all of a source's problems are known, so that one build names them all. */
export class SourceProblems extends Error {
  constructor(readonly problems: readonly SourceProblem[]) {
    super(problems.map(formatProblem).join("\n"));
    this.name = "SourceProblems";
    // asc prints the stack of what a transform throws: the places are what helps, not this code's frames.
    this.stack = this.message;
  }
}
