/** What can stay stays: only an address whose port failed, or an operator's wish, is a cause. */
import { isStuck } from "../eligible.js";
import type { Step } from "../run.js";

export function noMoveWithoutCause(step: Step): string[] {
  if (step.happening?.do === "rebalance") return [];
  const moved = new Set(step.told.filter(({ kind }) => kind.endsWith("_INTERFACE")).map(({ subject }) => subject));
  return [...step.before.interfaces]
    .filter(([name, port]) => moved.has(name) && (step.after.usable.has(port) || isStuck(step, step.after, port)))
    .map(([name, port]) => `${name} was moved from ${port} to ${step.after.interfaces.get(name)}`);
}
