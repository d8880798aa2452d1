/** The section `sources.simulated` of an array file: its JSON Schema, what the schema can't see, and how it is read. */

import type { Path } from "../../array/checked-yaml.js";
import type { ArrayDescription } from "../../array/description.js";
import { quantitySchema, type Schema } from "../../array/schema.js";
import { quantity } from "../../array/units.js";
import { layouts } from "../../shim/generated/layout.js";
import {
  type DelayRange,
  type DelaySettings,
  defaultSettings,
  type LoadSettings,
  type SimulatedSettings,
  type TimelineEvent,
} from "./settings.js";

const DAY_MS = 86_400_000;
const DELAY_MAX_MS = 60_000;
const LOAD_MAX_PERMILLE = 10_000;

type Fields = Record<string, unknown>;

function object(properties: Record<string, Schema>, description: string, required: readonly string[] = []): Schema {
  return { type: "object", additionalProperties: false, properties, required: [...required], description };
}

function time(minimum: number, description: string): Schema {
  return quantitySchema("ms", minimum, DAY_MS, description);
}

function delay(minimum: number, description: string): Schema {
  return quantitySchema("ms", minimum, DELAY_MAX_MS, description);
}

function load(description: string): Schema {
  return quantitySchema("permille", 0, LOAD_MAX_PERMILLE, description);
}

function whole(minimum: number, maximum: number, description: string): Schema {
  return { type: "integer", minimum, maximum, description };
}

function number(minimum: number, maximum: number, description: string): Schema {
  return { type: "number", minimum, maximum, description };
}

/** A time, or a pair of which each time one in between is drawn. */
function delayRange(description: string): Schema {
  const each = delay(0, "");
  const { type, ...rest } = each;
  return {
    ...rest,
    type: [...(type as string[]), "array"],
    minItems: 2,
    maxItems: 2,
    items: each,
    description,
    "x-expected": `a time or [shortest, longest], each 0 to ${DELAY_MAX_MS} ms`,
  };
}

function withDefaults(properties: Record<string, Schema>, defaults: object): Record<string, Schema> {
  const values = defaults as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, { ...schema, default: values[name] }]),
  );
}

function loadSchema(): Schema {
  const properties = {
    meanPermille: load("Mean load of the whole array, of its scarcest resource."),
    onMs: time(1, "Mean length of a burst."),
    offMs: time(1, "Mean length of the pause after it."),
    tailShape: number(1.01, 10, "Shape of the Pareto distribution of a burst's rate: 1 is wild, 3 tame."),
    peakRatio: number(1.01, 1000, "Highest rate of a burst in multiples of the lowest."),
    blockKiB: {
      type: "array",
      minItems: 1,
      items: whole(1, 4096, "Data of a command in KiB."),
      description: "Sizes of a command's data; each application uses one.",
    },
    queueDepth: whole(1, 65_535, "Commands that an application has under way at most through one session."),
  };
  return object(withDefaults(properties, defaultSettings.load), "How the applications on the hosts load the array.");
}

function delaysSchema(): Schema {
  const properties = {
    networkMs: delayRange("One way between any two machines."),
    serverMs: delayRange("Work of the iSNS server on one request."),
    logoutMs: delayRange("From the request to log out until the initiator does."),
    reconnectMs: delayRange("From the end of a session until the initiator asks the iSNS server."),
    loginMs: delayRange("Login phase."),
    lossMs: delayRange("Until an initiator notices that a link is dead."),
    connectTimeoutMs: delay(1, "Until an initiator gives up connecting over a dead link."),
    askAgainMs: delay(1, "Until an initiator that found no portal, or no server, asks again."),
    serverTimeoutMs: delay(1, "Until a client of the iSNS server gives up waiting."),
    pollMs: delay(1, "Between two complete readings of the registrations."),
  };
  return object(withDefaults(properties, defaultSettings.delays), "How long things take.");
}

