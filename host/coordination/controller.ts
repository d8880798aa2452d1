/**
 * One controller: status messages, lease, orders and effects around its module. What comes from outside becomes the
 * module's inputs; what the module decides goes to whoever must do it, and its outcome comes back.
 */

import type { ArrayDescription, Problem } from "../array/description.js";
import type { Effector, Source } from "../shim/actor.js";
import type { DecisionView } from "../shim/decision-view.js";
import { ProcessorState, WebServerKind } from "../shim/generated/layout.js";
import type { Shim } from "../shim/shim.js";
import type { TrackedFacts } from "../sources/tracked/inputs.js";
import { type Clock, Every, type Timer } from "./clock.js";
import type { CommandLink } from "./commands/link.js";
import type { CoordinationMemory } from "./commands/memory.js";
import { Coordinator } from "./coordinator.js";
import type { Effects } from "./effects.js";
import type { LeaseService } from "./lease/lease-service.js";
import { ModuleInputs } from "./module-inputs.js";
import { Routing } from "./routing.js";
import type { CoordinationRules } from "./rules.js";
import { type ArrayScope, scopesOf } from "./scopes.js";
import type { CoordinationSection } from "./section.js";
import { StatusBeat } from "./status/beat.js";
import type { BootStore } from "./status/boot-count.js";
import { StatusChannel } from "./status/channel.js";
import { type ChannelFacts, channelFactsOf } from "./status/channel-facts.js";
import { composeStatus, OwnLinks } from "./status/compose.js";
import { storedEpochs } from "./status/epochs.js";
import { StatusFeed } from "./status/feed.js";
import type { Transport } from "./transport.js";

/** What this controller finds out about itself. */
export interface OwnState {
  /** Bits of `SelfTest` that pass. */
  selfTests: number;
  /** Sum of the weights of tracked inputs that are down. */
  penalty: number;
}

export interface ControllerParts {
  self: string;
  section: CoordinationSection;
  clock: Clock;
  transport: Transport;
  link: CommandLink;
  lease: LeaseService;
  memory: CoordinationMemory;
  effects: Effects;
  boot: BootStore;
  /** Of status messages, 32 bytes. */
  statusKey: Uint8Array;
  /** Whom the shelf admits to each unit; undefined without a shelf. */
  unitStates?: () => Promise<{ unit: string; server: string | undefined }[]>;
  own(): OwnState;
  /** What it tracks, for people and metrics. */
  tracked?(): TrackedFacts[];
  setWebServer(kind: number): Promise<void>;
  /** A line for the operator. */
  report(line: string): void;
  /** Asks for a tick at once: something has changed. */
  wake(): void;
  /** What else follows another configuration, once the module has adopted it. */
  follower?: ConfigurationFollower;
  rules?: CoordinationRules;
}

/** Sockets, the kernel and the units of a controller, as a configuration has them. */
export interface ConfigurationFollower {
  /** What is known by name and place is known at once; resolves when the kernel is ready for what is new. */
  begin(array: ArrayDescription): Promise<void>;
  /** Nothing is left of what the configuration doesn't have. */
  end(): Promise<void>;
}

const ROLE_SHIFT = 8;
/** States in which a processor may be active. */
const ABLE: ReadonlySet<number> = new Set([ProcessorState.HEALTHY, ProcessorState.DEGRADED]);
/** Looks at lease and promises in a lease time. */
const TENDS_PER_LEASE = 8;
const TEND_MS_MAX = 1000;
/** Between two looks at the own kernel and the shelf, apart from those that an effect calls for. */
const LOOK_MS = 1000;

export class Controller implements Source, Effector {
  private shim: Shim | undefined;
  private made: Made | undefined;
  private timer: Timer | undefined;
  private looking = false;
  private again = false;
  private closed = false;
  private sayingFit = false;
  private takesPart = true;
  /** Undefined where it has failed: the next to ask begins anew. */
  private following: Promise<void> | undefined = Promise.resolve();
  /** Kind of web server that runs here, as it was last asked for and has started. */
  private webServer: number = WebServerKind.NONE;

  constructor(private readonly parts: ControllerParts) {}

  get name(): string {
    return this.parts.self;
  }

  /** Undefined before `attach`. */
  get coordinator(): Coordinator | undefined {
    return this.made?.coordinator;
  }

  get scopes(): readonly ArrayScope[] {
    return this.made?.scopes ?? [];
  }

  /** Digest of the configuration in force; 0 before `attach`. */
  get configuration(): number {
    return this.made?.feed.places.digest ?? 0;
  }

