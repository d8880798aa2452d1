/**
 * An address is never on the partner of a server that lost it since it was at home and is not back, nor on a port that may
 * not host it; and in the other group, where that is allowed, only if it found no port of its own.
 */
import { candidatesOf, groupOfPort, isOfPartner, mayLeaveGroup, portsOf } from "../eligible.js";
import type { Step } from "../run.js";

export function neverThePartner(step: Step): string[] {
  const taken = new Map(
    step.told.filter(({ kind }) => kind === "MOVE_INTERFACE").map(({ subject, to }) => [subject, to]),
  );
  return (step.array.interfaces ?? []).flatMap((each) => {
    const port = step.after.interfaces.get(each.name) ?? "";
    if (port === "") return [];
    if (isOfPartner(step, each, port)) return [`${each.name} is on ${port}, of the partner of a server that lost it`];
    if (!mayLeaveGroup(step)) return portsOf(step, each).includes(port) ? [] : [`${each.name} is on ${port}`];
    if (taken.get(each.name) !== port || candidatesOf(step, each).includes(port)) return [];
    return [`${each.name} went to ${port} of group ${groupOfPort(step, port)}`];
  });
}
