/** Counters and reports as a host gives them: own ports and sessions sampled, others' ports by status messages. */

import type { ArrayDescription, PortDescription } from "../../../host/array/description.js";
import type { World } from "../../../host/scenario/world.js";
import type { Shim } from "../../../host/shim/shim.js";

export class Sampler {
  /** True while no message of another controller comes. */
  remoteSilent = false;
  private dueMs = 0;
  private latest = new Map<string, { atMs: number; totals: readonly number[] }>();

  constructor(
    private readonly world: World,
    private readonly everyMs: number,
    private readonly controller: string,
  ) {}

  /** Writes samples if they are due at the virtual time. */
  run(shim: Shim, array: ArrayDescription, nowMs: number, hostMs: number, isUp: (port: string) => boolean): void {
    if (nowMs < this.dueMs) return;
    this.dueMs = nowMs + this.everyMs;
    for (const port of array.ports) {
      const row = shim.names.ports.row(port.name);
      if (row < 0 || this.world.traffic.fault(port.name).silent || !isUp(port.name)) continue;
      if (port.controller === this.controller) this.samplePort(shim, port.name, row, hostMs);
      else if (!this.remoteSilent) this.reportPort(shim, port, row, nowMs);
    }
    for (const session of this.world.sessions) {
      if (session.row < 0) continue;
      const [operations = 0, bytes = 0] = [session.operations, session.bytes].map(this.world.traffic.shown);
      shim.sessionCounters(session.row, hostMs, operations, bytes, this.world.traffic.inFlight(session));
    }
  }

  private samplePort(shim: Shim, name: string, row: number, hostMs: number): void {
    const { traffic } = this.world;
    const [busyUs = 0, bytes = 0, operations = 0] = this.totals(name).map(traffic.shown);
    shim.portCounters(row, hostMs, busyUs, bytes, operations, traffic.queueDepth(name));
  }

  private totals(name: string): number[] {
    const { busyUs, bytes, operations } = this.world.traffic.totalsOf(name);
    return [busyUs, bytes, operations];
  }

  /** The load that the other controller's module would see: the fullest resource over the latest interval. */
  private reportPort(shim: Shim, { name, capacity }: PortDescription, row: number, nowMs: number): void {
    const totals = this.totals(name);
    const before = this.latest.get(name);
    this.latest.set(name, { atMs: nowMs, totals });
    if (before === undefined || nowMs === before.atMs) return shim.setRemoteLoad(row, 0, 0);
    const gained = totals.map((total, index) => Math.max(0, total - (before.totals[index] ?? 0)));
    const perSecond = gained.map((gain) => gain / (nowMs - before.atMs));
    const [busyUs = 0, bytes = 0, operations = 0] = perSecond;
    const sessions = this.world.sessionsOf(name).length;
    const used = [
      [busyUs, capacity.processor],
      [bytes / 1024, capacity.bandwidth],
      [operations, capacity.operations],
      [this.world.traffic.queueDepth(name), capacity.queue],
      [sessions, capacity.sessions],
    ] as const;
    const loads = used.map(([usage, limit]) => (limit === 0 ? 0 : Math.floor((usage * 1000) / limit)));
    shim.setRemoteLoad(row, Math.min(10_000, Math.max(...loads)), 0);
  }
}
