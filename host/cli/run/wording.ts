/** Decisions, events and the summary in words, for people. */

import type { ChannelFacts } from "../../coordination/status/channel-facts.js";
import { type InterfaceRecord, isSettled, priorityWords, type UnitRecord } from "./hosted.js";
import type { DecisionRecord, RunEvent } from "./records.js";
import type { RunEnd, RunSummary } from "./statistics.js";

/** The last part of an iSCSI name: `iqn.2026-01.com.example:vol01` → `vol01`. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf(":") + 1) || name;
}

/** `NO_SESSION_QUALIFIES` → `no session qualifies`. */
export function lowerWords(name: string): string {
  return name.toLowerCase().replaceAll("_", " ");
}

/** `host01>vol01` with short names. */
function shortSubject(subject: string): string {
  return subject.split(">").map(shortName).join(">");
}

/** What was decided: verb, subject, ports and reason. */
export function decisionWords(record: DecisionRecord): string {
  const verb = (record.kind.split("_")[0] ?? record.kind).padEnd(8);
  const subject = shortSubject(record.subject);
  const reason = lowerWords(record.reason);
  const from = record.from ?? "";
  const to = record.to ?? "";
  switch (record.kind) {
    case "WITHDRAW_REGISTRATION":
      return `${verb} ${subject} from ${from}: ${reason}`;
    case "RESTORE_REGISTRATION":
      return `${verb} ${subject} on ${to}: ${reason}`;
    case "LOGOUT_SESSION":
    case "REDIRECT_SESSION":
      return `${verb} ${subject}, ${from} to ${to}: ${reason}`;
    default:
      return `${verb} ${[subject, from && `from ${from}`, to && `to ${to}`].filter(Boolean).join(" ")}: ${reason}`;
  }
}

/** What happened. */
export function eventWords(event: RunEvent): string {
  switch (event.event) {
    case "OVERLOADED":
    case "RELIEVED":
      return `${event.port} ${event.event.toLowerCase()} at ${percent(event.loadPermille)}`;
    case "PORT_FAILED":
    case "PORT_OPERATIVE":
    case "PORT_DRAINED":
      return `${event.port} ${lowerWords(event.event.slice(5))}`;
    case "SCOPE": {
      const how = event.failsafe ? ", kept by promises" : event.reachable ? "" : ", the lease service is out of reach";
      return `${event.scope} held by ${event.holder ?? "nobody"}, epoch ${event.epoch}: ${event.role}${how}`;
    }
    case "LEASE":
      return `lease of ${event.controller} ${event.lease}`;
    case "INTERFACE":
      return interfaceWords(event);
    case "GROUP":
      return `group ${event.group}: operative ports ${event.operativePorts.join(", ") || "none"}`;
    case "UNIT":
      return unitWords(event);
    case "PROCESSOR":
      return `processor ${event.processor} ${event.state}, ${event.role}, web server ${event.webServer}, priority ${priorityWords(event)}`;
    case "MOVE_DONE":
      return `moved ${pair(event)}, ${event.from} to ${event.to}, in ${seconds(event.tookMs)}`;
    case "MOVE_FAILED":
    case "MOVE_GIVEN_UP":
      return `${lowerWords(event.event)}: ${pair(event)}, ${event.from} to ${event.to}, while ${lowerWords(event.step)}`;
    case "LOGIN": {
      const where = event.elsewhere ? `${event.from} to ${event.port}` : `back on ${event.port}`;
      return `login ${pair(event)}, ${where}, after ${seconds(event.withoutSessionMs)}`;
    }
    case "LOGIN_FAILED":
      return `login of ${pair(event)} on ${event.port} failed`;
    case "LOGOUT":
      return `${pair(event)} on ${event.port} ${lowerWords(event.how.replace("-", "_"))}`;
    case "REDIRECTED":
      return `${pair(event)} redirected, ${event.from} to ${event.port}`;
    case "REGISTERED":
      return `iSNS server lists ${shortName(event.target)} on ${event.port}`;
    case "WITHDRAWN":
      return `iSNS server no longer lists ${shortName(event.target)} on ${event.port}`;
    case "LINK":
      return `link of ${event.port} ${event.state}`;
    case "SERVER":
      return event.state === "down" ? "iSNS server down" : `iSNS server back, knows ${serverMemory[event.memory]}`;
    case "SURGE":
      return `surge on ${event.port} ${event.state}`;
  }
}

