/** Plays the events of the settings, once or over and over. */

import type { SimulatedSettings, TimelineEvent } from "./settings.js";
import type { World } from "./world.js";

/** Plans all events of a world; called once, at its start. */
export function playTimeline(world: World, settings: SimulatedSettings): void {
  const { events, repeatMs } = settings;
  const round = () => {
    for (const event of events) world.after(event.atMs, () => play(world, event));
    if (repeatMs > 0 && events.length > 0) world.after(repeatMs, round);
  };
  round();
}

function play(world: World, event: TimelineEvent): void {
  switch (event.kind) {
    case "surge":
      return world.surge(world.portIndex(event.port), event.loadPermille, event.forMs);
    case "link":
      return world.setLink(world.portIndex(event.port), event.state === "up");
    case "server-restart":
      return world.restartServer(event.downMs, event.memory);
    case "forget":
      return world.isns.forget(world.targetNames.indexOf(event.target), world.portIndex(event.port));
    case "add":
      return world.isns.register(world.targetNames.indexOf(event.target), world.portIndex(event.port));
    case "returns": {
      const initiator = world.initiators.find(({ name }) => name === event.initiator);
      if (initiator) world.setReturnsTo(initiator, event.to);
    }
  }
}
