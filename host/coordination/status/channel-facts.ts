/** What the status messages of a controller have come to, for people and metrics. */

import type { TrackedFacts } from "../../sources/tracked/inputs.js";
import type { Clock } from "../clock.js";
import type { StatusChannel } from "./channel.js";
import type { StatusCounters } from "./counters.js";
import type { StatusFeed } from "./feed.js";

export interface LinkFacts {
  /** Sender. */
  controller: string;
  /** Place of the link among the sender's `control` addresses. */
  link: number;
  /** Milliseconds since it brought a good message; null: never. */
  heardAgeMs: number | null;
  /** It brings nothing while another link from the same controller does. */
  dead: boolean;
}

export interface ChannelFacts {
  counters: Record<keyof StatusCounters, number>;
  links: LinkFacts[];
  /** Times that two controllers said at one time that they hold the same address, or serve the same unit. */
  doubledInterfaces: number;
  doubledUnits: number;
  /** What this controller tracks. */
  tracked: TrackedFacts[];
}

/** @param own name of this controller */
export function channelFactsOf(
  channel: StatusChannel,
  feed: StatusFeed,
  clock: Clock,
  own: string,
  tracked: TrackedFacts[] = [],
): ChannelFacts {
  const nowMs = clock.monotonicMs();
  const others = feed.places.controllers.filter((name) => name !== own);
  return {
    counters: { ...channel.counters },
    links: others.flatMap((controller) =>
      (channel.links(controller) ?? []).map(({ heardMs, dead }, link) => ({
        controller,
        link,
        heardAgeMs: Number.isFinite(heardMs) ? Math.round(nowMs - heardMs) : null,
        dead,
      })),
    ),
    doubledInterfaces: feed.ownInterfaces.doubled,
    doubledUnits: feed.ownUnits.doubled,
    tracked,
  };
}
