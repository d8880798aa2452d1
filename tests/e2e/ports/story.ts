/** The story of the run: everything on the first port, then spread, then quiet, then a failed link and a forgetful server. */

import { setTimeout as delay } from "node:timers/promises";
import { HOSTS, PORTS, type RealArray, TARGETS } from "./array.js";
import { targetName } from "./array-file.js";
import type { Balancer } from "./balancer.js";
import type { Checks } from "../common/checks.js";
import { type Figures, figuresBetween } from "./figures.js";
import { askAsHost, type HostEvent } from "./hosts.js";

/** Lengths of the measured spans. They change how exact the figures are and nothing that is checked. */
export interface Lengths {
  saturateMs: number;
  measureMs: number;
  /** No login for so long means that the moves are over. */
  quietMs: number;
}

export interface Span {
  name: string;
  fromUs: number;
  toUs: number;
}

export interface StoryFigures {
  /** Commands a second that each session asks for. */
  demandPerSession: number;
  withoutFairlead: Figures;
  whileOverloaded: Figures;
  afterMoves: Figures;
  /** As many commands as the depth allows, before and after. */
  saturatedBefore: Figures;
  saturatedAfter: Figures;
}

/** The portals that another host is offered for a target. */
interface Offer {
  /** There are some, and the first port's is not among them. */
  elsewhere: boolean;
  portals: string;
}

/** What each session asks for, in permille of what a port can: two of them fit below the high watermark. */
const SESSION_PERMILLE = 410;
/** A pace that leaves the ports far below the low watermark. */
const QUIET_RATE = 40;

export class Story {
  readonly spans: Span[] = [];
  readonly figures: Partial<StoryFigures> = {};
  private readonly firstPort: string;

  constructor(
    private readonly array: RealArray,
    private readonly checks: Checks,
    private readonly lengths: Lengths,
    private readonly tell: (line: string) => void,
  ) {
    this.firstPort = array.network.portAddress(1);
  }

  /** Figure 8: all sessions on the first port, which can't carry what is asked of it, and nobody changes that. */
  async withoutFairlead(): Promise<void> {
    this.array.registerAll();
    this.array.startHosts();
    await this.checks.comes("every session begins on the first port", "ss", async () => {
      const counts = await this.array.witness.connections();
      return [counts[0] === TARGETS && counts.slice(1).every((count) => count === 0), counts.join(", ")];
    });
    this.figures.saturatedBefore = await this.measure("saturated, one port", this.lengths.saturateMs);
    const demand = Math.round((this.figures.saturatedBefore.operationsPerSecond * SESSION_PERMILLE) / 1000);
    this.figures.demandPerSession = demand;
    this.tell(`     each of ${TARGETS} sessions asks for ${demand} commands/s from now on`);
    this.array.setRate(demand);
    await delay(1000);
    this.figures.withoutFairlead = await this.measure("without fairlead", this.lengths.measureMs);
  }

  /** Figures 9 to 12: withdrawals, logouts, logins elsewhere. */
  async spread(balancer: Balancer): Promise<void> {
    const fromUs = nowUs();
    await this.checks.comes("a registration on the first port is gone from the iSNS server", "isnsadm", async () => {
      const withdrawn = await this.withdrawnFrom(1);
      return [withdrawn.length > 0, withdrawn.join(", ") || "none"];
    });
    await this.checks.comes("a connection on the first port is closed", "ss", async () => {
      const counts = await this.array.witness.connections();
      return [(counts[0] ?? 0) < TARGETS, counts.join(", ")];
    });
    await this.checks.comes("a session has logged in on another port", "hosts", async () => {
      const logins = this.loginsElsewhere();
      return [logins.length > 0, logins.map((event) => `${short(event.target)} on ${event.portal}`).join(", ")];
    });
    const offers = new Map<string, Offer>();
    await this.checks.comes("all ports serve sessions, and none is moved any more", "ss", async () => {
      this.askForMoved(offers);
      const counts = await this.array.witness.connections();
      const latestUs = Math.max(fromUs, ...this.events("login").map((event) => event.atUs));
      const quiet = nowUs() - latestUs > this.lengths.quietMs * 1000;
      return [quiet && counts.every((count) => count > 0) && sum(counts) === TARGETS, counts.join(", ")];
    });
    const lastLogin = Math.max(...this.events("login").map((event) => event.atUs));
    this.span("fairlead at work", fromUs, lastLogin);
    this.figures.whileOverloaded = figuresBetween(this.reports(), fromUs, lastLogin);
    for (const [target, { elsewhere, portals }] of offers)
      this.checks.note(
        `${short(target)} was offered, but not through the first port`,
        "second iSNS client",
        elsewhere,
        portals,
      );
    this.figures.afterMoves = await this.measure("after the moves", this.lengths.measureMs);
    this.array.setRate(0);
    this.figures.saturatedAfter = await this.measure("saturated, four ports", this.lengths.saturateMs);
    this.checks.note("fairlead runs", "kernel", balancer.isRunning, `${balancer.lines.length} lines told`);
  }

