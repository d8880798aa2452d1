/** Changes of a configuration, each relative to the one in force. */

import type { ArrayDescription } from "../../../host/array/description.js";
import type { Change } from "../case.js";

/** The changed array; undefined where the change does not fit: its subject is gone, or no row would be left for it. */
export function changed(array: ArrayDescription, change: Change, portMax: number): ArrayDescription | undefined {
  switch (change.what) {
    case "dropPort":
      return dropPort(array, change.port);
    case "addPort":
      return addPort(array, change, portMax);
    case "dropTarget":
      if (array.targets.length === 1) return undefined;
      return { ...array, targets: array.targets.filter(({ name }) => name !== change.target) };
    case "addTarget":
      return addTarget(array, change);
    case "targetPorts":
      return retarget(array, change.target, change.ports);
    case "listOrder": {
      const { port: name, listOrder } = change;
      return { ...array, ports: array.ports.map((port) => (port.name === name ? { ...port, listOrder } : port)) };
    }
    case "maintenance": {
      const { port: name, on } = change;
      return { ...array, ports: array.ports.map((port) => (port.name === name ? { ...port, maintenance: on } : port)) };
    }
    case "endMaintenance":
      return { ...array, ports: array.ports.map((port) => ({ ...port, maintenance: false })) };
    case "nextPortal": {
      const { initiator: name, nextPortal } = change;
      return {
        ...array,
        initiators: array.initiators.map((one) => (one.name === name ? { ...one, nextPortal } : one)),
      };
    }
    default:
      return { ...array, policy: { ...array.policy, ports: { ...array.policy.ports, ...change.ports } } };
  }
}

/** A port goes; targets that had no other one go with it. */
function dropPort(array: ArrayDescription, name: string): ArrayDescription | undefined {
  const ports = array.ports.filter((port) => port.name !== name);
  const targets = array.targets
    .map((target) => ({ ...target, ports: target.ports.filter((port) => port !== name) }))
    .filter((target) => target.ports.length > 0);
  return ports.length === 0 || targets.length === 0 ? undefined : { ...array, ports, targets };
}

function addPort(
  array: ArrayDescription,
  { port, targets: users }: Extract<Change, { what: "addPort" }>,
  portMax: number,
): ArrayDescription | undefined {
  if (array.ports.length >= portMax || array.ports.some(({ name }) => name === port.name)) return undefined;
  // In ascending order of id, in which the world breaks ties of its listing order too.
  const ports = [...array.ports, port].sort((one, two) => (one.id ?? 0) - (two.id ?? 0));
  const targets = array.targets.map((target) =>
    users.includes(target.name) ? { ...target, ports: [...target.ports, port.name] } : target,
  );
  return { ...array, ports, targets };
}

function addTarget(
  array: ArrayDescription,
  { target }: Extract<Change, { what: "addTarget" }>,
): ArrayDescription | undefined {
  const ports = known(array, target.ports);
  if (ports.length === 0 || array.targets.some(({ name }) => name === target.name)) return undefined;
  return { ...array, targets: [...array.targets, { ...target, ports }] };
}

function retarget(array: ArrayDescription, name: string, wanted: readonly string[]): ArrayDescription | undefined {
  const ports = known(array, wanted);
  if (ports.length === 0) return undefined;
  return { ...array, targets: array.targets.map((target) => (target.name === name ? { ...target, ports } : target)) };
}

function known(array: ArrayDescription, ports: readonly string[]): string[] {
  return ports.filter((port) => array.ports.some(({ name }) => name === port));
}
