/** What the view shows at one moment, read from the module's tables and the simulated world. */

import type { ArrayDescription } from "../../array/description.js";
import { LinkState, MoveState, MoveStateNames, TargetPortStatus } from "../../shim/generated/layout.js";
import type { Engine } from "../run/engine.js";
import {
  type GroupRecord,
  groupsOf,
  type InterfaceRecord,
  interfacesOf,
  type ProcessorRecord,
  processorsOf,
  type UnitRecord,
  unitsOf,
} from "../run/hosted.js";
import { countRegistrations, type PairState, type RegistrationCounts, readPair } from "../run/registrations.js";
import { type LeaseRecord, leasesOf, type ScopeRecord, scopesOf } from "../run/watch-scopes.js";
import { lowerWords, shortName } from "../run/wording.js";

/** Targets shown one by one at most: no screen has more columns. */
const TARGETS_SHOWN_MAX = 512;

export type Level = "good" | "warning" | "bad" | "quiet";

export interface PortModel {
  name: string;
  loadPermille: number;
  /** Load that moves under way will bring. */
  arrivingPermille: number;
  sessions: number;
  wanted: number;
  listed: number;
  state: string;
  level: Level;
  /** Of the simulated world only. */
  latencyMs: number | undefined;
  servedRate: number | undefined;
  /** By target, in the order of `ViewModel.targets`. */
  pairs: readonly PairState[];
}

export interface MoveModel {
  session: string;
  from: string;
  to: string;
  step: string;
  ageMs: number;
}

export interface LogEntry {
  timeMs: number;
  kind: "decision" | "event" | "trouble" | "note";
  words: string;
}

export interface ViewModel {
  array: string;
  module: string;
  elapsedMs: number;
  tickMeanUs: number;
  /** Of the module's memory. */
  sessions: number;
  highWatermarkPermille: number;
  lowWatermarkPermille: number;
  ports: readonly PortModel[];
  /** Short names of the targets that are shown one by one. */
  targets: readonly string[];
  targetCount: number;
  moves: readonly MoveModel[];
  /** Who holds what under which epoch, and whose lease is there; empty without `coordination`. */
  scopes: readonly ScopeRecord[];
  leases: readonly LeaseRecord[];
  /** Where addresses and units are, and the groups' operative ports; empty for an array that has none. */
  interfaces: readonly InterfaceRecord[];
  groups: readonly GroupRecord[];
  units: readonly UnitRecord[];
  /** Empty without `coordination`. */
  processors: readonly ProcessorRecord[];
  log: readonly LogEntry[];
  hosts: { servedRate: number; servedBytesRate: number; withoutSession: number } | undefined;
  serverUp: boolean;
}

/** @param log entries so far, the latest last */
export function readModel(engine: Engine, array: ArrayDescription, log: readonly LogEntry[]): ViewModel {
  const { shim, world } = engine;
  const { portPolicy } = shim.core.views;
  const allTargetRows = shim.names.targets.rows();
  const targetRows = allTargetRows.slice(0, TARGETS_SHOWN_MAX);
  const counts = countRegistrations(shim);
  const ports = shim.names.ports.rows().map((row) => readPort(engine, row, targetRows, counts));
  return {
    array: array.name,
    module: `${shim.core.profile}/${shim.core.shared ? "shared" : "plain"}`,
    elapsedMs: engine.elapsedMs,
    tickMeanUs: engine.ticks === 0 ? 0 : engine.tickUs / engine.ticks,
    sessions: ports.reduce((sum, port) => sum + port.sessions, 0),
    highWatermarkPermille: portPolicy.highWatermarkPermille(0),
    lowWatermarkPermille: portPolicy.lowWatermarkPermille(0),
    ports,
    targets: targetRows.map((row) => shortName(shim.names.targets.name(row))),
    targetCount: allTargetRows.length,
    moves: readMoves(engine),
    scopes: array.coordination === undefined ? [] : scopesOf(shim),
    leases: array.coordination === undefined ? [] : leasesOf(shim),
    interfaces: interfacesOf(shim),
    groups: groupsOf(shim),
    units: unitsOf(shim),
    processors: array.coordination === undefined ? [] : processorsOf(shim),
    log,
    hosts: world && {
      servedRate: world.ports.reduce((sum, port) => sum + port.servedRate, 0),
      servedBytesRate: world.ports.reduce((sum, port) => sum + port.servedBytesRate, 0),
      withoutSession: world.paths.filter((path) => !path.loggedIn).length,
    },
    serverUp: world?.isns.up ?? true,
  };
}

function readPort(
  { shim, world }: Engine,
  row: number,
  targetRows: readonly number[],
  counts: RegistrationCounts,
): PortModel {
  const { targetPortState } = shim.core.views;
  const name = shim.names.ports.name(row);
  const pairs = targetRows.map((target) =>
    readPair(shim, target, row, { configured: false, wanted: false, observed: false }),
  );
  const simulated = world?.ports[world.portIndex(name)];
  return {
    name,
    loadPermille: targetPortState.loadPermille(row),
    arrivingPermille: targetPortState.arrivingPermille(row),
    sessions: targetPortState.sessions(row),
    wanted: counts.wanted[row] ?? 0,
    listed: counts.listed[row] ?? 0,
    ...portState(shim.core.views.targetPortInput.link(row), targetPortState.status(row)),
    latencyMs: simulated?.latencyMs,
    servedRate: simulated?.servedRate,
    pairs,
  };
}

function portState(link: number, status: number): { state: string; level: Level } {
  if ((status & TargetPortStatus.OWN) === 0) return { state: "other's", level: "quiet" };
  if (link === LinkState.DOWN) return { state: "link down", level: "bad" };
  if ((status & TargetPortStatus.FAILED) !== 0) return { state: "failed", level: "bad" };
  if ((status & TargetPortStatus.DRAINED) !== 0) return { state: "drained", level: "warning" };
  if ((status & TargetPortStatus.MAINTENANCE) !== 0) return { state: "draining", level: "warning" };
  if ((status & TargetPortStatus.OVERLOADED) !== 0) return { state: "OVERLOADED", level: "bad" };
  if ((status & TargetPortStatus.OPERATIVE) === 0) return { state: "waiting", level: "quiet" };
  return { state: "ok", level: "good" };
}

function readMoves({ shim }: Engine): MoveModel[] {
  const { move, header } = shim.core.views;
  const { names } = shim;
  const moves: MoveModel[] = [];
  for (let row = 0; row < move.capacity; row++) {
    const state = move.state(row);
    if (state === MoveState.FREE) continue;
    const [initiator, target] = [names.initiators.name(move.initiator(row)), names.targets.name(move.target(row))];
    moves.push({
      session: `${shortName(initiator)}>${shortName(target)}`,
      from: names.port(move.from(row)),
      to: names.port(move.to(row)),
      step: lowerWords(MoveStateNames[state] ?? ""),
      ageMs: header.nowMs(0) - move.startedMs(row),
    });
  }
  return moves.sort((left, right) => right.ageMs - left.ageMs);
}
