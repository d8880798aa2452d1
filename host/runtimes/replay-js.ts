/**
 * Replays recordings on the JavaScript engine that runs this file: `replay-js MODULE RECORDING…`. One line of JSON for
 * each; 1 where one parted. Runs on V8 (node) and on JavaScriptCore (bun).
 */

import { readFileSync } from "node:fs";
import { instantiate } from "../shim/module.js";
import { replay } from "../shim/replayer.js";

/** Ticks that no figure counts: the engine is still compiling. */
const WARM_UP_TICKS = 500;

function replayFile(module: Uint8Array, path: string): boolean {
  const core = instantiate(module);
  const { tick } = core.exports;
  let tickMs = 0;
  let timedTicks = -WARM_UP_TICKS;
  core.exports = {
    ...core.exports,
    tick() {
      if (++timedTicks <= 0) return tick();
      const before = performance.now();
      const waiting = tick();
      tickMs += performance.now() - before;
      return waiting;
    },
  };
  const report = replay(readFileSync(path), path, core);
  const { parting } = report;
  const parted = parting === undefined ? (report.whole ? "" : "the recording is cut off") : JSON.stringify(parting);
  const { digest, ticks, decisions } = report;
  const times = { tickNs: Math.round(tickMs * 1e6), timedTicks: Math.max(0, timedTicks) };
  process.stdout.write(`${JSON.stringify({ digest, ticks, decisions, ...times, parted })}\n`);
  return parted === "";
}

const [, , modulePath, ...recordings] = process.argv;
if (modulePath === undefined || recordings.length === 0) {
  process.stderr.write("usage: replay-js MODULE RECORDING...\n");
  process.exit(2);
}
const module = readFileSync(modulePath);
const whole = recordings.map((path) => replayFile(module, path));
process.exitCode = whole.every((each) => each) ? 0 : 1;
