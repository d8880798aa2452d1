/**
 * What an offline planner could reach: one that knows the demand of a window beforehand and puts every session on any
 * port it likes at the window's start, moves being free and instant. How low the worst port's load can then get is
 * the makespan problem on identical machines (P||Cmax): sessions are jobs, ports are machines.
 *
 * No policy in this simulation can do better in a window than that planner, since a session counts, for a whole
 * window, for one port (see accounting.ts), and each port's load is the sum of its sessions' demands. So a lower
 * bound of that makespan is a lower bound for every policy.
 */

/** Sessions up to which the optimum itself is searched for, and the nodes that the search may take. */
const SEARCH_SESSIONS_MAX = 20;
const SEARCH_NODES_MAX = 4000;

export interface WindowBound {
  /** No assignment has a worst port below this; whole number in the unit of the demands. */
  lower: number;
  /** Worst port of an assignment that exists: the bound's distance from it is what remains unknown. */
  reached: number;
}

/**
 * Bounds the worst port's load for demands `demands[0 .. count-1]`, whole numbers above 0, which are sorted in place
 * in descending order, on `ports` equal ports.
 */
export function boundWindow(demands: Float64Array, count: number, ports: number): WindowBound {
  if (count === 0) return { lower: 0, reached: 0 };
  const sorted = demands.subarray(0, count).sort().reverse();
  const lower = relaxation(sorted, ports);
  const reached = longestFirst(sorted, ports);
  if (reached === lower || count > SEARCH_SESSIONS_MAX) return { lower, reached };
  const search = new Search(sorted, ports, lower, reached);
  return search.finished() ? { lower: search.best, reached: search.best } : { lower, reached: search.best };
}

/**
 * The largest of three lower bounds, for demands p₁ ≥ p₂ ≥ … on m ports:
 *
 * 1. The mean, rounded up: the m loads add up to the sum of all demands, so the largest of them is no smaller than
 *    their mean; demands are whole numbers, and so is every load.
 * 2. p₁: the port that has the heaviest session carries at least that session.
 * 3. For each k ≥ 1 with k·m < n: p₍ₖₘ₊₁₋ₖ₎ + … + p₍ₖₘ₊₁₎. Among the k·m + 1 heaviest sessions some port has at
 *    least k + 1 (pigeonhole); whichever they are, they weigh at least as much as the k + 1 lightest of these.
 */
export function relaxation(sorted: Float64Array, ports: number): number {
  let total = 0;
  for (const demand of sorted) total += demand;
  let bound = Math.max(Math.ceil(total / ports), sorted[0] ?? 0);
  for (let k = 1; k * ports < sorted.length; k++) {
    let sum = 0;
    for (let i = 0; i <= k; i++) sum += sorted[k * ports - i] as number;
    bound = Math.max(bound, sum);
  }
  return bound;
}

/** Worst load when each session, heaviest first, goes to the port with the least load so far (Graham's LPT). */
export function longestFirst(sorted: Float64Array, ports: number): number {
  const loads = new Float64Array(ports);
  for (const demand of sorted) {
    let least = 0;
    for (let port = 1; port < ports; port++) {
      if ((loads[port] as number) < (loads[least] as number)) least = port;
    }
    loads[least] = (loads[least] as number) + demand;
  }
  return loads.reduce((worst, load) => Math.max(worst, load), 0);
}

/**
 * Branch and bound over all assignments: sessions from the heaviest on, each to every port of a different load (two
 * ports of equal load lead to assignments that differ only by the ports' names). A branch is left only when its worst
 * port is at least the best known, so a search that runs to its end has found the optimum.
 */
class Search {
  best: number;
  private nodes = 0;
  private readonly loads: Float64Array;

  constructor(
    private readonly sorted: Float64Array,
    ports: number,
    private readonly lower: number,
    reached: number,
  ) {
    this.best = reached;
    this.loads = new Float64Array(ports);
    this.place(0, 0);
  }

  finished(): boolean {
    return this.best === this.lower || this.nodes < SEARCH_NODES_MAX;
  }

  private place(session: number, worst: number): void {
    if (session === this.sorted.length) {
      this.best = worst;
      return;
    }
    const demand = this.sorted[session] as number;
    for (let port = 0; port < this.loads.length; port++) {
      const before = this.loads[port] as number;
      if (before + demand >= this.best || this.loads.indexOf(before) < port) continue;
      if (this.best === this.lower || this.nodes >= SEARCH_NODES_MAX) return;
      this.nodes++;
      this.loads[port] = before + demand;
      this.place(session + 1, Math.max(worst, before + demand));
      this.loads[port] = before;
    }
  }
}
