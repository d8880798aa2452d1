/** Two controllers of one group with their modules, in virtual time: what each asks of its kernel, unit server and shelf is written down. */

import assert from "node:assert/strict";
import { Every } from "../../../host/coordination/clock.js";
import { CoordinationMemory } from "../../../host/coordination/commands/memory.js";
import { Controller, type ControllerParts } from "../../../host/coordination/controller.js";
import { type AddressKernel, ControllerEffects } from "../../../host/coordination/controller-effects.js";
import { StoredLease } from "../../../host/coordination/lease/stored-lease.js";
import { type CoordinationSection, coordinationSection } from "../../../host/coordination/section.js";
import { SimulatedLinks } from "../../../host/coordination/simulated/commands.js";
import { SimulatedLeaseServer, SimulatedLeaseStore } from "../../../host/coordination/simulated/lease.js";
import { Machine } from "../../../host/coordination/simulated/machine.js";
import { SimulatedNetwork } from "../../../host/coordination/simulated/network.js";
import { SimulatedShelf } from "../../../host/coordination/simulated/shelf.js";
import { VirtualClock, VirtualTime } from "../../../host/coordination/simulated/time.js";
import { LinkState } from "../../../host/shim/generated/layout.js";
import { Shim } from "../../../host/shim/shim.js";
import { Random } from "../../../host/sources/simulated/random.js";
import { arrayOf, newCore } from "../shim/support.js";

export const NAMES = ["a", "b"] as const;
export const ARRAY = `name: ground
profile: small
controllers:
  - {name: a, group: 0, control: [127.0.0.1:1], command: 127.0.0.1:11}
  - {name: b, group: 0, control: [127.0.0.1:2], command: 127.0.0.1:12}
networkPorts: [{name: a-e0, controller: a, device: e0}, {name: b-e0, controller: b, device: e0}]
interfaces: [{name: data0, address: 192.0.2.1, home: a-e0}, {name: data1, address: 192.0.2.2, home: b-e0}]
units: [{name: u0, owner: a}]
policy: {common: {graceMs: 500ms}}
coordination: {keyFile: /key, intervalMs: 200ms, leaseMs: 2s, etcd: {endpoints: [127.0.0.1:2379]}}
`;
const MANAGEMENT = "192.0.2.254";
const TICK_MS = 100;
const RENEW_MS = 300;

/** One controller's process. */
export interface Running {
  controller: Controller;
  shim: Shim;
  machine: Machine;
  clock: VirtualClock;
  store: SimulatedLeaseStore;
  /** What was asked of the kernel, and what was closed, in order. */
  calls: string[];
  /** What the operator was told. */
  lines: string[];
  /** What the module was told of its decisions; without a kind, of one that it didn't make. */
  outcomes: { kind: number | undefined; result: number }[];
  /** Kinds of its decisions, by sequence. */
  decided: Map<number, number>;
  wakes: number;
  /** Kernel calls of these kinds fail from now on. */
  failing: Set<string>;
  /** While set, an address that was added is confirmed only when it resolves. */
  confirm: Promise<void> | undefined;
  /** Of its network port. */
  link: LinkState;
}

export class Ground {
  readonly time = new VirtualTime();
  readonly network = new SimulatedNetwork(this.time, new Random(1, "network"));
  readonly server = new SimulatedLeaseServer(this.time, new Random(1, "lease"));
  readonly links = new SimulatedLinks(this.time, this.network, NAMES);
  readonly shelf = new SimulatedShelf(this.time, new Random(1, "shelf"));

  constructor() {
    this.network.set({ delayMs: [0, 2] });
  }

