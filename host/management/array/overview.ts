/** The array at a glance: everything that the page shows, of one moment. */

import type { DecisionRecord } from "../../cli/run/records.js";
import { lowerWords } from "../../cli/run/wording.js";
import type { ProcessorDirectory, ProcessorRow } from "../processors/directory.js";
import type { ArraySnapshot } from "./managed-array.js";
import { placements, type Placements } from "./placements.js";
import { ArrayTables, type MoveRow, type PortRow } from "./tables.js";

export interface AlarmRow {
  kind: string;
  subject: string;
  reason: string;
  timeMs: number;
  detail: string;
}

export interface Overview extends Placements {
  array: string;
  profile: string;
  controller: string;
  processor: string;
  active: string | null;
  revision: string;
  takenAt: string;
  moduleMs: number;
  ticks: number;
  tickMeanUs: number;
  tickLongestUs: number;
  decisions: number;
  highWatermarkPermille: number;
  lowWatermarkPermille: number;
  simulated: boolean;
  counts: { ports: number; targets: number; sessions: number; moves: number; differences: number };
  ports: PortRow[];
  processors: ProcessorRow[];
  moves: MoveRow[];
  alarms: AlarmRow[];
  configuration: { digest: string; unconfirmed: boolean; returnsInMs: number | null };
}

/** An alarm that was raised is shown for so long, in milliseconds of the module. */
const ALARM_SHOWN_MS = 60_000;
const ALARMS_SHOWN_MAX = 50;

/** @param recent decisions, among them alarms */
export function overviewOf(
  snapshot: ArraySnapshot,
  directory: ProcessorDirectory,
  recent: readonly DecisionRecord[],
): Overview {
  const tables = new ArrayTables(snapshot);
  const { portPolicy } = tables.core.views;
  const ports = tables.ports();
  const placed = placements(tables);
  const moves = tables.moves();
  const { engine, description } = snapshot;
  return {
    array: description.name,
    profile: snapshot.profile,
    controller: snapshot.controller,
    processor: directory.own,
    active: directory.active() ?? null,
    revision: snapshot.revision,
    takenAt: new Date(snapshot.takenMs).toISOString(),
    moduleMs: tables.moduleMs,
    ticks: engine.ticks,
    tickMeanUs: engine.tickMeanUs,
    tickLongestUs: engine.tickLongestUs,
    decisions: engine.decisions,
    highWatermarkPermille: portPolicy.highWatermarkPermille(0),
    lowWatermarkPermille: portPolicy.lowWatermarkPermille(0),
    simulated: engine.simulated,
    counts: {
      ports: ports.length,
      targets: tables.names.targets.size,
      sessions: ports.reduce((sum, port) => sum + port.sessions, 0),
      moves: moves.length,
      differences: tables.registrations().filter((pair) => pair.wanted !== pair.observed).length,
    },
    ports,
    processors: directory.rows(),
    ...placed,
    moves,
    alarms: alarmsOf(ports, placed, recent, tables.moduleMs),
    configuration: { ...snapshot.configuration },
  };
}

/** What is wrong now, then what the module raised lately. */
function alarmsOf(
  ports: readonly PortRow[],
  placed: Placements,
  recent: readonly DecisionRecord[],
  nowMs: number,
): AlarmRow[] {
  const alarms: AlarmRow[] = [];
  for (const port of ports) {
    if (port.level !== "bad") continue;
    const detail = port.state === "overloaded" ? `load ${Math.round(port.loadPermille / 10)}%` : "";
    alarms.push({ kind: "port", subject: port.name, reason: port.state, timeMs: nowMs, detail });
  }
  for (const each of placed.interfaces) {
    if (each.observed !== null) continue;
    alarms.push({ kind: "interface", subject: each.name, reason: "unhosted", timeMs: nowMs, detail: each.reason });
  }
  for (const unit of placed.units) {
    if (unit.server !== null) continue;
    alarms.push({ kind: "unit", subject: unit.name, reason: "not served", timeMs: nowMs, detail: unit.reason });
  }
  const raised = recent.filter((record) => record.kind === "ALARM" && nowMs - record.timeMs < ALARM_SHOWN_MS);
  for (const { subject, reason, timeMs } of raised.reverse()) {
    const words = lowerWords(reason);
    if (alarms.some((alarm) => alarm.kind === "alarm" && alarm.subject === subject && alarm.reason === words)) continue;
    alarms.push({ kind: "alarm", subject, reason: words, timeMs, detail: "" });
  }
  return alarms.slice(0, ALARMS_SHOWN_MAX);
}
