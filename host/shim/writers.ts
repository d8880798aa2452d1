/** Which generation of the configuration the writers of input rows know. */

export interface WriterTicket {
  /** The writer uses rows and generations of this configuration from now on. */
  confirm(generation: number): void;
  /** The writer is gone. */
  close(): void;
}

/**
 * Writers on other threads learn of a configuration later than the shim. A removed row is given out anew only after
 * all of them have confirmed; without any, the shim's own word is enough.
 */
export class WriterConfirmations {
  private readonly confirmed = new Map<symbol, number>();
  /** Least generation confirmed; kept here so that a tick asks without walking the writers. */
  private least = Number.POSITIVE_INFINITY;

  /** A writer that knows `generation` already. */
  writer(name: string, generation: number): WriterTicket {
    const key = Symbol(name);
    this.put(key, generation);
    return {
      confirm: (known) => {
        const before = this.confirmed.get(key);
        if (before !== undefined) this.put(key, Math.max(known, before));
      },
      close: () => {
        this.confirmed.delete(key);
        this.least = Math.min(...this.confirmed.values());
      },
    };
  }

  /** Latest generation that all writers know; `inForce` without writers. */
  known(inForce: number): number {
    return Math.min(inForce, this.least);
  }

  private put(key: symbol, generation: number): void {
    this.confirmed.set(key, generation);
    this.least = Math.min(...this.confirmed.values());
  }
}
