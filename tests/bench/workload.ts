/** What the host writes before each tick of the bench; tests/bench/native/workload.c writes the same numbers. */

import { layouts, type TableLayout } from "../../host/shim/generated/layout.js";
import type { Instance } from "./instance.js";

/** Host time of tick 0. */
export const START_MS = 1_000_000;
/** Between two ticks, and between two samples of a port. */
export const STEP_MS = 100;

/** Steady: the counters of a healthy array. Rough: overload, relief, stuck and restarted counters, gaps of the clock. */
export const STEADY = 0;
export const ROUGH = 1;
export type Workload = typeof STEADY | typeof ROUGH;

const TWO_TO_32 = 2 ** 32;
const ALMOST_32_BITS = 0xfff00000;

function hash(tick: number, port: number): number {
  let h = (Math.imul(tick, 2654435761) + Math.imul(port, 40503)) | 0;
  h ^= h >>> 15;
  h = Math.imul(h, 0x85ebca6b);
  return (h ^ (h >>> 13)) >>> 0;
}

/** Writes a table of latched rows straight into the module's memory, as the mailbox would leave it. */
class CounterRows {
  readonly capacity: number;
  private readonly words: Int32Array;
  private readonly base: number;
  private readonly rowWords: number;
  private readonly leaf: number;
  private readonly shift: number;
  private readonly summary: number;

  constructor(instance: Instance) {
    const { tables, limits } = layouts[instance.profile];
    const table = tables.find((candidate) => candidate.name === "target-port-counters") as TableLayout;
    this.words = new Int32Array(instance.memory.buffer);
    this.capacity = table.capacity;
    this.base = table.base >> 2;
    this.rowWords = table.stride >> 2;
    this.leaf = table.changedAddress >> 2;
    this.shift = table.changedShift;
    this.summary = ((limits.CHANGED_SUMMARIES_ADDRESS as number) >> 2) + table.number;
    const order = ["sequence", "generation", "sampledMs", "queueDepth", "busyUs", "bytes", "operations"];
    const offsets = order.map((name) => table.fields.find((field) => field.name === name)?.offset);
    if (offsets.join() !== "0,4,8,12,16,24,32") throw new Error("the row of counters has changed: change the workload");
  }

  write(
    port: number,
    sequence: number,
    generation: number,
    sampledMs: number,
    queueDepth: number,
    busyUs: number,
    bytes: number,
    operations: number,
  ): void {
    const { words } = this;
    const at = this.base + port * this.rowWords;
    words[at] = sequence;
    words[at + 1] = generation;
    words[at + 2] = sampledMs;
    words[at + 3] = queueDepth;
    words[at + 4] = busyUs;
    words[at + 5] = busyUs / TWO_TO_32;
    words[at + 6] = bytes;
    words[at + 7] = bytes / TWO_TO_32;
    words[at + 8] = operations;
    words[at + 9] = operations / TWO_TO_32;
    const leaf = port >> 5;
    words[this.leaf + leaf] = (words[this.leaf + leaf] as number) | (1 << (port & 31));
    words[this.summary] = (words[this.summary] as number) | (1 << (leaf >> this.shift));
  }
}

/** The writer of one instance's inputs. */
export class WorkloadWriter {
  private readonly rows: CounterRows;
  private readonly busyUs: Float64Array;
  private readonly bytes: Float64Array;
  private readonly operations: Float64Array;
  private roughMs = 0;

  constructor(private readonly instance: Instance) {
    this.rows = new CounterRows(instance);
    const { capacity } = this.rows;
    const first = Float64Array.from({ length: capacity }, (_, port) => (port & 1 ? ALMOST_32_BITS : 0));
    this.busyUs = first.slice();
    this.bytes = first.slice();
    this.operations = first.slice();
  }

  /** Writes the inputs of tick number `tick`, from 1. Writing a steady tick twice leaves the same bytes. */
  write(kind: Workload, tick: number): void {
    if (kind === STEADY) this.writeSteady(tick);
    else this.writeRough(tick);
  }

  private writeSteady(tick: number): void {
    const hostMs = START_MS + tick * STEP_MS;
    this.instance.views.control.setHostMs(0, hostMs);
    const { rows } = this;
    for (let port = 0; port < rows.capacity; port++) {
      const busyUs = tick * (20000 + 37 * port);
      const bytes = tick * (1000000 + 4096 * port);
      rows.write(port, tick * 2, 1, hostMs, (tick + port) & 15, busyUs, bytes, tick * (1500 + port));
    }
  }

  private writeRough(tick: number): void {
    const { control, header } = this.instance.views;
    if (this.roughMs === 0) this.roughMs = control.hostMs(0);
    this.roughMs += tick % 500 === 0 ? 7100 : STEP_MS;
    if (tick % 777 === 0) this.roughMs -= 150;
    header.setRingTail(0, header.ringHead(0));
    control.setHostMs(0, this.roughMs);
    for (let port = 0; port < this.rows.capacity; port++) this.writeRoughPort(tick, port);
  }

  private writeRoughPort(tick: number, port: number): void {
    const r = hash(tick, port);
    this.count(tick, port, r);
    const silent = tick % 1000 >= 600 && tick % 1000 < 640;
    if (r % 13 === 0 || silent) return;
    this.rows.write(
      port,
      tick * 2 + (r % 101 === 0 ? 1 : 0),
      r % 211 === 0 ? 7 : 1,
      this.roughMs,
      r & 31,
      this.busyUs[port] as number,
      this.bytes[port] as number,
      this.operations[port] as number,
    );
  }

  /** Counters move on: heavily or lightly, one of them stuck at times, all of them begun anew at times. */
  private count(tick: number, port: number, r: number): void {
    const heavy = ((tick >>> 5) + port) % 3 === 0;
    const stuck = ((tick >>> 4) + port) % 5 === 0;
    const { busyUs, bytes, operations } = this;
    const restarted = r % 97 === 0;
    const narrow = (port & 1) === 1;
    const next = (value: number) => (restarted ? r % 7 : narrow ? value % TWO_TO_32 : value);
    busyUs[port] = next((busyUs[port] as number) + (heavy ? 95000 : 30000));
    bytes[port] = next((bytes[port] as number) + 1000000 + (r % 100000));
    operations[port] = next((operations[port] as number) + (stuck ? 0 : 1500 + (r % 1000)));
  }
}
