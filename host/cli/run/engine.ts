/** One run: sources feed the shim, it ticks, effectors carry out, and whoever listens is told. */

import type { ChannelFacts } from "../../coordination/status/channel-facts.js";
import type { Effector, Source } from "../../shim/actor.js";
import type { DecisionView } from "../../shim/decision-view.js";
import type { Shim } from "../../shim/shim.js";
import type { World } from "../../sources/simulated/world.js";
import { type DecisionRecord, type RunEvent, recordOf } from "./records.js";
import { Watch } from "./watch.js";

export interface RunParts {
  shim: Shim;
  sources: readonly Source[];
  effectors: readonly Effector[];
  /** The simulated world, where it is one. */
  world?: World;
  /** The controller among others, where there are several. */
  coordination?: { channelFacts(): ChannelFacts | undefined };
}

/** Told of everything a run does, as it happens. */
export interface RunListener {
  decision?(record: DecisionRecord): void;
  event?(event: RunEvent): void;
}

export class Engine {
  readonly shim: Shim;
  readonly world: World | undefined;
  readonly watch: Watch;
  ticks = 0;
  /** Time in the module and the shim, of all ticks and of the longest, in microseconds. */
  tickUs = 0;
  longestTickUs = 0;
  /** Time of the host's clock since the run began, in milliseconds. */
  elapsedMs = 0;
  private readonly listeners: RunListener[] = [];
  private firstMs = -1;
  private readonly handle: (decision: DecisionView) => void;

  constructor(private readonly parts: RunParts) {
    this.shim = parts.shim;
    this.world = parts.world;
    const tell = (event: RunEvent) => {
      for (const listener of this.listeners) listener.event?.(event);
    };
    this.watch = new Watch(parts.shim, tell);
    if (parts.world) {
      // The world begins anew where the module goes on with the time of a snapshot.
      const originMs = parts.shim.core.views.header.nowMs(0);
      parts.world.onEvent = (event) => tell({ ...event, timeMs: originMs + event.timeMs });
    }
    this.handle = (decision) => this.handOut(decision);
    for (const source of parts.sources) source.attach(parts.shim);
  }

  /** Time of the module, in milliseconds: what decisions and events carry. */
  get moduleMs(): number {
    return this.shim.core.views.header.nowMs(0);
  }

  /** What the status messages of the controllers have come to; undefined for an array without `coordination`. */
  channelFacts(): ChannelFacts | undefined {
    return this.parts.coordination?.channelFacts();
  }

  listen(listener: RunListener): void {
    this.listeners.push(listener);
  }

  /** One tick at the host's monotonic milliseconds. */
  step(hostMs: number): void {
    if (this.firstMs < 0) {
      this.firstMs = hostMs;
      this.shim.start(hostMs);
    }
    this.elapsedMs = hostMs - this.firstMs;
    for (const source of this.parts.sources) source.beforeTick(hostMs);
    const beganMs = performance.now();
    this.shim.tick(hostMs, this.handle);
    const tookUs = (performance.now() - beganMs) * 1000;
    this.ticks++;
    this.tickUs += tookUs;
    if (tookUs > this.longestTickUs) this.longestTickUs = tookUs;
    this.watch.afterTick();
  }

  async close(): Promise<void> {
    for (const part of new Set<Source | Effector>([...this.parts.sources, ...this.parts.effectors])) await part.close();
  }

  private handOut(decision: DecisionView): void {
    const record = recordOf(decision, this.shim.names);
    for (const listener of this.listeners) listener.decision?.(record);
    for (const effector of this.parts.effectors) effector.handle(decision);
  }
}
