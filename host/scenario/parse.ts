/** Reads scenario files. */

import { compileSchema, type CheckedYaml, type Path, readCheckedYaml } from "../array/checked-yaml.js";
import type { ArrayDescription, Problem } from "../array/description.js";
import { byPlace, isFields, type PlacedArray, readArray, readPolicy } from "../array/parse.js";
import { quantity } from "../array/units.js";
import type { ProfileName } from "../shim/generated/layout.js";
import type { Behaviour, DecisionExpectation, Expectation, Scenario, ScenarioCase, WorldRules } from "./description.js";
import { readEvents } from "./parse-events.js";
import { checkReferences } from "./references.js";
import { scenarioSchema } from "./schema.js";

export type Fields = Record<string, unknown>;

/** A file under reading: its arrays by name, and its problems so far. */
export interface Reading {
  yaml: CheckedYaml;
  arrays: ReadonlyMap<string, PlacedArray>;
  problems: Problem[];
}

const DEFAULT_TICK_MS = 100;
/** A case goes on for so long after its last event. */
const DEFAULT_TAIL_MS = 10_000;

const HOSTING_RULE: WorldRules["move"] = {
  does: "apply",
  afterMs: 50,
  times: Number.POSITIVE_INFINITY,
  only: "",
  port: "",
};
const DEFAULT_WORLD: WorldRules = {
  withdraw: { does: "apply", afterMs: 50, times: Number.POSITIVE_INFINITY, only: "", port: "" },
  restore: { does: "apply", afterMs: 50, times: Number.POSITIVE_INFINITY, only: "", port: "" },
  logout: { does: "end", afterMs: 100, times: Number.POSITIVE_INFINITY, only: "", port: "" },
  return: { does: "listed", afterMs: 200, times: Number.POSITIVE_INFINITY, only: "", port: "" },
  reserve: { does: "grant", afterMs: 50, times: Number.POSITIVE_INFINITY, only: "", port: "" },
  move: { ...HOSTING_RULE },
  unhost: { ...HOSTING_RULE },
  unit: { ...HOSTING_RULE },
};

let compiled: ReturnType<typeof compileSchema> | undefined;

/** Reads a scenario file. @returns the scenario when nothing is wrong, and every problem otherwise. */
export function parseScenario(text: string, file: string): { scenario?: Scenario; problems: Problem[] } {
  compiled ??= compileSchema(scenarioSchema());
  const yaml = readCheckedYaml(text, file, compiled);
  const problems = [...yaml.problems];
  if (!isFields(yaml.value)) return { problems };
  const arrays = new Map<string, PlacedArray>();
  for (const [name, fields] of Object.entries(isFields(yaml.value.arrays) ? yaml.value.arrays : {})) {
    if (!isFields(fields)) continue;
    const read = readArray(fields, ["arrays", name], yaml);
    arrays.set(name, read.placed);
    problems.push(...read.problems);
  }
  const reading: Reading = { yaml, arrays, problems };
  const list = Array.isArray(yaml.value.cases) ? yaml.value.cases : [];
  const cases = list.flatMap((fields: unknown, index) => (isFields(fields) ? [readCase(fields, index, reading)] : []));
  checkCaseNames(cases, reading);
  if (problems.length > 0) return { problems: problems.sort(byPlace) };
  return { scenario: { file, cases }, problems };
}

/** A duration in ms, as written; the second argument where there is none. */
export function duration(value: unknown, otherwise: number): number {
  return quantity(value, "ms") ?? otherwise;
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function checkCaseNames(cases: readonly ScenarioCase[], { yaml, problems }: Reading): void {
  const seen = new Set<string>();
  for (const { name, index } of cases) {
    const path = ["cases", index, "name"];
    if (seen.has(name)) problems.push(yaml.problem(path, `case ${name} is there already`, "a name of its own"));
    seen.add(name);
  }
}

/** The array that a field names or holds. */
export function arrayAt(value: unknown, path: Path, reading: Reading): ArrayDescription | undefined {
  if (typeof value === "string") {
    const placed = reading.arrays.get(value);
    if (placed !== undefined) return placed.array;
    const known = [...reading.arrays.keys()].join(", ") || "none is there";
    reading.problems.push(reading.yaml.problem(path, `no array ${value}`, `one of \`arrays\`: ${known}`));
    return undefined;
  }
  if (!isFields(value)) return undefined;
  const read = readArray(value, path, reading.yaml);
  reading.problems.push(...read.problems);
  return read.placed.array;
}

const EMPTY_ARRAY: ArrayDescription = {
  name: "",
  profile: "small",
  controllers: [],
  ports: [],
  targets: [],
  initiators: [],
  policy: readPolicy({}),
  sources: {},
};

function readCase(fields: Fields, index: number, reading: Reading): ScenarioCase {
  const path = ["cases", index];
  const named = arrayAt(fields.array, [...path, "array"], reading) ?? EMPTY_ARRAY;
  const profile = typeof fields.profile === "string" ? (fields.profile as ProfileName) : named.profile;
  const array = { ...named, profile, policy: readPolicy(fields.knobs, named.policy) };
  const events = readEvents(fields.events, [...path, "events"], array, reading);
  const last = events.reduce((latest, event) => Math.max(latest, event.atMs), 0);
  const read: ScenarioCase = {
    name: textOf(fields.name),
    index,
    line: reading.yaml.problem(path, "", "").line,
    array,
    controller: textOf(fields.controller) || (array.controllers[0]?.name ?? ""),
    profile,
    tickMs: duration(fields.tick, DEFAULT_TICK_MS),
    untilMs: duration(fields.until, last + DEFAULT_TAIL_MS),
    toleranceMs: duration(fields.tolerance, 0),
    world: { ...DEFAULT_WORLD, ...readWorld(fields.world, DEFAULT_WORLD) },
    events,
    expect: readExpectation(fields.expect),
  };
  if (named !== EMPTY_ARRAY) checkReferences(read, fields, path, reading);
  return read;
}

/** Rules as written; what a rule leaves out is that of `base`. */
export function readWorld(value: unknown, base: WorldRules = DEFAULT_WORLD): Partial<WorldRules> {
  const rules: Partial<Record<keyof WorldRules, Behaviour<string>>> = {};
  if (!isFields(value)) return {};
  for (const name of Object.keys(base) as (keyof WorldRules)[]) {
    const written = value[name];
    if (!isFields(written)) continue;
    rules[name] = {
      does: textOf(written.does) || DEFAULT_WORLD[name].does,
      afterMs: duration(written.after, base[name].afterMs),
      times: typeof written.times === "number" ? written.times : Number.POSITIVE_INFINITY,
      only: textOf(written.only),
      port: textOf(written.port),
    };
  }
  return rules as Partial<WorldRules>;
}

function readDecision(value: unknown): DecisionExpectation {
  if (!isFields(value)) return {};
  const read: DecisionExpectation = {};
  if (value.at !== undefined) read.atMs = duration(value.at, 0);
  if (value.within !== undefined) read.withinMs = duration(value.within, 0);
  for (const name of ["kind", "subject", "from", "to", "reason"] as const) {
    if (typeof value[name] === "string") read[name] = value[name];
  }
  for (const name of ["detail", "epoch"] as const) if (typeof value[name] === "number") read[name] = value[name];
  return read;
}

function readExpectation(value: unknown): Expectation | undefined {
  if (!isFields(value)) return undefined;
  const read: Expectation = {};
  for (const name of ["exactly", "includes", "none"] as const) {
    const list = value[name];
    if (Array.isArray(list)) read[name] = list.map(readDecision);
  }
  if (isFields(value.end)) read.end = value.end;
  return read;
}
