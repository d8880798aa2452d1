/**
 * The world of a scenario, in virtual time and without chance: an iSNS server, the target server, and initiators that
 * behave as the seed's steps 201 to 205 and 301 to 305, each by a rule that a scenario may change.
 */

import type { ArrayDescription } from "../array/description.js";
import type { DecisionView } from "../shim/decision-view.js";
import { DecisionKind, LinkState, OutcomeResult, SessionFlag } from "../shim/generated/layout.js";
import { NONE } from "../shim/names.js";
import type { Shim } from "../shim/shim.js";
import type { Behaviour, HostingDoes, Login, WorldRules } from "./description.js";
import { Hosting } from "./hosting.js";
import { Timeline } from "./timeline.js";
import { Traffic, type WorldSession } from "./traffic.js";

type RuleName = keyof WorldRules;
type Rule = Behaviour<string>;

/** What an executor needs of a decision after the ring has moved on. */
interface Order {
  incarnation: number;
  sequence: number;
  kind: number;
  target: string;
  from: string;
  to: string;
  detail: number;
}

const RESULTS: Readonly<Record<string, number>> = {
  refuse: OutcomeResult.REFUSED,
  fail: OutcomeResult.FAILED,
  timeout: OutcomeResult.TIMED_OUT,
};

export class World {
  readonly timeline = new Timeline();
  readonly sessions = new Set<WorldSession>();
  readonly traffic = new Traffic(this.sessions);
  /** Ports that the iSNS server lists, by target. */
  readonly registrations = new Map<string, Set<string>>();
  readonly hosting: Hosting;
  private readonly links = new Map<string, number>();
  private readonly rules: Record<RuleName, Rule[]>;
  private shim: Shim | undefined;

  constructor(
    private array: ArrayDescription,
    rules: WorldRules,
  ) {
    this.rules = {
      withdraw: [rules.withdraw],
      restore: [rules.restore],
      logout: [rules.logout],
      return: [rules.return],
      reserve: [rules.reserve],
      move: [rules.move],
      unhost: [rules.unhost],
      unit: [rules.unit],
    };
    this.hosting = new Hosting(
      array,
      this.timeline,
      (command, subject) => this.follow(command, subject) as Behaviour<HostingDoes>,
    );
    for (const { name } of array.ports) this.links.set(name, LinkState.UP);
    this.registerAll();
  }

  /**
   * Another configuration: new ports are up, new targets are registered by nobody yet. Sessions that it has no place for
   * end; their initiators look for another way, if the target is still there.
   */
  reconfigured(array: ArrayDescription): void {
    this.array = array;
    this.hosting.reconfigured(array);
    for (const { name } of array.ports) if (!this.links.has(name)) this.links.set(name, LinkState.UP);
    const targets = new Map(array.targets.map(({ name, ports }) => [name, ports]));
    for (const name of this.registrations.keys()) if (!targets.has(name)) this.registrations.delete(name);
    for (const session of [...this.sessions]) {
      const ports = targets.get(session.target);
      if (ports?.includes(session.port) !== true) this.end(session, ports !== undefined);
    }
  }

  /** A host runs: it observes everything there is. */
  attach(shim: Shim): void {
    this.shim = shim;
    for (const session of this.sessions) this.report(session);
    shim.dropUnseenSessions();
    this.hosting.attach(shim);
    this.observe();
  }

  /** No host runs; the world goes on. */
  detach(): void {
    this.shim = undefined;
    this.hosting.detach();
    for (const session of this.sessions) session.row = -1;
  }

  /** New rules, over those before. */
  addRules(rules: Partial<WorldRules>): void {
    for (const name of Object.keys(rules) as RuleName[]) {
      const rule = rules[name];
      if (rule !== undefined) this.rules[name].push({ ...rule });
    }
  }

  /** Links, registrations and counters as they are now, written into the shim. */
  observe(): void {
    const { shim } = this;
    if (shim === undefined) return;
    this.hosting.observe();
    for (const [name, state] of this.links) {
      const row = shim.names.ports.row(name);
      if (row >= 0) shim.setLink(row, state);
    }
    for (const name of shim.names.targets.names()) {
      const listed = [...(this.registrations.get(name) ?? [])].map((port) => shim.names.ports.row(port));
      shim.setRegistrations(
        shim.names.targets.row(name),
        listed.filter((row) => row >= 0),
      );
    }
  }

