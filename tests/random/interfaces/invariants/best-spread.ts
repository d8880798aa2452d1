/** After a failure the spread is the best possible with what didn't have to move left in place. */
import { bestSpread, loadsOf } from "../best-spread.js";
import { groupOfPort, isStuck, mayLeaveGroup, usablePortsOf } from "../eligible.js";
import type { Step } from "../run.js";

export function bestSpreadAfterFailure(step: Step): string[] {
  if (step.happening?.do === "rebalance") return [];
  // Each group's spread is what it can make of what the other has placed on its ports: for that there is no best.
  if (mayLeaveGroup(step)) return [];
  return [0, 1].flatMap((group) => {
    const interfaces = (step.array.interfaces ?? []).filter(({ home }) => groupOfPort(step, home) === group);
    const fixed = new Map<string, number>();
    const things = [];
    for (const each of interfaces) {
      const before = step.before.interfaces.get(each.name) ?? "";
      const places = usablePortsOf(step, step.after, each);
      // A silent server keeps what it has, and counts for nothing.
      if (isStuck(step, step.after, before)) continue;
      // What needs a place goes home if home can take it.
      const stays = step.after.usable.has(before) ? before : places.includes(each.home) ? each.home : "";
      if (stays !== "") fixed.set(stays, (fixed.get(stays) ?? 0) + 1);
      else things.push({ name: each.name, places, present: "" });
    }
    const places = (step.array.networkPorts ?? [])
      .filter(({ name }) => groupOfPort(step, name) === group && step.after.usable.has(name))
      .map(({ name, speed }) => ({ name, weight: speed, fixed: fixed.get(name) ?? 0 }));
    const best = bestSpread(places, things).loads;
    const counts = new Map(places.map(({ name }) => [name, 0]));
    for (const { name } of interfaces) {
      const port = step.after.interfaces.get(name) ?? "";
      if (counts.has(port)) counts.set(port, (counts.get(port) ?? 0) + 1);
    }
    const seen = loadsOf(places, counts);
    return JSON.stringify(seen) === JSON.stringify(best)
      ? []
      : [`group ${group} is loaded ${JSON.stringify(seen)}, and could be ${JSON.stringify(best)}`];
  });
}
