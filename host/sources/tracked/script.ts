/**
 * A script that is run again and again: up after so many good runs in a row, down after so many failed ones. It is run
 * as it is configured, without a shell, with no standard streams and a small environment; what it is run with, and
 * what it prints, goes into no log. A run that takes too long is killed with all that it has started.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { TrackedScriptDescription } from "../../array/description.js";

export type TrackedState = "unknown" | "up" | "down";

const ENVIRONMENT = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", TZ: "UTC" };
const STICKY = 0o1000;

export class TrackedScript {
  state: TrackedState = "unknown";
  /** How the latest run ended, in words. */
  detail = "not run yet";
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private startedMs = 0;
  private isLate = false;
  private closed = false;
  private ended: (() => void) | undefined;
  /** Runs in a row that ended otherwise than `state` says. */
  private contrary = 0;

  /** @param changed told whenever `state` has changed */
  constructor(
    readonly script: TrackedScriptDescription,
    private readonly changed: () => void,
  ) {}

  start(): void {
    void this.begin();
  }

  /** Resolves when no run of it is left. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    if (this.child === undefined) return;
    const gone = new Promise<void>((resolve) => {
      this.ended = resolve;
    });
    this.kill();
    await gone;
  }

  private async begin(): Promise<void> {
    const { script } = this;
    this.startedMs = performance.now();
    this.isLate = false;
    const unsafe = await whyUnsafe(script.program);
    if (this.closed) return;
    if (unsafe !== undefined) return this.end(false, unsafe);
    try {
      // In a process group of its own, by which all that it starts can be killed.
      const child = spawn(script.program, script.arguments, {
        stdio: "ignore",
        cwd: "/",
        env: ENVIRONMENT,
        detached: true,
      });
      this.child = child;
      child.once("error", (error: NodeJS.ErrnoException) => {
        if (child.pid === undefined) this.end(false, `can't be run: ${error.code ?? "unknown error"}`);
      });
      child.once("exit", (code, signal) =>
        this.end(code === 0, code === null ? `ended by ${signal}` : `exit code ${code}`),
      );
      this.expect(script.timeoutMs);
    } catch (error) {
      this.end(false, `can't be run: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`);
    }
  }

  private expect(withinMs: number): void {
    // After a pause of this process the run's end may be waiting behind its time-out: that end is looked at first.
    this.later(withinMs, () => setImmediate(() => this.expire()));
  }

  private expire(): void {
    if (this.child === undefined || this.closed) return;
    this.isLate = true;
    this.kill();
    this.note(false, `no end within ${this.script.timeoutMs} ms: killed`);
    // One that even that doesn't end fails anew each interval, and no second one is started beside it.
    this.expect(this.script.intervalMs);
  }

  private end(passed: boolean, detail: string): void {
    this.child = undefined;
    clearTimeout(this.timer);
    this.ended?.();
    if (this.closed) return;
    if (!this.isLate) this.note(passed, detail);
    this.later(this.startedMs + this.script.intervalMs - performance.now(), () => void this.begin());
  }

  private later(afterMs: number, work: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(work, Math.max(0, afterMs));
    this.timer.unref();
  }

  private kill(): void {
    const { child } = this;
    // Once it has been waited for, its number may be another's.
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      child.kill("SIGKILL"); // it has not made its group yet
    }
  }

  /** The first run is taken as it is: there is nothing to compare it with. */
  private note(passed: boolean, detail: string): void {
    this.detail = detail;
    const found: TrackedState = passed ? "up" : "down";
    if (found === this.state) {
      this.contrary = 0;
      return;
    }
    this.contrary++;
    const needed = passed ? this.script.riseCount : this.script.fallCount;
    if (this.state !== "unknown" && this.contrary < needed) return;
    this.state = found;
    this.contrary = 0;
    this.changed();
  }
}

/**
 * Why a program is not run: whoever else can write it, or put another one in its place, could run anything as this
 * process. Undefined where nothing speaks against it; that it isn't there is found when it is run.
 */
async function whyUnsafe(program: string): Promise<string | undefined> {
  try {
    const path = await realpath(program);
    const [file, folder] = await Promise.all([stat(path), stat(dirname(path))]);
    if (!file.isFile()) return "not run: it is no file";
    const own = process.geteuid?.() ?? 0;
    if (file.uid !== 0 && file.uid !== own) return "not run: another user owns it";
    if ((file.mode & 0o022) !== 0) return "not run: others may write it (chmod go-w)";
    const isShared = (folder.mode & 0o002) !== 0 && (folder.mode & STICKY) === 0;
    return isShared ? "not run: others may write its folder" : undefined;
  } catch (error) {
    return `can't be run: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`;
  }
}
