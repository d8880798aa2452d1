/** A path of a host to a target: the session through it now, if any, and what waits on it. */

import type { Application } from "./application.js";

/** How far the initiator is with the path: steps 301 to 305 of the seed. */
export type PathState =
  /** Logged in and serving. */
  | "serving"
  /** Asked to log out (301): commands under way are finished, no new ones are sent. */
  | "leaving"
  /** The session has ended (302). */
  | "disconnected"
  /** Asking the iSNS server for the target's portals (303, 304). */
  | "asking"
  /** Logging in (305). */
  | "connecting";

export class Path {
  state: PathState = "disconnected";
  /** Port of the session, or of the one that ended last; -1 before the first. */
  port = -1;
  /** Port of the login under way, or -1. */
  connectingTo = -1;
  /** Grows with each session: a late event of an earlier one is told apart by it. */
  session = 0;
  /** Commands that wait to be served. */
  backlog = 0;
  /** Commands to serve in this step. */
  ready = 0;
  /** Commands under way now, waiting ones included. */
  inFlight = 0;
  /** Counters of the session, from 0 at each login. */
  operations = 0;
  bytes = 0;
  /** Port that the next login is redirected to (RFC 7143, section 11.13.1), or -1. */
  redirectTo = -1;
  /** Until when, in milliseconds. */
  redirectUntilMs = 0;
  /** When the last session ended, in milliseconds. */
  lostMs = 0;

  constructor(
    readonly index: number,
    readonly application: Application,
  ) {}

  /** Whether a session is there, as the target server sees it. */
  get loggedIn(): boolean {
    return this.state === "serving" || this.state === "leaving";
  }

  /** Port that the path has or is about to have, or -1. */
  get heldPort(): number {
    return this.loggedIn ? this.port : this.connectingTo;
  }
}
