/** fairlead itself, as it ships: `fairlead run --config … --json` inside the array's namespace. */

import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Network } from "./network.js";
import type { Undo } from "../common/undo.js";

/** A line of `--json --events`. */
export interface BalancerLine {
  timeMs?: number;
  kind?: string;
  event?: string;
  reason?: string;
  subject?: string;
  from?: string | null;
  to?: string | null;
  [field: string]: unknown;
}

export class Balancer {
  readonly lines: BalancerLine[] = [];
  private readonly child: ChildProcess;
  private readonly gone: Promise<number>;

  constructor(command: string, arrayFile: string, log: string, network: Network, undo: Undo) {
    const options = ["--config", arrayFile, "--unsigned-development-module", "--json", "--events"];
    const words = ["netns", "exec", network.array, process.execPath, command, "run", ...options];
    this.child = spawn("ip", words, { stdio: ["ignore", "pipe", "pipe"] });
    undo.add("fairlead", () => void this.child.kill("SIGKILL"));
    const file = createWriteStream(log);
    this.child.stdout?.pipe(file, { end: false });
    this.child.stderr?.pipe(file, { end: false });
    if (this.child.stdout !== null) createInterface({ input: this.child.stdout }).on("line", (line) => this.take(line));
    this.gone = new Promise((resolve) => this.child.once("exit", (code) => resolve(code ?? -1)));
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  count(kind: string): number {
    return this.lines.filter((line) => line.kind === kind).length;
  }

  /** Ends it as a service manager would. @returns its exit code */
  stop(): Promise<number> {
    this.child.kill("SIGTERM");
    return this.gone;
  }

  private take(line: string): void {
    try {
      this.lines.push(JSON.parse(line) as BalancerLine);
    } catch {
      // Not a line of ours; the log has it.
    }
  }
}
