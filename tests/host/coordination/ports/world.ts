/**
 * Port balance over several controllers, each with its own module: one iSNS server, hosts that log out and back in,
 * and all that lies between a decision and its effect: delays, polls, messages that are lost.
 */

import assert from "node:assert/strict";
import { Arrivals } from "../../../../host/coordination/arrivals.js";
import { SimulatedLinks } from "../../../../host/coordination/simulated/commands.js";
import { SimulatedNetwork } from "../../../../host/coordination/simulated/network.js";
import { VirtualClock, VirtualTime } from "../../../../host/coordination/simulated/time.js";
import { StatusChannel } from "../../../../host/coordination/status/channel.js";
import { composeStatus, type OwnFacts } from "../../../../host/coordination/status/compose.js";
import { StatusFeed } from "../../../../host/coordination/status/feed.js";
import type { DecisionView } from "../../../../host/shim/actor.js";
import { DecisionKind, LinkState, OutcomeResult, Reason } from "../../../../host/shim/generated/layout.js";
import { Shim } from "../../../../host/shim/shim.js";
import { Random } from "../../../../host/sources/simulated/random.js";
import { arrayOf, newCore } from "../../shim/support.js";
import { KEY, MemoryBootStore } from "../status/support.js";
import { Situations } from "./situations.js";

const TICK_MS = 100;
const POLL_MS = 500;
/** Sessions that a port can hold; its load is their share. */
export const CAPACITY = 4;
const MOVE_MS = 60_000;
/** A port to which a host came by itself less long ago may be fuller than a move expects. */
const DISTURBED_MS = 10_000;
/** Sessions at which a port is overloaded. */
export const FULL = 3;

const FACTS: OwnFacts = { reachesLeaseService: true, selfTests: 63, penalty: 0, role: 0, holdsBackMs: 0, epochs: [] };

/** What of the coordination is switched off, to see that it is needed. */
export type Weakening = "none" | "grants without asking" | "grants end at once" | "nobody watches";

export interface WorldOptions {
  /** Ports of each controller. */
  ports: readonly number[];
  /** Ports of each target: `t0` has the first list. */
  targets: readonly (readonly string[])[];
  seed: number;
  /** Targets redirect logins: a session lands where its move wants it. */
  redirection?: boolean;
  /** A move ends after so long, and so does a grant; 60 s if not given. */
  moveMs?: number;
  /** Port that a host takes by itself, whatever it was told, of those that it finds listed; undefined: as it was told. */
  stray?: (listed: readonly string[]) => string | undefined;
  weakening?: Weakening;
}

interface Session {
  initiator: string;
  target: string;
  port: string;
  /** Row in the module of the port's controller. */
  row: number;
}

class NoQuestions extends Arrivals {
  override handle(decision: DecisionView): void {
    if (decision.kind !== DecisionKind.RESERVE_ARRIVAL) return;
    this.grant(decision.incarnation, decision.sequence);
  }
  constructor(
    options: ConstructorParameters<typeof Arrivals>[0],
    private readonly grant: (incarnation: number, sequence: number) => void,
  ) {
    super(options);
  }
}

/** What the weakening "grants end at once" reaches into. */
interface Inside {
  look(row: number, granted: { answer: unknown }): void;
  end(row: number, granted: { answer: unknown }): void;
}

/** Each grant is answered and then ends: neither room nor registration is kept. */
function endGrants(arrivals: Inside): void {
  const look = arrivals.look.bind(arrivals);
  arrivals.look = (row, granted) => {
    const waited = granted.answer !== undefined;
    look(row, granted);
    if (waited && granted.answer === undefined) arrivals.end(row, granted);
  };
}

export interface Controller {
  name: string;
  shim: Shim;
  feed: StatusFeed;
  channel: StatusChannel;
  arrivals: Arrivals;
}

export class PortsWorld {
  readonly time = new VirtualTime();
  readonly network: SimulatedNetwork;
  readonly random: Random;
  readonly controllers: Controller[];
  readonly sessions: Session[] = [];
  readonly decisions: string[] = [];
  readonly violations: string[] = [];
  /** Moves that were given up because their host didn't come back. */
  readonly notBack: string[] = [];
  readonly situations = new Situations(FULL);
  /** Ports through which the iSNS server lists each target. */
  readonly server = new Map<string, Set<string>>();
  private readonly disturbedMs = new Map<string, number>();
  private readonly links: SimulatedLinks;
  private text: string;

  constructor(private readonly options: WorldOptions) {
    this.random = new Random(options.seed, "world");
    this.network = new SimulatedNetwork(this.time, new Random(options.seed, "network"));
    this.network.set({ delayMs: [1, 5] });
    this.text = arrayText(options, new Set());
    const names = options.ports.map((_, place) => `c${place}`);
    this.links = new SimulatedLinks(this.time, this.network, names);
    const array = arrayOf(this.text);
    for (const target of array.targets) this.server.set(target.name, new Set(target.ports));
    this.controllers = names.map((name, place) => this.controller(name, place));
    for (const [place, controller] of this.controllers.entries()) this.begin(controller, place);
  }

