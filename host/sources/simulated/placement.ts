/** Who uses what at the start: applications of the initiators, their paths, and the ports of their first sessions. */

import { Application } from "./application.js";
import type { Initiator } from "./initiator.js";
import { Path } from "./path.js";
import type { SimulatedPort } from "./port.js";
import { Random } from "./random.js";
import type { SimulatedSettings } from "./settings.js";

export interface Placement {
  applications: Application[];
  paths: Path[];
  /** Port of each path's first session. */
  ports: number[];
}

/**
 * Shares the sessions out: as evenly as can be over the initiators, each of whose applications has a target of its
 * own; then scales the applications' rates so that the whole array has its mean load.
 * @param portsOfTarget ports of each target in listing order
 */
export function placeSessions(
  initiators: readonly Initiator[],
  portsOfTarget: readonly (readonly number[])[],
  ports: readonly SimulatedPort[],
  settings: SimulatedSettings,
): Placement {
  const placement: Placement = { applications: [], paths: [], ports: [] };
  const random = new Random(settings.seed, "placement");
  for (const [index, initiator] of initiators.entries()) {
    const paths = shareOf(settings.sessions, initiators.length, index);
    const twoPaths = index >= initiators.length - settings.twoPathInitiators;
    const targets = shuffled(portsOfTarget.length, random);
    for (let left = paths, next = 0; left > 0 && next < targets.length; next++) {
      const target = targets[next] as number;
      const count = Math.min(left, twoPaths ? 2 : 1, (portsOfTarget[target] as readonly number[]).length);
      addApplication(placement, new Application(initiator, target, settings), count);
      left -= count;
    }
  }
  scale(placement.applications, ports, settings.load.meanPermille / 1000);
  placement.ports = choosePorts(placement.paths, portsOfTarget, ports, settings.placement);
  return placement;
}

/** Load of so many commands a second on a port, 1 being its scarcest resource used up. */
function loadOf(application: Application, rate: number, port: SimulatedPort): number {
  const { processorUs, bytes, operations } = port.capacity;
  return rate * Math.max(application.commandUs / processorUs, application.commandBytes / bytes, 1 / operations);
}

/** Mean rate that an application brings to each of its paths, in commands a second. */
export function meanRate(application: Application): number {
  return (application.lowestRate * application.meanMultiple) / application.paths.length;
}

function shareOf(total: number, parts: number, index: number): number {
  return Math.floor((total * (index + 1)) / parts) - Math.floor((total * index) / parts);
}

function shuffled(count: number, random: Random): number[] {
  const items = Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index--) {
    const other = random.below(index + 1);
    const kept = items[index] as number;
    items[index] = items[other] as number;
    items[other] = kept;
  }
  return items;
}

function addApplication(placement: Placement, application: Application, pathCount: number): void {
  placement.applications.push(application);
  for (let count = 0; count < pathCount; count++) {
    const path = new Path(placement.paths.length, application);
    application.paths.push(path);
    placement.paths.push(path);
  }
}

function scale(applications: readonly Application[], ports: readonly SimulatedPort[], meanLoad: number): void {
  let us = 0;
  let bytes = 0;
  let operations = 0;
  for (const { meanMultiple, commandUs, commandBytes } of applications) {
    us += meanMultiple * commandUs;
    bytes += meanMultiple * commandBytes;
    operations += meanMultiple;
  }
  const total = { processorUs: 0, bytes: 0, operations: 0 };
  for (const { capacity } of ports) {
    total.processorUs += capacity.processorUs;
    total.bytes += capacity.bytes;
    total.operations += capacity.operations;
  }
  const pressure = Math.max(us / total.processorUs, bytes / total.bytes, operations / total.operations);
  if (pressure === 0) return;
  for (const application of applications) application.lowestRate = meanLoad / pressure;
}

/** First sessions: on the first portal listed, or where the load would be least; paths of one application apart. */
function choosePorts(
  paths: readonly Path[],
  portsOfTarget: readonly (readonly number[])[],
  ports: readonly SimulatedPort[],
  placement: SimulatedSettings["placement"],
): number[] {
  const loads = ports.map(() => 0);
  const chosen: number[] = [];
  for (const path of paths) {
    const { application } = path;
    const taken = application.paths.map((other) => chosen[other.index]);
    const free = (portsOfTarget[application.target] as readonly number[]).filter((port) => !taken.includes(port));
    const after = (port: number) =>
      (loads[port] as number) + loadOf(application, meanRate(application), ports[port] as SimulatedPort);
    const best =
      placement === "first" ? free[0] : free.reduce((least, port) => (after(port) < after(least) ? port : least));
    loads[best as number] = after(best as number);
    chosen.push(best as number);
  }
  return chosen;
}
