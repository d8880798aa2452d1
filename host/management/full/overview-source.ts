/** Copies of the array, shared by all who ask at about the same time: many pages cost no more than one. */

import type { DecisionRecord } from "../../cli/run/records.js";
import type { ManagedArray } from "../array/managed-array.js";
import { type Overview, overviewOf } from "../array/overview.js";
import { ArrayTables } from "../array/tables.js";
import type { ProcessorDirectory } from "../processors/directory.js";

/** A copy serves for so long, in milliseconds. */
const AGE_MAX_MS = 200;
const ALARMS_KEPT = 50;

export class OverviewSource {
  private taken: { atMs: number; tables: Promise<ArrayTables> } | undefined;
  private made: { tables: ArrayTables; overview: Overview } | undefined;
  private readonly alarms: DecisionRecord[] = [];
  private readonly unwatch: () => void;

  constructor(
    private readonly array: ManagedArray,
    private readonly directory: ProcessorDirectory,
  ) {
    this.unwatch = array.watch({ decision: (record) => this.remember(record) });
  }

  tables(): Promise<ArrayTables> {
    const nowMs = performance.now();
    if (this.taken === undefined || nowMs - this.taken.atMs > AGE_MAX_MS) {
      const tables = this.array.snapshot().then((snapshot) => new ArrayTables(snapshot));
      // One that failed is not kept for the next who asks.
      tables.catch(() => (this.taken = undefined));
      this.taken = { atMs: nowMs, tables };
    }
    return this.taken.tables;
  }

  async overview(): Promise<Overview> {
    const tables = await this.tables();
    if (this.made?.tables !== tables) {
      this.made = { tables, overview: overviewOf(tables.snapshot, this.directory, this.alarms) };
    }
    return this.made.overview;
  }

  /** After a change: the next who asks sees it. */
  forget(): void {
    this.taken = undefined;
  }

  close(): void {
    this.unwatch();
  }

  private remember(record: DecisionRecord): void {
    if (record.kind !== "ALARM") return;
    this.alarms.push(record);
    if (this.alarms.length > ALARMS_KEPT) this.alarms.shift();
  }
}
