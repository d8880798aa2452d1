/** A host's monotonic clock beside virtual time: it may leap or stand still. */

/** It is not 0 when a case begins: a zero would hide arithmetic on it. */
const START_MS = 1_000_000;

export class HostClock {
  private offsetMs = START_MS;
  private stop: { fromMs: number; untilMs: number } | undefined;

  /** The clock's milliseconds at a virtual time; asked in order. */
  at(nowMs: number): number {
    const { stop } = this;
    if (stop !== undefined) {
      if (nowMs < stop.untilMs) return Math.max(0, stop.fromMs + this.offsetMs);
      this.offsetMs -= stop.untilMs - stop.fromMs;
      this.stop = undefined;
    }
    return Math.max(0, nowMs + this.offsetMs);
  }

  /** It leaps by `forwardMs`, back where that is negative, and then stands still for `stopMs`. */
  change(nowMs: number, forwardMs: number, stopMs: number): void {
    this.offsetMs += forwardMs;
    if (stopMs > 0) this.stop = { fromMs: nowMs, untilMs: nowMs + stopMs };
  }
}
