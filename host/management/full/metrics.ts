/** Metrics in Prometheus' text format, by prom-client; names follow its conventions (base units, `_total`, `_ratio`). */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { ManagedArray } from "../array/managed-array.js";
import type { ServerParts } from "../pipeline.js";
import type { OverviewSource } from "./overview-source.js";
import { StatusMetrics } from "./status-metrics.js";

interface MetricsParts extends Omit<ServerParts, "kind"> {
  array: ManagedArray;
}

export class Metrics {
  private readonly registry = new Registry();
  private readonly requests = new Counter({
    name: "fairlead_http_requests_total",
    help: "Requests answered, by command and status.",
    labelNames: ["command", "status"],
    registers: [this.registry],
  });
  private readonly durations = new Histogram({
    name: "fairlead_http_request_duration_seconds",
    help: "Time from a request's headers to the end of its answer.",
    labelNames: ["command"],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [this.registry],
  });
  private readonly decisions = new Counter({
    name: "fairlead_decisions_total",
    help: "Decisions of the module, by kind and reason.",
    labelNames: ["kind", "reason"],
    registers: [this.registry],
  });
  private readonly portLoad = this.gauge("fairlead_port_load_ratio", "Load of a target port against its capacity.", [
    "port",
  ]);
  private readonly portSessions = this.gauge("fairlead_port_sessions", "Sessions of a target port.", ["port"]);
  private readonly portGood = this.gauge("fairlead_port_in_service", "1 for a target port in service.", ["port"]);
  private readonly registrations = this.gauge("fairlead_registrations", "Registrations of targets on ports.", [
    "state",
  ]);
  private readonly active = this.gauge("fairlead_processor_active", "1 for the active processor.", ["processor"]);
  private readonly priority = this.gauge("fairlead_processor_priority", "Configured priority of a processor.", [
    "processor",
  ]);
  private readonly penalty = this.gauge(
    "fairlead_processor_penalty",
    "By how much tracked inputs that are down lower a processor's priority.",
    ["processor"],
  );
  private readonly unhosted = this.gauge("fairlead_interfaces_unhosted", "Virtual interfaces that no port hosts.", []);
  private readonly unsettled = this.gauge(
    "fairlead_interfaces_unsettled",
    "Virtual interfaces that are on another port than wanted, or on none.",
    [],
  );
  private readonly groupPorts = this.gauge("fairlead_group_operative_ports", "Operative network ports of a group.", [
    "group",
  ]);
  private readonly unitServer = this.gauge("fairlead_unit_served", "1 for the server that exports a storage unit.", [
    "unit",
    "server",
  ]);
  private readonly status = new StatusMetrics(this.registry);
  private readonly alarms = this.gauge("fairlead_alarms", "Alarms shown now.", []);
  private readonly ticks = this.counter("fairlead_ticks_total", "Ticks of the module since the start.");
  private readonly tickAge = this.gauge("fairlead_last_tick_age_seconds", "Age of the last tick.", []);
  private readonly tickMean = this.gauge(
    "fairlead_tick_mean_seconds",
    "Time in the module and shim, mean of all ticks.",
    [],
  );
  private readonly audited = this.counter("fairlead_audit_entries_total", "Entries of the audit log.");
  private readonly sessionCount = this.gauge("fairlead_login_sessions", "Sessions begun here and still open.", []);
  private readonly unwatch: () => void;

  constructor(
    private readonly parts: MetricsParts,
    private readonly overviews: OverviewSource,
  ) {
    collectDefaultMetrics({ register: this.registry });
    const info = this.gauge("fairlead_build_info", "1, with the version.", ["version"]);
    info.set({ version: parts.version }, 1);
    this.unwatch = parts.array.watch({ decision: ({ kind, reason }) => this.decisions.inc({ kind, reason }) });
  }

  answered(command: string, status: number, tookMs: number): void {
    this.requests.inc({ command, status });
    this.durations.observe({ command }, tookMs / 1000);
  }

  async text(): Promise<string> {
    const { engine } = (await this.overviews.tables()).snapshot;
    const overview = await this.overviews.overview();
    for (const gauge of [this.portLoad, this.portSessions, this.portGood, this.active, this.unitServer]) gauge.reset();
    for (const port of overview.ports) {
      this.portLoad.set({ port: port.name }, port.loadPermille / 1000);
      this.portSessions.set({ port: port.name }, port.sessions);
      this.portGood.set({ port: port.name }, port.level === "good" ? 1 : 0);
    }
    const sum = (of: (port: (typeof overview.ports)[number]) => number) =>
      overview.ports.reduce((total, port) => total + of(port), 0);
    this.registrations.set(
      { state: "wanted" },
      sum((port) => port.registrationsWanted),
    );
    this.registrations.set(
      { state: "observed" },
      sum((port) => port.registrationsObserved),
    );
    for (const { name, active, priority, penalty } of overview.processors) {
      this.active.set({ processor: name }, active ? 1 : 0);
      this.priority.set({ processor: name }, priority);
      this.penalty.set({ processor: name }, penalty);
    }
    this.unhosted.set(overview.interfaces.filter((each) => each.observed === null).length);
    this.unsettled.set(overview.interfaces.filter(isUnsettled).length);
    for (const { group, operativePorts } of overview.groups) {
      this.groupPorts.set({ group: String(group) }, operativePorts.length);
    }
    for (const { name, server } of overview.units) {
      if (server !== null) this.unitServer.set({ unit: name, server }, 1);
    }
    this.status.set(engine.status);
    this.alarms.set(overview.alarms.length);
    setCounter(this.ticks, engine.ticks);
    this.tickAge.set(Math.max(0, engine.lastTickAgeMs) / 1000);
    this.tickMean.set(engine.tickMeanUs / 1e6);
    setCounter(this.audited, this.parts.audit.count);
    this.sessionCount.set(this.parts.sessions.count);
    return this.registry.metrics();
  }

  close(): void {
    this.unwatch();
    this.registry.clear();
  }

  private counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.registry] });
  }

  private gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }
}

function isUnsettled({ wanted, observed }: { wanted: string | null; observed: string | null }): boolean {
  return observed === null || (wanted !== null && wanted !== observed);
}

/** What is counted elsewhere. */
function setCounter(counter: Counter, value: number): void {
  counter.reset();
  counter.inc(value);
}
