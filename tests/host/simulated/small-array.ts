/** A small array for tests of the simulated world: four ports, three targets on all of them. */

import type { ArrayDescription, InitiatorDescription, PortDescription } from "../../../host/array/description.js";
import { defaultSettings, type SimulatedSettings } from "../../../host/sources/simulated/settings.js";
import { World } from "../../../host/sources/simulated/world.js";
import type { WorldEvent } from "../../../host/sources/simulated/world-event.js";

export const portNames = ["p1", "p2", "p3", "p4"];

function port(name: string, index: number): PortDescription {
  return {
    name,
    controller: "c1",
    address: "",
    tag: index + 1,
    listOrder: index,
    maintenance: false,
    capacity: { processor: 1_000_000, bandwidth: 1_220_703, operations: 0, queue: 256, sessions: 0 },
  };
}

function initiator(name: string): InitiatorDescription {
  return { name, pinned: false, nextPortal: "first", switchingPriority: 0 };
}

export function smallArray(): ArrayDescription {
  return {
    name: "small",
    profile: "standard",
    controllers: [{ name: "c1" }],
    ports: portNames.map(port),
    targets: ["t1", "t2", "t3"].map((name) => ({ name, ports: [...portNames], pinned: false, redirection: false })),
    initiators: ["h1", "h2", "h3", "h4"].map(initiator),
    policy: { common: {}, ports: {}, health: {} },
    sources: {},
  };
}

/** A world on the small array with twelve sessions, one for each initiator and target; and what happens in it. */
export function smallWorld(
  settings: Partial<SimulatedSettings> = {},
  change: (array: ArrayDescription) => void = () => {},
): { world: World; events: WorldEvent[] } {
  const array = smallArray();
  change(array);
  const world = new World(array, { ...defaultSettings, sessions: 12, placement: "first", ...settings });
  const events: WorldEvent[] = [];
  world.onEvent = (event) => events.push(event);
  return { world, events };
}
