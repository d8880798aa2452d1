/**
 * A synthetic block trace in either format, the same for the same seed: volumes with different shares of the traffic,
 * each of which bursts on a few neighbouring extents now and then. For those who have no trace, and for tests.
 */

import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { TraceSource } from "./trace/reader.js";
import { columnNames, TICKS_PER_SECOND, type TraceFormat } from "./trace/record.js";

export interface GenerateOptions {
  seed: number;
  seconds: number;
  /** Mean commands in a second, bursts included in part. */
  commandsPerSecond: number;
  volumes: number;
}

export const demoTrace: GenerateOptions = { seed: 1, seconds: 180, commandsPerSecond: 1200, volumes: 24 };

/** A command, `ticks` units of 100 ns after the start. */
interface Command {
  ticks: number;
  address: number;
  bytes: number;
  write: boolean;
}

const STEP_SECONDS = 0.01;
const VOLUME_BYTES = 1024 ** 3;
const HOT_BYTES = 4 * 1024 ** 2;
const BLOCK = 4096;
/** A burst multiplies a volume's rate by this, lasts so long, and comes so long after the last one, on average. */
const BURST_FACTOR = 12;
const BURST_SECONDS = 15;
const QUIET_SECONDS = 45;
const sizes: readonly [share: number, bytes: number][] = [
  [0.5, 4096],
  [0.7, 8192],
  [0.92, 65_536],
  [1, 262_144],
];
/** Where the two formats begin to count: any second, and a day of February 2007. */
const CLOUDPHYSICS_ORIGIN_SECONDS = 1_000_000;
const FILETIME_ORIGIN_SECONDS = 12_816_637_200;

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The trace as lines of CSV, a header first, in pieces. */
export function* generateTrace(format: TraceFormat, options: GenerateOptions): Generator<Buffer> {
  yield Buffer.from(`${columnNames[format].join(",")}\n`);
  const line = format === "cloudphysics" ? cloudPhysicsLine : msrLine;
  for (const commands of steps(options)) {
    if (commands.length > 0) yield Buffer.from(commands.map(line).join(""));
  }
}

/** The trace as something to simulate, without a file. */
export function generatedSource(format: TraceFormat, options: GenerateOptions): TraceSource {
  return {
    name: `synthetic trace, seed ${options.seed}`,
    sizeBytes: 0,
    async *open() {
      yield* generateTrace(format, options);
    },
  };
}

/** Writes the trace to a file; gzip when its name ends with `.gz`. */
export async function writeTrace(path: string, format: TraceFormat, options: GenerateOptions): Promise<void> {
  const lines = Readable.from(generateTrace(format, options));
  if (path.endsWith(".gz")) await pipeline(lines, createGzip(), createWriteStream(path));
  else await pipeline(lines, createWriteStream(path));
}

function cloudPhysicsLine(command: Command): string {
  const seconds = CLOUDPHYSICS_ORIGIN_SECONDS + Math.floor(command.ticks / TICKS_PER_SECOND);
  const fraction = String(command.ticks % TICKS_PER_SECOND).padStart(7, "0");
  return `1,${seconds}.${fraction},${command.write ? "2a" : "28"},${command.bytes},${command.address / 512}\n`;
}

function msrLine(command: Command): string {
  const seconds = FILETIME_ORIGIN_SECONDS + Math.floor(command.ticks / TICKS_PER_SECOND);
  const fraction = String(command.ticks % TICKS_PER_SECOND).padStart(7, "0");
  const type = command.write ? "Write" : "Read";
  return `${seconds}${fraction},demo,0,${type},${command.address},${command.bytes},10000\n`;
}

/** Commands of each step of time, in order. */
function* steps(options: GenerateOptions): Generator<Command[]> {
  const random = randomNumbers(options.seed);
  const volumes = Array.from({ length: options.volumes }, (_, i) => new Volume(i, options, random));
  for (let step = 0; step * STEP_SECONDS < options.seconds; step++) {
    const commands: Command[] = [];
    for (const volume of volumes) volume.add(step * STEP_SECONDS, commands);
    yield commands.sort((a, b) => a.ticks - b.ticks);
  }
}

class Volume {
  private readonly rate: number;
  private bursting: boolean;
  private changeSeconds: number;
  private hot = 0;

  constructor(
    private readonly index: number,
    options: GenerateOptions,
    private readonly random: () => number,
  ) {
    // Shares fall off slowly from volume to volume; a burst's share of the time is counted in.
    const weights = Array.from({ length: options.volumes }, (_, i) => 1 / (i + 4));
    const share = (weights[index] as number) / weights.reduce((a, b) => a + b, 0);
    const burstShare = BURST_SECONDS / (BURST_SECONDS + QUIET_SECONDS);
    this.rate = (options.commandsPerSecond * share) / (1 + burstShare * (BURST_FACTOR - 1));
    this.bursting = random() < burstShare;
    this.changeSeconds = this.exponential(this.bursting ? BURST_SECONDS : QUIET_SECONDS);
    this.moveHotSpot();
  }

  add(seconds: number, commands: Command[]): void {
    if (seconds >= this.changeSeconds) this.change(seconds);
    const expected = this.rate * (this.bursting ? BURST_FACTOR : 1) * STEP_SECONDS;
    for (let count = this.poisson(expected); count > 0; count--) commands.push(this.command(seconds));
  }

  private change(seconds: number): void {
    this.bursting = !this.bursting;
    this.changeSeconds = seconds + this.exponential(this.bursting ? BURST_SECONDS : QUIET_SECONDS);
    if (this.bursting) this.moveHotSpot();
  }

  private moveHotSpot(): void {
    this.hot = Math.floor(this.random() * (VOLUME_BYTES / HOT_BYTES)) * HOT_BYTES;
  }

  private command(seconds: number): Command {
    const inHotSpot = this.random() < (this.bursting ? 0.9 : 0.2);
    const span = inHotSpot ? HOT_BYTES : VOLUME_BYTES;
    const within = Math.floor((this.random() * span) / BLOCK) * BLOCK;
    const pick = this.random();
    return {
      ticks: Math.floor((seconds + this.random() * STEP_SECONDS) * TICKS_PER_SECOND),
      address: this.index * VOLUME_BYTES + (inHotSpot ? this.hot : 0) + within,
      bytes: (sizes.find(([share]) => pick < share) as readonly [number, number])[1],
      write: this.random() < 0.4,
    };
  }

  private exponential(mean: number): number {
    return -mean * Math.log(1 - this.random());
  }

  /** Knuth's method: expectations here are far below one. */
  private poisson(expected: number): number {
    const limit = Math.exp(-expected);
    let count = -1;
    for (let product = 1; product > limit; product *= this.random()) count++;
    return count;
  }
}
