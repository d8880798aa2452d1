/** Sessions and their counters from tgt: one tgtd a port, each with a control port of its own. */

import type { Source } from "../../shim/actor.js";
import type { LinkState } from "../../shim/generated/layout.js";
import type { Shim } from "../../shim/shim.js";
import { PortSessions } from "./port-sessions.js";
import type { TgtConnection, Tgtadm } from "./tgtadm.js";

/** A session of the module's as tgt knows it. */
export interface TgtSession {
  /** Name of the port whose tgtd holds it. */
  port: string;
  tid: number;
  sid: number;
  connections: readonly TgtConnection[];
}

export interface TgtPort {
  name: string;
  tgtadm: Tgtadm;
}

export interface TgtSourceOptions {
  pollMs: number;
  /** A line for the operator. */
  report: (line: string) => void;
}

export class TgtSource implements Source {
  private readonly ports: readonly PortSessions[];
  private shim: Shim | undefined;
  /** Ports that were asked with success since the start; once all were, sessions of an earlier host are dropped. */
  private readonly asked = new Set<string>();
  private hostMs = 0;
  private hostMsAt = performance.now();

  constructor(ports: readonly TgtPort[], options: TgtSourceOptions) {
    this.ports = ports.map((port) => new PortSessions(port, options, () => this.onPolled(port.name)));
  }

  attach(shim: Shim): void {
    this.shim = shim;
    for (const port of this.ports) port.attach(shim, () => this.hostNow());
  }

  beforeTick(hostMs: number): void {
    // Sessions are handed over as answers come; the tick only tells the host's time.
    this.hostMs = hostMs;
    this.hostMsAt = performance.now();
  }

  async close(): Promise<void> {
    await Promise.all(this.ports.map((port) => port.close()));
  }

  /** A session row as tgt knows it; undefined where it has ended, or the row was given to another. */
  session(row: number, generation: number): TgtSession | undefined {
    const { sessionInput } = (this.shim as Shim).core.views;
    if (sessionInput.generation(row) !== generation) return undefined;
    for (const port of this.ports) {
      const found = port.find(row);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  tgtadm(port: string): Tgtadm | undefined {
    return this.ports.find((candidate) => candidate.name === port)?.tgtadm;
  }

  /** tgt's number of a target on a port, which is each tgtd's own affair; undefined where it has none. */
  targetNumber(port: string, target: string): number | undefined {
    return this.ports.find((candidate) => candidate.name === port)?.targetNumber(target);
  }

  /** Asks a port's tgtd now. */
  async refresh(port: string): Promise<void> {
    await this.ports.find((candidate) => candidate.name === port)?.refresh();
  }

  /** Whether an initiator is logged in to a target through a port, as last seen. */
  hasSession(initiator: string, target: string, port: string): boolean {
    return this.ports.find((candidate) => candidate.name === port)?.has(initiator, target) === true;
  }

  /** Commands completed through a port since the first answer, monotonic over the ends of sessions. */
  operations(port: number): number {
    return (this.ports[port] as PortSessions).operations;
  }

  bytes(port: number): number {
    return (this.ports[port] as PortSessions).bytes;
  }

  /** Commands in flight through a port when its tgtd was last asked. */
  queueDepth(port: number): number {
    return (this.ports[port] as PortSessions).queueDepth;
  }

  /** DOWN where no tgtd listens on the control port; UNKNOWN before the first answer. */
  serverState(port: number): LinkState {
    return (this.ports[port] as PortSessions).serverState;
  }

  /** Index for `operations` and the others; -1 for a port without tgtd. */
  indexOf(port: string): number {
    return this.ports.findIndex((candidate) => candidate.name === port);
  }

  /** The host's monotonic milliseconds, carried on from the latest tick. */
  private hostNow(): number {
    return this.hostMs + (performance.now() - this.hostMsAt);
  }

  private onPolled(port: string): void {
    if (this.asked.size === this.ports.length) return;
    this.asked.add(port);
    if (this.asked.size === this.ports.length) (this.shim as Shim).dropUnseenSessions();
  }
}