  /** Port's controller. */
  owner(port: string): Controller {
    return this.controllers[Number(port.slice(1).split(".")[0])] as Controller;
  }

  login(initiator: string, target: string, port: string): void {
    const { shim } = this.owner(port);
    const row = shim.login(shim.initiator(initiator), shim.names.targets.row(target), shim.names.ports.row(port), 0);
    this.sessions.push({ initiator, target, port, row });
  }

  /** A host comes by itself. */
  visit(initiator: string, target: string, port: string): void {
    this.disturbedMs.set(port, this.time.nowMs);
    this.login(initiator, target, port);
  }

  logout(session: Session): void {
    this.sessions.splice(this.sessions.indexOf(session), 1);
    this.owner(session.port).shim.logout(session.row);
  }

  on(port: string): number {
    return this.sessions.filter((session) => session.port === port).length;
  }

  /** Puts ports in maintenance, each controller at a moment of its own. */
  maintain(ports: ReadonlySet<string>): void {
    this.text = arrayText(this.options, ports);
    const array = arrayOf(this.text);
    for (const { shim, feed, channel } of this.controllers) {
      this.time.after(this.random.below(150), () => {
        assert.deepEqual(shim.configure(array), []);
        channel.follow(feed.reconfigured());
      });
    }
  }

  /** Names of all ports. */
  get ports(): string[] {
    return arrayOf(this.text).ports.map((port) => port.name);
  }

  async run(forMs: number): Promise<void> {
    await this.time.runTo(this.time.nowMs + forMs);
  }

  private controller(name: string, place: number): Controller {
    const shim = new Shim(newCore(), { incarnation: 1, controller: name });
    assert.deepEqual(shim.configure(arrayOf(this.text)), []);
    shim.start(0);
    const feed = new StatusFeed({ shim, own: name, report: () => {} });
    const clock = new VirtualClock(this.time);
    const transport = this.network.join(place, clock);
    const options = { transport, clock, key: KEY, store: new MemoryBootStore(), silenceMs: 500, report: () => {} };
    const channel = new StatusChannel(options, feed.places.membership());
    channel.onStatus((status) => feed.take(status));
    const arrivals = this.arrivals(name, shim, feed, clock);
    arrivals.attach(shim);
    return { name, shim, feed, channel, arrivals };
  }

  private arrivals(name: string, shim: Shim, feed: StatusFeed, clock: VirtualClock): Arrivals {
    const link = this.links.join(name, clock, { issue: (_, act) => act() });
    const options = {
      link,
      controllers: () => feed.places.controllers,
      configuration: () => feed.places.digest,
      timeoutMs: 3000,
      grantMs: this.options.moveMs ?? MOVE_MS,
    };
    const { weakening } = this.options;
    if (weakening === "grants without asking") {
      return new NoQuestions(options, (incarnation, sequence) =>
        shim.outcome(incarnation, sequence, OutcomeResult.DONE),
      );
    }
    const arrivals = new Arrivals(options);
    if (weakening === "grants end at once") endGrants(arrivals as unknown as Inside);
    if (weakening === "nobody watches")
      link.serve("watch", (_, { kind }) => Promise.resolve({ kind, watching: false }));
    return arrivals;
  }

  /** Ticks and polls, each controller's apart from the others'. */
  private begin(controller: Controller, place: number): void {
    const tick = () => {
      this.tick(controller);
      this.time.after(TICK_MS, tick);
    };
    const poll = () => {
      const read = [...this.server].map(([target, ports]) => [target, [...ports]] as const);
      this.time.after(this.random.below(200), () => this.observe(controller, read));
      this.time.after(POLL_MS, poll);
    };
    this.time.after(7 * place, tick);
    this.time.after(this.random.below(POLL_MS), poll);
  }

  private observe({ shim }: Controller, read: readonly (readonly [string, readonly string[]])[]): void {
    for (const [target, ports] of read) {
      shim.setRegistrations(
        shim.names.targets.row(target),
        ports.map((port) => shim.names.ports.row(port)),
      );
    }
  }

  private tick(controller: Controller): void {
    const { shim, feed, channel, arrivals } = controller;
    for (const port of shim.array?.ports ?? []) {
      if (port.controller !== controller.name) continue;
      const row = shim.names.ports.row(port.name);
      shim.setLink(row, LinkState.UP);
      shim.portCounters(row, this.time.nowMs, 0, 0, 0, 0);
    }
    arrivals.beforeTick(this.time.nowMs);
    shim.tick(this.time.nowMs, (decision) => this.carryOut(controller, decision));
    channel.send(composeStatus(shim, feed, FACTS));
    this.situations.look(this);
  }

