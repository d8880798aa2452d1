/** Where an interface may be, read from the array file alone. */

import type { InterfaceDescription, NetworkPortDescription } from "../../../host/array/description.js";
import { partnersOf } from "../../../host/array/interfaces.js";
import type { Picture, Step } from "./run.js";

export function portNamed(step: Step, name: string): NetworkPortDescription | undefined {
  return (step.array.networkPorts ?? []).find((port) => port.name === name);
}

export function groupOfPort(step: Step, name: string): number | undefined {
  return step.groups.get(portNamed(step, name)?.controller ?? "");
}

/** Ports of its eligible set and broadcast domain, of either group. */
function portsOfBoth(step: Step, each: InterfaceDescription): string[] {
  const home = portNamed(step, each.home);
  return (step.array.networkPorts ?? [])
    .filter(({ name, domain }) => each.eligible?.includes(name) ?? domain === home?.domain)
    .filter(({ domain }) => domain === home?.domain)
    .map(({ name }) => name);
}

/** Ports of its eligible set, broadcast domain and group. */
export function portsOf(step: Step, each: InterfaceDescription): string[] {
  return portsOfBoth(step, each).filter((name) => groupOfPort(step, name) === groupOfPort(step, each.home));
}

/** True where an address for which its own group has no port may go to the other. */
export function mayLeaveGroup(step: Step): boolean {
  return Number(step.array.policy?.interfaces?.otherGroup ?? 0) === 1;
}

/** True for a port of the partner of a server that lost the address. */
export function isOfPartner(step: Step, each: InterfaceDescription, port: string): boolean {
  const partner = partnersOf(step.array.controllers).get(portNamed(step, port)?.controller ?? "");
  return partner !== undefined && step.lost.get(each.name)?.has(partner) === true;
}

/** Ports that could have it now: those of the own group, or with none of them, where that is allowed, of the other. */
export function candidatesOf(step: Step, each: InterfaceDescription): string[] {
  const fit = portsOfBoth(step, each).filter((name) => step.after.usable.has(name) && !isOfPartner(step, each, name));
  const own = fit.filter((name) => groupOfPort(step, name) === groupOfPort(step, each.home));
  return own.length > 0 || !mayLeaveGroup(step) ? own : fit;
}

export function usablePortsOf(step: Step, picture: Picture, each: InterfaceDescription): string[] {
  return portsOf(step, each).filter((name) => picture.usable.has(name));
}

/** An address on a port of a silent server stays there, whatever happens. */
export function isStuck(step: Step, picture: Picture, port: string): boolean {
  return port !== "" && picture.silent.has(portNamed(step, port)?.controller ?? "");
}
