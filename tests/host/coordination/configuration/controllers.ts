/** Several whole controllers in virtual time: each with its module, its machine, its lease and the configuration by revision. */

import assert from "node:assert/strict";
import { type ArrayDescription, parseArray } from "../../../../host/array/description.js";
import { readModule } from "../../../../host/cli/exit.js";
import { Every } from "../../../../host/coordination/clock.js";
import { CoordinationMemory } from "../../../../host/coordination/commands/memory.js";
import { leaseRevisionStore } from "../../../../host/coordination/configuration/record.js";
import { Revisions } from "../../../../host/coordination/configuration/revisions.js";
import { ArrayConfiguration } from "../../../../host/coordination/configuration/running.js";
import { Controller } from "../../../../host/coordination/controller.js";
import { ControllerEffects } from "../../../../host/coordination/controller-effects.js";
import { StoredLease } from "../../../../host/coordination/lease/stored-lease.js";
import { coordinationSection } from "../../../../host/coordination/section.js";
import { SimulatedLinks } from "../../../../host/coordination/simulated/commands.js";
import { SimulatedLeaseServer, SimulatedLeaseStore } from "../../../../host/coordination/simulated/lease.js";
import { Machine } from "../../../../host/coordination/simulated/machine.js";
import { SimulatedNetwork } from "../../../../host/coordination/simulated/network.js";
import { SimulatedShelf } from "../../../../host/coordination/simulated/shelf.js";
import { VirtualClock, VirtualTime } from "../../../../host/coordination/simulated/time.js";
import type { Transport } from "../../../../host/coordination/transport.js";
import { LinkState } from "../../../../host/shim/generated/layout.js";
import { instantiate } from "../../../../host/shim/module.js";
import { Shim } from "../../../../host/shim/shim.js";
import { Random } from "../../../../host/sources/simulated/random.js";
import { during } from "./during.js";

const ALL_TESTS = 63;
const TICK_MS = 100;
/** All that a test may ever start, in the order of the simulated network. */
const NAMES = ["a", "b", "c", "d", "e", "f"];

export interface Node {
  name: string;
  clock: VirtualClock;
  shim: Shim;
  controller: Controller;
  revisions: Revisions;
  store: SimulatedLeaseStore;
  lines: string[];
  /** What it would begin with after another start. */
  file: string;
}

/** @throws AssertionError with the problems */
export function described(text: string): ArrayDescription {
  const { array, problems } = parseArray(text, "array.yaml");
  return array ?? assert.fail(problems.map(({ field, message }) => `${field}: ${message}`).join("; "));
}

export class Controllers {
  readonly time = new VirtualTime();
  readonly server = new SimulatedLeaseServer(this.time, new Random(1, "lease"));
  readonly network = new SimulatedNetwork(this.time, new Random(1, "network"));
  readonly shelf = new SimulatedShelf(this.time, new Random(1, "shelf"), true);
  readonly machines = new Map<string, Machine>();
  /** Addresses that two kernels let through at one time, ever. */
  readonly doubled = new Set<string>();
  /** Each controller whose kernel let an address through, in turn. */
  readonly places = new Map<string, string[]>();
  private readonly links = new SimulatedLinks(this.time, this.network, NAMES);
  private readonly nodes = new Map<string, Node>();
  private readonly starts = new Map<string, number>();

  /** Starts controllers with one file, and runs until all is in its place. */
  static async of(names: readonly string[], text: string): Promise<Controllers> {
    const world = new Controllers();
    for (const name of names) await world.start(name, text);
    await world.pass(12_000);
    return world;
  }

  node(name: string): Node {
    return this.nodes.get(name) ?? assert.fail(`no ${name}`);
  }

  kill(name: string): void {
    this.node(name).clock.end();
    this.nodes.delete(name);
  }

  async start(name: string, text: string): Promise<Node> {
    const array = described(text);
    const section = coordinationSection(array) ?? assert.fail("no section");
    const count = (this.starts.get(name) ?? 0) + 1;
    this.starts.set(name, count);
    const machine = this.machines.get(name) ?? this.machine(name);
    const clock = new VirtualClock(this.time);
    const points = { issue: (_: string, act: () => void) => void clock.after(0, act) };
    const store = new SimulatedLeaseStore(this.server, clock, points);
    const { leaseMs: ttlMs, marginMs } = section;
    const lease = new StoredLease(store, clock, { controller: name, ttlMs, marginMs, renewMs: ttlMs / 6 });
    const lines: string[] = [];
    const report = (line: string) => void lines.push(`${this.time.nowMs} ${line}`);
    const link = this.links.join(name, clock, points);
    const opening = CoordinationMemory.open(machine.diskFor(points, clock), report);
    await this.pass(20);
    const present = { array };
    const shim = new Shim(instantiate(readModule("standard", false)), { incarnation: count, controller: name });
    assert.deepEqual(shim.configure(array), []);
    const transport = new PlacedTransport(this.network.join(NAMES.indexOf(name), clock), array);
    const controller: Controller = new Controller({
      self: name,
      section,
      clock,
      transport,
      link,
      lease,
      memory: await opening,
      effects: this.effects(name, machine, present, points, clock),
      boot: { next: () => count },
      statusKey: new Uint8Array(32),
      unitStates: () =>
        Promise.resolve(
          (present.array.units ?? []).map((unit) => ({
            unit: unit.name,
            server: this.shelf.admitted.get(unit.name)?.server,
          })),
        ),
      own: () => ({ selfTests: ALL_TESTS, penalty: 0 }),
      setWebServer: () => Promise.resolve(),
      report,
      wake: () => undefined,
      follower: {
        begin(next) {
          present.array = next;
          transport.follow(next);
          return Promise.resolve();
        },
        end: () => Promise.resolve(),
      },
    });
    const node: Node = { name, clock, shim, controller, revisions: undefined as never, store, lines, file: text };
    const running = new ArrayConfiguration({
      self: name,
      started: array,
      controller,
      tryOut: (next) =>
        new Shim(instantiate(readModule("standard", false)), { incarnation: 1, controller: name }).configure(next),
      keep: (kept) => {
        node.file = kept;
      },
    });
    node.revisions = new Revisions({
      self: name,
      clock,
      link,
      store: leaseRevisionStore(lease, report),
      running,
      initial: text,
      timeoutMs: 1000,
      joinMs: 500,
      report,
    });
    this.nodes.set(name, node);
    shim.start(clock.monotonicMs());
    controller.attach(shim);
    new Every(clock, TICK_MS, () => this.tick(node));
    return node;
  }

