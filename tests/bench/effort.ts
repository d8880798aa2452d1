/** How much is measured: the long form, and the short one for continuous integration. */

export interface Effort {
  /** Rounds of a measurement that alternates between two sides. */
  rounds: number;
  /** Rows that a round of latch-and-judge handles; calls that a round of the smallest ones makes. */
  rowsPerRound: number;
  callsPerRound: number;
  /** Seconds that a side runs before anything counts. */
  warmUpSeconds: number;
  /** Ticks of the planning scenario, and how often it is repeated. */
  planningTicks: number;
  planningRepeats: number;
  /** Ticks of the heap measurement. */
  heapTicks: number;
  /** Times that a module is instantiated and configured. */
  startUps: number;
}

export const LONG: Effort = {
  rounds: 300,
  rowsPerRound: 20_000,
  callsPerRound: 20_000,
  warmUpSeconds: 2,
  planningTicks: 1500,
  planningRepeats: 5,
  heapTicks: 1_000_000,
  startUps: 40,
};

export const SHORT: Effort = {
  rounds: 40,
  rowsPerRound: 10_000,
  callsPerRound: 5_000,
  warmUpSeconds: 0.3,
  planningTicks: 300,
  planningRepeats: 2,
  heapTicks: 50_000,
  startUps: 5,
};

/** Runs `step` until the warm-up is over; the sides of a comparison are warmed up together. */
export async function warmUp(effort: Effort, step: () => void | Promise<void>): Promise<void> {
  const end = performance.now() + effort.warmUpSeconds * 1000;
  while (performance.now() < end) await step();
}
