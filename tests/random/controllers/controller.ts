/** One controller of a run: a machine, and the process on it, which is paused, killed and started again. */

import { Every, type Timer } from "../../../host/coordination/clock.js";
import { CoordinationMemory } from "../../../host/coordination/commands/memory.js";
import { ControllerEffects } from "../../../host/coordination/controller-effects.js";
import { Coordinator } from "../../../host/coordination/coordinator.js";
import { StoredLease } from "../../../host/coordination/lease/stored-lease.js";
import type { CoordinationRules } from "../../../host/coordination/rules.js";
import type { SimulatedLinks } from "../../../host/coordination/simulated/commands.js";
import { type SimulatedLeaseServer, SimulatedLeaseStore } from "../../../host/coordination/simulated/lease.js";
import { Machine, type PointKind, type ProcessPoints } from "../../../host/coordination/simulated/machine.js";
import type { SimulatedShelf } from "../../../host/coordination/simulated/shelf.js";
import { VirtualClock, type VirtualTime } from "../../../host/coordination/simulated/time.js";
import { Random } from "../../../host/sources/simulated/random.js";
import { MANAGEMENT, portOf, type RunArray } from "./array.js";
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

export interface Surroundings {
  seed: number;
  time: VirtualTime;
  array: RunArray;
  server: SimulatedLeaseServer;
  links: SimulatedLinks;
  shelf: SimulatedShelf;
  rules: CoordinationRules;
  /** Whether policies still move things for no reason. */
  isRestless(): boolean;
  note(line: string): void;
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
    const { array, rules, shelf, seed, note } = this.around;
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
      deviceOf: () => DEVICE,
      portOf: () => portOf(this.name),
      management: { address: MANAGEMENT, device: DEVICE },
    });
    const coordinator = new Coordinator(
      { clock, lease, link, memory, effects, configuration: () => 1, alarm, changed: () => undefined },
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
    const random = new Random(seed, `policy ${this.name} ${this.lives}`);
    const policy = new RestlessPolicy(this.name, array, coordinator, random, rules, this.around.isRestless);
    life.timers.push(new Every(clock, TICK_MS, () => policy.tick()));
    await coordinator.start();
  }
}
