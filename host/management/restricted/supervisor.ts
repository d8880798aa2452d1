/**
 * Starts the service (`fairlead run …`) and the restricted server, each in a process of its own, and starts again
 * whichever ends: at once, then with pauses that double. A service that is silent too long is ended by force.
 */

import { type ChildProcess, fork, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ManagementSettings } from "../run/settings.js";
import { BOOT_COUNT, type FromService, type ServiceNews } from "../run/supervisor-link.js";
import type { FromRestricted, ToRestricted } from "./process.js";

export interface SupervisorOptions {
  settings: ManagementSettings;
  /** Name of this processor. */
  own: string;
  version: string;
  /** Program and arguments of the service. */
  command: readonly [program: string, ...args: string[]];
  /** Lines of the service and of the supervisor itself. */
  report(line: string): void;
}

const PAUSE_FIRST_MS = 300;
const PAUSE_MOST_MS = 30_000;
/** A child that ran for so long is started again without a pause. */
const STEADY_MS = 60_000;
/** Silence after which a service is ended by force; longer than any load of a machine makes it. */
const SILENT_MS = 15_000;
/** A service that was started has to load, and to claim what it serves, before it first says something. */
const SILENT_AT_START_MS = 60_000;
/** A service that was asked to end is given so long. */
const END_MS = 5000;
const LOOK_EVERY_MS = 500;

/** Pauses between starts of one child. */
class Pauses {
  private nextMs = PAUSE_FIRST_MS;
  private startedMs = 0;

  started(): void {
    this.startedMs = performance.now();
  }

  ended(): number {
    if (performance.now() - this.startedMs > STEADY_MS) this.nextMs = PAUSE_FIRST_MS;
    const pauseMs = this.nextMs;
    this.nextMs = Math.min(PAUSE_MOST_MS, this.nextMs * 2);
    return pauseMs;
  }

  forget(): void {
    this.nextMs = PAUSE_FIRST_MS;
  }
}

export class Supervisor {
  private service: ChildProcess | undefined;
  private restricted: ChildProcess | undefined;
  private readonly servicePauses = new Pauses();
  private readonly restrictedPauses = new Pauses();
  private bootCount: number;
  /** When the service was last heard, and whether it has been since its start. */
  private heardMs = 0;
  private hasSpoken = false;
  private news: ServiceNews | undefined;
  private claimed = false;
  private closing = false;
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly watch: NodeJS.Timeout;
  private readonly recent: string[] = [];

  constructor(private readonly options: SupervisorOptions) {
    this.bootCount = this.readBootCount();
    this.watch = setInterval(() => this.lookForSilence(), LOOK_EVERY_MS);
  }

  start(): void {
    this.startRestricted();
    this.startService();
  }

  /** Ends both; the service may put its things in order first. */
  async close(): Promise<void> {
    this.closing = true;
    clearInterval(this.watch);
    for (const timer of this.timers) clearTimeout(timer);
    const children = [this.service, this.restricted].filter((child) => child !== undefined);
    await Promise.all(children.map((child) => end(child, END_MS)));
  }

  /** Ends the service; what ends is started again. */
  restartService(): void {
    const { service } = this;
    this.servicePauses.forget();
    if (service !== undefined) void end(service, END_MS);
  }

  private startService(): void {
    const { command, report } = this.options;
    const [program, ...args] = command;
    this.bootCount++;
    this.keepBootCount();
    this.servicePauses.started();
    this.heardMs = performance.now();
    this.hasSpoken = false;
    const env = { ...process.env, [BOOT_COUNT]: String(this.bootCount) };
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe", "ipc"], env });
    this.service = child;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", (line) => this.log(line));
    }
    child.on("message", (message: FromService) => this.hear(message));
    child.on("error", (error) => report(`supervisor: the service does not start: ${error.message}`));
    child.on("exit", (code, signal) => {
      this.service = undefined;
      this.news = undefined;
      this.claimed = false;
      this.tell({ kind: "gone" });
      this.again("the service", code, signal, this.servicePauses, () => this.startService());
    });
    this.tell({ kind: "started", bootCount: this.bootCount });
  }

  private startRestricted(): void {
    const { settings, own, version } = this.options;
    this.restrictedPauses.started();
    const child = fork(fileURLToPath(new URL("./process.js", import.meta.url)), [], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: [],
    });
    this.restricted = child;
    child.on("message", (message: FromRestricted) => {
      if (message.kind === "restart") this.restartService();
      else this.options.report(`supervisor: the restricted server listens on port ${message.port}`);
    });
    child.on("error", (error) => this.options.report(`supervisor: the restricted server: ${error.message}`));
    child.on("exit", (code, signal) => {
      this.restricted = undefined;
      this.again("the restricted server", code, signal, this.restrictedPauses, () => this.startRestricted());
    });
    this.tell({ kind: "begin", settings, own, version });
    this.tell({ kind: "log", lines: this.recent });
    if (this.service === undefined) return;
    this.tell({ kind: "started", bootCount: this.bootCount });
    if (this.claimed) this.tell({ kind: "claim" });
    if (this.news !== undefined) this.tell(this.news);
  }

  private again(what: string, code: number | null, signal: string | null, pauses: Pauses, start: () => void): void {
    if (this.closing) return;
    const pauseMs = pauses.ended();
    this.log(`supervisor: ${what} has ended (${signal ?? `exit code ${code}`}); started again in ${pauseMs} ms`);
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      start();
    }, pauseMs);
    this.timers.add(timer);
  }

  private hear(message: FromService): void {
    this.heardMs = performance.now();
    this.hasSpoken = true;
    if (message.kind === "claim") this.claimed = true;
    else {
      this.news = message;
      this.claimed = message.fullServer;
    }
    this.tell(message);
  }

  private lookForSilence(): void {
    const { service } = this;
    const silentMs = performance.now() - this.heardMs;
    if (service === undefined || silentMs < (this.hasSpoken ? SILENT_MS : SILENT_AT_START_MS)) return;
    this.log(`supervisor: the service is silent for ${Math.round(silentMs)} ms: it is ended by force`);
    this.heardMs = performance.now();
    service.kill("SIGKILL");
  }

  private log(line: string): void {
    this.options.report(line);
    this.recent.push(line);
    if (this.recent.length > 1000) this.recent.shift();
    this.tell({ kind: "log", lines: [line] });
  }

  private tell(message: ToRestricted): void {
    if (this.restricted?.connected) this.restricted.send(message, () => {});
  }

  private get countFile(): string | undefined {
    const { folder } = this.options.settings;
    return folder === undefined ? undefined : join(folder, "starts");
  }

  private readBootCount(): number {
    try {
      return Number(readFileSync(this.countFile ?? "", "utf8")) || 0;
    } catch {
      return 0;
    }
  }

  /** A full disk is no reason not to start. */
  private keepBootCount(): void {
    try {
      if (this.countFile !== undefined) writeFileSync(this.countFile, `${this.bootCount}\n`);
    } catch (error) {
      this.options.report(`supervisor: the number of starts is not kept: ${String(error)}`);
    }
  }
}

/** Asks a child to end, and ends it by force when it doesn't. */
function end(child: ChildProcess, afterMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const timer = setTimeout(() => child.kill("SIGKILL"), afterMs);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill("SIGTERM");
  });
}
