/** Virtual time: things that are to happen, in order of time and then of planning. */

interface Planned {
  atMs: number;
  order: number;
  run: () => void;
}

export class Timeline {
  private readonly planned: Planned[] = [];
  private order = 0;
  /** Virtual milliseconds since the case began. */
  nowMs = 0;

  after(delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run);
  }

  at(atMs: number, run: () => void): void {
    const entry = { atMs: Math.max(atMs, this.nowMs), order: this.order++, run };
    let place = this.planned.length;
    while (place > 0 && (this.planned[place - 1] as Planned).atMs > entry.atMs) place--;
    this.planned.splice(place, 0, entry);
  }

  /** Runs all that is due until then, also what that plans; `moving` is told each step of time before it is taken. */
  runUntil(untilMs: number, moving: (toMs: number) => void): void {
    for (let next = this.planned[0]; next !== undefined && next.atMs <= untilMs; next = this.planned[0]) {
      this.planned.shift();
      moving(next.atMs);
      this.nowMs = next.atMs;
      next.run();
    }
    moving(untilMs);
    this.nowMs = untilMs;
  }
}