  /** Runs on for so long; what kernels let through is looked at after every event. */
  pass(ms: number): Promise<void> {
    return this.time.runTo(this.time.nowMs + ms, () => this.look());
  }

  /** What a promise comes to while time goes on. */
  during<T>(work: Promise<T>, ms = 2500): Promise<T> {
    return during(work, () => this.pass(ms));
  }

  /** Commits at one controller and confirms at another. */
  async adopt(text: string, at = "a", by = "b"): Promise<void> {
    const { revision } = await this.during(this.node(at).revisions.commit(text, { confirmMs: 30_000 }));
    await this.during(this.node(by).revisions.confirm(revision));
  }

  /** Controller whose kernel lets an address through; "" for none. */
  at(address: string): string {
    const holder = [...this.machines].find(([, { addresses, letsThrough }]) => letsThrough && addresses.has(address));
    return holder?.[0] ?? "";
  }

  /** Digests of the configurations in force at all that run. */
  digests(): Set<number> {
    return new Set([...this.nodes.values()].map(({ controller }) => controller.configuration));
  }

  private machine(name: string): Machine {
    const machine = new Machine(this.time, new Random(1, `machine ${name}`), { byWallClock: true, byTimeout: true });
    this.machines.set(name, machine);
    return machine;
  }

  private effects(
    self: string,
    machine: Machine,
    present: { array: ArrayDescription },
    points: { issue(kind: string, act: () => void): void },
    clock: VirtualClock,
  ): ControllerEffects {
    const own = () => (present.array.networkPorts ?? []).filter(({ controller }) => controller === self);
    const interfaces = () => present.array.interfaces ?? [];
    return new ControllerEffects({
      self,
      kernel: machine.kernelFor(points, clock),
      shelf: this.shelf.shelfFor(points, clock),
      units: machine.unitsFor(points, clock),
      addressOf: (name) => interfaces().find((each) => each.name === name)?.address,
      interfaceOf: (address) => interfaces().find((each) => each.address === address)?.name,
      hasUnit: (name) => (present.array.units ?? []).some((unit) => unit.name === name),
      deviceOf: (port) => own().find(({ name }) => name === port)?.device,
      portOf: (device) => own().find((port) => port.device === device)?.name ?? "",
      management: undefined,
    });
  }

  private tick({ shim, controller, clock, name }: Node): void {
    for (const port of shim.array?.networkPorts ?? []) {
      if (port.controller === name) shim.networkPort(shim.names.networkPorts.row(port.name), LinkState.UP);
    }
    controller.beforeTick();
    shim.tick(clock.monotonicMs(), (decision) => controller.handle(decision));
  }

  private look(): void {
    const holders = new Map<string, string>();
    for (const [name, machine] of this.machines) {
      if (!machine.letsThrough) continue;
      for (const address of machine.addresses.keys()) {
        const places = this.places.get(address) ?? [];
        this.places.set(address, places);
        if (places.at(-1) !== name) places.push(name);
        if (holders.has(address)) this.doubled.add(`${address}: ${holders.get(address)} and ${name}`);
        holders.set(address, name);
      }
    }
  }
}

/** Places of a configuration onto the ends of the simulated network. */
class PlacedTransport implements Transport {
  constructor(
    private readonly end: Transport,
    private array: ArrayDescription,
  ) {}

  get links(): number {
    return this.end.links;
  }

  follow(array: ArrayDescription): void {
    this.array = array;
  }

  send(link: number, controller: number, bytes: Uint8Array): void {
    const place = NAMES.indexOf(this.array.controllers[controller]?.name ?? "");
    if (place >= 0) this.end.send(link, place, bytes);
  }

  onDatagram(listener: (link: number, bytes: Uint8Array) => void): void {
    this.end.onDatagram(listener);
  }

  close(): Promise<void> {
    return this.end.close();
  }
}
