/** One controller of a run: a machine, and the process on it, which is paused, killed and started again. */

import { parseArray } from "../../../host/array/description.js";
import { Every, type Timer } from "../../../host/coordination/clock.js";
import { CoordinationMemory } from "../../../host/coordination/commands/memory.js";
import { Controller } from "../../../host/coordination/controller.js";
import { ControllerEffects } from "../../../host/coordination/controller-effects.js";
import { Coordinator } from "../../../host/coordination/coordinator.js";
import { StoredLease } from "../../../host/coordination/lease/stored-lease.js";
import type { CoordinationRules } from "../../../host/coordination/rules.js";
import { type CoordinationSection, coordinationSection } from "../../../host/coordination/section.js";
import type { SimulatedLinks } from "../../../host/coordination/simulated/commands.js";
import { type SimulatedLeaseServer, SimulatedLeaseStore } from "../../../host/coordination/simulated/lease.js";
import { Machine, type PointKind, type ProcessPoints } from "../../../host/coordination/simulated/machine.js";
import type { SimulatedNetwork } from "../../../host/coordination/simulated/network.js";
import type { SimulatedShelf } from "../../../host/coordination/simulated/shelf.js";
import { VirtualClock, type VirtualTime } from "../../../host/coordination/simulated/time.js";
import { LinkState } from "../../../host/shim/generated/layout.js";
import { type Core, instantiate } from "../../../host/shim/module.js";
import { Shim } from "../../../host/shim/shim.js";
import { Random } from "../../../host/sources/simulated/random.js";
import { ARRAY_FILE, MANAGEMENT, portOf, type RunArray } from "./array.js";
import { RestlessPolicy } from "./policy.js";

export const TTL_MS = 3000;
export const PROMISE_MS = 3000;
const RENEW_MS = 500;
const MARGIN_MS = 300;
const TEND_MS = 250;
const TICK_MS = 100;
const ORDER_TIMEOUT_MS = 800;
/** Between two pauses: time to say what was left unsaid, and not to renew. */
const AGAIN_MS = 60;
const DEVICE = "e0";
const KEY_BYTES = 32;
const ALL_TESTS = 63;

export interface Surroundings {
  seed: number;
  time: VirtualTime;
  array: RunArray;
  server: SimulatedLeaseServer;
  links: SimulatedLinks;
  shelf: SimulatedShelf;
  rules: CoordinationRules;
  network: SimulatedNetwork;
  /** Bytes of the module that decides interfaces and units; undefined: the restless policy does. */
  module: Uint8Array | undefined;
  /** Whether policies still move things for no reason. */
  isRestless(): boolean;
  note(line: string): void;
  /** A module has decided something. */
  decided(controller: string, kind: number): void;
  /** A module has ended a tick. @throws Breach */
  ticked(controller: string, core: Core): void;
}

/** One life of the process. */
interface Life extends ProcessPoints {
  clock: VirtualClock;
  store: SimulatedLeaseStore;
  coordinator: Coordinator | undefined;
  timers: Timer[];
}

export class RunController {
  readonly machine: Machine;
  private life: Life | undefined;
  private lives = 0;
  /** Of its network port. */
  linkUp = true;
  private pauseAt: { kind: PointKind; forMs: number; thenMs: number } | undefined;
  /** Conditions of its way to the lease service, over restarts. */
  private leaseCut = false;

  constructor(
    readonly name: string,
    private readonly around: Surroundings,
  ) {
    const { time, seed, rules } = around;
    const fence = { byWallClock: rules.fence, byTimeout: rules.fenceTimeout };
    this.machine = new Machine(time, new Random(seed, `machine ${name}`), fence);
  }

  get coordinator(): Coordinator | undefined {
    return this.life?.coordinator;
  }

  get runs(): boolean {
    return this.life?.clock.running === true;
  }

  get isPaused(): boolean {
    return this.life?.clock.running === false;
  }

  start(): void {
    if (this.life !== undefined) return;
    const { time, server, links } = this.around;
    this.lives++;
    const clock = new VirtualClock(time, this.machine.wallOffset);
    const issue = (kind: PointKind, act: () => void) => {
      this.pauseHere(kind, clock);
      clock.after(0, act);
    };
    const store = new SimulatedLeaseStore(server, clock, { issue });
    store.conditions.cut = this.leaseCut;
    const life: Life = { clock, store, issue, coordinator: undefined, timers: [] };
    this.life = life;
    const link = links.join(this.name, clock, life);
    void this.run(life, link).catch((error: unknown) => {
      if (this.life === life) throw error;
    });
  }

  kill(): void {
    this.life?.clock.end();
    this.life = undefined;
    this.pauseAt = undefined;
  }

  pause(forMs: number): void {
    const { life } = this;
    if (life === undefined || !life.clock.running) return;
    life.clock.pause();
    this.around.time.after(forMs, () => life.clock.resume());
  }

  /** Pauses it right before it next does something of a kind; and, where `thenMs` is more than 0, soon again. */
  pauseBefore(kind: PointKind, forMs: number, thenMs = 0): void {
    this.pauseAt = { kind, forMs, thenMs };
  }

  stepWall(byMs: number): void {
    this.machine.stepWall(byMs);
    this.life?.clock.stepWall(byMs);
  }

  cutLease(cut: boolean): void {
    this.leaseCut = cut;
    if (this.life !== undefined) this.life.store.conditions.cut = cut;
  }

  slowLease(delayMs: readonly [number, number], loss: number): void {
    if (this.life !== undefined) Object.assign(this.life.store.conditions, { delayMs, loss });
  }

