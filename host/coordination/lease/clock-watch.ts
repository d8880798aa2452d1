/** Watches the wall clock against the monotonic one: the kernel's rule counts by the former, all else by the latter. */

import type { Clock } from "../clock.js";

/** Between two readings that belong together; more, and the process was held up between them. */
const READING_MS_MAX = 1;
const READINGS_MAX = 16;

export class ClockWatch {
  /** Wall clock less monotonic clock, in milliseconds. */
  private offsetMs: number;

  /** @param toleranceMs less is no step: rounding, and the rate by which a clock is slewed */
  constructor(
    private readonly clock: Clock,
    private readonly toleranceMs = 5,
  ) {
    this.offsetMs = this.read();
  }

  /** The wall clock's time at a monotonic time, by the offset in force. */
  wallAt(monotonicMs: number): number {
    return Math.floor(monotonicMs + this.offsetMs);
  }

  /** By how much the wall clock was stepped since the last call; 0: not. What is slewed is followed. */
  step(): number {
    const offsetMs = this.read();
    const byMs = offsetMs - this.offsetMs;
    this.offsetMs = offsetMs;
    return Math.abs(byMs) > this.toleranceMs ? byMs : 0;
  }

  /** A process that is paused between two readings would see a step that never was. */
  private read(): number {
    let offsetMs = 0;
    for (let reading = 0; reading < READINGS_MAX; reading++) {
      const beforeMs = this.clock.monotonicMs();
      offsetMs = this.clock.wallMs() - beforeMs;
      if (this.clock.monotonicMs() - beforeMs <= READING_MS_MAX) break;
    }
    return offsetMs;
  }
}
