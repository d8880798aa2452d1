/** What the run has shown, one check after another. */

import { setTimeout as delay } from "node:timers/promises";

export interface Check {
  what: string;
  /** Who was asked. */
  by: string;
  holds: boolean;
  detail: string;
}

/** Long past any effect that comes at all: a check fails because an effect never came, not because it was late. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 250;

export class Checks {
  readonly all: Check[] = [];

  constructor(
    private readonly tell: (line: string) => void,
    private readonly stillGoing: () => void,
  ) {}

  /** Notes whether something holds now. */
  note(what: string, by: string, holds: boolean, detail: string): void {
    this.all.push({ what, by, holds, detail });
    this.tell(`${holds ? "ok  " : "FAIL"} ${what} (${by}): ${detail}`);
  }

  /**
   * Waits until something is seen, and notes it.
   * @param look what is seen, and whether that is it
   * @param quietly noted only where it never comes
   * @throws Error where it never comes: what follows would show nothing
   */
  async comes(what: string, by: string, look: () => Promise<[boolean, string]>, quietly = false): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    let seen: [boolean, string] = [false, ""];
    do {
      this.stillGoing();
      seen = await look();
      if (seen[0]) {
        if (!quietly) this.note(what, by, true, seen[1]);
        return;
      }
      await delay(LOOK_MS);
    } while (performance.now() < end);
    this.note(what, by, false, seen[1]);
    throw new Error(`${what}: not seen within ${PATIENCE_MS / 1000} s`);
  }

  get failed(): number {
    return this.all.filter((check) => !check.holds).length;
  }
}
