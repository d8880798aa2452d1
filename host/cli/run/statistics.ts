/** Counts what a run does, and sums it up at the end. */

import type { ChannelFacts } from "../../coordination/status/channel-facts.js";
import type { Engine, RunListener } from "./engine.js";
import type { DecisionRecord, RunEvent } from "./records.js";
import {
  type GroupRecord,
  groupsOf,
  type InterfaceRecord,
  interfacesOf,
  type ProcessorRecord,
  processorsOf,
  type UnitRecord,
  unitsOf,
} from "./hosted.js";
import { type RegistrationSummary, summarizeRegistrations } from "./registrations.js";
import { type LeaseRecord, leasesOf, type ScopeRecord, scopesOf } from "./watch-scopes.js";

/** Why a run ended. */
export type RunEnd = "duration" | "quit" | "signal" | "returned";

export interface PortSummary {
  port: string;
  /** Load now and the highest seen, in permille. */
  loadPermille: number;
  highestLoadPermille: number;
  overloadedMs: number;
  sessions: number;
}

export interface RunSummary {
  array: string;
  ended: RunEnd;
  elapsedMs: number;
  ticks: number;
  /** Of module and shim, in microseconds. */
  tickMeanUs: number;
  tickLongestUs: number;
  decisions: { total: number; byKind: Record<string, number>; byReason: Record<string, number> };
  moves: { done: number; failed: number; givenUp: number; underWay: number };
  /** Logins through another port than before, and through the same one. */
  logins: { elsewhere: number; same: number };
  /** Time in overload of all ports together, in milliseconds. */
  overloadedMs: number;
  sessions: number;
  ports: PortSummary[];
  registrations: RegistrationSummary;
  /** Who holds what, and whose lease is there; absent for an array without `coordination`. */
  scopes?: ScopeRecord[];
  leases?: LeaseRecord[];
  /** Where addresses and units are, and the groups' operative ports; absent for an array that has none. */
  interfaces?: InterfaceRecord[];
  groups?: GroupRecord[];
  units?: UnitRecord[];
  /** Processors, and what the status messages have come to; absent for an array without `coordination`. */
  processors?: ProcessorRecord[];
  status?: ChannelFacts;
  /** Of the simulated hosts; absent for a real array. */
  hosts?: { served: number; heldBack: number; retried: number; meanLatencyMs: number };
}

export class Statistics implements RunListener {
  private readonly byKind = new Map<string, number>();
  private readonly byReason = new Map<string, number>();
  private readonly byEvent = new Map<string, number>();
  private sameLogins = 0;

  decision(record: DecisionRecord): void {
    count(this.byKind, record.kind);
    count(this.byReason, record.reason);
  }

  event(event: RunEvent): void {
    count(this.byEvent, event.event);
    if (event.event === "LOGIN" && !event.elsewhere) this.sameLogins++;
  }

  summary(engine: Engine, ended: RunEnd): RunSummary {
    const { shim, world } = engine;
    const { moduleState } = shim.core.views;
    const ports = this.ports(engine);
    const events = (name: string) => this.byEvent.get(name) ?? 0;
    const summary: RunSummary = {
      array: shim.array?.name ?? "",
      ended,
      elapsedMs: engine.elapsedMs,
      ticks: engine.ticks,
      tickMeanUs: round(engine.ticks === 0 ? 0 : engine.tickUs / engine.ticks),
      tickLongestUs: round(engine.longestTickUs),
      decisions: {
        total: [...this.byKind.values()].reduce((sum, each) => sum + each, 0),
        byKind: Object.fromEntries(this.byKind),
        byReason: Object.fromEntries(this.byReason),
      },
      moves: {
        done: events("MOVE_DONE"),
        failed: events("MOVE_FAILED"),
        givenUp: events("MOVE_GIVEN_UP"),
        underWay: moduleState.movesUnderWay(0),
      },
      logins: { elsewhere: events("LOGIN") - this.sameLogins, same: this.sameLogins },
      overloadedMs: ports.reduce((sum, port) => sum + port.overloadedMs, 0),
      sessions: ports.reduce((sum, port) => sum + port.sessions, 0),
      ports,
      registrations: summarizeRegistrations(shim),
      ...(shim.array?.coordination === undefined ? {} : { scopes: scopesOf(shim), leases: leasesOf(shim) }),
      ...hostedSummary(engine),
    };
    if (world !== undefined) {
      const { served, heldBack, retried, servedMs } = world.traffic;
      const meanLatencyMs = served === 0 ? 0 : Math.round((servedMs / served) * 1000) / 1000;
      summary.hosts = { served: round(served), heldBack: round(heldBack), retried: round(retried), meanLatencyMs };
    }
    return summary;
  }

  private ports({ shim, watch }: Engine): PortSummary[] {
    const { targetPortState } = shim.core.views;
    return shim.names.ports.rows().map((row) => ({
      port: shim.names.ports.name(row),
      loadPermille: targetPortState.loadPermille(row),
      highestLoadPermille: watch.highestLoadPermille[row] ?? 0,
      overloadedMs: watch.overloadedMs[row] ?? 0,
      sessions: targetPortState.sessions(row),
    }));
  }
}

function hostedSummary(engine: Engine): Partial<RunSummary> {
  const { shim } = engine;
  const status = engine.channelFacts();
  return {
    ...(shim.names.interfaces.size === 0 ? {} : { interfaces: interfacesOf(shim) }),
    ...(shim.names.networkPorts.size === 0 ? {} : { groups: groupsOf(shim) }),
    ...(shim.names.units.size === 0 ? {} : { units: unitsOf(shim) }),
    ...(shim.array?.coordination === undefined ? {} : { processors: processorsOf(shim) }),
    ...(status === undefined ? {} : { status }),
  };
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function round(value: number): number {
  return Math.round(value);
}
