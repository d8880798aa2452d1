/** An address stays in its group: it is never on the partner of a server that lost it, nor on a port that may not host it. */
import { portNamed, portsOf } from "../eligible.js";
import type { Step } from "../run.js";
import { partnersOf } from "../../../../host/array/interfaces.js";

export function neverThePartner(step: Step): string[] {
  const partners = partnersOf(step.array.controllers);
  return (step.array.interfaces ?? []).flatMap((each) => {
    const port = step.after.interfaces.get(each.name) ?? "";
    const lostBy = portNamed(step, step.before.interfaces.get(each.name) ?? "")?.controller ?? "";
    const holder = portNamed(step, port)?.controller ?? "";
    if (holder !== "" && partners.get(lostBy) === holder) return [`${each.name} went from ${lostBy} to its partner`];
    return port === "" || portsOf(step, each).includes(port) ? [] : [`${each.name} is on ${port}`];
  });
}
