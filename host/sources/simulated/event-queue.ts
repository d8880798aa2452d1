/** What is going to happen in the simulated world, in order of time; events of one millisecond in the order they were planned. */

interface PlannedEvent {
  atMs: number;
  order: number;
  run: () => void;
}

/** A binary heap of events. */
export class EventQueue {
  private readonly heap: PlannedEvent[] = [];
  private planned = 0;

  /** Number of events not yet run. */
  get size(): number {
    return this.heap.length;
  }

  /** Time of the next event in milliseconds, or infinity. */
  get nextMs(): number {
    return this.heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Plans an event at a time in milliseconds of the world; fractions are cut off. */
  at(atMs: number, run: () => void): void {
    this.planned++;
    this.heap.push({ atMs: Math.floor(atMs), order: this.planned, run });
    this.rise(this.heap.length - 1);
  }

  /** Takes the next event out and runs it. */
  runNext(): void {
    const first = this.heap[0];
    if (first === undefined) return;
    const last = this.heap.pop() as PlannedEvent;
    if (this.heap.length > 0) {
      this.heap[0] = last;
      this.sink();
    }
    first.run();
  }

  private before(left: number, right: number): boolean {
    const a = this.heap[left] as PlannedEvent;
    const b = this.heap[right] as PlannedEvent;
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  }

  private swap(left: number, right: number): void {
    const kept = this.heap[left] as PlannedEvent;
    this.heap[left] = this.heap[right] as PlannedEvent;
    this.heap[right] = kept;
  }

  private rise(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.before(index, parent)) return;
      this.swap(index, parent);
      index = parent;
    }
  }

  private sink(): void {
    let index = 0;
    for (;;) {
      let least = index;
      for (let child = 2 * index + 1; child <= 2 * index + 2; child++) {
        if (child < this.heap.length && this.before(child, least)) least = child;
      }
      if (least === index) return;
      this.swap(index, least);
      index = least;
    }
  }
}