  /** A controller that has not been attached yet, on a machine that may have something of an earlier run. */
  async make(name: string, over: Partial<ControllerParts> = {}): Promise<Running> {
    const { time } = this;
    const clock = new VirtualClock(time);
    const points = { issue: (_: string, act: () => void) => void clock.after(0, act) };
    const machine = new Machine(time, new Random(1, name), { byWallClock: true, byTimeout: true });
    const store = new SimulatedLeaseStore(this.server, clock, points);
    const array = arrayOf(ARRAY);
    const shim = new Shim(newCore(), { incarnation: 1, controller: name });
    assert.deepEqual(shim.configure(array), []);
    const running = {
      shim,
      machine,
      clock,
      store,
      calls: [] as string[],
      lines: [] as string[],
      outcomes: [] as Running["outcomes"],
      decided: new Map<number, number>(),
      wakes: 0,
      failing: new Set<string>(),
      confirm: undefined as Promise<void> | undefined,
      link: LinkState.UP as LinkState,
    };
    const kernel = recorded(machine.kernelFor(points, clock), running);
    const link = this.links.join(name, clock, points);
    const transport = this.network.join(NAMES.indexOf(name as "a"), clock);
    const section = coordinationSection(array) as CoordinationSection;
    const { leaseMs, marginMs } = section;
    const memory = CoordinationMemory.open(machine.diskFor(points, clock), () => undefined);
    await time.runTo(time.nowMs + 10);
    const parts: ControllerParts = {
      self: name,
      section,
      clock,
      transport: closing(transport, "transport", running.calls),
      link: closing(link, "link", running.calls),
      lease: new StoredLease(store, clock, { controller: name, ttlMs: leaseMs, marginMs, renewMs: RENEW_MS }),
      memory: await memory,
      effects: effectsOf(name, kernel, machine, this.shelf, clock, points),
      boot: { next: () => 1 },
      unitStates: () => Promise.resolve([{ unit: "u0", server: this.shelf.admitted.get("u0")?.server }]),
      statusKey: new Uint8Array(32),
      own: () => ({ selfTests: 63, penalty: 0 }),
      setWebServer: () => Promise.resolve(),
      report: (line) => void running.lines.push(line),
      wake: () => void running.wakes++,
      ...over,
    };
    const outcome = shim.outcome.bind(shim);
    shim.outcome = (incarnation, sequence, result, detail) => {
      running.outcomes.push({ kind: running.decided.get(sequence), result });
      return outcome(incarnation, sequence, result, detail);
    };
    return Object.assign(running, { controller: new Controller(parts) });
  }

  /** Makes a controller, attaches it, and ticks it from now on. */
  async start(name: string, over: Partial<ControllerParts> = {}): Promise<Running> {
    const running = await this.make(name, over);
    this.attach(running);
    return running;
  }

  attach(running: Running): void {
    const { shim, controller, clock } = running;
    shim.start(clock.monotonicMs());
    controller.attach(shim);
    const row = shim.names.networkPorts.row(`${controller.name}-e0`);
    new Every(clock, TICK_MS, () => {
      shim.networkPort(row, running.link);
      controller.beforeTick();
      shim.tick(clock.monotonicMs(), (decision) => {
        running.decided.set(decision.sequence, decision.kind);
        controller.handle(decision);
      });
    });
  }

  async run(forMs: number, between?: () => void): Promise<void> {
    await this.time.runTo(this.time.nowMs + forMs, between);
  }
}

/** Writes down what is asked of a kernel before it is done. */
function recorded(kernel: AddressKernel, running: Omit<Running, "controller">): AddressKernel {
  const { calls, failing } = running;
  const call = async <T>(kind: string, line: string, act: () => Promise<T>): Promise<T> => {
    calls.push(line);
    if (failing.has(kind)) throw new Error(`${kind} fails`);
    return act();
  };
  return {
    async add(address, device) {
      await call("add", `add ${address} ${device}`, () => kernel.add(address, device));
      await running.confirm;
    },
    remove: (address, device) => call("remove", `remove ${address} ${device}`, () => kernel.remove(address, device)),
    held: () => (failing.has("held") ? Promise.reject(new Error("held fails")) : kernel.held()),
    fenceUntil: (wallMs, forMs) =>
      call("fence", forMs > 0 ? "fence opened" : "fence closed", () => kernel.fenceUntil(wallMs, forMs)),
    announce: (address, device) =>
      call("announce", `announce ${address} ${device}`, () => kernel.announce(address, device)),
  };
}

/** Writes down when a part is closed. */
function closing<T extends { close(): Promise<void> }>(part: T, name: string, calls: string[]): T {
  const close = part.close.bind(part);
  part.close = () => {
    calls.push(`${name} closed`);
    return close();
  };
  return part;
}

function effectsOf(
  self: string,
  kernel: AddressKernel,
  machine: Machine,
  shelf: SimulatedShelf,
  clock: VirtualClock,
  points: { issue(kind: string, act: () => void): void },
): ControllerEffects {
  const addresses = new Map([
    ["data0", "192.0.2.1"],
    ["data1", "192.0.2.2"],
  ]);
  return new ControllerEffects({
    self,
    kernel,
    shelf: shelf.shelfFor(points, clock),
    units: machine.unitsFor(points, clock),
    addressOf: (name) => addresses.get(name),
    interfaceOf: (address) => [...addresses].find(([, each]) => each === address)?.[0],
    hasUnit: (name) => name !== "gone",
    deviceOf: (port) => (port === `${self}-e0` ? "e0" : undefined),
    portOf: (device) => (device === "e0" ? `${self}-e0` : ""),
    management: { address: MANAGEMENT, device: "e0" },
  });
}