/** Fields of each kind of event, beside `kind` and `atMs`; all are needed. */
const EVENT_FIELDS: Record<TimelineEvent["kind"], readonly string[]> = {
  surge: ["port", "loadPermille", "forMs"],
  link: ["port", "state"],
  "server-restart": ["downMs", "memory"],
  forget: ["target", "port"],
  add: ["target", "port"],
  returns: ["initiator", "to"],
};

function eventSchema(): Schema {
  const name = (description: string) => ({ type: "string", description });
  const properties = {
    kind: { enum: Object.keys(EVENT_FIELDS), description: "What happens." },
    atMs: time(0, "When, from the start of the run or of a round."),
    port: name("A described port."),
    target: name("A described target."),
    initiator: name("A described initiator."),
    loadPermille: load("surge: load that the port would have if nothing were moved."),
    forMs: time(0, "surge: how long."),
    state: { enum: ["up", "down"], description: "link: its carrier from then on." },
    downMs: time(0, "server-restart: how long it does not answer."),
    memory: { enum: ["kept", "configured", "nothing"], description: "server-restart: what it knows afterwards." },
    to: { enum: ["next", "same", "nowhere"], description: "returns: where the initiator logs in from then on." },
  };
  return object(properties, "Something that happens.", ["kind", "atMs"]);
}

/** The section's JSON Schema. */
export function simulatedSchema(): Schema {
  const { commandUs, kibUs } = defaultSettings.cost;
  const cost = {
    commandUs: { ...number(0, 1e6, "Processor time of a port for each command, in microseconds."), default: commandUs },
    kibUs: { ...number(0, 1e6, "… and for each KiB of its data."), default: kibUs },
  };
  const scalars = {
    seed: whole(0, 0xffffffff, "Seed of all that is drawn by chance."),
    sessions: whole(0, 32_768, "Sessions that the initiators hold together."),
    twoPathInitiators: whole(
      0,
      32_768,
      "Initiators, from the last one on, that hold two paths to each of their targets.",
    ),
    placement: {
      enum: ["spread", "first"],
      description: "Sessions at the start: spread, or on the first portal listed.",
    },
    deafInitiators: whole(
      0,
      32_768,
      "Initiators, from the last one on, that do not understand the request to log out.",
    ),
    repeatMs: time(0, "The events happen again after this; 0: once."),
  };
  return object(
    {
      ...withDefaults(scalars, defaultSettings),
      load: loadSchema(),
      cost: object(cost, "Processor time that commands take."),
      delays: delaysSchema(),
      events: { type: "array", items: eventSchema(), description: "What happens, and when." },
    },
    "The embedded simulated array: no real servers.",
  );
}

/** Reports a problem at a place below the array. */
export type SectionReport = (path: Path, message: string, expected: string) => void;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What the schema can't see: rows enough, names that are there, the fields of each kind of event, pairs in order. */
export function checkSimulated(array: ArrayDescription, report: SectionReport): void {
  const section = array.sources.simulated;
  if (!isFields(section)) return;
  const at = ["sources", "simulated"];
  if (array.initiators.length === 0) {
    report(at, "no initiator is described", "a list `initiators`: the simulated sessions are theirs");
  }
  const most = sessionsMax(array);
  if (typeof section.sessions === "number" && section.sessions > most) {
    report([...at, "sessions"], `${section.sessions} sessions`, `at most ${most}: one for each initiator and target`);
  }
  for (const name of ["twoPathInitiators", "deafInitiators"]) {
    const count = section[name];
    if (typeof count === "number" && count > array.initiators.length) {
      report([...at, name], `${count} of ${array.initiators.length} initiators`, `at most ${array.initiators.length}`);
    }
  }
  if (isFields(section.delays)) checkRanges(section.delays, [...at, "delays"], report);
  if (Array.isArray(section.events)) {
    for (const [index, event] of section.events.entries()) {
      if (isFields(event)) checkEvent(array, event, [...at, "events", index], report);
    }
  }
}

/** As many as the initiators can hold, one to each target, and the profile has rows for. */
function sessionsMax(array: ArrayDescription): number {
  const rows = layouts[array.profile].limits.SESSION_MAX ?? 0;
  return Math.min(rows, array.initiators.length * array.targets.length);
}

