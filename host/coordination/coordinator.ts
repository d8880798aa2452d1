/**
 * One controller's part in the coordination, without a module: lease and gate, promises, orders given and carried out.
 * Everything outside is injected, so that many of them run in one process in virtual time.
 */

import { type Clock, Every, type Timer } from "./clock.js";
import { Addressee } from "./commands/addressee.js";
import { Decider } from "./commands/decider.js";
import type { CommandLink, Message } from "./commands/link.js";
import type { CoordinationMemory } from "./commands/memory.js";
import type { OrderResult } from "./commands/messages.js";
import type { Effects, Holdings, Order } from "./effects.js";
import { Failsafe } from "./lease/failsafe.js";
import type { Holder, LeaseService } from "./lease/lease-service.js";
import { Tenure } from "./lease/tenure.js";
import { ALL_RULES, type CoordinationRules } from "./rules.js";

/** A scope, and the controllers whose holdings it decides. */
export interface CoordinatedScope {
  name: string;
  members: readonly string[];
  /** Its effects are the holder's own and end with the key: the active role. */
  effectsWithKey: boolean;
}

/** What of a coordinator follows from the configuration in force. */
export interface Coordinated {
  controllers: readonly string[];
  scopes: readonly CoordinatedScope[];
}

export interface CoordinatorSettings extends Coordinated {
  self: string;
  /** Between two looks at lease, promises and reports, in milliseconds. */
  tendMs: number;
  /** For the answer to an order. */
  orderTimeoutMs: number;
  promiseMs: number;
  marginMs: number;
  rules?: CoordinationRules;
}

export interface CoordinatorParts {
  clock: Clock;
  lease: LeaseService;
  link: CommandLink;
  memory: CoordinationMemory;
  effects: Effects;
  /** Digest of the configuration in force. */
  configuration(): number;
  /** Something that an operator should know. */
  alarm(line: string): void;
  /** Something that the module is told of has changed. */
  changed(): void;
  /** What a member of a scope that this controller decides holds, by its own answer. */
  reported?(member: string, holdings: Holdings): void;
  /** See `AddresseeParts`. */
  settled?: () => Promise<void>;
}

/** Whether a member's liveness key is there, by the lease service. */
export type LeaseStanding = "unknown" | "leased" | "gone";

export interface ScopeStanding {
  deciding: boolean;
  epoch: number;
  /** Name of the controller that holds it; "": nobody. */
  holder: string;
}

export class Coordinator {
  readonly tenure: Tenure;
  readonly failsafe: Failsafe;
  readonly addressee: Addressee;
  private readonly rules: CoordinationRules;
  private readonly deciders = new Map<string, Decider>();
  private readonly orders = { latest: 0 };
  private coordinated: Coordinated;
  private scopes: ReadonlyMap<string, CoordinatedScope>;
  private takesPart = true;
  /** Epochs that were given back: nothing is done under them any more, even where the service has not answered. */
  private readonly resigned = new Map<string, number>();
  private timer: Timer | undefined;
  private passivating = false;
  private readonly resigning = new Set<string>();
  private active = false;

  constructor(
    private readonly parts: CoordinatorParts,
    private readonly settings: CoordinatorSettings,
  ) {
    const { clock, lease, link, memory, effects } = parts;
    const { self, promiseMs, marginMs } = settings;
    const rules = settings.rules ?? ALL_RULES;
    this.rules = rules;
    this.coordinated = { controllers: settings.controllers, scopes: settings.scopes };
    this.scopes = byName(settings.scopes);
    const others = () => this.coordinated.controllers.filter((controller) => controller !== self);
    this.failsafe = new Failsafe({ clock, lease, link, memory, rules, others, promiseMs, marginMs });
    this.tenure = new Tenure(
      {
        clock,
        lease,
        effects,
        rules,
        askPromises: (session) => this.failsafe.ask(session),
        heldWithEffects: () => this.heldWithEffects(),
        drain: () => this.addressee.drain(),
        beforeOpen: () => this.rememberEpochs(),
        alarm: parts.alarm,
        changed: () => this.changed(),
        takesPart: () => this.takesPart,
      },
      settings.tendMs,
    );
    const configuration = () => parts.configuration();
    const changed = () => this.changed();
    this.addressee = new Addressee(
      {
        tenure: this.tenure,
        memory,
        effects,
        rules,
        configuration,
        alarm: parts.alarm,
        changed,
        ...(parts.settled === undefined ? {} : { settled: parts.settled }),
      },
      link,
    );
  }

  /** Gives up what an earlier run left, and begins to ask for a lease. */
  async start(): Promise<void> {
    this.timer = new Every(this.parts.clock, this.settings.tendMs, () => this.tend());
    await this.tenure.start();
  }

