/** Loads as a port's processor samples them: what has been carried since the latest sample. */

import type { LiteralView } from "./policies/literal.js";
import type { Counters } from "./policies/policy.js";

export class SampledView implements LiteralView {
  private readonly portBefore: Float64Array;
  private readonly sessionBefore: Float64Array;
  private readonly loads: Float64Array;
  private readonly recent: Float64Array;
  private sampledMs = 0;

  constructor(
    private readonly counters: Counters,
    /** Cost that a port carries in a second; loads are shares of it. */
    private readonly capacityPerSecond: number,
  ) {
    this.portBefore = counters.portCost.slice();
    this.sessionBefore = counters.sessionCost.slice();
    this.loads = new Float64Array(counters.portCost.length);
    this.recent = new Float64Array(counters.sessionCost.length);
  }

  sample(nowMs: number): void {
    const { portCost, sessionCost } = this.counters;
    const carried = (this.capacityPerSecond * (nowMs - this.sampledMs)) / 1000;
    for (let port = 0; port < this.loads.length; port++) {
      this.loads[port] = ((portCost[port] as number) - (this.portBefore[port] as number)) / carried;
    }
    for (let session = 0; session < this.recent.length; session++) {
      this.recent[session] = (sessionCost[session] as number) - (this.sessionBefore[session] as number);
    }
    this.portBefore.set(portCost);
    this.sessionBefore.set(sessionCost);
    this.sampledMs = nowMs;
  }

  load(port: number): number {
    return this.loads[port] as number;
  }

  recentCost(session: number): number {
    return this.recent[session] as number;
  }
}
