/**
 * Samples of ports, as the sampling thread leaves them for the ticking one: a row of words for each port in memory
 * that both share, under a sequence word (odd while the writer is in the row). Neither side allocates.
 */

import { LinkState } from "../../shim/generated/layout.js";

const WORD_SEQUENCE = 0;
const WORD_COUNT = 1;
const WORD_TIME = 2;
const WORD_LINK = 3;
const WORD_BUSY = 4;
const WORD_BYTES = 6;
const ROW_WORDS = 8;
const TWO_TO_32 = 2 ** 32;
/** Times that a torn row is read again before it is left for the next tick. */
const READ_TRIES = 4;

/** One sample, filled anew by each `read`. */
export interface PortSample {
  /** Samples of the port with all counters known, so far; counters mean nothing before the first. */
  count: number;
  /** Milliseconds on the clock of `performance.now()` of the thread that made the memory, whole. */
  timeMs: number;
  link: LinkState;
  /** Microseconds of processor time, monotonic. */
  busyUs: number;
  /** Bytes sent and received, monotonic. */
  bytes: number;
}

export function emptySample(): PortSample {
  return { count: 0, timeMs: 0, link: LinkState.UNKNOWN, busyUs: 0, bytes: 0 };
}

/** Memory for the samples of so many ports. */
export function createSamples(ports: number): SharedArrayBuffer {
  return new SharedArrayBuffer(Math.max(1, ports) * ROW_WORDS * 4);
}

/** The sampling thread's side. */
export class SampleWriter {
  private readonly words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory);
  }

  /** `sample.count` is the writer's own affair: it grows by one with each sample whose counters are all known. */
  write(port: number, sample: PortSample): void {
    const at = port * ROW_WORDS;
    Atomics.add(this.words, at + WORD_SEQUENCE, 1);
    this.put(at + WORD_COUNT, sample.count);
    this.put(at + WORD_TIME, sample.timeMs);
    this.put(at + WORD_LINK, sample.link);
    this.putLong(at + WORD_BUSY, sample.busyUs);
    this.putLong(at + WORD_BYTES, sample.bytes);
    Atomics.add(this.words, at + WORD_SEQUENCE, 1);
  }

  private put(word: number, value: number): void {
    Atomics.store(this.words, word, value | 0);
  }

  private putLong(word: number, value: number): void {
    this.put(word, value);
    this.put(word + 1, value / TWO_TO_32);
  }
}

/** The ticking thread's side. */
export class SampleReader {
  private readonly words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory);
  }

  /** Changes with each sample; 0 before the first. */
  sequence(port: number): number {
    return Atomics.load(this.words, port * ROW_WORDS + WORD_SEQUENCE) >>> 0;
  }

  /** Fills `into` with the latest whole sample; false where the writer was in the row at each try. */
  read(port: number, into: PortSample): boolean {
    const at = port * ROW_WORDS;
    for (let attempt = 0; attempt < READ_TRIES; attempt++) {
      const before = Atomics.load(this.words, at + WORD_SEQUENCE);
      if ((before & 1) !== 0) continue;
      into.count = this.word(at + WORD_COUNT);
      into.timeMs = this.word(at + WORD_TIME);
      into.link = this.word(at + WORD_LINK) as LinkState;
      into.busyUs = this.long(at + WORD_BUSY);
      into.bytes = this.long(at + WORD_BYTES);
      if (Atomics.load(this.words, at + WORD_SEQUENCE) === before) return true;
    }
    return false;
  }

  private word(word: number): number {
    return Atomics.load(this.words, word) >>> 0;
  }

  private long(word: number): number {
    return this.word(word + 1) * TWO_TO_32 + this.word(word);
  }
}
