/** Tests the own processor now and then, for its status messages. */

import type { Management } from "../../management/run/management.js";
import { runSelfTests, type SelfTestResult } from "../../management/processors/self-test.js";
import { SelfTest } from "../../shim/generated/layout.js";
import type { ProcessorHub } from "./processor-hub.js";

const EVERY_MS = 1000;

const BITS: Readonly<Record<SelfTestResult["name"], number>> = {
  processor: SelfTest.PROCESSOR,
  memory: SelfTest.MEMORY,
  disk: SelfTest.DISK,
  process: SelfTest.PROCESS,
  "web-server": SelfTest.WEB_SERVER,
  clock: SelfTest.CLOCK,
};

/** Bits of what passes, and of what there is nothing to test of. */
export function selfTestBits(results: readonly SelfTestResult[]): number {
  return results.reduce((bits, { name, passed }) => (passed === false ? bits : bits | BITS[name]), 0);
}

export class SelfCheck {
  private readonly timer: NodeJS.Timeout;
  private busy = false;
  private told = "";

  constructor(
    private readonly hub: ProcessorHub,
    private readonly management: Management,
    private readonly folder: string | undefined,
    private readonly report: (line: string) => void,
  ) {
    this.timer = setInterval(() => void this.check(), EVERY_MS);
    this.timer.unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async check(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const results = await runSelfTests({
      folder: this.folder,
      // This runs in the engine's own thread: while it does, ticks come.
      lastTickAgeMs: () => 0,
      webServer: this.management.isWanted ? () => this.askServer() : undefined,
    });
    this.busy = false;
    this.hub.selfTests = selfTestBits(results);
    const failed = results.filter((result) => result.passed === false);
    const words = failed.map(({ name, detail }) => `${name} (${detail})`).join(", ");
    if (words !== this.told) this.report(`self-test: ${words === "" ? "all well" : `failed: ${words}`}`);
    this.told = words;
  }

  private async askServer(): Promise<string> {
    if (this.management.answers) return "answers";
    throw new Error("the full server does not answer");
  }
}