  /** Its connection ends at a leader that was paused, and still believes itself to lead. */
  staleLeader(term: number | undefined): void {
    if (this.life !== undefined) this.life.store.conditions.staleTerm = term;
  }

  private pauseHere(kind: PointKind, clock: VirtualClock): void {
    if (this.pauseAt?.kind !== kind || !clock.running) return;
    const { forMs, thenMs } = this.pauseAt;
    this.pauseAt = undefined;
    if (thenMs > 0) this.around.time.after(forMs + AGAIN_MS, () => this.pause(thenMs));
    this.around.note(`${this.name} is paused for ${forMs} ms before a call: ${kind}`);
    this.pause(forMs);
  }

  private async run(life: Life, link: ReturnType<SimulatedLinks["join"]>): Promise<void> {
    const { array, rules, shelf, note } = this.around;
    const { clock, store } = life;
    const alarm = (line: string) => note(`${this.name}: ${line}`);
    const memory = await CoordinationMemory.open(this.machine.diskFor(life, clock), alarm);
    const lease = new StoredLease(store, clock, {
      controller: this.name,
      ttlMs: TTL_MS,
      marginMs: MARGIN_MS,
      renewMs: RENEW_MS,
      rules,
    });
    const effects = new ControllerEffects({
      self: this.name,
      kernel: this.machine.kernelFor(life, clock),
      shelf: shelf.shelfFor(life, clock),
      units: this.machine.unitsFor(life, clock),
      addressOf: (name) => array.interfaces.find((each) => each.name === name)?.address,
      interfaceOf: (address) => array.interfaces.find((each) => each.address === address)?.name,
      hasUnit: (name) => array.units.some((unit) => unit.name === name),
      deviceOf: () => DEVICE,
      portOf: () => portOf(this.name),
      management: { address: MANAGEMENT, device: DEVICE },
    });
    const parts = { clock, lease, link, memory, effects };
    if (this.around.module === undefined) await this.runAlone(life, parts);
    else await this.runModule(life, parts, this.around.module);
  }

  /** The coordination under the restless policy. */
  private async runAlone(life: Life, parts: LifeParts): Promise<void> {
    const { array, rules, note } = this.around;
    const coordinator = new Coordinator(
      {
        ...parts,
        configuration: () => 1,
        alarm: (line) => note(`${this.name}: ${line}`),
        changed: () => undefined,
      },
      {
        self: this.name,
        controllers: array.controllers,
        scopes: array.scopes,
        tendMs: TEND_MS,
        orderTimeoutMs: ORDER_TIMEOUT_MS,
        promiseMs: PROMISE_MS,
        marginMs: MARGIN_MS,
        rules,
      },
    );
    life.coordinator = coordinator;
    this.follow(life, coordinator);
    await coordinator.start();
  }

  /** A whole controller with its module, status messages and all. */
  private async runModule(life: Life, parts: LifeParts, module: Uint8Array): Promise<void> {
    const { array, rules, network, shelf, note } = this.around;
    const { clock } = life;
    const { array: described, problems } = parseArray(ARRAY_FILE, "run.yaml");
    if (described === undefined) throw new Error(problems.map(({ message }) => message).join("; "));
    const section = coordinationSection(described) as CoordinationSection;
    const place = described.controllers.findIndex(({ name }) => name === this.name);
    const shim = new Shim(instantiate(module), { incarnation: this.lives, controller: this.name });
    const controller = new Controller({
      ...parts,
      self: this.name,
      section: {
        ...section,
        leaseMs: TTL_MS,
        promiseMs: PROMISE_MS,
        marginMs: MARGIN_MS,
        orderTimeoutMs: ORDER_TIMEOUT_MS,
      },
      transport: network.join(place, clock),
      boot: { next: () => this.lives },
      statusKey: new Uint8Array(KEY_BYTES),
      unitStates: () =>
        Promise.resolve(array.units.map(({ name }) => ({ unit: name, server: shelf.admitted.get(name)?.server }))),
      own: () => ({ selfTests: ALL_TESTS, penalty: 0 }),
      setWebServer: () => Promise.resolve(),
      report: (line) => note(`${this.name}: ${line}`),
      wake: () => undefined,
      rules,
    });
    const refused = shim.configure(described);
    if (refused.length > 0) throw new Error(refused.map(({ field, message }) => `${field}: ${message}`).join("; "));
    shim.start(clock.monotonicMs());
    controller.attach(shim);
    life.coordinator = controller.coordinator;
    const row = shim.names.networkPorts.row(portOf(this.name));
    const tick = () => {
      shim.networkPort(row, this.linkUp ? LinkState.UP : LinkState.DOWN);
      controller.beforeTick();
      shim.tick(clock.monotonicMs(), (decision) => {
        this.around.decided(this.name, decision.kind);
        controller.handle(decision);
      });
      this.around.ticked(this.name, shim.core);
    };
    life.timers.push(new Every(clock, TICK_MS, tick));
  }

  private follow(life: Life, coordinator: Coordinator): void {
    const { seed, array, rules, isRestless } = this.around;
    const random = new Random(seed, `policy ${this.name} ${this.lives}`);
    const policy = new RestlessPolicy(this.name, array, coordinator, random, rules, isRestless);
    life.timers.push(new Every(life.clock, TICK_MS, () => policy.tick()));
  }
}

/** What a life is made of, whoever decides in it. */
interface LifeParts {
  clock: VirtualClock;
  lease: StoredLease;
  link: ReturnType<SimulatedLinks["join"]>;
  memory: CoordinationMemory;
  effects: ControllerEffects;
}
