/**
 * The simulated world around the module: ports, an iSNS server, a target server, initiators and their applications.
 *
 * Driven by given time alone: `advance(toMs)` moves everything to that time, so that it runs in real time or as fast
 * as the machine can, and the same seed, times and decisions give the same world.
 */

import type { ArrayDescription, PortDescription } from "../../array/description.js";
import type { Application } from "./application.js";
import { EventQueue } from "./event-queue.js";
import { Initiator } from "./initiator.js";
import { IsnsServer } from "./isns-server.js";
import type { Path } from "./path.js";
import { placeSessions } from "./placement.js";
import { SimulatedPort } from "./port.js";
import { Random } from "./random.js";
import type { DelayRange, ReturnsTo, ServerMemory, SimulatedSettings } from "./settings.js";
import { surgeRates } from "./surge.js";
import { type SessionEnd, TargetServer } from "./target-server.js";
import { playTimeline } from "./timeline.js";
import { STEP_MS, Traffic } from "./traffic.js";
import type { WorldEvent, WorldEventBody } from "./world-event.js";

/** Bytes in a second of a line whose capacity isn't described: 10 Gbit/s. */
const LINE_BYTES = 1_250_000_000;

export class World {
  nowMs = 0;
  readonly ports: readonly SimulatedPort[];
  readonly targetNames: readonly string[];
  /** Ports of each target by index, in listing order. */
  readonly portsOfTarget: readonly (readonly number[])[];
  readonly initiators: readonly Initiator[];
  readonly applications: readonly Application[];
  readonly paths: readonly Path[];
  readonly isns: IsnsServer;
  readonly targetSide: TargetServer;
  readonly traffic: Traffic;
  /** Told of everything that happens, as it happens. */
  onEvent: (event: WorldEvent) => void = () => {};
  private readonly queue = new EventQueue();
  private readonly chance: Random;
  private nextStepMs = STEP_MS;

  constructor(
    readonly array: ArrayDescription,
    readonly settings: SimulatedSettings,
  ) {
    this.chance = new Random(settings.seed, "delays");
    this.ports = array.ports.map((port, index) => new SimulatedPort(index, port.name, portCapacity(port)));
    this.targetNames = array.targets.map((target) => target.name);
    const listingOrder = listPorts(array.ports);
    this.portsOfTarget = array.targets.map((target) =>
      listingOrder.filter((port) => target.ports.includes(this.portName(port))),
    );
    const tags = this.portsOfTarget.map((ports) =>
      array.ports.map((port, index) => (ports.includes(index) ? port.tag : undefined)),
    );
    this.isns = new IsnsServer(this, settings.delays, tags, listingOrder);
    this.targetSide = new TargetServer(this, settings.delays.networkMs);
    const hearing = array.initiators.length - settings.deafInitiators;
    this.initiators = array.initiators.map(
      ({ name, nextPortal }, index) =>
        new Initiator({ name, nextPortal, deaf: index >= hearing }, this, settings.delays, listingOrder),
    );
    const placed = placeSessions(this.initiators, this.portsOfTarget, this.ports, settings);
    this.applications = placed.applications;
    this.paths = placed.paths;
    this.traffic = new Traffic(this.applications, this.paths, this.ports, settings.load.queueDepth);
    for (const [index, path] of this.paths.entries()) this.targetSide.login(path, placed.ports[index] as number);
    playTimeline(this, settings);
  }

  /** Moves the world to a time in milliseconds; an earlier time than the present one changes nothing. */
  advance(toMs: number): void {
    for (;;) {
      const eventMs = this.queue.nextMs;
      if (Math.min(eventMs, this.nextStepMs) > toMs) break;
      // A step is over before what happens at its end.
      if (eventMs < this.nextStepMs) {
        this.nowMs = Math.max(this.nowMs, eventMs);
        this.queue.runNext();
      } else {
        this.nowMs = Math.max(this.nowMs, this.nextStepMs);
        this.traffic.step(this.nextStepMs);
        this.nextStepMs += STEP_MS;
      }
    }
    this.nowMs = Math.max(this.nowMs, toMs);
  }

  after(delayMs: number, run: () => void): void {
    this.queue.at(this.nowMs + delayMs, run);
  }

  delay(range: DelayRange): number {
    return this.chance.between(range[0], range[1]);
  }

  /** Index of a port by its name, or -1. */
  portIndex(name: string): number {
    return this.ports.findIndex((port) => port.name === name);
  }

