/** What a controller must not forget: the highest epoch seen of each scope, and what it has promised. */

import type { DurableStore } from "../durable.js";

interface Kept {
  version: 1;
  epochs: Record<string, number>;
  /** Length of the longest promise that may still be in force; 0: none. */
  promisedForMs: number;
}

export class CoordinationMemory {
  private readonly epochs = new Map<string, number>();
  private promisedMs = 0;
  private writing: Promise<void> | undefined;
  private waiting: Promise<void> | undefined;

  private constructor(private readonly store: DurableStore) {}

  /**
   * Reads what an earlier run kept. A text that is no such memory counts as none: sessions and the epochs that the lease
   * service lists keep old orders out all the same, and every start waits for the longest promise.
   * @param report a line for the operator
   */
  static async open(store: DurableStore, report: (line: string) => void): Promise<CoordinationMemory> {
    const memory = new CoordinationMemory(store);
    const text = await store.read();
    if (text === undefined) return memory;
    const kept = parse(text);
    if (kept === undefined) report("coordination: the file of epochs can't be read; begun anew");
    for (const [scope, epoch] of Object.entries(kept?.epochs ?? {})) memory.epochs.set(scope, epoch);
    memory.promisedMs = kept?.promisedForMs ?? 0;
    return memory;
  }

  /** The highest epoch seen of a scope; 0: none. */
  highest(scope: string): number {
    return this.epochs.get(scope) ?? 0;
  }

  /** Length of the longest promise that an earlier run, or this one, may have in force. */
  get promisedForMs(): number {
    return this.promisedMs;
  }

  /** Raises a scope's epoch: at once for whoever asks, durably when it resolves. */
  raise(scope: string, epoch: number): Promise<void> {
    if (epoch <= this.highest(scope)) return this.durable();
    this.epochs.set(scope, epoch);
    return this.write();
  }

  /** Notes a promise, durably when it resolves. A longer one that may still be in force stays. */
  promise(forMs: number): Promise<void> {
    if (forMs <= this.promisedMs) return this.durable();
    this.promisedMs = forMs;
    return this.write();
  }

  /** All promises are over. */
  promisesEnded(): Promise<void> {
    if (this.promisedMs === 0) return this.durable();
    this.promisedMs = 0;
    return this.write();
  }

  /** Resolves when all that was noted before is durable. */
  private durable(): Promise<void> {
    return this.waiting ?? this.writing ?? Promise.resolve();
  }

  /** One write at a time; what is noted meanwhile goes together into the next. */
  private write(): Promise<void> {
    // One that waits begins a moment after the one before it has ended: until then there is none under way.
    if (this.waiting !== undefined) return this.waiting;
    if (this.writing === undefined) return this.begin();
    this.waiting = this.writing
      .catch(() => undefined)
      .then(() => {
        this.waiting = undefined;
        return this.begin();
      });
    return this.waiting;
  }

  private begin(): Promise<void> {
    const kept: Kept = { version: 1, epochs: Object.fromEntries(this.epochs), promisedForMs: this.promisedMs };
    const writing = this.store.write(JSON.stringify(kept)).finally(() => {
      if (this.writing === writing) this.writing = undefined;
    });
    this.writing = writing;
    return writing;
  }
}

function parse(text: string): Kept | undefined {
  try {
    const kept = JSON.parse(text) as Partial<Kept> | null;
    if (kept?.version !== 1 || typeof kept.epochs !== "object" || kept.epochs === null) return undefined;
    const epochs = Object.entries(kept.epochs);
    const isWhole = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
    if (!epochs.every(([, epoch]) => isWhole(epoch)) || !isWhole(kept.promisedForMs)) return undefined;
    return kept as Kept;
  } catch {
    return undefined;
  }
}
