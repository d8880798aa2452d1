/**
 * Samples of ports, as the sampling thread leaves them for the ticking one: a row of words for each port in memory
 * that both share, under a sequence word (odd while the writer is in the row). Neither side allocates.
 */

import type { LinkState } from "../../shim/generated/layout.js";

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

/** One sample, filled anew by each `read`. Its numbers stand in an array: as plain fields, large ones would be boxed. */
export class PortSample {
  private readonly values = new Float64Array(ROW_WORDS);

  /** Samples of the port with all counters known, so far; counters mean nothing before the first. */
  get count(): number {
    return this.values[WORD_COUNT] as number;
  }
  set count(value: number) {
    this.values[WORD_COUNT] = value;
  }

  /** Milliseconds on the clock of `performance.now()` of the thread that made the memory, whole. */
  get timeMs(): number {
    return this.values[WORD_TIME] as number;
  }
  set timeMs(value: number) {
    this.values[WORD_TIME] = value;
  }

  get link(): LinkState {
    return this.values[WORD_LINK] as LinkState;
  }
  set link(value: LinkState) {
    this.values[WORD_LINK] = value;
  }

  /** Microseconds of processor time, monotonic. */
  get busyUs(): number {
    return this.values[WORD_BUSY] as number;
  }
  set busyUs(value: number) {
    this.values[WORD_BUSY] = value;
  }

  /** Bytes sent and received, monotonic. */
  get bytes(): number {
    return this.values[WORD_BYTES] as number;
  }
  set bytes(value: number) {
    this.values[WORD_BYTES] = value;
  }

  /** Copies the row that begins at a word. */
  readFrom(words: Int32Array, at: number): void {
    for (let word = WORD_COUNT; word <= WORD_LINK; word++) this.values[word] = Atomics.load(words, at + word) >>> 0;
    for (let word = WORD_BUSY; word <= WORD_BYTES; word += 2) {
      const low = Atomics.load(words, at + word) >>> 0;
      this.values[word] = (Atomics.load(words, at + word + 1) >>> 0) * TWO_TO_32 + low;
    }
  }

  /** Writes it to the row that begins at a word. */
  writeTo(words: Int32Array, at: number): void {
    for (let word = WORD_COUNT; word <= WORD_LINK; word++) Atomics.store(words, at + word, this.wordAt(word));
    for (let word = WORD_BUSY; word <= WORD_BYTES; word += 2) {
      Atomics.store(words, at + word, this.wordAt(word));
      Atomics.store(words, at + word + 1, ((this.values[word] as number) / TWO_TO_32) | 0);
    }
  }

  private wordAt(word: number): number {
    return (this.values[word] as number) | 0;
  }
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
    sample.writeTo(this.words, at);
    Atomics.add(this.words, at + WORD_SEQUENCE, 1);
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
      into.readFrom(this.words, at);
      if (Atomics.load(this.words, at + WORD_SEQUENCE) === before) return true;
    }
    return false;
  }
}
