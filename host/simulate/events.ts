/** Things that happen later in simulated time: a binary heap by due time, then by the order in which they were set. */

interface Event {
  dueMs: number;
  order: number;
  run: () => void;
}

export class Events {
  nowMs = 0;
  private readonly heap: Event[] = [];
  private order = 0;

  /** Runs `run` once `delayMs` of simulated time have passed, at the next call of `advance` that reaches it. */
  after(delayMs: number, run: () => void): void {
    this.heap.push({ dueMs: this.nowMs + delayMs, order: this.order++, run });
    this.up(this.heap.length - 1);
  }

  /** Moves the time to `nowMs` and runs all that is due by then, each at its own time. */
  advance(nowMs: number): void {
    while (this.heap.length > 0 && (this.heap[0] as Event).dueMs <= nowMs) {
      const event = this.pop();
      this.nowMs = event.dueMs;
      event.run();
    }
    this.nowMs = nowMs;
  }

  private pop(): Event {
    const first = this.heap[0] as Event;
    const last = this.heap.pop() as Event;
    if (this.heap.length > 0) {
      this.heap[0] = last;
      this.down(0);
    }
    return first;
  }

  private up(start: number): void {
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.swapIfBefore(at, parent)) return;
      at = parent;
    }
  }

  private down(start: number): void {
    let at = start;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= this.heap.length) return;
      const right = left + 1;
      const child = right < this.heap.length && this.before(right, left) ? right : left;
      if (!this.swapIfBefore(child, at)) return;
      at = child;
    }
  }

  private before(a: number, b: number): boolean {
    const first = this.heap[a] as Event;
    const second = this.heap[b] as Event;
    return first.dueMs === second.dueMs ? first.order < second.order : first.dueMs < second.dueMs;
  }

  private swapIfBefore(a: number, b: number): boolean {
    if (!this.before(a, b)) return false;
    const kept = this.heap[a] as Event;
    this.heap[a] = this.heap[b] as Event;
    this.heap[b] = kept;
    return true;
  }
}
