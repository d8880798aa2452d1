/** What an array file may say, and probably doesn't mean. */

import type { CheckedYaml } from "./checked-yaml.js";
import type { Problem } from "./description.js";
import { groupsOf, partnersOf } from "./interfaces.js";
import type { PlacedArray } from "./parse.js";

/** Warnings: interfaces and units that have nowhere to go when their port or server fails; what nobody is told of. */
export function warningsOf(placed: PlacedArray, yaml: CheckedYaml): Problem[] {
  return [...portWarnings(placed, yaml), ...serverWarnings(placed, yaml), ...trackWarnings(placed, yaml)];
}

function portWarnings({ array, networkPorts, interfaces }: PlacedArray, yaml: CheckedYaml): Problem[] {
  const groups = groupsOf(array.controllers);
  const ports = new Map(networkPorts.map(({ thing }) => [thing.name, thing]));
  return interfaces.flatMap(({ thing, path }) => {
    const home = ports.get(thing.home);
    if (home === undefined) return [];
    const group = groups.get(home.controller);
    const eligible = networkPorts
      .map((port) => port.thing)
      .filter((port) => thing.eligible?.includes(port.name) ?? port.domain === home.domain)
      .filter((port) => groups.get(port.controller) === group);
    if (eligible.length < 2) {
      const message = `${thing.name} has no port but its home`;
      return [yaml.problem([...path, "home"], message, `a second port of group ${group} and domain ${home.domain}`)];
    }
    if (eligible.some((port) => port.controller !== home.controller)) return [];
    const message = `${thing.name} has no port of another server`;
    return [yaml.problem([...path, "home"], message, `a port of another server of group ${group}`)];
  });
}

function serverWarnings({ array, units }: PlacedArray, yaml: CheckedYaml): Problem[] {
  const partners = partnersOf(array.controllers);
  return units
    .filter(({ thing }) => !partners.has(thing.owner))
    .map(({ thing, path }) => {
      const message = `no other server takes ${thing.name} over: ${thing.owner} has no partner`;
      return yaml.problem([...path, "owner"], message, "an owner with a partner");
    });
}

function trackWarnings({ array, controllers }: PlacedArray, yaml: CheckedYaml): Problem[] {
  if (array.coordination !== undefined) return [];
  return controllers
    .filter(({ thing }) => thing.track !== undefined)
    .map(({ thing, path }) => {
      const message = `what ${thing.name} tracks is told to nobody: the array has no section \`coordination\``;
      return yaml.problem([...path, "track"], message, "a section `coordination`");
    });
}
