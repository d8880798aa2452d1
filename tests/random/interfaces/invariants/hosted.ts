/** Each address is hosted within the published time while an eligible port can take it. */
import { usablePortsOf } from "../eligible.js";
import type { Step } from "../run.js";

export function hosted(step: Step): string[] {
  return (step.array.interfaces ?? [])
    .filter(({ name }) => step.after.interfaces.get(name) === "")
    .filter((each) => usablePortsOf(step, step.after, each).length > 0)
    .map(({ name }) => `${name} is nowhere`);
}