const serverMemory = { kept: "what it knew", configured: "all that was ever registered", nothing: "nothing" } as const;

function pair(event: { initiator: string; target: string }): string {
  return `${shortName(event.initiator)}>${shortName(event.target)}`;
}

export function percent(permille: number): string {
  return `${Math.round(permille / 10)}%`;
}

/** `412 ms`, `3.2 s`. */
export function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Large numbers short: `812`, `12.3k`, `4.5M`. */
export function short(value: number): string {
  if (value < 1000) return value.toFixed(0);
  if (value < 1e6) return `${(value / 1e3).toFixed(value < 1e5 ? 1 : 0)}k`;
  return `${(value / 1e6).toFixed(value < 1e8 ? 1 : 0)}M`;
}

const ENDED: Record<RunEnd, string> = {
  duration: "its duration was over",
  quit: "on request",
  signal: "by a signal",
  returned: "the module on trial failed",
};

const LABEL_COLUMNS = 15;

/** The summary as a text, its lines broken at blanks where the terminal ends. */
export function summaryText(summary: RunSummary, columns = Number.POSITIVE_INFINITY): string {
  const { decisions, moves, logins, registrations, hosts } = summary;
  const kinds = Object.entries(decisions.byKind).map(([kind, count]) => `${count} ${lowerWords(kind)}`);
  const overloaded = summary.ports.filter((port) => port.overloadedMs > 0);
  const times = overloaded.map((port) => `${port.port} ${seconds(port.overloadedMs)}`);
  const loads = summary.ports.map(
    (port) => `${port.port} ${percent(port.loadPermille)} (highest ${percent(port.highestLoadPermille)})`,
  );
  const ticks = `${summary.ticks} ticks (mean ${summary.tickMeanUs} us, longest ${summary.tickLongestUs} us)`;
  const rows: [label: string, words: string][] = [
    [summary.array, `${seconds(summary.elapsedMs)}, ${ticks}; ended ${ENDED[summary.ended]}`],
    ["decisions", [String(decisions.total), kinds.join(", ")].filter(Boolean).join(": ")],
    ["moves", `${moves.done} done, ${moves.failed} failed, ${moves.givenUp} given up, ${moves.underWay} under way`],
    ["logins", `${logins.elsewhere} elsewhere, ${logins.same} on the same port; ${summary.sessions} sessions now`],
    ["in overload", times.join(", ") || "never"],
    ["loads", loads.join(", ")],
    ["registrations", registrationWords(registrations)],
  ];
  if (summary.scopes !== undefined) rows.push(["scopes", scopeWords(summary.scopes)]);
  rows.push(...hostedRows(summary));
  if (hosts !== undefined) {
    const served = `${short(hosts.served)} commands served in ${hosts.meanLatencyMs} ms on average`;
    rows.push(["hosts", `${served}, ${short(hosts.heldBack)} held back, ${short(hosts.retried)} sent again`]);
  }
  return rows.map(([label, words]) => wrapped(label, words, columns)).join("");
}

/** `data1 on a-e0, wanted on c-e0: port failed` */
export function interfaceWords({ interface: name, port, wanted, reason }: InterfaceRecord): string {
  const where = port === null ? "nowhere" : `on ${port}`;
  return `${name} ${where}${wanted !== null && wanted !== port ? `, wanted on ${wanted}` : ""}${reason && `: ${reason}`}`;
}

/** `u1 with b, wanted with a, owner a: …` */
export function unitWords({ unit, owner, server, serving, wanted, reason }: UnitRecord): string {
  const served = server === serving ? "" : serving === null ? ", served by nobody" : `, served by ${serving}`;
  const away = owner !== null && owner !== server ? `, owner ${owner}` : "";
  const moving = wanted !== null && wanted !== server ? `, wanted with ${wanted}` : "";
  return `${unit} with ${server ?? "nobody"}${served}${moving}${away}${reason && `: ${reason}`}`;
}

