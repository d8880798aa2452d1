/** What tests of status messages share. */

import { Random } from "../../../../host/sources/simulated/random.js";
import type { BootStore } from "../../../../host/coordination/status/boot-count.js";
import { type Membership, StatusChannel } from "../../../../host/coordination/status/channel.js";
import { deriveKey } from "../../../../host/coordination/status/key-file.js";
import { emptyStatus, type OwnStatus, type ReceivedStatus } from "../../../../host/coordination/status/status.js";
import type { Sizes } from "../../../../host/coordination/status/wire.js";
import { SimulatedNetwork, type SimulatedTransport } from "../../../../host/coordination/simulated/network.js";
import { VirtualClock, VirtualTime } from "../../../../host/coordination/simulated/time.js";

export const CONFIGURATION = 0xc0ffee01;
export const SIZES: Sizes = { networkPorts: 12, interfaces: 600, targetPorts: 8, targets: 100, units: 40 };
export const KEY = deriveKey(Buffer.alloc(32, 7), "array-1", "status");

/** A boot count that outlives the channel. */
export class MemoryBootStore implements BootStore {
  count = 0;
  next(): number {
    this.count++;
    return this.count;
  }
}

export interface Station {
  clock: VirtualClock;
  transport: SimulatedTransport;
  channel: StatusChannel;
  received: ReceivedStatus[];
  reports: string[];
}

/** Controllers on a simulated network. */
export class Stations {
  readonly time = new VirtualTime();
  readonly network: SimulatedNetwork;
  readonly stores: MemoryBootStore[];
  readonly all: Station[];

  constructor(
    readonly names: readonly string[],
    readonly links = 1,
  ) {
    this.network = new SimulatedNetwork(this.time, new Random(1, "network"), links);
    this.stores = names.map(() => new MemoryBootStore());
    this.all = names.map((_, place) => this.start(place));
  }

  membership(place: number): Membership {
    const own = this.names[place] as string;
    return { controllers: this.names, own, configuration: CONFIGURATION, sizes: SIZES };
  }

  /** A controller starts, for the first time or again. */
  start(place: number, key: Uint8Array = KEY): Station {
    const clock = new VirtualClock(this.time);
    const transport = this.network.join(place, clock);
    const store = this.stores[place] as MemoryBootStore;
    const reports: string[] = [];
    const report = (line: string) => reports.push(line);
    const channel = new StatusChannel({ transport, clock, key, store, silenceMs: 300, report }, this.membership(place));
    const received: ReceivedStatus[] = [];
    channel.onStatus((status) => received.push(status));
    const station = { clock, transport, channel, received, reports };
    if (this.all !== undefined) this.all[place] = station;
    return station;
  }

  /** All send, twice: the second time they have heard one another. */
  greet(): void {
    for (let round = 0; round < 2; round++) {
      for (const { channel } of this.all) channel.send(emptyStatus(CONFIGURATION));
      this.time.advanceTo(this.time.nowMs + 10);
    }
  }

  send(place: number, status: OwnStatus = emptyStatus(CONFIGURATION)): void {
    this.at(place).channel.send(status);
    this.time.advanceTo(this.time.nowMs + 10);
  }

  at(place: number): Station {
    return this.all[place] as Station;
  }
}

/** A status with some of everything. */
export function fullStatus(): OwnStatus {
  return {
    configuration: CONFIGURATION,
    reachesLeaseService: true,
    selfTests: 0b101111,
    penalty: 20,
    role: 0x102,
    holdsBackMs: 41,
    carried: 2,
    epochs: [{ kind: 2, subject: 1, epoch: 2 ** 32 + 5 }],
    networkPorts: [{ place: 3, link: 1, errors: 500 }],
    targetPorts: [{ place: 5, link: 2, loadPermille: 640, plannedPermille: 80 }],
    units: [{ first: 0, words: [0x80000001, 0xff] }],
    held: [
      {
        first: 0,
        last: 599,
        held: [
          { interface: 4, port: 3 },
          { interface: 300, port: 11 },
        ],
      },
    ],
    registrations: [{ port: 5, first: 0, words: [1, 2, 3, 0xf] }],
  };
}