  private carryOut(controller: Controller, decision: DecisionView): void {
    const { shim, arrivals, name } = controller;
    const { kind, subject, from, to, incarnation, sequence } = decision;
    const port = shim.names.ports.name(kind === DecisionKind.RESTORE_REGISTRATION ? to : from);
    const target = shim.names.targets.name(subject);
    arrivals.handle(decision);
    const later = (act: () => void) =>
      this.time.after(this.random.below(300), () => {
        act();
        shim.outcome(incarnation, sequence, OutcomeResult.DONE);
      });
    if (kind === DecisionKind.ALARM && decision.reason === Reason.MOVE_NOT_BACK) this.missed(controller, decision);
    if (kind === DecisionKind.RESERVE_ARRIVAL)
      this.decisions.push(`${name} reserve ${target} ${shim.names.ports.name(to)}`);
    else if (kind === DecisionKind.WITHDRAW_REGISTRATION) {
      this.decisions.push(`${name} withdraw ${target} ${port}`);
      later(() => this.withdraw(target, port));
    } else if (kind === DecisionKind.RESTORE_REGISTRATION) {
      this.decisions.push(`${name} restore ${target} ${port}`);
      later(() => this.server.get(target)?.add(port));
    } else if (kind === DecisionKind.LOGOUT_SESSION || kind === DecisionKind.REDIRECT_SESSION) {
      const redirected = kind === DecisionKind.REDIRECT_SESSION ? shim.names.ports.name(to) : undefined;
      const session = this.sessions.find((each) => each.port === port && each.row === subject);
      if (session === undefined) return;
      this.decisions.push(`${name} logout ${session.initiator} ${port}`);
      later(() => {
        if (this.sessions.includes(session)) this.leave(session, redirected);
      });
    }
  }

  /** A host that is missed has no session anywhere: whoever sees it says so. */
  private missed({ name, shim }: Controller, { subject, detail }: DecisionView): void {
    const [initiator, target] = [shim.names.initiators.name(subject), shim.names.targets.name(detail)];
    this.notBack.push(`${name} misses ${initiator} at ${target}`);
    const there = this.sessions.find((each) => each.initiator === initiator && each.target === target);
    if (there !== undefined) {
      this.violations.push(`${this.time.nowMs} ms: ${name} misses ${initiator}, which is on ${there.port}`);
    }
  }

  private withdraw(target: string, port: string): void {
    const listed = this.server.get(target) as Set<string>;
    listed.delete(port);
    if (listed.size === 0)
      this.violations.push(`${this.time.nowMs} ms: ${target} has lost its last registration, ${port}`);
  }

  /** The host goes where it is redirected to, or asks the server and takes the first portal listed; with none it asks again. */
  private leave(session: Session, redirected: string | undefined): void {
    const { target } = session;
    this.logout(session);
    const again = () => {
      const listed = [...(this.server.get(target) as Set<string>)].sort();
      const strayed = this.options.stray?.(listed.filter((each) => this.on(each) < CAPACITY));
      if (strayed !== undefined) this.disturbedMs.set(strayed, this.time.nowMs);
      const port = strayed ?? redirected ?? listed[0];
      if (port === undefined) this.time.after(300, again);
      else this.land(session, port);
    };
    this.time.after(50 + this.random.below(400), again);
  }

  private land({ initiator, target, port: left }: Session, port: string): void {
    this.login(initiator, target, port);
    if (port === left) return; // came back: nothing was moved
    // What somebody else has brought there meanwhile no move could know of.
    const disturbed = this.time.nowMs - (this.disturbedMs.get(port) ?? Number.NEGATIVE_INFINITY) < DISTURBED_MS;
    if (this.on(port) >= FULL && !disturbed)
      this.violations.push(`${this.time.nowMs} ms: ${port} is full with ${initiator}`);
  }
}

/** A host takes the listed port that comes first by name. */
function arrayText({ ports, targets, redirection, moveMs }: WorldOptions, maintained: ReadonlySet<string>): string {
  const lines = ports.flatMap((count, controller) =>
    Array.from({ length: count }, (_, port) => {
      const name = `p${controller}.${port}`;
      return `  - {name: "${name}", controller: c${controller}, maintenance: ${maintained.has(name)}}`;
    }),
  );
  const on = targets.map(
    (names, target) =>
      `  - {name: t${target}, ports: [${names.map((name) => `"${name}"`).join(", ")}], redirection: ${redirection === true}}`,
  );
  return `name: x
profile: small
controllers: [${ports.map((_, place) => `c${place}`).join(", ")}]
portDefaults: {capacity: {processor: 0, sessions: ${CAPACITY}}}
ports:
${lines.join("\n")}
targets:
${on.join("\n")}
policy: {ports: {highWatermarkPermille: 75%, lowWatermarkPermille: 50%, steering: 0, moveMs: ${moveMs ?? MOVE_MS}ms, sampleMs: 100ms, reserveMs: 3s}}
`;
}
