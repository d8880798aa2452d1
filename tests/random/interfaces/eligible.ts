/** Where an interface may be, read from the array file alone. */

import type { InterfaceDescription, NetworkPortDescription } from "../../../host/array/description.js";
import type { Picture, Step } from "./run.js";

export function portNamed(step: Step, name: string): NetworkPortDescription | undefined {
  return (step.array.networkPorts ?? []).find((port) => port.name === name);
}

export function groupOfPort(step: Step, name: string): number | undefined {
  return step.groups.get(portNamed(step, name)?.controller ?? "");
}

/** Ports of its eligible set, broadcast domain and group. */
export function portsOf(step: Step, each: InterfaceDescription): string[] {
  const home = portNamed(step, each.home);
  return (step.array.networkPorts ?? [])
    .filter(({ name, domain }) => each.eligible?.includes(name) ?? domain === home?.domain)
    .filter(({ domain }) => domain === home?.domain)
    .map(({ name }) => name)
    .filter((name) => groupOfPort(step, name) === groupOfPort(step, each.home));
}

export function usablePortsOf(step: Step, picture: Picture, each: InterfaceDescription): string[] {
  return portsOf(step, each).filter((name) => picture.usable.has(name));
}

/** An address on a port of a silent server stays there, whatever happens. */
export function isStuck(step: Step, picture: Picture, port: string): boolean {
  return port !== "" && picture.silent.has(portNamed(step, port)?.controller ?? "");
}
