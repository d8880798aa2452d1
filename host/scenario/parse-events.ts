/** Reads the events of a case. */

import type { Path } from "../array/checked-yaml.js";
import type { ArrayDescription } from "../array/description.js";
import { isFields } from "../array/parse.js";
import { quantity } from "../array/units.js";
import type { Action, CounterName, Load, Pair, PortLoad, ScenarioEvent, ServerChange } from "./description.js";
import type { ControllerChange, ScopeChange } from "./controllers.js";
import { arrayAt, duration, type Fields, type Reading, readWorld, textOf } from "./parse.js";

/** Events in order of time; those at one time in the order of the file. */
export function readEvents(value: unknown, path: Path, array: ArrayDescription, reading: Reading): ScenarioEvent[] {
  const events: ScenarioEvent[] = [];
  for (const [index, fields] of (Array.isArray(value) ? value : []).entries()) {
    if (!isFields(fields)) continue;
    const atMs = duration(fields.at, 0);
    const { line } = reading.yaml.problem([...path, index], "", "");
    for (const [name, written] of Object.entries(fields)) {
      const read = READERS[name];
      if (read === undefined) continue;
      const context = { path: [...path, index, name], array, reading };
      for (const action of read(written, context)) events.push({ atMs, action, line });
    }
  }
  return events.sort((left, right) => left.atMs - right.atMs);
}

interface Context {
  path: Path;
  array: ArrayDescription;
  reading: Reading;
}

type Reader = (value: unknown, context: Context) => Action[];

function many(value: unknown): Fields[] {
  return (Array.isArray(value) ? value : [value]).filter(isFields);
}

function each(read: (fields: Fields) => Action): Reader {
  return (value) => many(value).map(read);
}

function number(value: unknown, otherwise = 0): number {
  return typeof value === "number" ? value : otherwise;
}

function pairOf(fields: Fields): Pair {
  return { target: textOf(fields.target), port: textOf(fields.port) };
}

function ratesOf(fields: Fields): { operations: number; bandwidth: number; processor: number } {
  return {
    operations: quantity(fields.operations, "1/s") ?? 0,
    bandwidth: quantity(fields.bandwidth, "KiB/s") ?? 0,
    processor: quantity(fields.processor, "us/s") ?? 0,
  };
}

function permille(value: unknown): number {
  return quantity(value, "permille") ?? 0;
}

function loadOf(fields: Fields): Load {
  const { initiator, target, inFlight } = fields;
  return { initiator: textOf(initiator), target: textOf(target), ...ratesOf(fields), inFlight: number(inFlight) };
}

function portLoadOf(fields: Fields): PortLoad {
  return { port: textOf(fields.port), ...ratesOf(fields), queue: number(fields.queue) };
}

function byName<T>(value: unknown, read: (name: string, entry: T) => Action): Action[] {
  return isFields(value) ? Object.entries(value).map(([name, entry]) => read(name, entry as T)) : [];
}

