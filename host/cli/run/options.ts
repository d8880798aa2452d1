/** Options of `fairlead run`, worked out. */

import { quantity } from "../../array/units.js";
import { UsageError } from "../exit.js";
import type { ModuleWords } from "./module-choice.js";
import type { Speed } from "./pace.js";

/** As the command line gives them. */
export interface RunWords extends ModuleWords {
  config?: string;
  printConfig?: boolean;
  confirmAfter?: string;
  controller?: string;
  duration?: string;
  json?: boolean;
  events?: boolean;
  record?: string;
  snapshot?: string;
  snapshotAge: string;
  seed?: string;
  speed: string;
  tick: string;
  /** An address, or true for the usual one. */
  page?: string | true;
  management?: string;
}

export interface RunOptions {
  durationMs: number;
  speed: Speed;
  tickMs: number;
  snapshotAgeMs: number;
  seed: number | undefined;
  /** Time without a trap after which a run confirms its trial by itself; infinity: an operator does. */
  confirmAfterMs: number;
}

const DAY_MS = 86_400_000;
const TICK_MS_MIN = 10;
const TICK_MS_MAX = 1000;
const SPEED_MIN = 0.1;
const SPEED_MAX = 1000;

/** @throws UsageError naming the option and what would be right */
export function parseRunOptions(words: RunWords): RunOptions {
  const speed = words.speed === "max" ? Number.POSITIVE_INFINITY : Number(words.speed);
  if (words.speed !== "max" && !(speed >= SPEED_MIN && speed <= SPEED_MAX)) {
    throw new UsageError(`--speed ${words.speed}: ${SPEED_MIN} to ${SPEED_MAX}, or max`);
  }
  const durationMs =
    words.duration === undefined ? Number.POSITIVE_INFINITY : time("--duration", words.duration, 1, 365 * DAY_MS);
  if (!Number.isFinite(speed) && !Number.isFinite(durationMs)) {
    throw new UsageError("--speed max needs --duration: it would never end");
  }
  if (words.events === true && words.json !== true && process.stdout.isTTY) {
    throw new UsageError("--events needs --json on a terminal: the view shows events anyway");
  }
  return {
    durationMs,
    speed,
    tickMs: time("--tick", words.tick, TICK_MS_MIN, TICK_MS_MAX),
    snapshotAgeMs: time("--snapshot-age", words.snapshotAge, 0, 365 * DAY_MS),
    seed: words.seed === undefined ? undefined : seed(words.seed),
    confirmAfterMs:
      words.confirmAfter === undefined
        ? Number.POSITIVE_INFINITY
        : time("--confirm-after", words.confirmAfter, 1, DAY_MS),
  };
}

function time(option: string, word: string, minMs: number, maxMs: number): number {
  const ms = quantity(/^\d+$/.test(word) ? `${word}ms` : word, "ms");
  if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
  throw new UsageError(`${option} ${word}: ${minMs}ms to ${maxMs / 1000}s, such as 500ms, 20s, 5min or 2h`);
}

function seed(word: string): number {
  const value = Number(word);
  if (/^\d+$/.test(word) && value <= 0xffffffff) return value;
  throw new UsageError(`--seed ${word}: a whole number, 0 to 4294967295`);
}
