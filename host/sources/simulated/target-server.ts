/** The array's iSCSI target server: sessions come, are asked to log out, and end. */

import type { TargetSide } from "./initiator.js";
import type { Path } from "./path.js";
import type { DelayRange } from "./settings.js";

/** How a session ended: the initiator logged out, the target closed its connection, or its link died. */
export type SessionEnd = "logged-out" | "closed" | "link-lost";

/** What the target server has to report: read by the array's source, in order. */
export interface SessionReport {
  kind: "login" | "logout";
  path: Path;
  session: number;
  port: number;
}

/** How long a login is awaited that is to be redirected. */
const REDIRECT_HOLD_MS = 20_000;

export interface TargetServerSurroundings {
  readonly nowMs: number;
  after(delayMs: number, run: () => void): void;
  delay(range: DelayRange): number;
  sessionBegan(path: Path, from: number): void;
  sessionEnded(path: Path, how: SessionEnd): void;
  redirected(path: Path, from: number, to: number): void;
}

export class TargetServer implements TargetSide {
  /** Not yet taken by the source. */
  readonly reports: SessionReport[] = [];
  private readonly endings = new Map<Path, (() => void)[]>();

  constructor(
    private readonly surroundings: TargetServerSurroundings,
    private readonly networkMs: DelayRange,
  ) {}

  login(path: Path, port: number): { redirectedTo?: number } {
    const { redirectTo } = path;
    path.redirectTo = -1;
    if (redirectTo >= 0 && redirectTo !== port && this.surroundings.nowMs < path.redirectUntilMs) {
      this.surroundings.redirected(path, port, redirectTo);
      return { redirectedTo: redirectTo };
    }
    const from = path.port;
    path.connectingTo = -1;
    path.state = "serving";
    path.port = port;
    path.session++;
    path.operations = 0;
    path.bytes = 0;
    this.reports.push({ kind: "login", path, session: path.session, port });
    this.surroundings.sessionBegan(path, from);
    return {};
  }

  /** The path's next login is sent on to a port, once, and not after a while. */
  redirect(path: Path, port: number): void {
    path.redirectTo = port;
    path.redirectUntilMs = this.surroundings.nowMs + REDIRECT_HOLD_MS;
  }

  logout(path: Path, session: number): void {
    this.end(path, session, "logged-out");
  }

  /**
   * Step 108: an Async Message with AsyncEvent 1 asks the initiator to log out within Parameter3 seconds
   * (RFC 7143, section 11.9.1); after the deadline the connection is closed.
   * @param deadlineMs from now; the message carries whole seconds, so it is rounded up
   * @param ended runs once the session is gone, at once where it is gone already
   */
  askForLogout(path: Path, session: number, deadlineMs: number, ended: () => void): void {
    if (!this.isCurrent(path, session)) {
      ended();
      return;
    }
    const endings = this.endings.get(path);
    if (endings) endings.push(ended);
    else this.endings.set(path, [ended]);
    const parameter3Seconds = Math.ceil(deadlineMs / 1000);
    this.surroundings.after(this.surroundings.delay(this.networkMs), () => {
      if (this.isCurrent(path, session)) path.application.initiator.askedToLogOut(path);
    });
    this.surroundings.after(parameter3Seconds * 1000, () => this.end(path, session, "closed"));
  }

  /** Ends a session, if it is still the path's. */
  end(path: Path, session: number, how: SessionEnd): void {
    if (!this.isCurrent(path, session)) return;
    this.reports.push({ kind: "logout", path, session, port: path.port });
    path.lostMs = this.surroundings.nowMs;
    this.surroundings.sessionEnded(path, how);
    path.application.initiator.sessionEnded(path);
    const endings = this.endings.get(path) ?? [];
    this.endings.delete(path);
    for (const ended of endings) ended();
  }

  private isCurrent(path: Path, session: number): boolean {
    return path.loggedIn && path.session === session;
  }
}
