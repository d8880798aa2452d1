/** What a processor does for itself: the restricted set. Both servers carry it out through this interface. */

import type { TrackedFacts } from "../../sources/tracked/inputs.js";
import type { SelfTestResult } from "./self-test.js";

export interface ServiceFacts {
  running: boolean;
  processId: number | null;
  upMs: number;
  ticks: number;
  lastTickAgeMs: number | null;
  tickMeanUs: number;
  tickLongestUs: number;
}

export interface ProcessorStatus {
  processor: string;
  server: "full" | "restricted";
  role: "active" | "passive" | "caretaker" | "none";
  state: string;
  active: string | null;
  epoch: number;
  producedAt: string;
  /** Grows with each status that this start of the server has made. */
  sequence: number;
  bootCount: number;
  version: string;
  configuration: string;
  service: ServiceFacts;
  machine: { upMs: number; loadPermille: number; memoryBytes: number; freeMemoryBytes: number };
  selfTests: SelfTestResult[];
  /** Links and scripts that it tracks; null where only its service knows them, by the restricted server. */
  tracked: TrackedFacts[] | null;
}

export interface LogLine {
  at: string;
  text: string;
}

export interface OwnProcessor {
  /** Made anew with each call. */
  status(): Promise<ProcessorStatus>;
  /** The latest lines, the oldest first, and how many were let go. */
  logs(lines: number): Promise<{ lines: LogLine[]; dropped: number }>;
  selfTest(): Promise<SelfTestResult[]>;
  /** Starts of the service so far. */
  bootCount(): number;
  /** Has the service restarted; undefined where there is no supervisor. @returns the new boot count, null if not yet known */
  restart?: () => Promise<number | null>;
}

/** The latest lines of a log, in memory. */
export class LogRing {
  private readonly lines: LogLine[] = [];
  private dropped = 0;

  constructor(private readonly most = 1000) {}

  add(text: string): void {
    this.lines.push({ at: new Date().toISOString(), text: text.slice(0, 2000) });
    if (this.lines.length <= this.most) return;
    this.lines.shift();
    this.dropped++;
  }

  latest(count: number): { lines: LogLine[]; dropped: number } {
    return { lines: this.lines.slice(-count), dropped: this.dropped + Math.max(0, this.lines.length - count) };
  }
}
