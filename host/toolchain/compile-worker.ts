/** A process that compiles one module: takes a job by message, answers "" or what the compiler said. */

import { compileTarget } from "./compile.js";
import type { CompileJob } from "./compile-stale.js";

process.once("message", async (message: { root: string; job: CompileJob }) => {
  const { root, job } = message;
  let answer = "";
  try {
    await compileTarget(root, job.target, job.outFile);
  } catch (error) {
    answer = error instanceof Error ? error.message : String(error);
  }
  process.send?.(answer, () => process.disconnect());
});