function checkRanges(delays: Fields, path: Path, report: SectionReport): void {
  for (const [name, value] of Object.entries(delays)) {
    if (!Array.isArray(value)) continue;
    const [shortest = 0, longest = 0] = value.map((each) => quantity(each, "ms") ?? 0);
    if (shortest > longest) report([...path, name], `${shortest} is longer than ${longest}`, "[shortest, longest]");
  }
}

function checkEvent(array: ArrayDescription, event: Fields, path: Path, report: SectionReport): void {
  const needed = EVENT_FIELDS[event.kind as TimelineEvent["kind"]];
  if (needed === undefined) return;
  for (const name of needed) {
    if (event[name] === undefined) report([...path, name], `field ${name} is missing`, `kind ${event.kind} needs it`);
  }
  for (const name of Object.keys(event)) {
    if (name === "kind" || name === "atMs" || needed.includes(name)) continue;
    report([...path, name], `kind ${event.kind} has no field ${name}`, `kind, atMs, ${needed.join(", ")}`);
  }
  const known = { port: array.ports, target: array.targets, initiator: array.initiators };
  for (const [kind, things] of Object.entries(known)) {
    const name = event[kind];
    if (typeof name !== "string" || things.some((thing) => thing.name === name)) continue;
    report([...path, kind], `no ${kind} ${name}`, `one of: ${things.map((thing) => thing.name).join(", ")}`);
  }
}

/** The section of a checked array, with defaults; all defaults where there is none. */
export function simulatedSettings(array: ArrayDescription): SimulatedSettings {
  const written = isFields(array.sources.simulated) ? array.sources.simulated : {};
  const defaults = defaultSettings;
  const whole = (name: keyof SimulatedSettings) => (written[name] ?? defaults[name]) as number;
  return {
    seed: whole("seed"),
    sessions: Math.min(whole("sessions"), sessionsMax(array)),
    twoPathInitiators: whole("twoPathInitiators"),
    placement: (written.placement ?? defaults.placement) as SimulatedSettings["placement"],
    deafInitiators: whole("deafInitiators"),
    load: readLoad(written.load),
    cost: { ...defaults.cost, ...(isFields(written.cost) ? written.cost : {}) },
    delays: readDelays(written.delays),
    events: Array.isArray(written.events) ? written.events.map((event) => readEvent(event as Fields)) : [],
    repeatMs: quantity(written.repeatMs, "ms") ?? defaults.repeatMs,
  };
}

function readLoad(value: unknown): LoadSettings {
  const written = isFields(value) ? value : {};
  const defaults = defaultSettings.load;
  return {
    ...defaults,
    ...(written as Partial<LoadSettings>),
    meanPermille: quantity(written.meanPermille, "permille") ?? defaults.meanPermille,
    onMs: quantity(written.onMs, "ms") ?? defaults.onMs,
    offMs: quantity(written.offMs, "ms") ?? defaults.offMs,
  };
}

function readDelays(value: unknown): DelaySettings {
  const written = isFields(value) ? value : {};
  const delays: Record<string, number | DelayRange> = { ...defaultSettings.delays };
  for (const [name, each] of Object.entries(written)) {
    const pair = (Array.isArray(each) ? each : [each, each]).map((end) => quantity(end, "ms") ?? 0);
    delays[name] = Array.isArray(delays[name]) ? [pair[0] ?? 0, pair[1] ?? 0] : (pair[0] ?? 0);
  }
  return delays as unknown as DelaySettings;
}

function readEvent(event: Fields): TimelineEvent {
  const read: Fields = { ...event };
  for (const name of ["atMs", "forMs", "downMs"]) {
    if (event[name] !== undefined) read[name] = quantity(event[name], "ms") ?? 0;
  }
  if (event.loadPermille !== undefined) read.loadPermille = quantity(event.loadPermille, "permille") ?? 0;
  return read as TimelineEvent;
}