  portName(port: number): string {
    return this.array.ports[port]?.name ?? "";
  }

  targetName(target: number): string {
    return this.targetNames[target] ?? "";
  }

  // Faults and whims, by the timeline or on demand.

  /** A link goes down or comes up. Sessions over a dead link end once their initiators notice. */
  setLink(port: number, up: boolean): void {
    const simulated = this.ports[port];
    if (simulated === undefined || simulated.linkUp === up) return;
    simulated.linkUp = up;
    this.emit({ event: "LINK", port: simulated.name, state: up ? "up" : "down" });
    if (up) return;
    for (const path of this.paths) {
      if (!path.loggedIn || path.port !== port) continue;
      const { session } = path;
      this.after(this.delay(this.settings.delays.lossMs), () => {
        if (!simulated.linkUp) this.targetSide.end(path, session, "link-lost");
      });
    }
  }

  restartServer(downMs: number, memory: ServerMemory): void {
    this.emit({ event: "SERVER", state: "down" });
    this.isns.restart(downMs, memory, () => this.emit({ event: "SERVER", state: "up", memory }));
  }

  /**
   * Sessions that are on a port now want more for a while, wherever they are moved to.
   * @param loadPermille what the port's load would be if nothing were moved, in permille of its scarcest resource
   */
  surge(port: number, loadPermille: number, forMs: number): void {
    const simulated = this.ports[port];
    if (simulated === undefined) return;
    const rates = surgeRates(this, simulated, loadPermille);
    for (const [application, rate] of rates) application.surgeRate += rate;
    this.emit({ event: "SURGE", port: simulated.name, state: "begins" });
    this.after(forMs, () => {
      for (const [application, rate] of rates) application.surgeRate = Math.max(0, application.surgeRate - rate);
      this.emit({ event: "SURGE", port: simulated.name, state: "ends" });
    });
  }

  /** Where an initiator's next logins go; one that stayed away comes back when it may. */
  setReturnsTo(initiator: Initiator, to: ReturnsTo): void {
    initiator.returnsTo = to;
    if (to === "nowhere") return;
    for (const path of this.paths) {
      if (path.application.initiator === initiator) initiator.returnAgain(path);
    }
  }

  // What the parts of the world report.

  registrationChanged(target: number, port: number, listed: boolean): void {
    this.emit({
      event: listed ? "REGISTERED" : "WITHDRAWN",
      target: this.targetName(target),
      port: this.portName(port),
    });
  }

  sessionBegan(path: Path, from: number): void {
    if (from < 0) return;
    this.emit({
      event: "LOGIN",
      ...this.pathNames(path),
      from: this.portName(from),
      elsewhere: from !== path.port,
      withoutSessionMs: this.nowMs - path.lostMs,
    });
  }

  sessionEnded(path: Path, how: SessionEnd): void {
    this.traffic.interrupt(path);
    this.emit({ event: "LOGOUT", ...this.pathNames(path), how });
  }

  redirected(path: Path, from: number, to: number): void {
    this.emit({ event: "REDIRECTED", ...this.pathNames(path), from: this.portName(from), port: this.portName(to) });
  }

  loginFailed(path: Path, port: number): void {
    this.emit({ event: "LOGIN_FAILED", ...this.pathNames(path), port: this.portName(port) });
  }

  emit(body: WorldEventBody): void {
    this.onEvent({ timeMs: this.nowMs, ...body });
  }

  private pathNames(path: Path): { initiator: string; target: string; port: string } {
    return {
      initiator: path.application.initiator.name,
      target: this.targetName(path.application.target),
      port: this.portName(path.port),
    };
  }
}

/** What a port can do: what is described; a resource left out of the load does not bound the port either. */
function portCapacity(port: PortDescription): SimulatedPort["capacity"] {
  const { processor, bandwidth, operations } = port.capacity;
  return {
    processorUs: processor || Number.POSITIVE_INFINITY,
    bytes: bandwidth * 1024 || LINE_BYTES,
    operations: operations || Number.POSITIVE_INFINITY,
  };
}

/** Ports in the order in which the iSNS server lists portals: by their place, then by id; ids not given come last. */
function listPorts(ports: readonly PortDescription[]): number[] {
  return ports
    .map((port, index) => ({ order: port.listOrder, id: port.id ?? Number.MAX_SAFE_INTEGER, index }))
    .sort((a, b) => a.order - b.order || a.id - b.id || a.index - b.index)
    .map(({ index }) => index);
}
