/** An address is on one port or nowhere, never on two. */
import type { Step } from "../run.js";

export function oneHolder(step: Step): string[] {
  return step.held.map(({ interface: name, ports }) => `${name} was held by ${ports.join(" and ")}`);
}
