/** Each address is hosted within the published time while a port can take it; one that none can is told of by an alarm. */
import { candidatesOf } from "../eligible.js";
import type { Picture, Step } from "../run.js";

export function hosted(step: Step): string[] {
  return [...new Set([step.within, step.after].flatMap((picture) => homeless(step, picture)))];
}

function homeless(step: Step, picture: Picture): string[] {
  return (step.array.interfaces ?? [])
    .filter(({ name }) => picture.interfaces.get(name) === "")
    .flatMap((each) => {
      const [candidate] = candidatesOf(step, each);
      if (candidate !== undefined) return [`${each.name} is nowhere, and ${candidate} could take it`];
      return step.alarmed.has(each.name) ? [] : [`${each.name} is nowhere, and no alarm says so`];
    });
}
