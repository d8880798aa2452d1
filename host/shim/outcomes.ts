/** Outcomes of decisions on their way into the module's slots. */

import type { Views } from "./generated/layout.js";

const WORDS = 4;

/**
 * Writes outcomes into the next slot whose changed bit is clear; while none is, keeps them in a queue of fixed size.
 * A full queue drops its oldest entry and counts it: the module then says the decision again by its own deadline.
 */
export class Outcomes {
  private slot = 0;
  private readonly queue: Uint32Array;
  private head = 0;
  private waiting = 0;
  private readonly capacity: number;
  /** Outcomes lost because the queue was full. */
  dropped = 0;

  constructor(private readonly views: Views) {
    this.capacity = views.outcome.capacity * 4;
    this.queue = new Uint32Array(this.capacity * WORDS);
  }

  /** False: no slot is free now; it is written before a later tick. */
  report(incarnation: number, sequence: number, result: number, detail: number): boolean {
    if (this.waiting === 0 && this.write(incarnation, sequence, result, detail)) return true;
    this.keep(incarnation, sequence, result, detail);
    return false;
  }

  /** Writes what waits, as far as slots are free. */
  flush(): void {
    while (this.waiting > 0) {
      const at = this.head * WORDS;
      const queue = this.queue;
      const written = this.write(
        queue[at] as number,
        queue[at + 1] as number,
        queue[at + 2] as number,
        queue[at + 3] as number,
      );
      if (!written) return;
      this.head = (this.head + 1) % this.capacity;
      this.waiting--;
    }
  }

  private write(incarnation: number, sequence: number, result: number, detail: number): boolean {
    const outcome = this.views.outcome;
    if (outcome.isChanged(this.slot)) return false;
    outcome.setIncarnation(this.slot, incarnation);
    outcome.setSequence(this.slot, sequence);
    outcome.setResult(this.slot, result);
    outcome.setDetail(this.slot, detail >>> 0);
    outcome.markChanged(this.slot);
    this.slot = (this.slot + 1) % outcome.capacity;
    return true;
  }

  private keep(incarnation: number, sequence: number, result: number, detail: number): void {
    if (this.waiting === this.capacity) {
      this.head = (this.head + 1) % this.capacity;
      this.waiting--;
      this.dropped++;
    }
    const at = ((this.head + this.waiting) % this.capacity) * WORDS;
    this.queue[at] = incarnation;
    this.queue[at + 1] = sequence;
    this.queue[at + 2] = result;
    this.queue[at + 3] = detail;
    this.waiting++;
  }
}
