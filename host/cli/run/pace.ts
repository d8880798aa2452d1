/** When ticks happen: at the pace of the monotonic clock, faster by a factor, or as fast as the machine can. */

import { setImmediate as nextTurn } from "node:timers/promises";

/** A factor of real time; infinity: no waiting at all. */
export type Speed = number;

export interface PaceOptions {
  tickMs: number;
  speed: Speed;
  /** Ends after so many milliseconds of the host's clock; infinity: never by itself. */
  durationMs: number;
  /** Monotonic milliseconds; another clock for tests. */
  now?: () => number;
}

/** Ticks that are made up for in one go at most when the process was held up; the module is told of the gap. */
const CATCH_UP_MAX = 50;
/** Ticks in one turn of the event loop when there is no waiting. */
const TURN_TICKS = 50;

/**
 * Ticks at a fixed pace that does not drift: each tick has its place on a grid from the start, however long the ones
 * before took. At speed 1 the host's milliseconds are the monotonic clock's own; at any other they are the grid's.
 */
export class Pace {
  private stopped = false;
  private wake: () => void = () => {};
  private early = false;

  constructor(private readonly options: PaceOptions) {}

  /** Runs until the duration is over or `stop` is called. @param step called with the host's milliseconds */
  async run(step: (hostMs: number) => void): Promise<void> {
    if (this.options.speed === Number.POSITIVE_INFINITY) await this.runFreely(step);
    else await this.runInTime(step);
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  /** Steps now rather than at the next place of the grid, which stays. Only in real time. */
  soon(): void {
    this.early = true;
    this.wake();
  }

  /** True once it was stopped from outside. */
  get wasStopped(): boolean {
    return this.stopped;
  }

  private async runFreely(step: (hostMs: number) => void): Promise<void> {
    const { tickMs, durationMs } = this.options;
    for (let tick = 0; !this.stopped && tick * tickMs <= durationMs; tick++) {
      step(tick * tickMs);
      // Keys and signals have their turn.
      if (tick % TURN_TICKS === TURN_TICKS - 1) await nextTurn();
    }
  }

  private async runInTime(step: (hostMs: number) => void): Promise<void> {
    const { tickMs, durationMs, speed, now = () => performance.now() } = this.options;
    const startMs = now();
    for (let tick = 0; !this.stopped && tick * tickMs <= durationMs; ) {
      await this.sleep(startMs + (tick * tickMs) / speed - now());
      if (this.stopped) return;
      const elapsedMs = (now() - startMs) * speed;
      if (speed === 1 && this.early && elapsedMs < tick * tickMs) {
        this.early = false;
        step(Math.floor(startMs + elapsedMs));
        continue;
      }
      this.early = false;
      const due = Math.max(tick, Math.floor(elapsedMs / tickMs));
      if (speed === 1) {
        step(Math.floor(startMs + Math.min(elapsedMs, durationMs)));
        tick = due + 1;
        continue;
      }
      const last = Math.min(due, tick + CATCH_UP_MAX, Math.floor(durationMs / tickMs));
      for (; tick <= last && !this.stopped; tick++) step(tick * tickMs);
      tick = Math.max(tick, due - CATCH_UP_MAX);
    }
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.early ? 0 : Math.max(0, ms));
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