  /** Figure 13: the load falls, the registrations return. */
  async relief(): Promise<void> {
    const fromUs = nowUs();
    this.array.setRate(QUIET_RATE);
    await this.checks.comes("all registrations are back when the load has fallen", "isnsadm", () => this.seesAllBut(0));
    const back = askAsHost(this.array.program, this.array.network, 1, targetName(1));
    const listed = back.filter((each) => each.tag !== 0).map((each) => `${each.portal},${each.tag}`);
    this.checks.note(
      "a host is offered every portal again, each with its tag",
      "second iSNS client",
      listed.length === PORTS,
      listed.join(" "),
    );
    this.span("relief", fromUs, nowUs());
  }

  /** A port's link fails; while it is down, the iSNS server restarts and has forgotten everything. */
  async failures(): Promise<void> {
    const fromUs = nowUs();
    const port = await this.busyPort();
    const before = this.operationsByTarget();
    this.array.network.setLink(port, "down");
    await this.checks.comes(`port ${port} has lost its carrier`, "ip", async () => {
      const carrier = await this.array.witness.carrier(port);
      return [!carrier, carrier ? "still there" : "gone"];
    });
    await this.checks.comes(`no target is registered through port ${port}`, "isnsadm", () => this.seesAllBut(port));
    await this.checks.comes("every session goes on through another port", "hosts", async () => {
      const now = this.operationsByTarget();
      const stuck = [...before]
        .filter(([target, count]) => (now.get(target) ?? 0) <= count)
        .map(([target]) => short(target));
      const address = `${this.array.network.portAddress(port)}:3260`;
      const portals = this.array.hosts.flatMap((host) => host.latest?.sessions.map((session) => session.portal) ?? []);
      const elsewhere = portals.length === TARGETS && portals.every((portal) => portal !== "" && portal !== address);
      return [elsewhere && stuck.length === 0, portals.join(", ")];
    });
    await this.forgetfulServer(port);
    this.array.network.setLink(port, "up");
    await this.checks.comes(`registrations through port ${port} are back after its link`, "isnsadm", () =>
      this.seesAllBut(0),
    );
    this.span("failed link, forgetful server", fromUs, nowUs());
  }

  /** The end: every block that was ever confirmed is read back. */
  async readBack(): Promise<void> {
    this.array.setRate(0);
    for (const host of this.array.hosts) host.stop();
    const codes = await Promise.all(this.array.hosts.map((host) => host.ended));
    const complaints = this.array.hosts.map((host) => host.complaints).filter((text) => text !== "");
    this.checks.note(
      "all hosts have ended well",
      "hosts",
      codes.every((code) => code === 0),
      [...codes, ...complaints].join(", "),
    );
    const sessions = this.array.hosts.flatMap((host) => host.latest?.sessions ?? []);
    const lost = sum(sessions.map((session) => session.lost));
    const errors = sum(sessions.map((session) => session.errors));
    const operations = sum(sessions.map((session) => session.operations));
    const retries = sum(sessions.map((session) => session.retries));
    const detail = `${operations} commands, ${retries} sent again, ${lost} lost, ${errors} failed`;
    this.checks.note(
      "no I/O is lost but what is retried",
      "hosts",
      lost === 0 && errors === 0 && operations > 0,
      detail,
    );
    this.checks.note("commands under way at a logout were sent again", "hosts", retries > 0, `${retries} sent again`);
  }