  /** Gives everything up, then the lease. */
  async close(): Promise<void> {
    this.timer?.cancel();
    for (const decider of this.deciders.values()) decider.end();
    await this.tenure.close();
  }

  /**
   * Another configuration is in force: what is decided, and by what books, goes on for all scopes that stay. Books of a
   * scope ask those that come to it before anything is given to anybody.
   */
  follow(coordinated: Coordinated): void {
    this.coordinated = coordinated;
    this.scopes = byName(coordinated.scopes);
    for (const [name, decider] of this.deciders) {
      if (this.scopes.has(name)) continue;
      decider.end();
      this.deciders.delete(name);
    }
    this.tend();
  }

  /** Only while it takes part has it a lease. Whoever comes back takes nothing over for the longest promise. */
  takePart(may: boolean): void {
    if (this.takesPart === may) return;
    this.takesPart = may;
    if (may) this.failsafe.holdAnew();
    this.tenure.look();
    this.changed();
  }

  /** What was begun before has ended. */
  drain(): Promise<void> {
    return this.addressee.drain();
  }

  scope(name: string): ScopeStanding {
    const holder = this.parts.lease.view.holders.get(name);
    const deciding = holder !== undefined && this.isOwn(name, holder) && this.tenure.mayKeep();
    return { deciding, epoch: holder?.epoch ?? 0, holder: holder?.controller ?? "" };
  }

  /** A member's liveness key; while promises hold, one that is gone is as good as unknown. */
  standing(member: string): LeaseStanding {
    if (this.parts.lease.view.live.has(member)) return "leased";
    return this.failsafe.mayTakeOver() ? "gone" : "unknown";
  }

  /** A member's processor may be active, by its own word through the lease service. */
  isFit(member: string): boolean {
    return this.parts.lease.view.live.get(member)?.fit ?? false;
  }

  /** The active role is taken, or is being taken or given up. */
  get isActive(): boolean {
    return this.active;
  }

  acknowledged(scope: string, member: string): boolean {
    return this.deciderOf(scope)?.acknowledged(member) ?? false;
  }

  /** The books of a scope that this controller decides. */
  deciderOf(scope: string): Decider | undefined {
    return this.scope(scope).deciding ? this.deciders.get(scope) : undefined;
  }

  /** Has a member of a scope do something; refused unless this controller decides the scope under the order's epoch. */
  async order(member: string, order: Order): Promise<OrderResult | "unknown"> {
    const decider = this.deciderOf(order.scope);
    if (decider === undefined || decider.epoch !== order.epoch) return "refused";
    return decider.order(member, order);
  }

  /** Asks for a scope. The active role of a controller that may yet hold it is not asked for while promises hold. */
  async campaign(name: string): Promise<OrderResult> {
    const scope = this.scopes.get(name);
    if (scope === undefined || !this.tenure.mayAct()) return "refused";
    if (scope.effectsWithKey && !this.failsafe.mayTakeOver()) return "refused";
    const result = await this.parts.lease.campaign(name).catch(() => undefined);
    if (result === undefined) return "failed";
    return result.won ? "done" : "refused";
  }

  /** Gives a scope back: the effects that end with its key are taken away first. */
  async resign(name: string): Promise<OrderResult> {
    const scope = this.scopes.get(name);
    const { deciding, epoch } = this.scope(name);
    if (scope === undefined || !deciding) return "refused";
    if (this.rules.resignAfterEffects) {
      this.resigned.set(name, epoch);
      this.tend();
      if (scope.effectsWithKey && !(await this.passivate(name, epoch))) return "failed";
    }
    try {
      await this.parts.lease.resign(name);
    } catch {
      return "failed";
    }
    this.changed();
    return "done";
  }

  /** The active role, and with it the management address: taken under the key that this controller holds. */
  async activate(name: string, epoch: number): Promise<OrderResult> {
    const may = () => {
      const standing = this.scope(name);
      return standing.deciding && standing.epoch === epoch && this.tenure.mayAct();
    };
    // A key that was asked for before a promise, and came after it, gives nothing.
    if (!may() || !(this.active || this.failsafe.mayTakeOver())) return "refused";
    return this.own({ kind: "activate", subject: "", port: "", scope: name, epoch }, may);
  }

  async passivate(name: string, epoch: number): Promise<boolean> {
    return (await this.own({ kind: "passivate", subject: "", port: "", scope: name, epoch })) === "done";
  }

