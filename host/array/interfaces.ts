/** Reads controllers, network ports, interfaces and units; and derives the two groups from the failover pairs. */

import type {
  ControllerDescription,
  InterfaceDescription,
  NetworkPortDescription,
  UnitDescription,
} from "./description.js";
import { idOf, text, whole } from "./parse.js";
import { knobsOf } from "./schema.js";
import { readTracked } from "./tracked.js";
import { quantity } from "./units.js";

type Fields = Record<string, unknown>;

/** Broadcast domain of ports that name none. */
const DOMAIN = "default";

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : undefined;
}

export function readController(fields: Fields): ControllerDescription {
  const control = texts(fields.control);
  const track = readTracked(fields.track);
  return {
    name: text(fields.name),
    ...idOf(fields),
    ...(typeof fields.partner === "string" ? { partner: fields.partner } : {}),
    ...(fields.group === 0 || fields.group === 1 ? { group: fields.group } : {}),
    ...(typeof fields.priority === "number" ? { priority: fields.priority } : {}),
    ...(typeof fields.failureDomain === "number" ? { failureDomain: fields.failureDomain } : {}),
    ...(fields.maintenance === true ? { maintenance: true } : {}),
    ...(fields.preferred === true ? { preferred: true } : {}),
    ...(control === undefined ? {} : { control }),
    ...(typeof fields.command === "string" ? { command: fields.command } : {}),
    ...(track === undefined ? {} : { track }),
  };
}

export function readNetworkPort(fields: Fields, firstController: string): NetworkPortDescription {
  const speed = knobsOf("network-port-config").find((field) => field.name === "speed")?.knob;
  return {
    name: text(fields.name),
    ...idOf(fields),
    controller: text(fields.controller) || firstController,
    device: text(fields.device) || text(fields.name),
    speed: quantity(fields.speed, speed?.unit ?? "") ?? speed?.default ?? 1000,
    domain: text(fields.domain) || DOMAIN,
    rank: whole(fields.rank, 0),
  };
}

export function readInterface(fields: Fields): InterfaceDescription {
  const eligible = texts(fields.eligible);
  return {
    name: text(fields.name),
    ...idOf(fields),
    address: text(fields.address),
    home: text(fields.home),
    ...(eligible === undefined ? {} : { eligible }),
    failBack: fields.failBack !== false,
  };
}

export function readUnit(fields: Fields, firstController: string): UnitDescription {
  return { name: text(fields.name), ...idOf(fields), owner: text(fields.owner) || firstController };
}

/** Partner of each controller that has one, by name; naming one of the two is enough. */
export function partnersOf(controllers: readonly ControllerDescription[]): Map<string, string> {
  const partners = new Map<string, string>();
  for (const { name, partner } of controllers) {
    if (partner === undefined) continue;
    partners.set(name, partner);
    if (!partners.has(partner)) partners.set(partner, name);
  }
  return partners;
}

/**
 * Group of each controller's server, by name: as given, else the other one of its partner's, else by order: the first of
 * a pair is in group 0. One without a partner is in group 0.
 */
export function groupsOf(controllers: readonly ControllerDescription[]): Map<string, number> {
  const partners = partnersOf(controllers);
  const groups = new Map<string, number>();
  for (const { name, group } of controllers) if (group !== undefined) groups.set(name, group);
  for (const { name } of controllers) {
    if (groups.has(name)) continue;
    const ofPartner = groups.get(partners.get(name) ?? "");
    groups.set(name, ofPartner === undefined ? 0 : 1 - ofPartner);
  }
  return groups;
}

/** Interfaces with the same key have one eligible set. */
export function eligibleKey(eligible: readonly string[] | undefined, domain: string): string {
  return eligible === undefined ? `domain ${domain}` : [...eligible].sort().join(" ");
}
