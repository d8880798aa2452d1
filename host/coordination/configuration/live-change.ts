/**
 * What of a configuration may change while controllers run, and what needs a new start or two revisions.
 *
 * What is ordered between controllers names interfaces, ports and units. So a name means the same before and after a
 * revision, and whoever may hold a thing belongs to its scope before and after: otherwise one that has not adopted the
 * revision yet would hold what another is given. A thing that is to be another one goes with one revision and comes
 * with the next, which every controller takes only when nothing is left of what went.
 */

import type { ArrayDescription, ControllerDescription, Problem } from "../../array/description.js";
import { groupsOf, partnersOf } from "../../array/interfaces.js";
import { problemOf } from "../../shim/staging.js";
import { configurationDigest } from "../status/identity.js";

const RESTART = "the same as in force, or all controllers restarted with the new file";
const TWO_STEPS = "the same as in force; or remove it with one revision and add it anew with the next";

/** What sockets, the lease, the target server and the module of a controller were set up with. */
const FIXED = [
  ["name", "the name stands in the keys of the lease service and of the status messages"],
  ["profile", "another profile is another module"],
  ["sources", "sources are opened when a controller starts"],
  ["coordination", "keys, lease and management address are set up when a controller starts"],
] as const;

/** Of the controller itself. */
const FIXED_OF_ONE = [
  ["control", "its sockets are bound when it starts"],
  ["command", "its sockets are bound when it starts"],
  ["track", "its tracked links and scripts are set up when it starts"],
] as const;

/** What `self`, started with one array, can't go on with in another without a new start. */
export function neededStart(started: ArrayDescription, next: ArrayDescription, self: string): Problem[] {
  const problems = FIXED.filter(([part]) => !isSame(started[part], next[part])).map(([part, why]) =>
    problemOf(part, why, RESTART),
  );
  const own = (array: ArrayDescription) => array.controllers.find(({ name }) => name === self);
  const [before, after] = [own(started), own(next)];
  if (after === undefined || before === undefined) return problems;
  for (const [field, why] of FIXED_OF_ONE) {
    if (!isSame(before[field], after[field])) problems.push(problemOf(`controllers[${self}].${field}`, why, RESTART));
  }
  return problems;
}

/** What may not change from one revision to the next. @param present in force at every controller */
export function hindrances(present: ArrayDescription, next: ArrayDescription): Problem[] {
  return [
    ...controllerHindrances(present, next),
    ...portHindrances(present, next),
    ...interfaceHindrances(present, next),
    ...unitHindrances(present, next),
  ];
}

function controllerHindrances(present: ArrayDescription, next: ArrayDescription): Problem[] {
  const problems: Problem[] = [];
  const before = new Map(present.controllers.map((each) => [each.name, each]));
  const stay = next.controllers.filter(({ name }) => before.has(name));
  const order = present.controllers.filter(({ name }) => stay.some((each) => each.name === name));
  const isInOrder = next.controllers.slice(0, stay.length).every((each, at) => each.name === order[at]?.name);
  if (!isInOrder) {
    const message = "controllers that stay are in another order, or after new ones: groups and pairs are named by it";
    problems.push(
      problemOf("controllers", message, `${order.map(({ name }) => name).join(", ")} first, in this order`),
    );
  }
  const groups = { before: groupsOf(present.controllers), after: groupsOf(next.controllers) };
  const partners = { before: partnersOf(present.controllers), after: partnersOf(next.controllers) };
  for (const controller of stay) {
    const { name } = controller;
    problems.push(...fixedFields(before.get(name) as ControllerDescription, controller));
    const [from, to] = [groups.before.get(name), groups.after.get(name)];
    const hosts = (present.networkPorts ?? []).some((port) => port.controller === name);
    if (from !== to && hosts) {
      const message = `its group would be ${to} instead of ${from}, and it has network ports of its group's addresses`;
      problems.push(problemOf(`controllers[${name}].group`, message, `group: ${from}; or no network ports before`));
    }
    const [partner, other] = [partners.before.get(name), partners.after.get(name)];
    const pair = new Set([name, partner]);
    const units = (present.units ?? []).filter(({ owner }) => pair.has(owner)).map((unit) => unit.name);
    const parts = partner !== undefined && partner !== other && stay.some((each) => each.name === partner);
    if (parts && units.length > 0) {
      const message = `its partner ${partner} may serve units of their pair: ${units.join(", ")}`;
      problems.push(problemOf(`controllers[${name}].partner`, message, `${partner}; or all controllers restarted`));
    }
  }
  return problems;
}

function fixedFields(before: ControllerDescription, after: ControllerDescription): Problem[] {
  return (["control", "command", "id"] as const)
    .filter((field) => !isSame(before[field], after[field]))
    .map((field) => problemOf(`controllers[${after.name}].${field}`, "is set up when a controller starts", RESTART));
}

function portHindrances(present: ArrayDescription, next: ArrayDescription): Problem[] {
  const before = new Map((present.networkPorts ?? []).map((port) => [port.name, port]));
  return (next.networkPorts ?? []).flatMap((port) => {
    const known = before.get(port.name);
    if (known === undefined) return [];
    return (["controller", "device"] as const)
      .filter((field) => known[field] !== port[field])
      .map((field) => problemOf(`networkPorts[${port.name}].${field}`, "addresses may be on it", TWO_STEPS));
  });
}

function interfaceHindrances(present: ArrayDescription, next: ArrayDescription): Problem[] {
  const groupBefore = groupOfHome(present);
  const groupAfter = groupOfHome(next);
  const before = new Map((present.interfaces ?? []).map((each) => [each.name, each]));
  const holders = new Map((present.interfaces ?? []).map((each) => [each.address, each.name]));
  return (next.interfaces ?? []).flatMap(({ name, address, home }) => {
    const at = (field: string) => `interfaces[${name}].${field}`;
    const known = before.get(name);
    const holder = holders.get(address);
    if (known !== undefined && known.address !== address) {
      return [problemOf(at("address"), `a controller may hold ${known.address} as ${name}`, TWO_STEPS)];
    }
    if (holder !== undefined && holder !== name) {
      return [problemOf(at("address"), `a controller may hold ${address} as ${holder}`, TWO_STEPS)];
    }
    if (known === undefined || groupBefore(known.home) === groupAfter(home)) return [];
    return [problemOf(at("home"), "another group's controllers would host it", TWO_STEPS)];
  });
}

function groupOfHome({ controllers, networkPorts = [] }: ArrayDescription): (home: string) => number | undefined {
  const groups = groupsOf(controllers);
  const owners = new Map(networkPorts.map(({ name, controller }) => [name, controller]));
  return (home) => groups.get(owners.get(home) ?? "");
}

function unitHindrances(present: ArrayDescription, next: ArrayDescription): Problem[] {
  const before = new Map((present.units ?? []).map((unit) => [unit.name, unit]));
  const partners = partnersOf(present.controllers);
  return (next.units ?? []).flatMap(({ name, owner }) => {
    const known = before.get(name);
    if (known === undefined || known.owner === owner || partners.get(known.owner) === owner) return [];
    const message = `${known.owner} or its partner may serve it`;
    return [problemOf(`units[${name}].owner`, message, `${known.owner} or its partner; or all controllers restarted`)];
  });
}

function isSame(one: unknown, other: unknown): boolean {
  return configurationDigest({ one } as never) === configurationDigest({ one: other } as never);
}
