/** Addresses that a kernel loses, as it tells of them itself: `ip monitor` in the namespace of a controller. */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { commandAsync } from "../common/commands.js";
import type { Undo } from "../common/undo.js";
import type { Network } from "./network.js";

/** Comes and goes until the monitor has told of it: then it listens. */
const TRIAL = "127.0.77.77/32";
const TRIES = 100;
const BETWEEN_MS = 100;

export class AddressMonitor {
  /** Lines of addresses that were taken away. */
  readonly deleted: string[] = [];
  private readonly child: ChildProcess;
  private listens = false;

  constructor(
    private readonly network: Network,
    private readonly controller: string,
    undo: Undo,
  ) {
    const words = ["netns", "exec", network.controller(controller), "ip", "-o", "monitor", "address"];
    const child = spawn("ip", words, { stdio: ["ignore", "pipe", "ignore"] });
    this.child = child;
    undo.add(`address monitor of ${controller}`, () => void child.kill("SIGKILL"));
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.includes(TRIAL.split("/")[0] as string)) this.listens = true;
      else if (line.startsWith("Deleted")) this.deleted.push(`${controller}: ${line.trim()}`);
    });
  }

  /** Resolves when it listens, and has told of all that happened before. @throws Error where it never tells anything */
  async told(): Promise<void> {
    this.listens = false;
    const inside = ["netns", "exec", this.network.controller(this.controller), "ip", "address"];
    for (let tries = TRIES; tries > 0 && !this.listens; tries--) {
      // Not held up meanwhile: several that wait at a time would have nobody read what is told.
      for (const verb of ["add", "del"]) await commandAsync("ip", ...inside, verb, TRIAL, "dev", "lo");
      await delay(BETWEEN_MS);
    }
    if (!this.listens) throw new Error(`ip monitor of ${this.controller} tells nothing`);
  }

  stop(): void {
    this.child.kill("SIGKILL");
  }
}

/** Text of an address as the kernel's lines have it: whole, so that .10 isn't in .101. */
export function names(line: string, address: string): boolean {
  return line.split(/\s+/).some((word) => word.split("/")[0] === address);
}
