/** Sessions: who logs in gets a token; ended ones are refused until their tokens expire. */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Role } from "../commands/command.js";
import { Lockout } from "./limits.js";
import { TooManyLogins } from "./passwords.js";
import { Refusal } from "./refusal.js";
import type { Session, Tokens } from "./tokens.js";
import type { UserFile } from "./users.js";

export const SESSION_MS = 8 * 3_600_000;
const SESSIONS_MAX = 64;
const SESSIONS_OF_USER_MAX = 16;
const ENDED_MAX = 4096;
/** A printed token that nobody used is of no use any more after this. */
const ONE_TIME_MS = 24 * 3_600_000;
/** User of the session that a printed token begins. */
export const CONSOLE_USER = "console";

export interface EndedFact {
  kind: "ended-session";
  session: string;
  untilMs: number;
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

export class Sessions {
  private readonly open = new Map<string, Session>();
  private readonly ended = new Map<string, number>();
  private readonly lockout: Lockout;
  private oneTime: { digest: Buffer; untilMs: number } | undefined;

  constructor(
    private readonly tokens: Tokens,
    private readonly users: UserFile | undefined,
    private readonly now: () => number = Date.now,
    monotonic: () => number = () => performance.now(),
  ) {
    this.lockout = new Lockout(monotonic);
  }

  /** A token that logs its bearer in once, as administrator. It replaces the one made before. */
  makeOneTimeToken(): string {
    const token = randomBytes(32).toString("base64url");
    this.oneTime = { digest: sha256(token), untilMs: this.now() + ONE_TIME_MS };
    return token;
  }

  /** @throws Refusal 401, 429 for a locked user, 503 for too many sessions */
  async logIn(user: string, password: string, source: string): Promise<{ token: string; session: Session }> {
    const keys = [`${user} from ${source}`, `source ${source}`];
    const lockedS = Math.max(...keys.map((key) => this.lockout.lockedS(key)));
    if (lockedS > 0) throw locked(lockedS);
    // Counted before the check, so that many tries at one time are not one.
    for (const key of keys) this.lockout.failed(key);
    const found = await this.check(user, password);
    if (found === undefined) throw new Refusal(401, "wrong_password", "user or password is wrong");
    for (const key of keys) this.lockout.succeeded(key);
    return this.begin(found.name, found.role);
  }

  /** @throws Refusal 401 for a token that is wrong, used or too old */
  logInOnce(token: string, source: string): { token: string; session: Session } {
    const lockedS = this.lockout.lockedS(`once ${source}`);
    if (lockedS > 0) throw locked(lockedS);
    const { oneTime } = this;
    if (oneTime === undefined || oneTime.untilMs < this.now() || !timingSafeEqual(sha256(token), oneTime.digest)) {
      this.lockout.failed(`once ${source}`);
      throw new Refusal(401, "token_used", "the printed token is wrong, too old or was used already");
    }
    this.oneTime = undefined;
    return this.begin(CONSOLE_USER, "administrator");
  }

  /** The session of a token, also of one that another processor has issued; undefined for none. */
  find(token: string): Session | undefined {
    const session = this.tokens.verify(token);
    return session !== undefined && this.isOpen(session) ? session : undefined;
  }

  /** Whether a session was not ended and its user still has its role: who is taken out of the file is out at once. */
  isOpen(session: Session): boolean {
    if (this.ended.has(session.id)) return false;
    if (session.user !== CONSOLE_USER && this.users !== undefined && !session.user.startsWith("token:")) {
      return this.users.find(session.user)?.role === session.role;
    }
    return true;
  }

  /** The fact to tell the others. */
  end(session: Session): EndedFact {
    const fact: EndedFact = { kind: "ended-session", session: session.id, untilMs: session.expiresMs };
    this.keep(fact);
    return fact;
  }

  keep(fact: EndedFact): void {
    this.forgetOld();
    this.open.delete(fact.session);
    if (this.ended.size >= ENDED_MAX) this.ended.delete(this.ended.keys().next().value as string);
    this.ended.set(fact.session, fact.untilMs);
  }

  get count(): number {
    this.forgetOld();
    return this.open.size;
  }

  private async check(user: string, password: string) {
    try {
      return await this.users?.check(user, password);
    } catch (error) {
      if (error instanceof TooManyLogins)
        throw new Refusal(503, "busy", error.message, { headers: { "retry-after": "2" } });
      throw error;
    }
  }

  private begin(user: string, role: Role): { token: string; session: Session } {
    this.forgetOld();
    const own = [...this.open.values()].filter((session) => session.user === user).length;
    if (this.open.size >= SESSIONS_MAX || own >= SESSIONS_OF_USER_MAX) {
      throw new Refusal(
        503,
        "too_many_sessions",
        `at most ${SESSIONS_OF_USER_MAX} sessions a user, ${SESSIONS_MAX} in all`,
      );
    }
    const issued = this.tokens.issue(user, role, SESSION_MS);
    this.open.set(issued.session.id, issued.session);
    return issued;
  }

  private forgetOld(): void {
    const nowMs = this.now();
    for (const [id, untilMs] of this.ended) if (untilMs <= nowMs) this.ended.delete(id);
    for (const [id, session] of this.open) if (session.expiresMs <= nowMs) this.open.delete(id);
  }
}

function locked(seconds: number): Refusal {
  return new Refusal(429, "locked_out", `too many failures: try again in ${seconds} s`, {
    headers: { "retry-after": String(seconds) },
  });
}
