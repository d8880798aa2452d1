/** Reads an array file: structure against the schema, then what the fields mean together. */

import { HealthKindNames, layouts, type ProfileName } from "../shim/generated/layout.js";
import { camelCase } from "../shim/staging.js";
import { type CheckedYaml, compileSchema, type Path, readCheckedYaml } from "./checked-yaml.js";
import type {
  ArrayDescription,
  CapacityDescription,
  ControllerDescription,
  InitiatorDescription,
  InterfaceDescription,
  NetworkPortDescription,
  PolicyDescription,
  PortDescription,
  Problem,
  TargetDescription,
  UnitDescription,
} from "./description.js";
import { readController, readInterface, readNetworkPort, readUnit } from "./interfaces.js";
import { checkMeaning } from "./meaning.js";
import { expandRange } from "./ranges.js";
import { arraySchema, choicesOf, knobsOf } from "./schema.js";
import { heartbeatHealth } from "../coordination/status/check.js";
import { quantity } from "./units.js";
import { warningsOf } from "./warnings.js";

type Fields = Record<string, unknown>;

/** A described thing with its place in the file, for problems found later. */
export interface Placed<T> {
  thing: T;
  path: Path;
}

/** An array with the places of its parts. */
export interface PlacedArray {
  array: ArrayDescription;
  controllers: Placed<ControllerDescription>[];
  networkPorts: Placed<NetworkPortDescription>[];
  interfaces: Placed<InterfaceDescription>[];
  units: Placed<UnitDescription>[];
  ports: Placed<PortDescription>[];
  targets: Placed<TargetDescription>[];
  initiators: Placed<InitiatorDescription>[];
}

let compiled: ReturnType<typeof compileSchema> | undefined;

export interface ParsedArray {
  array?: ArrayDescription;
  problems: Problem[];
  /** What is allowed, and probably not meant. */
  warnings?: Problem[];
}

/**
 * Reads an array file. @returns the array when nothing is wrong, and every problem otherwise.
 * Shape: README.md beside this file, and `build/array.schema.json`.
 */
export function parseArray(text: string, file: string): ParsedArray {
  compiled ??= compileSchema(arraySchema());
  const yaml = readCheckedYaml(text, file, compiled);
  if (!isFields(yaml.value)) return { problems: yaml.problems };
  const read = readArray(yaml.value, [], yaml);
  const problems = [...yaml.problems, ...read.problems].sort(byPlace);
  if (problems.length > 0) return { problems };
  return { array: read.placed.array, problems, warnings: warningsOf(read.placed, yaml) };
}

/** Reads an array that stands at `path` of a checked document; what the schema found wrong is passed over. */
export function readArray(fields: Fields, path: Path, yaml: CheckedYaml): { placed: PlacedArray; problems: Problem[] } {
  const problems: Problem[] = [];
  const controllers = namedThings(fields.controllers ?? ["controller"], [...path, "controllers"]).map((entry) => ({
    thing: readController(entry.fields),
    path: entry.path,
  }));
  const defaults = isFields(fields.portDefaults) ? fields.portDefaults : {};
  const firstController = controllers[0]?.thing.name ?? "controller";
  const ports: Placed<PortDescription>[] = [];
  for (const entry of expanded(fields.ports, [...path, "ports"], yaml, problems)) {
    ports.push({ thing: readPort(entry.fields, defaults, firstController, ports.length), path: entry.path });
  }
  const all = [...new Set(ports.map(({ thing }) => thing.name))];
  const targets = expanded(fields.targets, [...path, "targets"], yaml, problems).map((entry) => ({
    thing: readTarget(entry.fields, all),
    path: entry.path,
  }));
  const initiators = expanded(fields.initiators, [...path, "initiators"], yaml, problems).map((entry) => ({
    thing: readInitiator(entry.fields),
    path: entry.path,
  }));
  const read = <T>(list: string, one: (fields: Fields) => T): Placed<T>[] =>
    expanded(fields[list], [...path, list], yaml, problems).map((entry) => ({
      thing: one(entry.fields),
      path: entry.path,
    }));
  const networkPorts = read("networkPorts", (entry) => readNetworkPort(entry, firstController));
  const interfaces = read("interfaces", readInterface);
  const units = read("units", (entry) => readUnit(entry, firstController));
  const array: ArrayDescription = {
    name: text(fields.name),
    profile: profileOf(fields.profile),
    controllers: controllers.map(({ thing }) => thing),
    networkPorts: networkPorts.map(({ thing }) => thing),
    interfaces: interfaces.map(({ thing }) => thing),
    units: units.map(({ thing }) => thing),
    ports: ports.map(({ thing }) => thing),
    targets: targets.map(({ thing }) => thing),
    initiators: initiators.map(({ thing }) => thing),
    policy: readPolicy(fields.policy, undefined, fields.coordination),
    sources: isFields(fields.sources) ? fields.sources : {},
    ...(isFields(fields.coordination) ? { coordination: fields.coordination } : {}),
  };
  const placed = { array, controllers, networkPorts, interfaces, units, ports, targets, initiators };
  problems.push(...checkMeaning(placed, path, yaml));
  return { placed, problems };
}

