/** What a simulation found, as an object (`--json`) and as a table. */

import { type BoundAccount, type Series, type Spread, spread } from "./accounting.js";
import { FairleadPolicy } from "./policies/fairlead.js";
import type { PolicyName } from "./policies/policy.js";
import type { Run } from "./run.js";
import type { Plan } from "./simulate.js";
import { TICKS_PER_SECOND } from "./trace/record.js";

export interface PolicyReport {
  /** Worst port's load ÷ mean load of all ports, over the windows in which something was asked for. */
  worstToMean: Spread;
  /** Port-seconds of windows in which a port was overloaded. */
  overloadedPortSeconds: number;
  moves: number;
  cameBack: number;
  logouts: number;
  /** Session-seconds without a login. */
  loggedOutSeconds: number;
  /** Decisions of the module by kind and reason. */
  decisions?: Record<string, number>;
}

export interface BoundReport {
  /** No policy is below these. */
  worstToMean: Spread;
  overloadedPortSeconds: number;
  /** Of assignments that exist: the planner reaches these at least. */
  reachedWorstToMean: Spread;
}

export interface Report {
  trace: {
    file: string;
    format: string;
    commands: number;
    writes: number;
    bytes: number;
    /** Commands left out, by SCSI opcode in hexadecimal. */
    skipped: Record<string, number>;
    lateLines: number;
    seconds: number;
    wholeSeconds: boolean;
    volumes: string[];
  };
  settings: Record<string, unknown>;
  sessions: number;
  targets: number;
  simulatedSeconds: number;
  windowSeconds: number;
  policies: Partial<Record<PolicyName, PolicyReport>>;
  bound: BoundReport;
  /** For the chart; not part of the printed object. */
  series: Record<string, Series>;
}

export function report(file: string, plan: Plan, runs: readonly Run[], bound: BoundAccount): Report {
  const { facts, options } = plan;
  const windowSeconds = options.windowMs / 1000;
  const series: Record<string, Series> = {};
  for (const run of runs) series[run.name] = run.account.series;
  series.bound = bound.series;
  return {
    trace: {
      file,
      format: options.format,
      commands: facts.commands,
      writes: facts.writes,
      bytes: facts.bytes,
      skipped: Object.fromEntries([...facts.skipped].map(([op, n]) => [op.toString(16).padStart(2, "0"), n])),
      lateLines: facts.lateLines,
      seconds: facts.spanTicks / TICKS_PER_SECOND,
      wholeSeconds: facts.wholeSeconds,
      volumes: facts.volumes.map((volume) => volume.name),
    },
    settings: { ...options },
    sessions: plan.seats.count,
    targets: plan.regions.count,
    simulatedSeconds: (plan.ticks / (options.windowMs / 100)) * windowSeconds,
    windowSeconds,
    policies: Object.fromEntries(runs.map((run) => [run.name, policyReport(run, windowSeconds)])),
    bound: {
      worstToMean: spread(bound.series),
      overloadedPortSeconds: bound.overloadedPortWindows * windowSeconds,
      reachedWorstToMean: spread(bound.reached),
    },
    series,
  };
}

function policyReport(run: Run, windowSeconds: number): PolicyReport {
  const { counts } = run.world;
  return {
    worstToMean: spread(run.account.series),
    overloadedPortSeconds: run.account.overloadedPortWindows * windowSeconds,
    moves: counts.moves,
    cameBack: counts.cameBack,
    logouts: counts.logouts,
    loggedOutSeconds: counts.loggedOutMs / 1000,
    ...(run.policy instanceof FairleadPolicy ? { decisions: Object.fromEntries(run.policy.decisions) } : {}),
  };
}

/** The report without what only the chart needs. */
export function toJson(found: Report): string {
  const { series: _, ...rest } = found;
  return JSON.stringify(rest, undefined, 2);
}

const columns = [
  "policy",
  "worst ÷ mean",
  "p95",
  "max",
  "weighted",
  "overload port-s",
  "moves",
  "came back",
  "logged out s",
];

export function toTable(found: Report): string {
  const rows = Object.entries(found.policies).map(([name, policy]) => [
    name,
    ...figures(policy.worstToMean),
    policy.overloadedPortSeconds.toFixed(0),
    String(policy.moves),
    String(policy.cameBack),
    policy.loggedOutSeconds.toFixed(1),
  ]);
  const { bound } = found;
  const { worstToMean, overloadedPortSeconds } = bound;
  rows.push(["lower bound", ...figures(worstToMean), overloadedPortSeconds.toFixed(0), "", "", ""]);
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => (row[i] as string).length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
      .join("  ")
      .trimEnd();
  return [...heading(found), "", line(columns), ...rows.map(line), "", ...notes(found)].join("\n");
}

function figures(spread: Spread): string[] {
  return [spread.mean, spread.p95, spread.max, spread.weighted].map((value) => value.toFixed(2));
}

function heading(found: Report): string[] {
  const { trace, settings } = found;
  const gib = (trace.bytes / 2 ** 30).toFixed(2);
  const skipped = Object.entries(trace.skipped).map(([op, n]) => `${n} of opcode ${op}`);
  return [
    `${trace.file} (${trace.format}): ${trace.commands} reads and writes, ${gib} GiB in ${trace.seconds.toFixed(1)} s`,
    ...(skipped.length > 0 ? [`left out, neither read nor write: ${skipped.join(", ")}`] : []),
    ...(trace.lateLines > 0 ? [`${trace.lateLines} lines stand later in the file than their time`] : []),
    `${found.targets} targets (regions of equal ${settings.regions}), ${found.sessions} sessions of ` +
      `${settings.initiators} initiators, ${settings.ports} ports at ${percent(settings.utilization as number)} mean ` +
      `${settings.load} load; ${found.simulatedSeconds} s simulated at speed ${settings.speed}`,
  ];
}

function notes(found: Report): string[] {
  const { bound, settings } = found;
  const asked = settings.targets as number;
  return [
    ...(found.targets < asked
      ? [`${asked} targets were asked for: single extents carry more than one target's share.`]
      : []),
    `worst ÷ mean: the fullest port's load over the mean of all, in windows of ${found.windowSeconds} s; weighted ` +
      `by each window's demand. Overloaded: at ${percent(settings.overload as number)} of a port or more.`,
    `lower bound: no planner, knowing the trace beforehand and moving for free, is below it; one that exists reaches ` +
      `${figures(bound.reachedWorstToMean).join(", ")}.`,
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10}%`;
}
