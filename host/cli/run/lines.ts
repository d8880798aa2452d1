/** One JSON line per decision, on request one per event, and one for the summary. */

import type { RunListener } from "./engine.js";
import type { DecisionRecord, RunEvent } from "./records.js";
import type { RunSummary } from "./statistics.js";

export class JsonLines implements RunListener {
  constructor(
    private readonly write: (text: string) => void,
    private readonly withEvents: boolean,
  ) {}

  decision(record: DecisionRecord): void {
    this.line(record);
  }

  event(event: RunEvent): void {
    if (this.withEvents) this.line(event);
  }

  summary(summary: RunSummary): void {
    this.line({ summary });
  }

  private line(value: unknown): void {
    this.write(`${JSON.stringify(value)}\n`);
  }
}
