/** First pass over a trace: how much there is, when, and where. Regions and capacities follow from it. */

import { commandCost, type LoadModel } from "./load.js";
import { readTrace, type TraceSource } from "./trace/reader.js";
import { TICKS_PER_SECOND, TraceError, type TraceFormat, type TraceRecord } from "./trace/record.js";

/** Extents begin this small and double until their number stays below `EXTENTS_MAX`. */
const EXTENT_BYTES_MIN = 64 * 1024;
const EXTENTS_MAX = 1 << 18;
/** Longest trace; a time further off than this is taken for a broken line. */
const YEAR_SECONDS = 366 * 86400;

/** Cost by extent of one volume. */
export interface VolumeTraffic {
  name: string;
  /** Extents in ascending order, and the cost of each. */
  extents: Float64Array;
  costs: Float64Array;
}

export interface Survey {
  /** Commands that count: reads and writes. */
  commands: number;
  writes: number;
  bytes: number;
  cost: number;
  /** Commands left out, by SCSI opcode. */
  skipped: Map<number, number>;
  /** Lines whose time lies before that of an earlier line. */
  lateLines: number;
  /** Time of the first command. */
  origin: { seconds: number; ticks: number };
  /** From the earliest to the latest command, in units of 100 ns. */
  spanTicks: number;
  /** Every time is a whole second: the trace's clock is that coarse. */
  wholeSeconds: boolean;
  extentBytes: number;
  volumes: VolumeTraffic[];
}

/** Reads the trace once. Throws `TraceError` for a broken line and for a trace that holds no read or write. */
export async function survey(
  source: TraceSource,
  format: TraceFormat,
  model: LoadModel,
  position?: (bytes: number) => void,
): Promise<Survey> {
  const surveyor = new Surveyor(model, source.name);
  const pass = await readTrace(source, format, (record) => surveyor.take(record), position);
  if (surveyor.commands === 0) {
    throw new TraceError(source.name, 0, "", "holds no read or write", "a trace with at least one command");
  }
  return surveyor.result(pass.volumes);
}

class Surveyor {
  commands = 0;
  private writes = 0;
  private bytes = 0;
  private cost = 0;
  private lateLines = 0;
  private wholeSeconds = true;
  private origin = { seconds: 0, ticks: 0 };
  private latestTicks = 0;
  private readonly skipped = new Map<number, number>();
  private readonly traffic: Traffic = new Traffic();

  constructor(
    private readonly model: LoadModel,
    private readonly file: string,
  ) {}

  take(record: TraceRecord): void {
    if (record.skippedOpcode >= 0) {
      this.skipped.set(record.skippedOpcode, (this.skipped.get(record.skippedOpcode) ?? 0) + 1);
      return;
    }
    if (this.commands === 0) this.origin = { seconds: record.seconds, ticks: record.ticks };
    this.time(record);
    const cost = commandCost(this.model, record.bytes);
    this.commands++;
    if (record.write) this.writes++;
    this.bytes += record.bytes;
    this.cost += cost;
    this.traffic.add(record.volume, record.address, cost);
  }

  private time(record: TraceRecord): void {
    const ticks = sinceOrigin(record, this.origin);
    if (Math.abs(ticks) > YEAR_SECONDS * TICKS_PER_SECOND) {
      throw new TraceError(
        this.file,
        0,
        "",
        `command ${this.commands + 1} is ${Math.round(ticks / TICKS_PER_SECOND / 86400)} days off the first one`,
        "times of one trace",
      );
    }
    if (record.ticks !== 0) this.wholeSeconds = false;
    if (ticks < this.latestTicks) this.lateLines++;
    else this.latestTicks = ticks;
  }

  result(volumes: readonly string[]): Survey {
    return {
      commands: this.commands,
      writes: this.writes,
      bytes: this.bytes,
      cost: this.cost,
      skipped: this.skipped,
      lateLines: this.lateLines,
      origin: this.origin,
      spanTicks: this.latestTicks,
      wholeSeconds: this.wholeSeconds,
      extentBytes: this.traffic.extentBytes,
      volumes: this.traffic.volumes(volumes),
    };
  }
}

/** Time of a record after `origin`, in units of 100 ns; exact within 28 years. */
export function sinceOrigin(record: TraceRecord, origin: { seconds: number; ticks: number }): number {
  return (record.seconds - origin.seconds) * TICKS_PER_SECOND + (record.ticks - origin.ticks);
}

/** Cost by extent; extents double when there are too many of them. */
class Traffic {
  extentBytes = EXTENT_BYTES_MIN;
  private perVolume: Map<number, number>[] = [];
  private count = 0;

  add(volume: number, address: number, cost: number): void {
    while (this.perVolume.length <= volume) this.perVolume.push(new Map());
    const costs = this.perVolume[volume] as Map<number, number>;
    const extent = Math.floor(address / this.extentBytes);
    const before = costs.get(extent);
    costs.set(extent, (before ?? 0) + cost);
    if (before === undefined && ++this.count > EXTENTS_MAX) this.double();
  }

  private double(): void {
    this.extentBytes *= 2;
    this.count = 0;
    this.perVolume = this.perVolume.map((costs) => {
      const merged = new Map<number, number>();
      for (const [extent, cost] of costs) {
        const half = Math.floor(extent / 2);
        merged.set(half, (merged.get(half) ?? 0) + cost);
      }
      this.count += merged.size;
      return merged;
    });
  }

  volumes(names: readonly string[]): VolumeTraffic[] {
    return this.perVolume.map((costs, volume) => {
      const sorted = [...costs].sort((a, b) => a[0] - b[0]);
      return {
        name: names[volume] ?? "",
        extents: Float64Array.from(sorted, (entry) => entry[0]),
        costs: Float64Array.from(sorted, (entry) => entry[1]),
      };
    });
  }
}
