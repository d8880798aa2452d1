/**
 * Figures of a run. Demand is added up over windows, and within a window a session counts for the port that it was
 * accounted to when the window began: so the loads of a window are those of one assignment, the same demand is
 * counted in every policy, and the planner's bound (bound.ts) is a bound for all of them.
 */

import { boundWindow } from "./bound.js";

/** How far the worst port stands above the mean, over the windows in which something was asked for. */
export interface Spread {
  mean: number;
  p95: number;
  max: number;
  /** Each window weighed by its demand: the worst port's mean load ÷ the mean load of all, over the whole run. */
  weighted: number;
}

/** Values of a window, one for each, in order; NaN for a window in which nothing was asked for. */
export interface Series {
  /** Worst port's load ÷ mean load of all ports. */
  ratio: number[];
  /** Worst port's load ÷ capacity. */
  worst: number[];
}

/** A port's capacity and when it counts as overloaded. */
export interface PortCapacity {
  ports: number;
  /** Cost that a port carries in one window. */
  perWindow: number;
  /** Share of it at which the port is overloaded (step 101). */
  overloadShare: number;
}

/** Demand of each session over the window under way, shared by all policies' accounts. */
export class WindowDemand {
  readonly cost: Float64Array;
  total = 0;

  constructor(sessions: number) {
    this.cost = new Float64Array(sessions);
  }

  add(session: number, cost: number): void {
    this.cost[session] = (this.cost[session] as number) + cost;
    this.total += cost;
  }

  clear(): void {
    this.cost.fill(0);
    this.total = 0;
  }
}

/** Account of one policy. */
export class Account {
  readonly series: Series = { ratio: [], worst: [] };
  /** Windows × ports in which a port was overloaded. */
  overloadedPortWindows = 0;
  private readonly placed: Int16Array;
  private readonly loads: Float64Array;

  constructor(
    private readonly capacity: PortCapacity,
    sessions: number,
  ) {
    this.placed = new Int16Array(sessions);
    this.loads = new Float64Array(capacity.ports);
  }

  /** A window begins: `ports` tells where each session is accounted. */
  begin(ports: Int16Array): void {
    this.placed.set(ports);
  }

  /** The window has ended. */
  end(demand: WindowDemand): void {
    this.loads.fill(0);
    for (let session = 0; session < this.placed.length; session++) {
      const port = this.placed[session] as number;
      this.loads[port] = (this.loads[port] as number) + (demand.cost[session] as number);
    }
    let worst = 0;
    for (const load of this.loads) {
      worst = Math.max(worst, load);
      if (isOverloaded(load, this.capacity)) this.overloadedPortWindows++;
    }
    record(this.series, worst, demand.total, this.capacity);
  }
}

/** Account of the planner that no policy can beat. */
export class BoundAccount {
  readonly series: Series = { ratio: [], worst: [] };
  /** As `series`, of assignments that exist; above the bound where that isn't known to be reachable. */
  readonly reached: Series = { ratio: [], worst: [] };
  /** Windows in which some port is overloaded whatever the assignment; one port then suffices to carry the rest. */
  overloadedPortWindows = 0;
  private readonly demands: Float64Array;

  constructor(
    private readonly capacity: PortCapacity,
    sessions: number,
  ) {
    this.demands = new Float64Array(sessions);
  }

  end(demand: WindowDemand): void {
    let count = 0;
    for (const cost of demand.cost) if (cost > 0) this.demands[count++] = cost;
    const { lower, reached } = boundWindow(this.demands, count, this.capacity.ports);
    if (isOverloaded(lower, this.capacity)) this.overloadedPortWindows++;
    record(this.series, lower, demand.total, this.capacity);
    record(this.reached, reached, demand.total, this.capacity);
  }
}

function isOverloaded(load: number, capacity: PortCapacity): boolean {
  return load >= capacity.perWindow * capacity.overloadShare && load > 0;
}

function record(series: Series, worst: number, total: number, capacity: PortCapacity): void {
  series.ratio.push(total === 0 ? Number.NaN : (worst * capacity.ports) / total);
  series.worst.push(worst / capacity.perWindow);
}

/**
 * Mean, 95th percentile (nearest rank) and maximum of `ratio`, and its mean weighed by demand, which follows from
 * `worst` and each window's mean load. Zeros where nothing was asked for at all.
 */
export function spread(series: Series): Spread {
  const sorted = Float64Array.from(series.ratio.filter((value) => !Number.isNaN(value))).sort();
  if (sorted.length === 0) return { mean: 0, p95: 0, max: 0, weighted: 0 };
  let worst = 0;
  let mean = 0;
  for (const [window, ratio] of series.ratio.entries()) {
    if (Number.isNaN(ratio)) continue;
    worst += series.worst[window] as number;
    mean += (series.worst[window] as number) / ratio;
  }
  return {
    mean: sorted.reduce((a, b) => a + b, 0) / sorted.length,
    p95: sorted[Math.ceil(0.95 * sorted.length) - 1] as number,
    max: sorted[sorted.length - 1] as number,
    weighted: worst / mean,
  };
}