  /** Counters of all ports and sessions, as a sampler would read them at the host's `hostMs`. */
  sample(hostMs: number): void {
    const { shim } = this;
    if (shim === undefined) return;
    const { traffic } = this;
    for (const name of shim.names.ports.names()) {
      if (traffic.fault(name).silent || this.links.get(name) !== LinkState.UP) continue;
      const totals = traffic.totalsOf(name);
      const row = shim.names.ports.row(name);
      const [busyUs, bytes, operations] = [totals.busyUs, totals.bytes, totals.operations].map(traffic.shown);
      shim.portCounters(row, hostMs, busyUs ?? 0, bytes ?? 0, operations ?? 0, traffic.queueDepth(name));
    }
    for (const session of this.sessions) {
      if (session.row < 0) continue;
      const [operations, bytes] = [session.operations, session.bytes].map(traffic.shown);
      shim.sessionCounters(session.row, hostMs, operations ?? 0, bytes ?? 0, traffic.inFlight(session));
    }
  }

  login({ initiator, target, port, pinned, reservation, asyncLogout, switchingPriority }: Login): void {
    const flags =
      (pinned ? SessionFlag.PINNED : 0) |
      (reservation ? SessionFlag.RESERVATION : 0) |
      (asyncLogout ? SessionFlag.ASYNC_LOGOUT : 0);
    this.begin({ initiator, target, port, flags, switchingPriority, row: -1, operations: 0, bytes: 0 });
  }

  /** Ends the sessions that fit; "" fits all. */
  logout(initiator: string, target: string, port: string, returns: boolean): void {
    for (const session of [...this.sessions]) {
      if (session.initiator !== initiator) continue;
      if ((target === "" || session.target === target) && (port === "" || session.port === port)) {
        this.end(session, returns);
      }
    }
  }

  link(port: string, state: number): void {
    this.links.set(port, state);
    if (state !== LinkState.DOWN) return;
    for (const session of [...this.sessions]) if (session.port === port) this.end(session, true);
  }

  register(target: string, port: string): void {
    const listed = this.registrations.get(target) ?? new Set();
    listed.add(port);
    this.registrations.set(target, listed);
  }

  deregister(target: string, port: string): void {
    this.registrations.get(target)?.delete(port);
  }

  registerAll(): void {
    for (const { name, ports } of this.array.targets) this.registrations.set(name, new Set(ports));
  }

  forgetAll(): void {
    this.registrations.clear();
  }

  /** Carries a decision out, after the rule's delay and in the rule's way. */
  handle(decision: DecisionView): void {
    const shim = this.shim;
    if (shim === undefined || this.hosting.handle(decision)) return;
    const { kind, incarnation, sequence, from, to, subject, detail } = decision;
    const port = (row: number) => (row === NONE ? "" : shim.names.ports.name(row));
    const order: Order = { incarnation, sequence, kind, detail, from: port(from), to: port(to), target: "" };
    if (kind === DecisionKind.WITHDRAW_REGISTRATION || kind === DecisionKind.RESTORE_REGISTRATION) {
      this.changeRegistration({ ...order, target: shim.names.targets.name(subject) });
    } else if (kind === DecisionKind.LOGOUT_SESSION || kind === DecisionKind.REDIRECT_SESSION) {
      this.askLogout(order, this.sessionAt(subject, decision.subjectGeneration));
    } else if (kind === DecisionKind.RESERVE_ARRIVAL) {
      const target = shim.names.targets.name(subject);
      const rule = this.follow("reserve", target);
      this.answer(order, rule, rule.does === "grant" ? OutcomeResult.DONE : undefined);
    }
  }

  /** Sessions of a port, by name. */
  sessionsOf(port: string): WorldSession[] {
    return [...this.sessions].filter((session) => session.port === port);
  }

  private changeRegistration(order: Order): void {
    const withdraw = order.kind === DecisionKind.WITHDRAW_REGISTRATION;
    const rule = this.follow(withdraw ? "withdraw" : "restore", order.target);
    const apply = () => {
      if (withdraw) this.deregister(order.target, order.from);
      else this.register(order.target, order.to);
    };
    if (rule.does === "apply") this.timeline.after(rule.afterMs, apply);
    this.answer(order, rule, rule.does === "apply" || rule.does === "ignore" ? OutcomeResult.DONE : undefined);
  }

  private askLogout(order: Order, session: WorldSession | undefined): void {
    if (session === undefined) {
      // The session has ended by itself: the effect is there.
      this.timeline.after(0, () => this.shim?.outcome(order.incarnation, order.sequence, OutcomeResult.DONE));
      return;
    }
    const rule = this.follow("logout", session.initiator);
    const ends = rule.does === "end" || rule.does === "close";
    const afterMs = rule.does === "close" ? order.detail : rule.afterMs;
    const redirect = order.kind === DecisionKind.REDIRECT_SESSION ? order.to : "";
    if (ends) this.timeline.after(afterMs, () => this.end(session, true, redirect));
    this.answer(order, { ...rule, afterMs }, ends || rule.does === "ignore" ? OutcomeResult.DONE : undefined);
  }

