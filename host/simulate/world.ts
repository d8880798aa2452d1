/**
 * The array, its iSNS server and its initiators, as one policy's run sees them: who is registered where, which session
 * is on which port, and how long each change takes. The clauses are those of JP 4675664: steps 201–205 for the server,
 * 301–305 for an initiator.
 */

import { Events } from "./events.js";

/** Which listed portal an initiator takes when it has to log in again. */
export type NextPortal = "first" | "following";

/** How long things take, in milliseconds of simulated time. */
export interface Delays {
  /** From a registration request to the server's confirmation; the server lists anew at its end. */
  registrationMs: number;
  /** From the Async Message that asks for logout to the closed connection (RFC 7143, section 11.9.1). */
  logoutMs: number;
  /** From the closed connection over the question to the server to the new login. */
  loginMs: number;
  /** An initiator that finds no portal listed asks again after this. */
  retryMs: number;
}

export const defaultDelays: Delays = { registrationMs: 200, logoutMs: 300, loginMs: 500, retryMs: 1000 };

/** What is told of changes, right as they come about. */
export interface WorldListener {
  loggedIn(session: number, port: number): void;
  loggedOut(session: number, port: number): void;
  registrationsChanged(target: number): void;
}

export interface WorldShape {
  ports: number;
  targets: number;
  initiatorOf: readonly number[];
  targetOf: readonly number[];
  nextPortal: NextPortal;
  delays: Delays;
}

/** Moves and what they cost, counted from the start. */
export interface MoveCounts {
  /** Logouts asked for. */
  logouts: number;
  /** Logins on another port than the one left. */
  moves: number;
  /** Logins on a port that the same (initiator, target) had left within the window. */
  cameBack: number;
  /** Milliseconds without a login, summed over sessions. */
  loggedOutMs: number;
}

const NONE = -1;

export class World {
  readonly events = new Events();
  readonly counts: MoveCounts = { logouts: 0, moves: 0, cameBack: 0, loggedOutMs: 0 };
  /** Told in this order. */
  readonly listeners: WorldListener[] = [];
  /** Port that a session is logged in through, or -1. */
  readonly portOf: Int16Array;
  /** Port that a session is accounted to: between two logins, the one it left. */
  readonly accountedTo: Int16Array;
  private readonly leaving: Uint8Array;
  private readonly leftAtMs: Float64Array;
  private readonly redirectTo: Int16Array;
  private readonly registered: Uint8Array;
  private readonly leftPorts: Map<number, number>[];

  constructor(
    readonly shape: WorldShape,
    private readonly returnWindowMs: number,
  ) {
    const sessions = shape.targetOf.length;
    this.portOf = new Int16Array(sessions).fill(NONE);
    this.accountedTo = new Int16Array(sessions).fill(NONE);
    this.leaving = new Uint8Array(sessions);
    this.leftAtMs = new Float64Array(sessions);
    this.redirectTo = new Int16Array(sessions).fill(NONE);
    this.registered = new Uint8Array(shape.targets * shape.ports).fill(1);
    this.leftPorts = Array.from({ length: sessions }, () => new Map());
  }

  get sessions(): number {
    return this.portOf.length;
  }

  /** Logs a session in at the start of the run. */
  begin(session: number, port: number): void {
    this.portOf[session] = port;
    this.accountedTo[session] = port;
  }

  isRegistered(target: number, port: number): boolean {
    return this.registered[target * this.shape.ports + port] === 1;
  }

  /** True from the request to log out until the session has a login again. */
  isMoving(session: number): boolean {
    return this.leaving[session] === 1 || this.portOf[session] === NONE;
  }

  /** Takes (target, port) out of what the server lists (step 206), or puts it back (step 204); then `done`. */
  register(target: number, port: number, listed: boolean, done: () => void): void {
    this.events.after(this.shape.delays.registrationMs, () => {
      this.registered[target * this.shape.ports + port] = listed ? 1 : 0;
      for (const listener of this.listeners) listener.registrationsChanged(target);
      done();
    });
  }

  /**
   * Asks the session's initiator to log out (step 108); its connection is closed when it has, or after `withinMs`.
   * With `redirectTo` the next login is sent on to that port (RFC 7143, section 11.13.1). A session that is leaving
   * already, or has no login, is left alone: false.
   */
  logout(session: number, done: () => void, withinMs = Number.POSITIVE_INFINITY, redirectTo = NONE): boolean {
    if (this.isMoving(session)) return false;
    this.leaving[session] = 1;
    this.redirectTo[session] = redirectTo;
    this.counts.logouts++;
    this.events.after(Math.min(this.shape.delays.logoutMs, withinMs), () => {
      this.close(session);
      done();
    });
    return true;
  }

  /** Steps 302 and 303: the connection is closed, then the initiator asks the server. */
  private close(session: number): void {
    const port = this.portOf[session] as number;
    this.portOf[session] = NONE;
    this.leaving[session] = 0;
    this.leftAtMs[session] = this.events.nowMs;
    (this.leftPorts[session] as Map<number, number>).set(port, this.events.nowMs);
    for (const listener of this.listeners) listener.loggedOut(session, port);
    this.ask(session, port);
  }

  /** Steps 303 to 305: what the server lists at this moment, the portal chosen from it, the login. */
  private ask(session: number, left: number): void {
    const redirected = this.redirectTo[session] as number;
    const port = redirected === NONE ? this.portalAfter(this.shape.targetOf[session] as number, left) : redirected;
    if (port === NONE) {
      this.events.after(this.shape.delays.retryMs, () => this.ask(session, left));
      return;
    }
    this.events.after(this.shape.delays.loginMs, () => this.login(session, port, left));
  }

  /** The portal that an initiator takes after losing the one on `left`, or -1 when none is listed (step 305). */
  portalAfter(target: number, left: number): number {
    const { ports, nextPortal } = this.shape;
    for (let i = 0; i < ports; i++) {
      const port = nextPortal === "first" ? i : (left + 1 + i) % ports;
      if (this.isRegistered(target, port)) return port;
    }
    return NONE;
  }

  /** As `portalAfter`, were (target, left) withdrawn: where a session would go if it were moved now. */
  destination(target: number, left: number): number {
    const at = target * this.shape.ports + left;
    const before = this.registered[at] as number;
    this.registered[at] = 0;
    const port = this.portalAfter(target, left);
    this.registered[at] = before;
    return port;
  }

  private login(session: number, port: number, left: number): void {
    const { nowMs } = this.events;
    const leftPorts = this.leftPorts[session] as Map<number, number>;
    const leftMs = leftPorts.get(port);
    if (leftMs !== undefined && nowMs - leftMs <= this.returnWindowMs) this.counts.cameBack++;
    if (port !== left) this.counts.moves++;
    this.counts.loggedOutMs += nowMs - (this.leftAtMs[session] as number);
    this.portOf[session] = port;
    this.accountedTo[session] = port;
    this.redirectTo[session] = NONE;
    for (const listener of this.listeners) listener.loggedIn(session, port);
  }

  /** The run ends: what sessions without a login have waited so far counts too. */
  finish(): void {
    for (let session = 0; session < this.sessions; session++) {
      if (this.portOf[session] !== NONE) continue;
      this.counts.loggedOutMs += this.events.nowMs - (this.leftAtMs[session] as number);
      this.leftAtMs[session] = this.events.nowMs;
    }
  }
}