  get channel(): StatusChannel | undefined {
    return this.made?.channel;
  }

  /** What the status messages have come to; undefined before `attach`. */
  channelFacts(): ChannelFacts | undefined {
    if (this.made === undefined) return undefined;
    const { clock, self, tracked } = this.parts;
    return channelFactsOf(this.made.channel, this.made.feed, clock, self, tracked?.());
  }

  attach(shim: Shim): void {
    this.shim = shim;
    const made = this.make(shim);
    this.made = made;
    made.coordinator.takePart(this.takesPart);
    made.channel.onStatus((status) => {
      made.feed.take(status);
      this.parts.wake();
    });
    made.beat.start();
    this.timer = new Every(this.parts.clock, LOOK_MS, () => this.look());
    made.coordinator.start().catch((error: Error) => this.parts.report(`coordination: ${error.message}`));
  }

  /** What `own` says has changed: the others are told at once. */
  ownChanged(): void {
    this.made?.beat.soon();
  }

  beforeTick(): void {
    const { made, shim } = this;
    if (made === undefined || shim === undefined) return;
    made.inputs.write(this.parts.lease.view.reachable);
    if (made.links.changed(shim, made.feed)) made.beat.soon();
  }

  handle(decision: DecisionView): void {
    this.made?.routing.handle(decision);
  }

  /** Has the module take another configuration. @returns what is wrong with it; then the one in force stays */
  adopt(array: ArrayDescription): Problem[] {
    const problems = this.shim?.configure(array) ?? [];
    if (problems.length === 0) this.reconfigured();
    return problems;
  }

  /** The configuration in force is another. */
  reconfigured(): void {
    const { made, shim } = this;
    const array = shim?.array;
    if (made === undefined || array === undefined) return;
    made.scopes = scopesOf(array);
    const membership = made.feed.reconfigured();
    const begun = this.parts.follower?.begin(array) ?? Promise.resolve();
    made.channel.follow(membership);
    made.inputs.forget();
    made.coordinator.follow({ controllers: membership.controllers, scopes: made.scopes });
    const both = Promise.allSettled([begun, this.following]).then(() => begun);
    this.following = this.follow(made, both);
    this.look();
    made.beat.soon();
  }

  /** Resolves when nothing is left of what earlier configurations had here, and this one has not. */
  settled(): Promise<void> {
    const { made, shim } = this;
    if (this.following === undefined && made !== undefined && shim?.array !== undefined) {
      this.following = this.follow(made, this.parts.follower?.begin(shim.array) ?? Promise.resolve());
    }
    return this.following ?? Promise.resolve();
  }

  private follow(made: Made, begun: Promise<void>): Promise<void> {
    const following = this.giveUpUnknown(made, begun);
    following.catch((error: Error) => {
      if (this.following === following) this.following = undefined;
      this.parts.report(`configuration: what the one before had is not gone: ${error.message}`);
    });
    return following;
  }

  /** What was begun under the configuration before has ended first. */
  private async giveUpUnknown(made: Made, begun: Promise<void>): Promise<void> {
    // What must go goes, also where the kernel is not ready for what is new.
    const [ready] = await Promise.allSettled([begun]);
    await made.coordinator.drain();
    await this.parts.effects.releaseUnknown();
    if (ready.status === "rejected") throw ready.reason;
    await this.parts.follower?.end();
    this.look();
  }

  /** Without a part it gives up all it has, its lease last, and asks for no lease. */
  takePart(may: boolean): void {
    this.takesPart = may;
    this.made?.coordinator.takePart(may);
  }

  /** What is held, then the lease, then the ways to the others; these also where the kernel keeps what it holds. */
  async close(): Promise<void> {
    this.closed = true;
    this.timer?.cancel();
    this.made?.beat.stop();
    try {
      await this.made?.coordinator.close();
    } finally {
      await this.parts.link.close();
      await this.parts.transport.close();
    }
  }