  /** Reports what came of an order; `done`, or what the rule's word means, or nothing at all. */
  private answer(order: Order, rule: Rule, done: number | undefined): void {
    const result = done ?? RESULTS[rule.does];
    if (result === undefined) return;
    this.timeline.after(rule.afterMs, () => this.shim?.outcome(order.incarnation, order.sequence, result));
  }

  /** The latest rule that fits; one with a number of times is used up by that. */
  private follow(name: RuleName, subject: string): Rule {
    const rules = this.rules[name];
    for (let index = rules.length - 1; index > 0; index--) {
      const rule = rules[index] as Rule;
      if ((rule.only !== "" && rule.only !== subject) || rule.times <= 0) continue;
      rule.times--;
      return rule;
    }
    return rules[0] as Rule;
  }

  private begin(session: WorldSession): void {
    this.sessions.add(session);
    this.report(session);
  }

  private report(session: WorldSession): void {
    const { shim } = this;
    if (shim === undefined) return;
    const initiator = shim.initiator(session.initiator);
    const target = shim.names.targets.row(session.target);
    const port = shim.names.ports.row(session.port);
    if (initiator < 0 || target < 0 || port < 0) return;
    session.row = shim.login(initiator, target, port, session.flags, session.switchingPriority);
  }

  /** A session ends; its initiator then looks for another way, as step 303 on. */
  private end(session: WorldSession, returns: boolean, redirect = ""): void {
    if (!this.sessions.delete(session)) return;
    if (session.row >= 0) this.shim?.logout(session.row);
    if (!returns) return;
    const rule = this.follow("return", session.initiator);
    if (rule.does === "never") return;
    this.timeline.after(rule.afterMs, () => this.comeBack(session, rule, redirect));
  }

  private comeBack(lost: WorldSession, rule: Rule, redirect: string): void {
    const others = this.portsOf(lost.initiator, lost.target);
    // A host with another path to the target has what it needs.
    if (others.size > 0 && rule.does === "listed") return;
    const port = this.portFor(lost, rule, redirect);
    if (port === "") {
      this.timeline.after(Math.max(rule.afterMs, 100), () => this.comeBack(lost, rule, redirect));
      return;
    }
    this.begin({ ...lost, port, row: -1, operations: 0, bytes: 0 });
  }

  /** Where an initiator logs in (steps 303 to 305); "" when nothing is listed that it can reach. */
  private portFor(lost: WorldSession, rule: Rule, redirect: string): string {
    const isUp = (port: string) => this.links.get(port) === LinkState.UP;
    if (rule.does === "same") return isUp(lost.port) ? lost.port : "";
    if (rule.does === "port") return isUp(rule.port) ? rule.port : "";
    if (redirect !== "" && isUp(redirect)) return redirect;
    const listed = this.listed(lost.target).filter((port) => isUp(port));
    if (this.nextPortal(lost.initiator) === "first") return listed[0] ?? "";
    const order = this.portOrder();
    const after = listed.find((port) => order.indexOf(port) > order.indexOf(lost.port));
    return after ?? listed[0] ?? "";
  }

  private portsOf(initiator: string, target: string): Set<string> {
    const ports = new Set<string>();
    for (const session of this.sessions) {
      if (session.initiator === initiator && session.target === target) ports.add(session.port);
    }
    return ports;
  }

  /** Ports of a target as the server lists them: in listing order. */
  private listed(target: string): string[] {
    const listed = this.registrations.get(target) ?? new Set<string>();
    return this.portOrder().filter((port) => listed.has(port));
  }

  private portOrder(): string[] {
    const ports = this.array.ports.map((port, index) => ({ port, index }));
    ports.sort((left, right) => left.port.listOrder - right.port.listOrder || left.index - right.index);
    return ports.map(({ port }) => port.name);
  }

  private nextPortal(initiator: string): "first" | "following" {
    return this.array.initiators.find(({ name }) => name === initiator)?.nextPortal ?? "first";
  }

  private sessionAt(row: number, generation: number): WorldSession | undefined {
    if (this.shim?.core.views.sessionInput.generation(row) !== generation) return undefined;
    for (const session of this.sessions) if (session.row === row) return session;
    return undefined;
  }
}