export function byPlace(left: Problem, right: Problem): number {
  return left.line - right.line || left.column - right.column;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function profileOf(value: unknown): ProfileName {
  return typeof value === "string" && value in layouts ? (value as ProfileName) : "standard";
}

/** Entries of a list, a plain name standing for fields with that name. */
function namedThings(list: unknown, path: Path): { fields: Fields; path: Path }[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown, index) => {
    if (typeof entry === "string") return [{ fields: { name: entry }, path: [...path, index] }];
    return isFields(entry) ? [{ fields: entry, path: [...path, index] }] : [];
  });
}

/** As `namedThings`, with ranges such as `p{1..4}` written out. */
/** Fields whose ranges count along with the name's, and what several of them are called. */
const ALONG = [
  ["address", "addresses"],
  ["device", "devices"],
] as const;

function expanded(list: unknown, path: Path, yaml: CheckedYaml, problems: Problem[]): { fields: Fields; path: Path }[] {
  return namedThings(list, path).flatMap((entry) => {
    const names = expandRange(text(entry.fields.name));
    const many = names.length > 1;
    if (many && entry.fields.id !== undefined) {
      problems.push(yaml.problem([...entry.path, "id"], "one id for many things", "no id, or a name without a range"));
    }
    const along: [string, string[]][] = [];
    for (const [field, plural] of ALONG) {
      const written = entry.fields[field];
      if (typeof written !== "string") continue;
      const texts = expandRange(written);
      along.push([field, texts]);
      if (!many || texts.length === names.length) continue;
      const message = `${texts.length} ${plural} for ${names.length} names`;
      problems.push(yaml.problem([...entry.path, field], message, "a range as long as that of the name"));
    }
    return names.map((name, index) => {
      const counted = Object.fromEntries(along.map(([field, texts]) => [field, texts[index] ?? texts[0]]));
      return { fields: { ...entry.fields, name, ...counted }, path: entry.path };
    });
  });
}

function readCapacity(own: unknown, defaults: unknown): CapacityDescription {
  const knobs = new Map(knobsOf("target-port-config").map((field) => [field.name, field.knob]));
  const read = (name: keyof CapacityDescription): number => {
    const knob = knobs.get(`${name}Capacity`);
    const written = (isFields(own) ? own[name] : undefined) ?? (isFields(defaults) ? defaults[name] : undefined);
    return quantity(written, knob?.unit ?? "") ?? knob?.default ?? 0;
  };
  return {
    processor: read("processor"),
    bandwidth: read("bandwidth"),
    operations: read("operations"),
    queue: read("queue"),
    sessions: read("sessions"),
  };
}

export function idOf(fields: Fields): { id?: number } {
  return typeof fields.id === "number" ? { id: fields.id } : {};
}

export function whole(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isInteger(value) ? value : otherwise;
}

function readPort(fields: Fields, defaults: Fields, firstController: string, index: number): PortDescription {
  return {
    name: text(fields.name),
    ...idOf(fields),
    controller: text(fields.controller ?? defaults.controller) || firstController,
    address: text(fields.address),
    tag: whole(fields.tag, index + 1),
    listOrder: whole(fields.listOrder, index),
    maintenance: fields.maintenance === true,
    capacity: readCapacity(fields.capacity, defaults.capacity),
  };
}

function readTarget(fields: Fields, all: readonly string[]): TargetDescription {
  const ports = Array.isArray(fields.ports) ? fields.ports.filter((name) => typeof name === "string") : [...all];
  return {
    name: text(fields.name),
    ...idOf(fields),
    ports,
    pinned: fields.pinned === true,
    redirection: fields.redirection === true,
  };
}

function readInitiator(fields: Fields): InitiatorDescription {
  return {
    name: text(fields.name),
    pinned: fields.pinned === true,
    nextPortal: fields.nextPortal === "following" ? "following" : "first",
    switchingPriority: whole(fields.switchingPriority, 0),
  };
}

/** Knobs of one table as written, over `base`; defaults where neither says anything. */
function readKnobs(table: string, fields: unknown, base: Record<string, number> = {}): Record<string, number> {
  const knobs: Record<string, number> = {};
  for (const { name, knob } of knobsOf(table)) {
    const written = isFields(fields) ? fields[name] : undefined;
    const choice = typeof written === "string" ? (choicesOf(name)?.indexOf(written) ?? -1) : -1;
    const value = choice >= 0 ? choice : quantity(written, knob?.unit ?? "");
    knobs[name] = value ?? base[name] ?? knob?.default ?? 0;
  }
  return knobs;
}

/** Kinds of members that send status messages. */
const SENDERS: readonly string[] = ["processor", "server"];

/** All knobs: those of `fields`, then those of `base` or what follows from `coordination`, then the defaults. */
export function readPolicy(fields: unknown, base?: PolicyDescription, coordination?: unknown): PolicyDescription {
  const sections = isFields(fields) ? fields : {};
  const heartbeats = isFields(coordination) ? { ...heartbeatHealth(coordination) } : undefined;
  const health: Record<string, Record<string, number>> = {};
  for (const kind of HealthKindNames.map(camelCase)) {
    const written = isFields(sections.health) ? sections.health[kind] : undefined;
    const implied = SENDERS.includes(kind) ? heartbeats : undefined;
    health[kind] = readKnobs("health-config", written, base?.health[kind] ?? implied);
  }
  return {
    common: readKnobs("common-policy", sections.common, base?.common),
    ports: readKnobs("port-policy", sections.ports, base?.ports),
    processors: readKnobs("processor-policy", sections.processors, base?.processors),
    interfaces: readKnobs("interface-policy", sections.interfaces, base?.interfaces),
    health,
  };
}
