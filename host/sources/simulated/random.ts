/**
 * Pseudo-random numbers of the simulated array: the same seed and label give the same numbers on every machine.
 *
 * Each stream has a label, so that what one part of the world draws does not depend on what another part drew: the
 * load of a session is the same whether the module moves it or not.
 */

/** FNV-1a over the label's UTF-16 code units, started from the seed. */
function hash(seed: number, label: string): number {
  let value = (2166136261 ^ seed) >>> 0;
  for (let index = 0; index < label.length; index++) {
    value = Math.imul(value ^ label.charCodeAt(index), 16777619) >>> 0;
  }
  return value;
}

/** One stream: the generator sfc32 (Doty-Humphrey's PractRand), 128 bits of state. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /**
   * @param seed any integer; its low 32 bits count
   * @param label names the stream
   */
  constructor(seed: number, label: string) {
    this.a = hash(seed, label);
    this.b = hash(this.a, "b");
    this.c = hash(this.b, "c");
    for (let round = 0; round < 12; round++) this.next();
  }

  /** Evenly spread in [0, 1). */
  next(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + sum) | 0;
    return (sum >>> 0) / 4294967296;
  }

  /** Evenly spread in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** An integer, evenly spread in [0, count). */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** Exponentially distributed: the time to the next event of a memoryless process. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  /** Pareto distributed, cut off to [low, high]: a heavy tail for `shape` between 1 and 2. */
  pareto(shape: number, low: number, high: number): number {
    const tail = 1 - (low / high) ** shape;
    return low / (1 - this.next() * tail) ** (1 / shape);
  }
}

/** Mean of `Random.pareto` with the same arguments; `shape` must not be 1. */
export function paretoMean(shape: number, low: number, high: number): number {
  const tail = 1 - (low / high) ** shape;
  return ((low ** shape / tail) * shape * (low ** (1 - shape) - high ** (1 - shape))) / (shape - 1);
}
