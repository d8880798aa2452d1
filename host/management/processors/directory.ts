/** Which processors there are, which one is active, and how they are reached. */

import type { Level } from "../array/tables.js";

export type ServerKind = "full" | "restricted" | "none" | "unknown";

export interface ProcessorRow {
  name: string;
  state: string;
  level: Level;
  active: boolean;
  server: ServerKind;
  priority: number;
  /** Sum of the weights of its tracked inputs that are down, by its own report: lowers its priority. */
  penalty: number;
  reachable: boolean | null;
  why: string;
}

export interface ProcessorDirectory {
  /** Name of this processor. */
  readonly own: string;
  readonly names: readonly string[];
  /** The active processor as far as this one knows; undefined for none. */
  active(): string | undefined;
  /** Epoch of the active role; only grows. */
  epoch(): number;
  /** This processor's part. */
  role(): "active" | "passive" | "caretaker" | "none";
  /** This processor's state in a word. */
  state(): string;
  rows(): ProcessorRow[];
}

/** The one processor of a run of its own: active, since nobody else could be. */
export class SingleProcessor implements ProcessorDirectory {
  readonly names: readonly string[];

  constructor(
    readonly own: string,
    private readonly others: readonly string[] = [],
  ) {
    this.names = [own, ...others];
  }

  active(): string {
    return this.own;
  }

  epoch(): number {
    return 1;
  }

  role(): "active" {
    return "active";
  }

  state(): string {
    return "healthy";
  }

  rows(): ProcessorRow[] {
    const own: ProcessorRow = {
      name: this.own,
      state: "healthy",
      level: "good",
      active: true,
      server: "full",
      priority: 100,
      penalty: 0,
      reachable: true,
      why: "active: it runs by itself, the lease is in its own process",
    };
    const others = this.others.map(
      (name): ProcessorRow => ({
        name,
        state: "not heard of",
        level: "quiet",
        active: false,
        server: "unknown",
        priority: 100,
        penalty: 0,
        reachable: null,
        why: "this run has no link to it",
      }),
    );
    return [own, ...others];
  }
}
