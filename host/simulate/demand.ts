/** Second pass over a trace: what each session asks for in each tick of simulated time. */

import { commandCost, type LoadModel } from "./load.js";
import type { Regions } from "./regions.js";
import { type Survey, sinceOrigin } from "./survey.js";
import { readTrace, type TraceSource } from "./trace/reader.js";
import { TICKS_PER_SECOND, type TraceFormat, type TraceRecord } from "./trace/record.js";

/** Addresses that the same initiator uses. */
const INITIATOR_EXTENT_BYTES = 1024 * 1024;

/**
 * Which initiator a command comes from. Traces don't say, so each extent of 1 MiB belongs to one initiator, drawn
 * by a hash: what is near in address stays with one host, and the same trace always gives the same sessions.
 */
export function initiatorOf(volume: number, address: number, initiators: number): number {
  const extent = Math.floor(address / INITIATOR_EXTENT_BYTES);
  let hash = Math.imul(extent ^ (Math.floor(extent / 0x1_0000_0000) + volume * 0x9e37_79b1), 0x85eb_ca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2_ae35);
  hash ^= hash >>> 16;
  return (hash >>> 0) % initiators;
}

/** The sessions (I_T nexuses): a number for each (initiator, target) that the trace has traffic for. */
export class Seats {
  readonly initiator: readonly number[];
  readonly target: readonly number[];
  private readonly numbers: Int32Array;

  /** Finds the pairs from the survey alone; where its extents are larger than an initiator's, a pair may stay idle. */
  constructor(
    facts: Survey,
    regions: Regions,
    readonly initiators: number,
  ) {
    this.numbers = new Int32Array(initiators * regions.count).fill(-1);
    const step = Math.min(facts.extentBytes, INITIATOR_EXTENT_BYTES);
    for (const [volume, { extents }] of facts.volumes.entries()) {
      for (const extent of extents) {
        const start = extent * facts.extentBytes;
        for (let address = start; address < start + facts.extentBytes; address += step) {
          this.numbers[initiatorOf(volume, address, initiators) * regions.count + regions.of(volume, address)] = 0;
        }
      }
    }
    const pairs: number[] = [];
    for (let pair = 0; pair < this.numbers.length; pair++) {
      if (this.numbers[pair] === 0) this.numbers[pair] = pairs.push(pair) - 1;
    }
    this.initiator = pairs.map((pair) => Math.floor(pair / regions.count));
    this.target = pairs.map((pair) => pair % regions.count);
    this.targets = regions.count;
  }

  readonly targets: number;

  get count(): number {
    return this.initiator.length;
  }

  session(initiator: number, target: number): number {
    return this.numbers[initiator * this.targets + target] as number;
  }
}

/** What all sessions ask for in one tick; the same object in every tick. */
export interface TickDemand {
  /** Number of the tick, from 0. */
  tick: number;
  /** Sessions that ask for something, `touched[0 .. count-1]`. */
  readonly touched: Uint32Array;
  count: number;
  /** By session, in the load model's unit, commands and bytes. */
  readonly cost: Float64Array;
  readonly commands: Float64Array;
  readonly bytes: Float64Array;
}

/** How trace time becomes simulated ticks, and commands become demands of sessions. */
export interface DemandShape {
  format: TraceFormat;
  model: LoadModel;
  regions: Regions;
  seats: Seats;
  /** Length of a tick in trace time, in units of 100 ns. */
  tickTicks: number;
  /** Ticks of the whole run. */
  ticks: number;
}

/**
 * Reads the trace again and calls `step` once for each tick, in order, also for those in which nothing is asked.
 * A command that stands too late in the file counts in the tick that is under way.
 */
export async function playDemand(
  source: TraceSource,
  facts: Survey,
  shape: DemandShape,
  step: (demand: TickDemand) => void,
  position?: (bytes: number) => void,
): Promise<void> {
  const player = new Player(shape, step);
  const spread = facts.wholeSeconds ? new SecondSpreader((record, ticks) => player.take(record, ticks)) : undefined;
  const take = (record: TraceRecord) => {
    if (record.skippedOpcode >= 0) return;
    const ticks = sinceOrigin(record, facts.origin);
    if (spread === undefined) player.take(record, ticks);
    else spread.take(record, ticks);
  };
  await readTrace(source, shape.format, take, position);
  spread?.flush();
  player.finish();
}

class Player {
  private readonly demand: TickDemand;
  private readonly isTouched: Uint8Array;

  constructor(
    private readonly shape: DemandShape,
    private readonly step: (demand: TickDemand) => void,
  ) {
    const sessions = shape.seats.count;
    this.isTouched = new Uint8Array(sessions);
    this.demand = {
      tick: 0,
      touched: new Uint32Array(sessions),
      count: 0,
      cost: new Float64Array(sessions),
      commands: new Float64Array(sessions),
      bytes: new Float64Array(sessions),
    };
  }

  take(record: TraceRecord, ticks: number): void {
    const tick = Math.min(this.shape.ticks - 1, Math.floor(ticks / this.shape.tickTicks));
    while (this.demand.tick < tick) this.next();
    const { shape, demand } = this;
    const target = shape.regions.of(record.volume, record.address);
    const session = shape.seats.session(initiatorOf(record.volume, record.address, shape.seats.initiators), target);
    if (this.isTouched[session] === 0) {
      this.isTouched[session] = 1;
      demand.touched[demand.count++] = session;
    }
    demand.cost[session] = (demand.cost[session] as number) + commandCost(shape.model, record.bytes);
    demand.commands[session] = (demand.commands[session] as number) + 1;
    demand.bytes[session] = (demand.bytes[session] as number) + record.bytes;
  }

  finish(): void {
    while (this.demand.tick < this.shape.ticks) this.next();
  }

  private next(): void {
    const { demand } = this;
    this.step(demand);
    for (let i = 0; i < demand.count; i++) {
      const session = demand.touched[i] as number;
      this.isTouched[session] = 0;
      demand.cost[session] = 0;
      demand.commands[session] = 0;
      demand.bytes[session] = 0;
    }
    demand.count = 0;
    demand.tick++;
  }
}

/**
 * A trace whose clock shows whole seconds only has all commands of a second in one instant: they are spread evenly
 * over it in the order of the file.
 */
class SecondSpreader {
  private readonly waiting: TraceRecord[] = [];
  private count = 0;
  private ticks = 0;

  constructor(private readonly pass: (record: TraceRecord, ticks: number) => void) {}

  take(record: TraceRecord, ticks: number): void {
    if (this.count > 0 && ticks > this.ticks) this.flush();
    if (this.count === 0) this.ticks = ticks;
    const kept = this.waiting[this.count];
    if (kept === undefined) this.waiting.push({ ...record });
    else Object.assign(kept, record);
    this.count++;
  }

  flush(): void {
    for (let i = 0; i < this.count; i++) {
      this.pass(this.waiting[i] as TraceRecord, this.ticks + Math.floor((i * TICKS_PER_SECOND) / this.count));
    }
    this.count = 0;
  }
}
