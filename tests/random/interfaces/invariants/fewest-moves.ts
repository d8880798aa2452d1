/** After a rebalance the spread is the best possible at all, with the fewest moves. */
import { bestSpread, loadsOf } from "../best-spread.js";
import { groupOfPort, isStuck, mayLeaveGroup, usablePortsOf } from "../eligible.js";
import type { Step } from "../run.js";

export function fewestMoves(step: Step): string[] {
  if (step.happening?.do !== "rebalance") return [];
  // Each group's spread is what it can make of what the other has placed on its ports: for that there is no best.
  if (mayLeaveGroup(step)) return [];
  return [0, 1].flatMap((group) => {
    const interfaces = (step.array.interfaces ?? [])
      .filter(({ home }) => groupOfPort(step, home) === group)
      .filter(({ name }) => !isStuck(step, step.after, step.before.interfaces.get(name) ?? ""));
    const places = (step.array.networkPorts ?? [])
      .filter(({ name }) => groupOfPort(step, name) === group && step.after.usable.has(name))
      .map(({ name, speed }) => ({ name, weight: speed, fixed: 0 }));
    const things = interfaces.map((each) => ({
      name: each.name,
      places: usablePortsOf(step, step.after, each),
      present: step.before.interfaces.get(each.name) ?? "",
    }));
    const best = bestSpread(places, things);
    const counts = new Map(places.map(({ name }) => [name, 0]));
    let moves = 0;
    for (const { name, present } of things) {
      const port = step.after.interfaces.get(name) ?? "";
      if (counts.has(port)) counts.set(port, (counts.get(port) ?? 0) + 1);
      if (port !== present) moves++;
    }
    const seen = { loads: loadsOf(places, counts), moves };
    return JSON.stringify(seen) === JSON.stringify(best)
      ? []
      : [`group ${group} came to ${JSON.stringify(seen)}, and could to ${JSON.stringify(best)}`];
  });
}
