/** A network that loses, delays, doubles and cuts: datagrams, and anything else that has to cross it. */

import type { Random } from "../../sources/simulated/random.js";
import { DATAGRAM_BYTES_MAX, type DatagramListener, type Transport } from "../transport.js";
import type { VirtualClock, VirtualTime } from "./time.js";

export interface NetworkConditions {
  /** Share of datagrams lost, 0 to 1. */
  loss: number;
  /** Share delivered twice, 0 to 1. */
  doubled: number;
  /** A delay is drawn evenly from these; datagrams may so overtake one another. */
  delayMs: readonly [least: number, most: number];
}

const QUIET: NetworkConditions = { loss: 0, doubled: 0, delayMs: [0, 0] };

/** Any link. */
export const ALL_LINKS = -1;

export class SimulatedNetwork {
  private readonly ends = new Map<number, SimulatedTransport>();
  private readonly cuts = new Set<string>();
  private conditions: NetworkConditions = QUIET;

  constructor(
    private readonly time: VirtualTime,
    private readonly random: Random,
    private readonly links = 1,
  ) {}

  /** Puts a controller on the network; one that restarts comes again, and its earlier transport is cut off. */
  join(controller: number, clock: VirtualClock): SimulatedTransport {
    const transport = new SimulatedTransport(this, controller, clock, this.links);
    this.ends.set(controller, transport);
    return transport;
  }

  set(conditions: Partial<NetworkConditions>): void {
    this.conditions = { ...this.conditions, ...conditions };
  }

  /** Cuts one direction, of one link or of all. */
  cutOneWay(from: number, to: number, link = ALL_LINKS): void {
    for (const each of this.linksOf(link)) this.cuts.add(`${from}>${to}/${each}`);
  }

  cut(a: number, b: number, link = ALL_LINKS): void {
    this.cutOneWay(a, b, link);
    this.cutOneWay(b, a, link);
  }

  /** Cuts a controller off from all others. */
  isolate(controller: number, link = ALL_LINKS): void {
    for (const other of this.ends.keys()) if (other !== controller) this.cut(controller, other, link);
  }

  /** Two sides that don't reach one another. */
  split(left: readonly number[], right: readonly number[]): void {
    for (const a of left) for (const b of right) this.cut(a, b);
  }

  /** Makes every cut whole. */
  heal(): void {
    this.cuts.clear();
  }

  isCut(from: number, to: number, link: number): boolean {
    return this.cuts.has(`${from}>${to}/${link}`);
  }

  /**
   * Carries something: `arrive` runs after the delay, none, one or two times. What is sent into a cut is lost, and what
   * is under way when one comes.
   */
  carry(from: number, to: number, link: number, arrive: () => void): void {
    if (this.isCut(from, to, link)) return;
    const { loss, doubled, delayMs } = this.conditions;
    const copies = this.random.next() < doubled ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.random.next() < loss) continue;
      const delay = Math.floor(this.random.between(delayMs[0], delayMs[1] + 1));
      this.time.after(delay, () => {
        if (!this.isCut(from, to, link)) arrive();
      });
    }
  }

  /** The end of a controller that is on the network now. */
  end(controller: number): SimulatedTransport | undefined {
    return this.ends.get(controller);
  }

  private linksOf(link: number): number[] {
    return link === ALL_LINKS ? Array.from({ length: this.links }, (_, each) => each) : [link];
  }
}

export class SimulatedTransport implements Transport {
  private listener: DatagramListener = () => {};
  private closed = false;

  constructor(
    private readonly network: SimulatedNetwork,
    private readonly controller: number,
    private readonly clock: VirtualClock,
    readonly links: number,
  ) {}

  send(link: number, controller: number, bytes: Uint8Array): void {
    if (this.closed || !this.clock.running || link >= this.links) return;
    if (bytes.length > DATAGRAM_BYTES_MAX) throw new RangeError(`${bytes.length} bytes: ${DATAGRAM_BYTES_MAX} at most`);
    const copy = Uint8Array.from(bytes);
    this.network.carry(this.controller, controller, link, () => this.network.end(controller)?.receive(link, copy));
  }

  onDatagram(listener: DatagramListener): void {
    this.listener = listener;
  }

  /** A datagram has come, from the network or from somebody who has no business on it. */
  receive(link: number, bytes: Uint8Array): void {
    this.clock.deliver(() => {
      if (!this.closed) this.listener(link, bytes);
    });
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
