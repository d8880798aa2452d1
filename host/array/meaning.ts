/** What the fields of an array mean together: names once, references to what is there, no more than the profile holds. */

import { layouts, type ProfileName } from "../shim/generated/layout.js";
import { checkCoordination } from "../coordination/section.js";
import { checkStatusMessages } from "../coordination/status/check.js";
import { checkSections } from "../sources/sections.js";
import { checkSimulated } from "../sources/simulated/section.js";
import type { CheckedYaml, Path } from "./checked-yaml.js";
import type { Problem } from "./description.js";
import { checkInterfaces } from "./interfaces-meaning.js";
import type { Placed, PlacedArray } from "./parse.js";
import { checkTracked } from "./tracked.js";

export type Report = (path: Path, message: string, expected: string) => void;

/** All problems that the schema can't see. `path`: where the array stands in the document. */
export function checkMeaning(placed: PlacedArray, path: Path, yaml: CheckedYaml): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (at, message, expected) => void problems.push(yaml.problem(at, message, expected));
  checkNames(placed.controllers, "controller", report);
  checkNames(placed.ports, "port", report);
  checkNames(placed.targets, "target", report);
  checkNames(placed.initiators, "initiator", report);
  checkIds(placed.ports, "port", report);
  checkIds(placed.targets, "target", report);
  for (const [list, kind] of [
    [placed.networkPorts, "network port"],
    [placed.interfaces, "interface"],
    [placed.units, "unit"],
  ] as const) {
    checkNames(list, kind, report);
    checkIds(list, kind, report);
  }
  checkTracked(placed.controllers, report);
  checkAddresses(placed, report);
  checkInterfaces(placed, path, yaml, report);
  checkReferences(placed, report);
  checkSizes(placed, path, report);
  checkWatermarks(placed, path, report);
  const reportBelow: Report = (at, message, expected) => report([...path, ...at], message, expected);
  checkSections(placed.array, reportBelow);
  checkCoordination(placed.array, reportBelow);
  checkStatusMessages(placed.array, reportBelow);
  checkSimulated(placed.array, reportBelow);
  return problems;
}

function placeName(path: Path): string {
  return path.map((step) => (typeof step === "number" ? `[${step}]` : step)).join("");
}

function checkNames(things: readonly Placed<{ name: string }>[], kind: string, report: Report): void {
  const seen = new Map<string, Path>();
  for (const { thing, path } of things) {
    if (thing.name === "") continue;
    const first = seen.get(thing.name);
    if (first === undefined) seen.set(thing.name, path);
    else report([...path, "name"], `${kind} ${thing.name} is there already`, `a name that ${placeName(first)} has not`);
  }
}

function checkIds(things: readonly Placed<{ name: string; id?: number }>[], kind: string, report: Report): void {
  const seen = new Map<number, string>();
  for (const { thing, path } of things) {
    if (thing.id === undefined) continue;
    const first = seen.get(thing.id);
    if (first === undefined) seen.set(thing.id, thing.name);
    else report([...path, "id"], `id ${thing.id} is that of ${kind} ${first}`, "an id of its own");
  }
}

function checkAddresses(placed: PlacedArray, report: Report): void {
  const seen = new Map<string, string>();
  for (const { thing, path } of placed.ports) {
    if (thing.address === "") continue;
    const first = seen.get(thing.address);
    if (first === undefined) seen.set(thing.address, thing.name);
    else report([...path, "address"], `${thing.address} is the address of port ${first}`, "an address of its own");
  }
}

function checkReferences(placed: PlacedArray, report: Report): void {
  const controllers = new Set(placed.controllers.map(({ thing }) => thing.name));
  for (const { thing, path } of placed.ports) {
    if (controllers.has(thing.controller)) continue;
    report([...path, "controller"], `no controller ${thing.controller}`, `one of: ${[...controllers].join(", ")}`);
  }
  const known = new Set(placed.ports.map(({ thing }) => thing.name));
  for (const { thing, path } of placed.targets) {
    for (const [index, name] of thing.ports.entries()) {
      const at = [...path, "ports", index];
      if (!known.has(name)) report(at, `no port ${name}`, `one of: ${[...known].join(", ")}`);
      else if (thing.ports.indexOf(name) !== index) report(at, `port ${name} is there already`, "each port once");
    }
  }
}

function largerProfile(limit: string, count: number): string {
  const fitting = (Object.keys(layouts) as ProfileName[]).find((name) => (layouts[name].limits[limit] ?? 0) >= count);
  return fitting === undefined ? "" : `; profile ${fitting} holds ${layouts[fitting].limits[limit]}`;
}

function checkSizes({ array }: PlacedArray, path: Path, report: Report): void {
  const check = (field: string, limit: string, count: number) => {
    const most = layouts[array.profile].limits[limit] ?? 0;
    if (count <= most) return;
    const expected = `at most ${most} in profile ${array.profile}${largerProfile(limit, count)}`;
    report([...path, field], `${count} ${field}`, expected);
  };
  check("controllers", "SERVER_MAX", array.controllers.length);
  check("ports", "TARGET_PORT_MAX", array.ports.length);
  check("targets", "TARGET_MAX", array.targets.length);
  check("networkPorts", "NETWORK_PORT_MAX", array.networkPorts?.length ?? 0);
  check("interfaces", "INTERFACE_MAX", array.interfaces?.length ?? 0);
  check("units", "UNIT_MAX", array.units?.length ?? 0);
  check("initiators", "INITIATOR_MAX", array.initiators.length);
}

function checkWatermarks({ array }: PlacedArray, path: Path, report: Report): void {
  const { highWatermarkPermille = 0, lowWatermarkPermille = 0 } = array.policy.ports;
  if (lowWatermarkPermille < highWatermarkPermille) return;
  const at = [...path, "policy", "ports", "lowWatermarkPermille"];
  report(at, `${lowWatermarkPermille} is not below the high watermark`, `less than ${highWatermarkPermille}`);
}
