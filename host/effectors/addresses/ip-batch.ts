/**
 * One long-lived `ip -batch -`. Each change is followed by a question for what the kernel now has, and the answer alone
 * decides: iproute2 is silent about what went well, and calls an address that is there already an error.
 */

import { LineProcess } from "./line-process.js";

/** The part of `ip -json address show` that is used. */
export interface LinkRow {
  ifname?: string;
  /** Hardware address, of `ip -json link show`. */
  address?: string;
  addr_info?: { local?: string; prefixlen?: number; tentative?: boolean; dadfailed?: boolean }[];
}

export interface IpAnswer {
  rows: LinkRow[];
  /** What `ip` said against the change; "" where nothing. */
  complaint: string;
}

interface Job {
  lines: string[];
  /** Number of the question's line in the batch, from 1; known once written. */
  questionLine: number;
  complaint: string;
  timer: NodeJS.Timeout | undefined;
  resolve(answer: IpAnswer): void;
  reject(error: Error): void;
}

/** `ip` answers within a millisecond or so; one that doesn't is stuck. */
const ANSWER_TIMEOUT_MS = 5000;

export class IpBatch {
  private readonly process = new LineProcess("ip", ["-force", "-json", "-batch", "-"], {
    onLine: (line, isError) => this.take(line, isError),
    onEnd: (why) => this.fail(why),
  });
  private readonly jobs: Job[] = [];
  private written = 0;
  private underWay = false;

  /** Runs changes, then a question, e.g. `address show`; changes may fail, the question decides. */
  run(changes: readonly string[], question: string): Promise<IpAnswer> {
    return new Promise((resolve, reject) => {
      const lines = [...changes, question];
      this.jobs.push({ lines, questionLine: 0, complaint: "", timer: undefined, resolve, reject });
      this.next();
    });
  }

  async close(): Promise<void> {
    await this.process.close();
  }

  private next(): void {
    const job = this.jobs[0];
    if (job === undefined || this.underWay) return;
    this.underWay = true;
    this.written += job.lines.length;
    job.questionLine = this.written;
    job.timer = setTimeout(() => this.process.kill(), ANSWER_TIMEOUT_MS);
    this.process.write(`${job.lines.join("\n")}\n`);
  }

  private take(line: string, isError: boolean): void {
    const job = this.jobs[0];
    if (job === undefined || !this.underWay) return;
    if (!isError) {
      // Complaints come by another pipe: they are read in this turn of the event loop, or lost for the message only.
      const rows = parseRows(line);
      if (rows !== undefined) setImmediate(() => this.finish(job, rows));
      return;
    }
    const failed = /^Command failed -:(\d+)$/.exec(line);
    if (failed === null) job.complaint = line.trim();
    else if (Number(failed[1]) === job.questionLine) this.finish(job, []);
  }

  private finish(job: Job, rows: LinkRow[]): void {
    if (this.jobs[0] !== job) return;
    this.end();
    job.resolve({ rows, complaint: job.complaint });
    this.next();
  }

  private fail(why: string): void {
    this.written = 0;
    const job = this.jobs[0];
    if (job !== undefined && this.underWay) {
      this.end();
      job.reject(new Error(`ip: ${why}${job.complaint === "" ? "" : `, ${job.complaint}`}`));
    }
    this.next();
  }

  private end(): void {
    clearTimeout(this.jobs.shift()?.timer);
    this.underWay = false;
  }
}

function parseRows(line: string): LinkRow[] | undefined {
  try {
    const rows = JSON.parse(line) as unknown;
    return Array.isArray(rows) ? (rows as LinkRow[]) : undefined;
  } catch {
    return undefined;
  }
}
