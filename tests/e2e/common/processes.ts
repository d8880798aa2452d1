/** Child processes in network namespaces. */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Undo } from "./undo.js";

/** Of a machine with much else to do. */
const START_TIMEOUT_MS = 60_000;
const LOOK_MS = 50;

/** A child process in a namespace, ended by force when the run ends. */
export function spawnInside(namespace: string, words: readonly string[], log: string, undo: Undo): ChildProcess {
  const output = openSync(log, "a");
  const child = spawn("ip", ["netns", "exec", namespace, ...words], { stdio: ["ignore", output, output] });
  closeSync(output);
  undo.add(`process ${words[0]}`, () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  });
  return child;
}

/** @throws Error where it never comes */
export async function waitFor(what: string, isThere: () => boolean): Promise<void> {
  const end = performance.now() + START_TIMEOUT_MS;
  while (!isThere()) {
    if (performance.now() > end) throw new Error(`${what} did not start within ${START_TIMEOUT_MS / 1000} s`);
    await delay(LOOK_MS);
  }
}
