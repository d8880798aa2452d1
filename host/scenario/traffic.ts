/** Counters of sessions and ports that advance by given rates in virtual time. */

import type { CounterFault, Load, PortLoad } from "./description.js";

/** A session of the world. */
export interface WorldSession {
  initiator: string;
  target: string;
  port: string;
  flags: number;
  switchingPriority: number;
  /** Row in the shim that runs now; -1 while none runs. */
  row: number;
  /** In thousandths, so that whole rates over whole milliseconds add up exactly. */
  operations: number;
  bytes: number;
}

/** In thousandths too. */
interface PortTotals {
  busyUs: number;
  bytes: number;
  operations: number;
}

const KIB = 1024;
const THOUSANDTHS = 1000;
const NEAR_WRAP = (2 ** 32 - 1000) * THOUSANDTHS;

function pairKey(initiator: string, target: string): string {
  return `${initiator} ${target}`;
}

function noFault(port: string): CounterFault {
  return { port, silent: false, stuck: [], reset: false, nearWrap: false };
}

/** What every session and port does, and what their counters say of it. */
export class Traffic {
  private readonly loads = new Map<string, Load>();
  private readonly portLoads = new Map<string, PortLoad>();
  private readonly totals = new Map<string, PortTotals>();
  private readonly faults = new Map<string, CounterFault>();
  private latestMs = 0;

  constructor(private readonly sessions: ReadonlySet<WorldSession>) {}

  setLoad(load: Load): void {
    this.loads.set(pairKey(load.initiator, load.target), load);
  }

  setPortLoad(load: PortLoad): void {
    this.portLoads.set(load.port, load);
  }

  setFault(fault: CounterFault): void {
    this.faults.set(fault.port, fault);
    const totals = this.totalsOf(fault.port);
    if (fault.reset) this.totals.set(fault.port, { busyUs: 0, bytes: 0, operations: 0 });
    if (fault.nearWrap) Object.assign(totals, { busyUs: NEAR_WRAP, bytes: NEAR_WRAP, operations: NEAR_WRAP });
  }

  fault(port: string): CounterFault {
    return this.faults.get(port) ?? noFault(port);
  }

  /** Advances all counters; rates hold from the latest advance until then. */
  advance(toMs: number): void {
    const ms = toMs - this.latestMs;
    this.latestMs = toMs;
    if (ms <= 0) return;
    for (const session of this.sessions) {
      const { operations, bandwidth, processor } = this.ratesOf(session);
      session.operations += operations * ms;
      session.bytes += bandwidth * KIB * ms;
      this.count(session.port, operations * ms, bandwidth * KIB * ms, processor * ms);
    }
    for (const { port, operations, bandwidth, processor } of this.portLoads.values()) {
      this.count(port, operations * ms, bandwidth * KIB * ms, processor * ms);
    }
  }

  /** What a counter of so many thousandths shows. */
  shown(thousandths: number): number {
    return Math.floor(thousandths / THOUSANDTHS);
  }

  totalsOf(port: string): PortTotals {
    const known = this.totals.get(port);
    if (known !== undefined) return known;
    const totals = { busyUs: 0, bytes: 0, operations: 0 };
    this.totals.set(port, totals);
    return totals;
  }

  inFlight(session: WorldSession): number {
    return Math.round(this.ratesOf(session).inFlight);
  }

  queueDepth(port: string): number {
    let depth = this.portLoads.get(port)?.queue ?? 0;
    for (const session of this.sessions) if (session.port === port) depth += this.inFlight(session);
    return depth;
  }

  /** Share of a pair's load that one of its sessions has. */
  private ratesOf(session: WorldSession): {
    operations: number;
    bandwidth: number;
    processor: number;
    inFlight: number;
  } {
    const load = this.loads.get(pairKey(session.initiator, session.target));
    if (load === undefined) return { operations: 0, bandwidth: 0, processor: 0, inFlight: 0 };
    let paths = 0;
    for (const other of this.sessions) {
      if (other.initiator === session.initiator && other.target === session.target) paths++;
    }
    const { operations, bandwidth, processor, inFlight } = load;
    return {
      operations: operations / paths,
      bandwidth: bandwidth / paths,
      processor: processor / paths,
      inFlight: inFlight / paths,
    };
  }

  private count(port: string, operations: number, bytes: number, busyUs: number): void {
    const totals = this.totalsOf(port);
    const { stuck } = this.fault(port);
    if (!stuck.includes("operations")) totals.operations += operations;
    if (!stuck.includes("bytes")) totals.bytes += bytes;
    if (!stuck.includes("busyUs")) totals.busyUs += busyUs;
  }
}