  private make(shim: Shim): Made {
    const { parts } = this;
    const { self, section, clock, transport, link, lease, memory, effects } = parts;
    if (shim.array === undefined) throw new Error("no configuration is in force");
    const feed = new StatusFeed({ shim, own: self, report: parts.report });
    const channel = new StatusChannel(
      {
        transport,
        clock,
        key: parts.statusKey,
        store: parts.boot,
        silenceMs: section.intervalMs * section.fallCount,
        report: parts.report,
      },
      feed.places.membership(),
    );
    const scopes = scopesOf(shim.array);
    const coordinator = new Coordinator(
      {
        clock,
        lease,
        link,
        memory,
        effects,
        configuration: () => feed.places.digest,
        alarm: parts.report,
        changed: () => this.changed(),
        settled: () => this.lookAtHoldings().catch(() => undefined),
        reported: (member, holdings) => {
          if (member !== self) feed.holdings(member, holdings);
        },
      },
      {
        self,
        controllers: feed.places.controllers,
        scopes,
        tendMs: Math.min(TEND_MS_MAX, section.leaseMs / TENDS_PER_LEASE),
        orderTimeoutMs: section.orderTimeoutMs,
        promiseMs: section.promiseMs,
        marginMs: section.marginMs,
        ...(parts.rules === undefined ? {} : { rules: parts.rules }),
      },
    );
    const inputs = new ModuleInputs(
      shim,
      coordinator,
      () => this.scopes,
      (controller) => feed.gone(controller),
    );
    const setWebServer = async (kind: number) => {
      await parts.setWebServer(kind);
      this.webServer = kind;
      this.changed();
    };
    const routing = new Routing({ shim, self, coordinator, inputs, scopes: () => this.scopes, setWebServer });
    const beat = new StatusBeat(clock, section.intervalMs, () => this.send());
    return { feed, channel, scopes, coordinator, inputs, routing, beat, links: new OwnLinks() };
  }

  /**
   * Has the others know through the lease service whether the own processor may be active, as the module judges it: a
   * caretaker that doesn't hear it gives way then. What didn't come through is said again with the next status.
   */
  private sayFit(shim: Shim, inputs: ModuleInputs): void {
    if (this.sayingFit) return;
    const row = inputs.processorOf(this.parts.self);
    const fit = row >= 0 && ABLE.has(shim.core.views.processorState.state(row));
    this.sayingFit = true;
    const done = () => {
      this.sayingFit = false;
    };
    this.parts.lease.sayFit(fit).then(done, done);
  }

  /** Said to all others, and to the own module, which judges itself as it judges others. */
  private send(): void {
    const { made, shim } = this;
    if (made === undefined || shim === undefined) return;
    const { feed, channel, scopes } = made;
    const { self, memory } = this.parts;
    this.sayFit(shim, made.inputs);
    made.links.note(shim, feed);
    const status = composeStatus(shim, feed, {
      ...this.parts.own(),
      // As `Heartbeat.role` has it: the kind of web server, and above it the processor's role.
      role: this.webServer | (made.routing.processorRole << ROLE_SHIFT),
      reachesLeaseService: this.parts.lease.view.reachable,
      holdsBackMs: Math.max(0, Math.ceil(made.coordinator.failsafe.holdsUntilMs - this.parts.clock.monotonicMs())),
      epochs: storedEpochs(scopes, self, feed.places.controllers, (scope) => memory.highest(scope)),
    });
    const sequence = channel.send(status);
    feed.takeOwn(status, channel.boot, sequence, channel.hears());
  }

  /** Lease, scopes or what is held: the module, the others and the own view of the kernel follow at once. */
  private changed(): void {
    this.look();
    this.made?.beat.soon();
    this.parts.wake();
  }

  /** Asks the kernel and the shelf what is held, one look at a time. */
  look(): void {
    if (this.closed) return;
    if (this.looking) {
      this.again = true;
      return;
    }
    this.looking = true;
    this.lookOnce()
      .catch((error: Error) => this.parts.report(`coordination: what is held can't be read: ${error.message}`))
      .finally(() => {
        this.looking = false;
        if (!this.again) return;
        this.again = false;
        this.look();
      });
  }

  private async lookOnce(): Promise<void> {
    // What the own kernel holds is said even when the shelf doesn't answer.
    await this.lookAtHoldings();
    const states = (await this.parts.unitStates?.()) ?? [];
    if (this.made === undefined) return;
    for (const { unit, server } of states) this.made.feed.admits(unit, server);
    this.parts.wake();
  }

  /** From here on the own status messages say what is held now. */
  private async lookAtHoldings(): Promise<void> {
    const holdings = await this.parts.effects.holdings();
    this.made?.feed.holdings(this.parts.self, holdings);
    this.parts.wake();
  }
}

interface Made {
  feed: StatusFeed;
  channel: StatusChannel;
  scopes: readonly ArrayScope[];
  coordinator: Coordinator;
  inputs: ModuleInputs;
  routing: Routing;
  beat: StatusBeat;
  links: OwnLinks;
}
