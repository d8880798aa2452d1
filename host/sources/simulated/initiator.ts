/**
 * A simulated initiator: steps 301 to 305 of the seed, for each of its paths.
 *
 *   serving ──(301) asked to log out──▶ leaving ──(302) session ended──▶ disconnected
 *      ▲                                  connection lost ───────────────▶   │
 *      │                                                                     ▼
 *   connecting ◀──(304) portals of the target──────────── asking (303) the iSNS server
 *      └──(305) login; no port answered: ask again
 */

import type { IsnsServer } from "./isns-server.js";
import type { Path } from "./path.js";
import type { SimulatedPort } from "./port.js";
import type { DelayRange, DelaySettings, ReturnsTo } from "./settings.js";

/** Exchanges of a login, each as slow as the port's commands. */
const LOGIN_EXCHANGES = 3;

/** The array's side of a session, as initiators meet it. */
export interface TargetSide {
  /** The initiator logs out. */
  logout(path: Path, session: number): void;
  /** A login arrives at a port: logged in, or redirected to another port (RFC 7143, section 11.13.1). */
  login(path: Path, port: number): { redirectedTo?: number };
}

export interface InitiatorSurroundings {
  readonly ports: readonly SimulatedPort[];
  readonly isns: IsnsServer;
  readonly targetSide: TargetSide;
  after(delayMs: number, run: () => void): void;
  delay(range: DelayRange): number;
  loginFailed(path: Path, port: number): void;
}

/** What is fixed about an initiator. */
export interface InitiatorTraits {
  name: string;
  /** Takes the first portal listed, or the one listed after the one it lost. */
  nextPortal: "first" | "following";
  /** Does not understand the request to log out. */
  deaf: boolean;
}

export class Initiator {
  readonly name: string;
  readonly deaf: boolean;
  returnsTo: ReturnsTo = "next";
  private readonly nextPortal: "first" | "following";

  constructor(
    traits: InitiatorTraits,
    private readonly surroundings: InitiatorSurroundings,
    private readonly delays: DelaySettings,
    private readonly listingOrder: readonly number[],
  ) {
    this.name = traits.name;
    this.deaf = traits.deaf;
    this.nextPortal = traits.nextPortal;
  }

  /** Step 301: the target asks for logout. Commands under way are finished first; a deaf initiator goes on. */
  askedToLogOut(path: Path): void {
    if (this.deaf || path.state !== "serving") return;
    path.state = "leaving";
    const { session } = path;
    const { surroundings } = this;
    surroundings.after(surroundings.delay(this.delays.logoutMs), () => surroundings.targetSide.logout(path, session));
  }

  /** Step 302 is over: the session has ended, by logout or by a lost connection. */
  sessionEnded(path: Path): void {
    path.state = "disconnected";
    if (this.returnsTo === "nowhere") return;
    this.surroundings.after(this.surroundings.delay(this.delays.reconnectMs), () => this.ask(path));
  }

  /** Goes on asking where it had given up. */
  returnAgain(path: Path): void {
    if (path.state === "disconnected") this.ask(path);
  }

  /** Step 303: asks the iSNS server for the target's portals. */
  private ask(path: Path): void {
    if (path.state === "asking" || path.state === "connecting" || path.loggedIn) return;
    path.state = "asking";
    const { isns } = this.surroundings;
    isns.request(
      () => isns.portals(path.application.target),
      (portals) => this.tryPorts(path, this.choose(path, portals), 0),
      () => this.askAgain(path),
    );
  }

  private askAgain(path: Path): void {
    path.state = "disconnected";
    if (this.returnsTo === "nowhere") return;
    this.surroundings.after(this.delays.askAgainMs, () => this.ask(path));
  }

  /** Step 304: ports to try, in order. Another path of the same host and target keeps its port to itself. */
  private choose(path: Path, portals: readonly number[]): number[] {
    if (this.returnsTo === "same" && path.port >= 0) return [path.port];
    const taken = path.application.paths.filter((other) => other !== path).map((other) => other.heldPort);
    const free = portals.filter((port) => !taken.includes(port));
    if (this.nextPortal === "first") return free;
    const place = (port: number) => this.listingOrder.indexOf(port);
    const following = free.filter((port) => place(port) > place(path.port));
    return [...following, ...free.filter((port) => place(port) <= place(path.port))];
  }

  /** Step 305: logs in at the first port that answers. */
  private tryPorts(path: Path, ports: readonly number[], tried: number): void {
    const port = ports[tried];
    if (port === undefined) {
      path.connectingTo = -1;
      this.askAgain(path);
      return;
    }
    path.state = "connecting";
    const failed = () => {
      this.surroundings.loginFailed(path, path.connectingTo);
      this.tryPorts(path, ports, tried + 1);
    };
    this.connect(path, port, failed, () => {
      const { redirectedTo } = this.surroundings.targetSide.login(path, port);
      if (redirectedTo === undefined) return;
      this.connect(path, redirectedTo, failed, () => void this.surroundings.targetSide.login(path, redirectedTo));
    });
  }

  /** The login phase takes its time, longer on a port with a queue; a dead link answers nothing. */
  private connect(path: Path, port: number, failed: () => void, connected: () => void): void {
    const { surroundings, delays } = this;
    const simulated = surroundings.ports[port] as SimulatedPort;
    path.connectingTo = port;
    if (!simulated.linkUp) {
      surroundings.after(delays.connectTimeoutMs, failed);
      return;
    }
    surroundings.after(surroundings.delay(delays.loginMs) + LOGIN_EXCHANGES * simulated.latencyMs, () =>
      simulated.linkUp ? connected() : failed(),
    );
  }
}
