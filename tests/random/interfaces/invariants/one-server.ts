/** A unit has one server, of its pair, and while one of the two is well it is served by it. */
import { partnersOf } from "../../../../host/array/interfaces.js";
import type { Step } from "../run.js";

export function oneServer(step: Step): string[] {
  const partners = partnersOf(step.array.controllers);
  return (step.array.units ?? []).flatMap(({ name, owner }) => {
    const unit = step.after.units.get(name);
    const pair = [owner, partners.get(owner) ?? owner];
    const well = pair.filter((server) => step.after.alive.has(server) && !step.after.silent.has(server));
    if (unit === undefined || !pair.includes(unit.admitted)) return [`${name} is with ${unit?.admitted}`];
    if (well.length > 0 && unit.serving !== unit.admitted)
      return [`${name} is admitted to ${unit.admitted} and served by ${unit.serving || "nobody"}`];
    return well.length > 0 && !well.includes(unit.admitted)
      ? [`${name} is with ${unit.admitted}, which isn't well`]
      : [];
  });
}
