/** Puts together what is known of each port, from the kernel and from its target server, and feeds it to the shim. */

import type { Source } from "../shim/actor.js";
import { LinkState } from "../shim/generated/layout.js";
import type { Shim } from "../shim/shim.js";
import { PortSample } from "./kernel/samples.js";

/** What the kernel knows of ports, by an index of its own: the `KernelSampler`. */
export interface KernelActivity {
  start(): void;
  indexOf(port: string): number;
  hasDevice(index: number): boolean;
  sequence(index: number): number;
  read(index: number, into: PortSample): boolean;
  close(): Promise<void>;
}

/** What a target server knows of ports, by an index of its own. */
export interface PortActivity {
  indexOf(port: string): number;
  operations(index: number): number;
  bytes(index: number): number;
  queueDepth(index: number): number;
  serverState(index: number): LinkState;
}

const NO_ROW = -1;

export class PortFeed implements Source {
  private shim: Shim | undefined;
  private readonly sample = new PortSample();
  /** As the shim takes them: numbers too large to pass on unboxed stand in an array. */
  private readonly counters = new Float64Array(5);
  private readonly kernelIndexes: Int32Array;
  private readonly activityIndexes: Int32Array;
  private readonly rows: Int32Array;
  /** Sequence of the latest sample taken of each port, and its count. */
  private readonly seen: Uint32Array;
  private readonly counted: Uint32Array;
  /** Link of each port by its latest sample, and by the latest event of its device. */
  private readonly sampledLinks: Uint8Array;
  private readonly toldLinks: Uint8Array;
  /** Ports of which an event has come since they were fed. */
  private readonly told: Uint8Array;
  /** Generation of the configuration for which `rows` holds. */
  private generation = -1;

  /** `ports`: names of this controller's ports; `now`: the clock that the samples' times are on. */
  constructor(
    private readonly ports: readonly string[],
    private readonly kernel: KernelActivity,
    private readonly activity: PortActivity | undefined,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.kernelIndexes = Int32Array.from(ports, (port) => kernel.indexOf(port));
    this.activityIndexes = Int32Array.from(ports, (port) => activity?.indexOf(port) ?? -1);
    this.rows = new Int32Array(ports.length).fill(NO_ROW);
    this.seen = new Uint32Array(ports.length);
    this.counted = new Uint32Array(ports.length);
    this.sampledLinks = new Uint8Array(ports.length);
    this.toldLinks = new Uint8Array(ports.length);
    this.told = new Uint8Array(ports.length);
  }

  /** The kernel has told of a port's link: in the table by the next tick, without waiting for a sample. */
  linkTold(port: string, link: LinkState): void {
    const place = this.ports.indexOf(port);
    if (place < 0) return;
    this.toldLinks[place] = link;
    this.told[place] = 1;
  }

  attach(shim: Shim): void {
    this.shim = shim;
    this.kernel.start();
  }

  /** Feeds each port of which there is a new sample. Allocates nothing unless the configuration changed, or the clock does. */
  beforeTick(hostMs: number): void {
    const shim = this.shim as Shim;
    const generation = shim.core.views.header.generation(0);
    if (generation !== this.generation) this.findRows(shim, generation);
    const nowMs = this.now();
    for (let port = 0; port < this.rows.length; port++) {
      const row = this.rows[port] as number;
      if (row === NO_ROW) continue;
      const index = this.kernelIndexes[port] as number;
      const sequence = this.kernel.sequence(index);
      const isSampled = sequence !== this.seen[port] && this.kernel.read(index, this.sample);
      if (isSampled) {
        this.seen[port] = sequence;
        this.sampledLinks[port] = this.sample.link;
      }
      if (isSampled || this.told[port] === 1) shim.setLink(row, this.linkOf(port));
      this.told[port] = 0;
      if (!isSampled || this.sample.count === this.counted[port]) continue;
      this.counted[port] = this.sample.count;
      this.counters[0] = Math.max(0, Math.floor(hostMs - (nowMs - this.sample.timeMs)));
      this.count(port);
      shim.writePortSample(row, this.counters);
    }
  }

  close(): Promise<void> {
    return this.kernel.close();
  }

  /** A sample may be older than an event, and an event may be missed: whichever says down counts. */
  private linkOf(port: number): LinkState {
    const link = joinedState(this.sampledLinks[port] as LinkState, this.toldLinks[port] as LinkState);
    return joinedState(link, this.serverState(port));
  }

  private count(port: number): void {
    const { activity, sample, counters } = this;
    const index = this.activityIndexes[port] as number;
    const known = activity !== undefined && index >= 0;
    const hasDevice = this.kernel.hasDevice(this.kernelIndexes[port] as number);
    counters[1] = known ? activity.queueDepth(index) : 0;
    counters[2] = sample.busyUs;
    counters[3] = hasDevice || !known ? sample.bytes : activity.bytes(index);
    counters[4] = known ? activity.operations(index) : 0;
  }

  private serverState(port: number): LinkState {
    const index = this.activityIndexes[port] as number;
    return index < 0 ? LinkState.UNKNOWN : (this.activity as PortActivity).serverState(index);
  }

  private findRows(shim: Shim, generation: number): void {
    for (let port = 0; port < this.ports.length; port++) {
      const sampled = (this.kernelIndexes[port] as number) >= 0;
      this.rows[port] = sampled ? shim.names.ports.row(this.ports[port] as string) : NO_ROW;
      this.seen[port] = 0;
      this.counted[port] = 0;
      this.told[port] = 1;
    }
    this.generation = generation;
  }
}

/** A port is down if its link is, or nobody serves it; up if nothing says otherwise and something says so. */
export function joinedState(link: LinkState, server: LinkState): LinkState {
  if (link === LinkState.DOWN || server === LinkState.DOWN) return LinkState.DOWN;
  return link === LinkState.UP || server === LinkState.UP ? LinkState.UP : LinkState.UNKNOWN;
}