/** How many interfaces and units are where they should be, and those that are not. */
function hostedRows(summary: RunSummary): [label: string, words: string][] {
  const { interfaces = [], groups = [], units = [], processors = [], status } = summary;
  const rows: [string, string][] = [];
  if (interfaces.length > 0) {
    const unsettled = interfaces.filter((each) => !isSettled(each)).map(interfaceWords);
    rows.push([
      "interfaces",
      `${interfaces.length - unsettled.length} of ${interfaces.length} settled${listed("; ", unsettled)}`,
    ]);
  }
  for (const { group, operativePorts } of groups) {
    rows.push([`group ${group}`, `operative ports: ${operativePorts.join(", ") || "none"}`]);
  }
  if (units.length > 0) {
    const away = units.filter(({ owner, server, serving }) => server !== owner || serving !== owner).map(unitWords);
    rows.push(["units", `${units.length - away.length} of ${units.length} with their owners${listed("; ", away)}`]);
  }
  if (processors.length > 0) {
    rows.push([
      "processors",
      processors
        .map((each) => `${each.processor} ${each.state}, ${each.role}, priority ${priorityWords(each)}`)
        .join("; "),
    ]);
  }
  if (status !== undefined) rows.push(["status", statusWords(status)]);
  return rows;
}

/** Messages taken and dropped, and links that bring nothing. */
export function statusWords({ counters, links, doubledInterfaces, doubledUnits, tracked }: ChannelFacts): string {
  const { received, accepted, sent, ...drops } = counters;
  const dropped = Object.entries(drops).filter(([, times]) => times > 0);
  const dead = links.filter((link) => link.dead).map(({ controller, link }) => `link ${link} from ${controller}`);
  const words = [`${sent} sent, ${received} received, ${accepted} new`];
  if (dropped.length > 0) words.push(`dropped: ${dropped.map(([why, times]) => `${times} ${why}`).join(", ")}`);
  const down = tracked.filter(({ state }) => state !== "up");
  if (down.length > 0) words.push(`tracked, not up: ${down.map(({ kind, name }) => `${kind} ${name}`).join(", ")}`);
  if (dead.length > 0) words.push(`dead: ${dead.join(", ")}`);
  if (doubledInterfaces + doubledUnits > 0)
    words.push(`held by two: ${doubledInterfaces} addresses, ${doubledUnits} units`);
  return words.join("; ");
}

/** `group 0: a, epoch 5; …` */
export function scopeWords(scopes: NonNullable<RunSummary["scopes"]>): string {
  return scopes.map(({ scope, holder, epoch }) => `${scope}: ${holder ?? "nobody"}, epoch ${epoch}`).join("; ");
}

function registrationWords(registrations: RunSummary["registrations"]): string {
  const { wanted, observed, differences, withdrawn } = registrations;
  return `${wanted} wanted, ${observed} listed${listed(", differ: ", differences)}${listed(", withdrawn: ", withdrawn)}`;
}

/** A label and its words, which go on below themselves. */
function wrapped(label: string, words: string, columns: number): string {
  const room = Math.max(20, columns - LABEL_COLUMNS);
  let text = `${label} `.padEnd(LABEL_COLUMNS);
  let used = 0;
  for (const word of words.split(" ")) {
    if (used > 0 && used + 1 + word.length > room) {
      text += `\n${" ".repeat(LABEL_COLUMNS)}`;
      used = 0;
    }
    text += used > 0 ? ` ${word}` : word;
    used += (used > 0 ? 1 : 0) + word.length;
  }
  return `${text}\n`;
}

const LISTED_MAX = 6;

function listed(prefix: string, items: readonly string[]): string {
  if (items.length === 0) return "";
  const rest = items.length > LISTED_MAX ? ` and ${items.length - LISTED_MAX} more` : "";
  return `${prefix}${items.slice(0, LISTED_MAX).join("; ")}${rest}`;
}
