/** The report of a run: figures beside their targets, checks, decisions, and a chart. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { HOSTS, PORT_PERMILLE, PORTS, type RealArray, TARGETS } from "./array.js";
import type { Balancer } from "./balancer.js";
import { drawChart } from "./chart.js";
import type { Checks } from "../common/checks.js";
import { command } from "../common/commands.js";
import type { Figures } from "./figures.js";
import type { Story } from "./story.js";

export interface RunParts {
  short: boolean;
  array: RealArray;
  story: Story;
  checks: Checks;
  balancer: Balancer | undefined;
  trouble: string | undefined;
}

const THROUGHPUT_RATIO_TARGET = 3;

/** What tgt does to end a session. */
const LOGOUT_KIND =
  "connections closed by tgtd (tgtadm --mode conn --op delete), since tgt, from 1.0.85 to 1.0.97, never sends an Async " +
  "Message: no initiator is asked to log out. Targets marked `redirection` also redirect the next login (RFC 7143, 11.13.5)";

/** Ends of sessions by how they were brought about. */
function logouts(balancer: Balancer | undefined) {
  return {
    kind: LOGOUT_KIND,
    asked: 0,
    closed: balancer?.count("LOGOUT_SESSION") ?? 0,
    closedAndRedirected: balancer?.count("REDIRECT_SESSION") ?? 0,
  };
}

function ratio(over: Figures | undefined, under: Figures | undefined, of: (figures: Figures) => number): number | null {
  if (over === undefined || under === undefined) return null;
  return Math.round((of(over) / of(under)) * 100) / 100;
}

function ratios(story: Story) {
  const { withoutFairlead, afterMoves, saturatedBefore, saturatedAfter } = story.figures;
  const throughput = (figures: Figures) => figures.operationsPerSecond;
  return {
    throughput: {
      value: ratio(afterMoves, withoutFairlead, throughput),
      target: `at least ${THROUGHPUT_RATIO_TARGET}`,
    },
    saturatedThroughput: {
      value: ratio(saturatedAfter, saturatedBefore, throughput),
      target: `at least ${THROUGHPUT_RATIO_TARGET}`,
    },
    p99: { value: ratio(afterMoves, withoutFairlead, (figures) => figures.p99Ms), target: "below 1" },
  };
}

function version(name: string): string {
  try {
    return command("dpkg-query", "--show", "--showformat", `$\{Version}`, name);
  } catch {
    return "unknown";
  }
}

export function writeReport(folder: string, parts: RunParts): void {
  const { array, story, checks, balancer } = parts;
  const decisions = (balancer?.lines ?? []).filter((line) => line.kind !== undefined);
  const report = {
    run: parts.short ? "short" : "long",
    passed: parts.trouble === undefined && checks.failed === 0,
    ...(parts.trouble === undefined ? {} : { trouble: parts.trouble }),
    array: { ports: PORTS, targets: TARGETS, hosts: HOSTS, processorPermilleOfEachPort: PORT_PERMILLE },
    versions: {
      tgt: version("tgt"),
      isnsd: version("open-isns-server"),
      libiscsi: version("libiscsi7"),
      node: process.version,
    },
    logout: logouts(balancer),
    ratios: ratios(story),
    figures: story.figures,
    checks: checks.all,
    decisions,
    hostEvents: array.hosts.flatMap((host) => host.events).sort((left, right) => left.atUs - right.atUs),
    spans: story.spans,
  };
  writeFileSync(join(folder, "e2e-ports.json"), `${JSON.stringify(report, null, 2)}\n`);
  const chart = drawChart(
    array.hosts.map((host) => host.reports),
    story.spans,
  );
  if (chart !== undefined) writeFileSync(join(folder, "e2e-ports.svg"), chart);
}

/** A table of the figures, ratios first. */
export function printFigures({ story, balancer }: RunParts, tell: (line: string) => void): void {
  const { throughput, saturatedThroughput, p99 } = ratios(story);
  tell("");
  tell(`throughput, after the moves ÷ without fairlead   ${throughput.value ?? "-"} (${throughput.target})`);
  tell(
    `the same, as much as the ports can               ${saturatedThroughput.value ?? "-"} (${saturatedThroughput.target})`,
  );
  tell(`99th percentile latency, likewise                ${p99.value ?? "-"} (${p99.target})`);
  tell("");
  tell("                        commands/s    p50 ms    p99 ms   sent again");
  const rows: [string, Figures | undefined][] = [
    ["without fairlead", story.figures.withoutFairlead],
    ["while it moves", story.figures.whileOverloaded],
    ["after the moves", story.figures.afterMoves],
    ["saturated, one port", story.figures.saturatedBefore],
    ["saturated, spread", story.figures.saturatedAfter],
  ];
  for (const [name, figures] of rows) {
    if (figures === undefined) continue;
    const { operationsPerSecond, p50Ms, p99Ms, retries } = figures;
    tell(
      `${name.padEnd(22)}${operationsPerSecond.toString().padStart(12)}${p50Ms.toFixed(2).padStart(10)}` +
        `${p99Ms.toFixed(2).padStart(10)}${retries.toString().padStart(13)}`,
    );
  }
  tell("");
  const { closed, closedAndRedirected } = logouts(balancer);
  tell(`logout: ${closed} closed, ${closedAndRedirected} closed and redirected, none asked; ${LOGOUT_KIND}`);
}
