/** Free rows of an input table, given out in the order in which they became free, so that one rests as long as it can. */
export class RowPool {
  private readonly queue: Uint16Array;
  private readonly taken: Uint8Array;
  private head = 0;
  private count = 0;

  /** All rows are free at first, in ascending order. `isTaken` names those that are not. */
  constructor(
    readonly capacity: number,
    isTaken: (row: number) => boolean = () => false,
  ) {
    this.queue = new Uint16Array(capacity);
    this.taken = new Uint8Array(capacity);
    for (let row = 0; row < capacity; row++) {
      if (isTaken(row)) this.taken[row] = 1;
      else this.queue[this.count++] = row;
    }
  }

  get free(): number {
    return this.count;
  }

  isTaken(row: number): boolean {
    return this.taken[row] === 1;
  }

  /** The row that has been free longest; -1 when none is. */
  take(): number {
    if (this.count === 0) return -1;
    const row = this.queue[this.head] as number;
    this.head = (this.head + 1) % this.capacity;
    this.count--;
    this.taken[row] = 1;
    return row;
  }

  /** Gives a row back; a free one is left alone. */
  release(row: number): void {
    if (this.taken[row] !== 1) return;
    this.taken[row] = 0;
    this.queue[(this.head + this.count) % this.capacity] = row;
    this.count++;
  }
}
