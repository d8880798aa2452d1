/** Takes back what a run has set up, the latest first, also where the run fails or is interrupted. */

export class Undo {
  private readonly steps: { what: string; undo: () => void }[] = [];

  /** Remembers how to take a step back. It runs synchronously, so that it also runs in a signal's handler. */
  add(what: string, undo: () => void): void {
    this.steps.push({ what, undo });
  }

  /** Takes everything back; what fails is told, and the rest goes on. Does nothing the second time. */
  run(tell: (line: string) => void): void {
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      try {
        step.undo();
      } catch (error) {
        tell(`clean-up: ${step.what}: ${(error as Error).message}`);
      }
    }
  }
}
