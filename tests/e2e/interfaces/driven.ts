/** The harness's side of a driver: a controller's effectors, driven by hand. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Undo } from "../common/undo.js";
import type { DriverOrder } from "./driver.js";
import type { Network } from "./network.js";

const ANSWER_TIMEOUT_MS = 10_000;

interface Answer {
  did: string;
  why?: string;
  endMs?: number;
  latestEndMs?: number;
}

export class Driven {
  /** End of the fence as last renewed: milliseconds since 1970. */
  endMs = 0;
  /** No later end has been asked for: milliseconds since 1970. */
  latestEndMs = 0;
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly waiting: { verb: string; resolve(): void; reject(error: Error): void }[] = [];

  constructor(
    network: Network,
    readonly name: string,
    undo: Undo,
  ) {
    const words = ["netns", "exec", network.controller(name), process.execPath, join(import.meta.dirname, "driver.js")];
    this.child = spawn("ip", [...words, name], { stdio: ["pipe", "pipe", "inherit"] });
    undo.add(`driver ${name}`, () => this.kill());
    this.child.stdin.on("error", () => undefined);
    createInterface({ input: this.child.stdout }).on("line", (line) => this.take(JSON.parse(line) as Answer));
    this.started = this.wait("started");
  }

  readonly started: Promise<void>;

  /** Resolves when it is done. @throws Error with what went wrong */
  ask(order: DriverOrder): Promise<void> {
    const done = this.wait(order.do);
    this.child.stdin.write(`${JSON.stringify(order)}\n`);
    return done;
  }

  /** Tells it to do something while it is paused: nobody waits. */
  leave(order: DriverOrder): void {
    this.child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  private wait(verb: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`driver ${this.name}: ${verb}: no answer`)), ANSWER_TIMEOUT_MS);
      const done = () => clearTimeout(timer);
      this.waiting.push({
        verb,
        resolve: () => {
          done();
          resolve();
        },
        reject: (error) => {
          done();
          reject(error);
        },
      });
    });
  }

  private take({ did, why, endMs, latestEndMs }: Answer): void {
    if (latestEndMs !== undefined) {
      this.latestEndMs = latestEndMs;
      return;
    }
    if (endMs !== undefined) {
      this.endMs = endMs;
      return;
    }
    const index = this.waiting.findIndex((each) => each.verb === did);
    const [found] = index < 0 ? [] : this.waiting.splice(index, 1);
    if (why === undefined) found?.resolve();
    else found?.reject(new Error(`driver ${this.name}: ${why}`));
  }
}
