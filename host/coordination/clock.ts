/** Time as the coordination sees it: injected, so that several controllers run in one process in virtual time. */

export interface Timer {
  /** The timer runs no more; no harm when it has run already. */
  cancel(): void;
}

export interface Clock {
  /** Milliseconds that never go back and are no date. They go on while the process is stopped (SIGSTOP). */
  monotonicMs(): number;
  /** Milliseconds since 1970, as the kernel's `meta time` counts them; may be stepped at any time. */
  wallMs(): number;
  /** Runs something once, not before `delayMs` have passed; later where the process was held up. */
  after(delayMs: number, run: () => void): Timer;
}

/** The machine's clocks. Timers are unreferenced: coordination alone keeps no process alive. */
export class SystemClock implements Clock {
  monotonicMs(): number {
    return performance.now();
  }

  wallMs(): number {
    return Date.now();
  }

  after(delayMs: number, run: () => void): Timer {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  }
}

/** Resolves after a delay of this clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(delayMs, resolve));
}

/** Something that runs again and again at a fixed interval, on a grid that does not drift. */
export class Every implements Timer {
  private timer: Timer;
  private nextMs: number;

  /** Runs first after one interval. Runs missed while the process was held up are left out, not made up for. */
  constructor(
    private readonly clock: Clock,
    private readonly intervalMs: number,
    private readonly run: () => void,
  ) {
    this.nextMs = clock.monotonicMs() + intervalMs;
    this.timer = clock.after(intervalMs, this.step);
  }

  cancel(): void {
    this.timer.cancel();
  }

  private readonly step = (): void => {
    const nowMs = this.clock.monotonicMs();
    // The next place on the grid is fixed first: what runs may throw, and may cancel.
    do this.nextMs += this.intervalMs;
    while (this.nextMs <= nowMs);
    this.timer = this.clock.after(this.nextMs - nowMs, this.step);
    this.run();
  };
}
