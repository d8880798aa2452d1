/** A poll that runs again and again, never twice at one time, and can be asked to run now. */

export interface RepeatOptions {
  /** From the end of one run to the beginning of the next. */
  intervalMs: number;
  /** A run that took long is followed by a rest of this many times its length, so that polling never fills a machine. */
  restFactor?: number;
}

/** Timers are unreferenced: polling alone keeps no process alive. */
export class Repeat {
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | undefined;
  private again = false;
  private closed = false;

  constructor(
    private readonly run: () => Promise<void>,
    private readonly options: RepeatOptions,
  ) {}

  start(): void {
    if (this.timer === undefined && this.underWay === undefined) this.begin();
  }

  /** Runs now, or right after the run under way, whose view may be older than the caller's. Resolves at its end. */
  async now(): Promise<void> {
    if (this.closed) return;
    if (this.underWay === undefined) {
      this.begin();
      return this.underWay;
    }
    this.again = true;
    await this.underWay;
    return this.underWay;
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.timer !== undefined) clearTimeout(this.timer);
    this.timer = undefined;
    await this.underWay;
  }

  private begin(): void {
    if (this.timer !== undefined) clearTimeout(this.timer);
    this.timer = undefined;
    this.underWay = this.once();
  }

  private async once(): Promise<void> {
    const startedMs = performance.now();
    await this.run();
    const tookMs = performance.now() - startedMs;
    this.underWay = undefined;
    if (this.closed) return;
    if (this.again) {
      this.again = false;
      this.begin();
      return;
    }
    const restMs = Math.max(this.options.intervalMs, tookMs * (this.options.restFactor ?? 1));
    this.timer = setTimeout(() => this.begin(), restMs);
    this.timer.unref();
  }
}