const READERS: Readonly<Record<string, Reader>> = {
  login: each((fields) => ({
    do: "login",
    login: {
      initiator: textOf(fields.initiator),
      ...pairOf(fields),
      pinned: fields.pinned === true,
      reservation: fields.reservation === true,
      asyncLogout: fields.asyncLogout !== false,
      switchingPriority: number(fields.switchingPriority),
    },
  })),
  logout: each((fields) => ({
    do: "logout",
    initiator: textOf(fields.initiator),
    ...pairOf(fields),
    returns: fields.returns === true,
  })),
  load: each((fields) => ({ do: "load", load: loadOf(fields) })),
  portLoad: each((fields) => ({ do: "portLoad", load: portLoadOf(fields) })),
  counters: each((fields) => ({
    do: "counters",
    fault: {
      port: textOf(fields.port),
      silent: fields.silent === true,
      stuck: (Array.isArray(fields.stuck) ? fields.stuck : []) as CounterName[],
      reset: fields.reset === true,
      nearWrap: fields.nearWrap === true,
    },
  })),
  link: (value) => byName<"up" | "down" | "unknown">(value, (port, state) => ({ do: "link", port, state })),
  server: (value) => {
    if (!isFields(value)) return [];
    const forget = many(value.forget).map((fields): Action => ({ do: "forget", pair: pairOf(fields) }));
    const add = many(value.add).map((fields): Action => ({ do: "add", pair: pairOf(fields) }));
    const lists = value.restart === "nothing" || value.restart === "everything" ? value.restart : undefined;
    return lists === undefined ? [...forget, ...add] : [...forget, ...add, { do: "serverRestart", lists }];
  },
  networkLink: (value) =>
    byName<"up" | "down" | "unknown">(value, (port, state) => ({ do: "networkLink", port, state })),
  serverState: (value) => byName<ServerChange>(value, (server, change) => ({ do: "server", server, change })),
  place: (value) => byName<string>(value, (name, at) => ({ do: "place", name, at })),
  scopes: each((fields) => ({
    do: "hold scope",
    scope: typeof fields.group === "number" ? { group: fields.group } : { pair: textOf(fields.pair) },
    role: (textOf(fields.role) || "deciding") as "deciding" | "shadow" | "unknown",
    epoch: number(fields.epoch, 1),
    holder: textOf(fields.holder),
  })),
  request: (value) => {
    if (!isFields(value)) return [];
    const kinds = ["rebalance", "failBack", "switchOver"] as const;
    return kinds
      .filter((kind) => value[kind] !== undefined)
      .map((kind) => ({ do: "request", kind, subject: textOf(value[kind]) }));
  },
  world: (value) => [{ do: "world", rules: readWorld(value) }],
  maintenance: (value) => byName<boolean>(value, (port, on) => ({ do: "maintenance", port, on })),
  reconfigure: (value, { path, array, reading }) => {
    if (!isFields(value)) return [];
    const named = value.array === undefined ? undefined : arrayAt(value.array, [...path, "array"], reading);
    const next = named === undefined ? undefined : { ...named, profile: array.profile };
    const knobs = isFields(value.knobs) ? value.knobs : {};
    return [{ do: "reconfigure", array: next, knobs, refused: value.refused === true }];
  },
  restart: each((fields) => ({ do: "restart", attach: fields.attach !== false, downMs: duration(fields.down, 0) })),
  clock: each((fields) => ({
    do: "clock",
    forwardMs: duration(fields.forward, 0) - duration(fields.back, 0),
    stopMs: duration(fields.stop, 0),
  })),
  hold: (value) => [{ do: "hold", on: value === true }],
  swap: each((fields) => ({ do: "swap", module: textOf(fields.module), refused: fields.refused === true })),
  scope: each((fields) => ({
    do: "scope",
    role: (textOf(fields.role) || "deciding") as "deciding" | "shadow" | "unknown",
    epoch: number(fields.epoch, 1),
  })),
  controllers: (value) => [
    { do: "controllers", changes: (isFields(value) ? value : {}) as Record<string, ControllerChange> },
  ],
  keys: (value) => [{ do: "keys", changes: (isFields(value) ? value : {}) as Record<string, ScopeChange> }],
  requestsUnderWay: (value) => [{ do: "requestsUnderWay", count: number(value) }],
  remote: each((fields) => ({
    do: "remote",
    port: textOf(fields.port),
    loadPermille: permille(fields.load),
    plannedPermille: permille(fields.planned),
  })),
  arrival: each((fields) => ({
    do: "arrival",
    row: number(fields.row),
    requester: number(fields.requester),
    pair: pairOf(fields),
    loadPermille: permille(fields.load),
    sequence: number(fields.sequence, 1),
  })),
  drain: (value) => [{ do: "drain", on: value === true }],
  break: each((fields) => ({
    do: "break",
    table: textOf(fields.table),
    row: typeof fields.row === "number" ? fields.row : textOf(fields.row),
    field: textOf(fields.field),
    value: number(fields.value),
  })),
  scrub: (value) => [{ do: "scrub", rows: number(value, 1) }],
  check: (value) => [{ do: "check", state: isFields(value) ? value : {} }],
};
