/** Virtual time for several controllers in one process, each with a clock that can be paused, stopped and stepped. */

import { setImmediate as nextTurn } from "node:timers/promises";
import { EventQueue } from "../../sources/simulated/event-queue.js";
import type { Clock, Timer } from "../clock.js";

/** Where virtual time begins for wall clocks: any date does. */
const WALL_START_MS = Date.UTC(2026, 0, 1);

/** The one course of time; all clocks follow it. */
export class VirtualTime {
  private readonly queue = new EventQueue();
  private timeMs = 0;

  /** Milliseconds since the beginning. */
  get nowMs(): number {
    return this.timeMs;
  }

  /** Plans something; nothing runs before the present event has ended. */
  at(atMs: number, run: () => void): void {
    this.queue.at(Math.max(this.timeMs, Math.ceil(atMs)), run);
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.timeMs + delayMs, run);
  }

  /** Runs all that happens up to a time, for a world without promises. */
  advanceTo(endMs: number): void {
    while (this.queue.nextMs <= endMs) this.runNext();
    this.timeMs = Math.max(this.timeMs, endMs);
  }

  /**
   * As `advanceTo`, and lets promises settle after each event. `between` runs after each, to check what must always
   * hold; what it throws ends the run.
   */
  async runTo(endMs: number, between: () => void = () => {}): Promise<void> {
    await nextTurn();
    while (this.queue.nextMs <= endMs) {
      this.runNext();
      await nextTurn();
      between();
    }
    this.timeMs = Math.max(this.timeMs, endMs);
  }

  private runNext(): void {
    this.timeMs = Math.max(this.timeMs, this.queue.nextMs);
    this.queue.runNext();
  }
}

/** Things that wait for a paused process at most; further datagrams are lost, as in a full socket buffer. */
const WAITING_MAX = 1024;

/** The clock of one controller's process, and whether that process runs at all. */
export class VirtualClock implements Clock {
  private paused = false;
  private ended = false;
  private wallOffsetMs: number;
  private waiting: (() => void)[] = [];

  /** @param wallOffsetMs how far this machine's wall clock is from the others' */
  constructor(
    private readonly time: VirtualTime,
    wallOffsetMs = 0,
  ) {
    this.wallOffsetMs = WALL_START_MS + wallOffsetMs;
  }

  monotonicMs(): number {
    return this.time.nowMs;
  }

  wallMs(): number {
    return this.time.nowMs + this.wallOffsetMs;
  }

  after(delayMs: number, run: () => void): Timer {
    let cancelled = false;
    const step = () => {
      if (cancelled || this.ended) return;
      if (this.paused) this.waiting.push(step);
      else run();
    };
    this.time.after(Math.max(0, delayMs), step);
    return {
      cancel: () => {
        cancelled = true;
      },
    };
  }

  /** Hands something that came from outside to the process: now, when it goes on, or never when it has ended. */
  deliver(run: () => void): void {
    if (this.ended) return;
    if (!this.paused) run();
    else if (this.waiting.length < WAITING_MAX) {
      this.waiting.push(() => {
        if (!this.ended) run();
      });
    }
  }

  /** As SIGSTOP: nothing of the process runs, while time goes on. */
  pause(): void {
    this.paused = true;
  }

  /** As SIGCONT: what has waited runs in the order in which it was due; time has gone on meanwhile. */
  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    const waiting = this.waiting;
    this.waiting = [];
    // Each as an event of its own, so that a harness sees the moments between them.
    for (const step of waiting) this.time.after(0, () => this.goOn(step));
  }

  /** As SIGKILL: nothing of the process runs any more. A restarted one has another clock. */
  end(): void {
    this.ended = true;
    this.waiting = [];
  }

  get running(): boolean {
    return !this.paused && !this.ended;
  }

  /** Somebody sets the wall clock. */
  stepWall(byMs: number): void {
    this.wallOffsetMs += byMs;
  }

  private goOn(step: () => void): void {
    if (this.ended) return;
    if (this.paused) this.waiting.push(step);
    else step();
  }
}