  /** Periodic look, and after each change. */
  tend(): void {
    const { holders } = this.parts.lease.view;
    if (this.tenure.session === 0) this.active = false;
    for (const scope of this.coordinated.scopes) {
      const holder = holders.get(scope.name);
      const epoch = holder !== undefined && this.isOwn(scope.name, holder) && this.tenure.mayKeep() ? holder.epoch : 0;
      const known = this.deciders.get(scope.name);
      if (known !== undefined && known.epoch !== epoch) {
        known.end();
        this.deciders.delete(scope.name);
      }
      if (epoch > 0 && this.deciders.get(scope.name) === undefined) this.decide(scope, epoch);
      this.deciders.get(scope.name)?.tend();
      if (scope.effectsWithKey && epoch === 0) this.endActive(scope.name);
      if (holder !== undefined) this.resignAgain(scope, holder);
    }
    void this.failsafe.tidy();
  }

  private isOwn(scope: string, holder: Holder): boolean {
    if (this.resigned.get(scope) === holder.epoch || holder.session === 0) return false;
    return holder.controller === this.settings.self && holder.session === this.tenure.session;
  }

  /** A key that was given back is still there: the service did not get it, or has not said so. */
  private resignAgain(scope: CoordinatedScope, holder: Holder): void {
    const isEmpty = !scope.effectsWithKey || (!this.active && !this.passivating);
    if (this.resigned.get(scope.name) !== holder.epoch || !isEmpty || this.resigning.has(scope.name)) return;
    this.resigning.add(scope.name);
    const done = () => this.resigning.delete(scope.name);
    void this.parts.lease.resign(scope.name).then(done, done);
  }

  private changed(): void {
    this.tend();
    this.parts.changed();
  }

  private decide(scope: CoordinatedScope, epoch: number): void {
    const { parts, settings } = this;
    const { name } = scope;
    const decider = new Decider(
      {
        rules: this.rules,
        self: settings.self,
        members: () => this.scopes.get(name)?.members ?? [],
        strangers: () => [...parts.lease.view.live.keys()].some((live) => !this.coordinated.controllers.includes(live)),
        view: () => parts.lease.view,
        mayTakeOver: () => this.failsafe.mayTakeOver(),
        mayDecide: (of, under) => this.tenure.mayAct() && this.scope(of).deciding && this.scope(of).epoch === under,
        configuration: () => parts.configuration(),
        orders: this.orders,
        send: (member, message) => this.send(member, message),
        reported: (member, holdings) => parts.reported?.(member, holdings),
        changed: () => parts.changed(),
      },
      scope.name,
      epoch,
    );
    this.deciders.set(scope.name, decider);
  }

  private send(member: string, message: Message): Promise<Message> {
    if (member !== this.settings.self) return this.parts.link.request(member, message, this.settings.orderTimeoutMs);
    return message.kind === "raise" ? this.addressee.raise(message) : this.addressee.order(message);
  }

  /** An order of this controller to itself, outside of any books. */
  private async own(order: Order, may = () => true): Promise<OrderResult> {
    const before = this.tenure.session;
    const carryOut = async () => {
      if (!may()) return false;
      // In turn with the effects, so that it says what the last of them left.
      if (order.kind === "activate") this.active = true;
      await this.parts.effects.carryOut(order);
      if (order.kind === "passivate") this.active = false;
      return true;
    };
    try {
      if (!(await this.addressee.exclusively(order, carryOut))) return "refused";
    } catch (error) {
      this.parts.alarm(`${order.kind}: ${(error as Error).message}`);
      return "failed";
    }
    this.parts.changed();
    // What is gone is gone, whatever has become of the lease meanwhile.
    return order.kind === "passivate" || before === this.tenure.session ? "done" : "failed";
  }

  /** The key is gone while the lease is not: the active role ends at once. */
  private endActive(name: string): void {
    if (!this.active || this.passivating || this.tenure.session === 0) return;
    this.passivating = true;
    void this.passivate(name, 0).finally(() => {
      this.passivating = false;
    });
  }

  /** Goes on only with the key: a lease that is to continue takes it along, or is none. */
  private heldWithEffects(): string[] {
    const scopes = this.coordinated.scopes.filter(({ effectsWithKey }) => effectsWithKey && this.active);
    return scopes.map(({ name }) => name);
  }

  /** Nothing is accepted under an epoch lower than those that the service lists at the start. */
  private async rememberEpochs(): Promise<void> {
    for (const [scope, { epoch }] of this.parts.lease.view.holders) await this.parts.memory.raise(scope, epoch);
  }
}

function byName(scopes: readonly CoordinatedScope[]): Map<string, CoordinatedScope> {
  return new Map(scopes.map((scope) => [scope.name, scope]));
}
