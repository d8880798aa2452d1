/**
 * The own processor, watched: its self-tests, again and again, for the status that its controller tells; and the web
 * server that its module wants it to run.
 */

import { readFileSync } from "node:fs";
import { SelfTest, WebServerKind } from "../../shim/generated/layout.js";
import type { Source } from "../../shim/actor.js";
import { runSelfTests, type SelfTestParts, type SelfTestResult } from "./self-test.js";

/** The full server of this processor. */
export interface WatchedServer {
  serve(kind: "full" | "none"): Promise<void>;
  /** Asks it over the network. Undefined where it is not to run, or has only been started. @throws Error: it doesn't serve */
  ask(): Promise<string> | undefined;
}

export interface SelfWatchOptions {
  /** Device on which clients reach the management address; undefined where there is none. */
  device?: string;
  /** A line for the operator. */
  report(line: string): void;
  everyMs?: number;
  /** For tests: the time, whether a device has its carrier, and the self-tests. */
  nowMs?(): number;
  hasCarrier?(device: string): boolean;
  run?(parts: SelfTestParts): Promise<SelfTestResult[]>;
}

const EVERY_MS = 1000;
const TICK_AGE_MAX_MS = 2000;

const BITS: Readonly<Record<SelfTestResult["name"], number>> = {
  processor: SelfTest.PROCESSOR,
  memory: SelfTest.MEMORY,
  disk: SelfTest.DISK,
  process: SelfTest.PROCESS,
  "web-server": SelfTest.WEB_SERVER,
  clock: SelfTest.CLOCK,
};
const ALL_BITS = Object.values(BITS).reduce((sum, bit) => sum | bit, 0);

export class SelfWatch implements Source {
  private server: WatchedServer | undefined;
  private folder: string | undefined;
  /** Bits of `SelfTest` that passed when last looked. */
  private passed = ALL_BITS;
  private tickMs: number;
  private timer: NodeJS.Timeout | undefined;
  private running = false;
  private wantedServer: number = WebServerKind.NONE;

  constructor(private readonly options: SelfWatchOptions) {
    this.tickMs = this.nowMs();
  }

  /** From here on it is tested; a run that nobody manages says that all is well. @param folder that has to be writable */
  manage(server: WatchedServer, folder: string | undefined): void {
    this.server = server;
    this.folder = folder;
    this.timer ??= setInterval(() => void this.look(), this.options.everyMs ?? EVERY_MS);
    this.timer.unref();
    if (this.wantedServer !== WebServerKind.NONE) void this.setWebServer(this.wantedServer);
  }

  /** What the controller tells of its processor; a carrier that is gone and ticks that don't come are seen at once. */
  selfTests(): number {
    let selfTests = this.passed;
    if (this.nowMs() - this.tickMs > TICK_AGE_MAX_MS) selfTests &= ~SelfTest.PROCESS;
    if (!this.isConnected()) selfTests &= ~SelfTest.WEB_SERVER;
    return selfTests;
  }

  /** @param kind `WebServerKind`: what is not full is the restricted server, which has its own process */
  async setWebServer(kind: number): Promise<void> {
    this.wantedServer = kind;
    await this.server?.serve(kind === WebServerKind.FULL ? "full" : "none");
  }

  attach(): void {}

  beforeTick(): void {
    this.tickMs = this.nowMs();
  }

  close(): Promise<void> {
    clearInterval(this.timer);
    return Promise.resolve();
  }

  /** One look at a time: a disk may take its time. */
  async look(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      const webServer = this.webServerTest();
      const results = await (this.options.run ?? runSelfTests)({
        folder: this.folder,
        lastTickAgeMs: () => this.nowMs() - this.tickMs,
        webServer,
      });
      for (const result of results) this.note(result);
    } finally {
      this.running = false;
    }
  }

  private nowMs(): number {
    return this.options.nowMs?.() ?? performance.now();
  }

  /** Nobody reaches the server of a management interface that is not connected. */
  private webServerTest(): SelfTestParts["webServer"] {
    if (!this.isConnected()) return () => Promise.reject(new Error(`${this.options.device} has no carrier`));
    const answer = this.server?.ask();
    // It may fail before the tests await it.
    answer?.catch(() => undefined);
    return answer === undefined ? undefined : () => answer;
  }

  private isConnected(): boolean {
    const { device } = this.options;
    return device === undefined || (this.options.hasCarrier ?? hasCarrier)(device);
  }

  private note({ name, passed, detail }: SelfTestResult): void {
    const bit = BITS[name];
    const isPassed = passed !== false;
    if (((this.passed & bit) !== 0) === isPassed) return;
    this.passed ^= bit;
    this.options.report(`self-test ${name} ${isPassed ? "passes again" : "fails"}: ${detail}`);
  }
}

/** By the kernel; a device that is down, or not there, has none. */
function hasCarrier(device: string): boolean {
  try {
    return readFileSync(`/sys/class/net/${device}/carrier`, "utf8").trim() === "1";
  } catch {
    return false;
  }
}