  private async forgetfulServer(downPort: number): Promise<void> {
    await this.array.isns.stop(true);
    this.checks.note("the iSNS server is down, without its database", "isnsd", true, "ended and deleted");
    await this.array.isns.start();
    await this.checks.comes("the restarted server has every registration again but the withdrawn ones", "isnsadm", () =>
      this.seesAllBut(downPort),
    );
    // Whoever asks at once must not be sent to the port that is down either.
    for (let look = 0; look < 10; look++) {
      const [holds, detail] = await this.seesAllBut(downPort);
      if (!holds) {
        this.checks.note("what is withdrawn stays withdrawn", "isnsadm", false, detail);
        return;
      }
      await delay(200);
    }
    this.checks.note("what is withdrawn stays withdrawn", "isnsadm", true, "ten looks within two seconds");
  }

  private async measure(name: string, ms: number): Promise<Figures> {
    const fromUs = nowUs();
    await delay(ms);
    const toUs = nowUs();
    this.span(name, fromUs, toUs);
    const figures = figuresBetween(this.reports(), fromUs, toUs);
    this.tell(
      `     ${name}: ${figures.operationsPerSecond} commands/s, p50 ${figures.p50Ms} ms, p99 ${figures.p99Ms} ms`,
    );
    return figures;
  }

  private loginsElsewhere(): HostEvent[] {
    return this.events("login").filter((event) => !event.portal.startsWith(`${this.firstPort}:`));
  }

  /**
   * A host that asks for a target whose session was moved is not offered the first port. Asked for while sessions move:
   * later the first port's load may have fallen, and its registrations be back.
   * @param offers what each target was offered through when it was last asked for, until the first port was left out
   */
  private askForMoved(offers: Map<string, Offer>): void {
    for (const target of new Set(this.loginsElsewhere().map((event) => event.target))) {
      if (offers.get(target)?.elsewhere) continue;
      const portals = askAsHost(this.array.program, this.array.network, HOSTS, target);
      const offered = portals.filter((each) => each.tag !== 0).map((each) => each.portal);
      const elsewhere = offered.length > 0 && offered.every((portal) => !portal.startsWith(`${this.firstPort}:`));
      offers.set(target, { elsewhere, portals: offered.join(" ") });
    }
  }

  /** Targets that the server doesn't list through a port. */
  private async withdrawnFrom(port: number): Promise<string[]> {
    const listed = await this.array.witness.registrations();
    const address = this.array.network.portAddress(port);
    return targets()
      .filter((target) => !listed.has(`${target} ${address}`))
      .map(short);
  }

  /** Whether the server lists every pair, but none through one port; port 0: every pair. */
  private async seesAllBut(port: number): Promise<[boolean, string]> {
    let listed: Set<string>;
    try {
      listed = await this.array.witness.registrations();
    } catch (error) {
      return [false, (error as Error).message];
    }
    const ports = Array.from({ length: PORTS }, (_, index) => index + 1);
    const right = ports.every((each) => {
      const address = this.array.network.portAddress(each);
      return targets().every((target) => listed.has(`${target} ${address}`) === (each !== port));
    });
    return [right, `${listed.size} of ${PORTS * TARGETS} pairs are listed`];
  }

  /** The port, other than the first, that serves most sessions. */
  private async busyPort(): Promise<number> {
    const counts = await this.array.witness.connections();
    return counts.indexOf(Math.max(...counts.slice(1)), 1) + 1;
  }

  private operationsByTarget(): Map<string, number> {
    const sessions = this.array.hosts.flatMap((host) => host.latest?.sessions ?? []);
    return new Map(sessions.map((session) => [session.target, session.operations]));
  }

  private events(kind: HostEvent["event"]): HostEvent[] {
    return this.array.hosts.flatMap((host) => host.events.filter((event) => event.event === kind));
  }

  private reports() {
    return this.array.hosts.map((host) => host.reports);
  }

  private span(name: string, fromUs: number, toUs: number): void {
    this.spans.push({ name, fromUs, toUs });
  }
}

function targets(): string[] {
  return Array.from({ length: TARGETS }, (_, index) => targetName(index + 1));
}

function short(target: string): string {
  return target.slice(target.lastIndexOf(":") + 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Microseconds of CLOCK_MONOTONIC, as the hosts count. */
export function nowUs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1000;
}
