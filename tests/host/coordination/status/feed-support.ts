/** Controllers with modules, channels and feeds on a simulated network. */

import assert from "node:assert/strict";
import type { ArrayDescription } from "../../../../host/array/description.js";
import { SimulatedNetwork } from "../../../../host/coordination/simulated/network.js";
import { VirtualClock, VirtualTime } from "../../../../host/coordination/simulated/time.js";
import { StatusChannel } from "../../../../host/coordination/status/channel.js";
import { composeStatus, type OwnFacts } from "../../../../host/coordination/status/compose.js";
import { StatusFeed } from "../../../../host/coordination/status/feed.js";
import { layouts } from "../../../../host/shim/generated/layout.js";
import { Shim } from "../../../../host/shim/shim.js";
import { Random } from "../../../../host/sources/simulated/random.js";
import { arrayOf, newCore } from "../../shim/support.js";
import { KEY, MemoryBootStore } from "./support.js";

export const CONTROLLERS = ["a", "b", "c"];

/** Three controllers, each with a target port, a network port and an interface. */
export function arrayText(controllers: readonly string[]): string {
  const list = (texts: string[]) => texts.join(", ");
  return `name: x
profile: small
controllers: [${list(controllers.map((name) => `{name: ${name}}`))}]
ports: [${list(controllers.map((name) => `{name: p-${name}, controller: ${name}}`))}]
targets: [t0, t1, t2]
networkPorts: [${list(controllers.map((name) => `{name: n-${name}, controller: ${name}}`))}]
interfaces: [${list(controllers.map((name, place) => `{name: i-${name}, address: 192.0.2.${place + 1}/24, home: n-${name}}`))}]
units: [{name: u0, owner: ${controllers[0]}}]
`;
}

export const FACTS: OwnFacts = {
  reachesLeaseService: true,
  selfTests: 63,
  penalty: 3,
  role: 0x102,
  holdsBackMs: 0,
  epochs: [],
};

export class Controller {
  readonly shim: Shim;
  readonly feed: StatusFeed;
  readonly channel: StatusChannel;
  readonly reports: string[] = [];

  constructor(
    world: World,
    readonly name: string,
    earlier?: ArrayDescription,
  ) {
    this.shim = new Shim(newCore(), { incarnation: 4, controller: name });
    // An earlier configuration gives rows that aren't the places of the one in force.
    if (earlier !== undefined) assert.deepEqual(this.shim.configure(earlier), []);
    assert.deepEqual(this.shim.configure(world.array), []);
    this.shim.start(0);
    const report = (line: string) => this.reports.push(line);
    this.feed = new StatusFeed({ shim: this.shim, own: name, report });
    const clock = new VirtualClock(world.time);
    const transport = world.network.join(CONTROLLERS.indexOf(name), clock);
    const options = { transport, clock, key: KEY, store: new MemoryBootStore(), silenceMs: 300, report };
    this.channel = new StatusChannel(options, this.feed.places.membership());
    this.channel.onStatus((status) => this.feed.take(status));
  }

  send(facts: Partial<OwnFacts> = {}): void {
    this.channel.send(composeStatus(this.shim, this.feed, { ...FACTS, ...facts }));
  }
}

export class World {
  readonly time = new VirtualTime();
  readonly network = new SimulatedNetwork(this.time, new Random(1, "network"));
  readonly array = arrayOf(arrayText(CONTROLLERS));
  readonly a: Controller;
  readonly b: Controller;
  readonly c: Controller;

  constructor(earlierOfB?: ArrayDescription) {
    this.a = new Controller(this, "a");
    this.b = new Controller(this, "b", earlierOfB);
    this.c = new Controller(this, "c");
    this.exchange();
    this.exchange();
  }

  exchange(): void {
    for (const controller of [this.a, this.b, this.c]) controller.send();
    this.time.advanceTo(this.time.nowMs + 10);
  }
}

export const FIRST_SERVER = layouts.small.limits.MEMBER_SERVERS as number;
