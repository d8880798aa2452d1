/** Commands that read the array's tables: all of the full server, none changes anything. */

import type { Command, Schema } from "./command.js";
import {
  count,
  decision,
  flag,
  list,
  ms,
  name,
  number,
  object,
  oneOf,
  orNull,
  page,
  pageQuery,
  permille,
  text,
  time,
  whole,
} from "./schemas.js";

const port = object({
  name,
  controller: text,
  address: text,
  state: text,
  level: oneOf(["good", "warning", "bad", "quiet"]),
  maintenance: flag,
  loadPermille: permille,
  arrivingPermille: permille,
  leavingPermille: permille,
  sessions: count,
  registrationsWanted: count,
  registrationsObserved: count,
});
const target = object({ name, ports: list(name), wanted: list(name), observed: list(name), sessions: count });
const session = object({
  row: count,
  initiator: name,
  target: name,
  port: text,
  operationsPerSecond: count,
  kibPerSecond: count,
  inFlight: count,
});
const registration = object({ target: name, port: name, configured: flag, wanted: flag, observed: flag });
const move = object({ initiator: text, target: text, from: text, to: text, step: text, ageMs: ms });
const processor = object({
  name,
  state: text,
  level: oneOf(["good", "warning", "bad", "quiet"]),
  active: flag,
  server: oneOf(["full", "restricted", "none", "unknown"]),
  priority: whole,
  /** By how much its tracked inputs that are down lower it. */
  penalty: whole,
  reachable: orNull(flag),
  /** Why it is or is not active, in words. */
  why: text,
});
const networkPort = object({
  name,
  controller: text,
  domain: text,
  link: text,
  /** Of receiving and sending, counted by its kernel since its controller started; goes round at 65,536. */
  errors: count,
  speedMbit: count,
  interfaces: count,
});
const virtualInterface = object({
  name,
  address: text,
  home: text,
  wanted: orNull(text),
  observed: orNull(text),
  reason: text,
});
const group = object({ group: count, servers: list(name), operativePorts: list(name) });
const unit = object({ name, owner: text, server: orNull(text), wanted: orNull(text), reason: text });
const scope = object({ name: text, role: text, holder: orNull(text), epoch: count, flags: list(text) });
const alarm = object({ kind: text, subject: text, reason: text, timeMs: ms, detail: text });

const facts = {
  array: text,
  profile: text,
  controller: text,
  processor: name,
  active: orNull(name),
  /** The `ETag` that commands must name. */
  revision: text,
  takenAt: time,
  moduleMs: ms,
  ticks: count,
  tickMeanUs: number,
  tickLongestUs: number,
  decisions: count,
  highWatermarkPermille: permille,
  lowWatermarkPermille: permille,
  simulated: flag,
};

function table(commandName: string, path: string, summary: string, row: Schema): Command {
  return {
    name: commandName,
    method: "GET",
    path: `/api/v1/${path}`,
    summary,
    class: "full",
    audience: "monitor",
    routing: "own",
    query: pageQuery,
    answer: page(row),
    audited: false,
  };
}

export const arrayCommands: readonly Command[] = [
  {
    name: "getOverview",
    method: "GET",
    path: "/api/v1/overview",
    summary: "The array at a glance, all of one moment; its ETag is what commands name in If-Match.",
    class: "full",
    audience: "monitor",
    routing: "own",
    answer: object({
      ...facts,
      counts: object({ ports: count, targets: count, sessions: count, moves: count, differences: count }),
      ports: list(port),
      processors: list(processor),
      networkPorts: list(networkPort),
      interfaces: list(virtualInterface),
      groups: list(group),
      units: list(unit),
      scopes: list(scope),
      moves: list(move),
      alarms: list(alarm),
      configuration: object({ digest: text, unconfirmed: flag, returnsInMs: orNull(ms) }),
    }),
    audited: false,
  },
  table("listPorts", "ports", "Target ports with their loads.", port),
  table("listTargets", "targets", "Targets with the ports they are configured, wanted and observed on.", target),
  table("listSessions", "sessions", "Sessions of initiators.", session),
  table("listRegistrations", "registrations", "Registrations wanted beside those observed.", registration),
  table("listMoves", "moves", "Moves under way.", move),
  table("listProcessors", "processors", "Processors, and which one is active and why.", processor),
  table("listNetworkPorts", "network-ports", "Network ports that host addresses.", networkPort),
  table("listInterfaces", "interfaces", "Virtual interfaces and where each lives.", virtualInterface),
  table("listGroups", "groups", "Each group's servers and operative ports.", group),
  table("listUnits", "units", "Storage units with owner and present server.", unit),
  table("listScopes", "scopes", "Scopes with their holders and epochs: the leases.", scope),
  {
    name: "listDecisions",
    method: "GET",
    path: "/api/v1/decisions",
    summary: "Recent decisions with their reasons, the oldest first.",
    class: "full",
    audience: "monitor",
    routing: "own",
    query: pageQuery,
    answer: page(decision),
    audited: false,
  },
  {
    name: "watchArray",
    method: "GET",
    path: "/api/v1/events",
    summary: "Overviews, decisions and events as they come, as server-sent events; goes on from Last-Event-ID.",
    class: "full",
    audience: "monitor",
    routing: "own",
    query: { everyMs: { type: "integer", minimum: 250, maximum: 60000, default: 1000 } },
    answer: text,
    produces: "text/event-stream",
    audited: false,
  },
  {
    name: "getMetrics",
    method: "GET",
    path: "/metrics",
    summary: "Metrics in Prometheus' text format.",
    class: "full",
    audience: "monitor",
    routing: "own",
    answer: text,
    produces: "text/plain",
    audited: false,
  },
  {
    name: "getDescription",
    method: "GET",
    path: "/openapi.json",
    summary: "This description.",
    class: "full",
    audience: "anyone",
    routing: "own",
    answer: { type: "object", additionalProperties: true },
    audited: false,
  },
];
