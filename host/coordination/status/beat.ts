/** When status is sent: at each interval, and soon after something changed. */

import { type Clock, Every, type Timer } from "../clock.js";

/** Two messages that changes call for are this far apart at least, so that a flapping link doesn't flood the others. */
const LEAST_GAP_MS = 5;

export class StatusBeat {
  private every: Every | undefined;
  private soonTimer: Timer | undefined;
  private sentMs = Number.NEGATIVE_INFINITY;

  /** @param send composes and sends a message */
  constructor(
    private readonly clock: Clock,
    private readonly intervalMs: number,
    private readonly send: () => void,
  ) {}

  /** The first message goes out at once. */
  start(): void {
    this.now();
    this.every = new Every(this.clock, this.intervalMs, () => this.now());
  }

  /** Something changed: a message goes out at once, or as soon as the gap to the latest one allows. */
  soon(): void {
    if (this.every === undefined || this.soonTimer !== undefined) return;
    const waitMs = Math.max(0, this.sentMs + LEAST_GAP_MS - this.clock.monotonicMs());
    this.soonTimer = this.clock.after(waitMs, () => this.now());
  }

  stop(): void {
    this.every?.cancel();
    this.soonTimer?.cancel();
    this.every = undefined;
    this.soonTimer = undefined;
  }

  private now(): void {
    this.soonTimer?.cancel();
    this.soonTimer = undefined;
    this.sentMs = this.clock.monotonicMs();
    this.send();
  }
}
