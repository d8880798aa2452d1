/** The restricted set: what each processor does for itself, on either server. */

import { COOKIE_LOOPBACK, COOKIE_SECURE } from "../access/gate.js";
import type { CommandFact } from "../access/idempotency.js";
import { Refusal } from "../access/refusal.js";
import { CONSOLE_USER, type EndedFact } from "../access/sessions.js";
import type { Session } from "../access/tokens.js";
import type { Call, Handler, Reply, ServerParts } from "../pipeline.js";

export function ownHandlers(parts: ServerParts): Record<string, Handler> {
  return {
    getHealth: async () => ok(health(parts)),
    login: (call) => logIn(parts, call),
    getSession: async (call) => ok({ session: describeSession(parts, sessionOf(call)) }),
    logout: (call) => logOut(parts, call),
    getProcessorStatus: () => ownStatus(parts),
    getProcessorLogs: (call) => ownLogs(parts, call),
    testProcessor: () => testOwn(parts),
    restartService: () => restartOwn(parts),
    keepFact: async (call) => keepFact(parts, call),
  };
}

export function ok(body: unknown, headers?: Record<string, string>): Reply {
  return { status: 200, body, ...(headers === undefined ? {} : { headers }) };
}

function health({ directory, kind }: ServerParts) {
  return { processor: directory.own, server: kind, active: directory.active() ?? null, loginNeeded: true };
}

function sessionOf(call: Call): Session {
  const { session } = call.principal;
  if (session === undefined) throw new Refusal(403, "no_session", "a processor has no session");
  return session;
}

function describeSession({ directory, kind }: ServerParts, session: Session) {
  const { user, role, expiresMs } = session;
  return { user, role, expiresAt: new Date(expiresMs).toISOString(), processor: directory.own, server: kind };
}

/** The cookie that a browser keeps: scripts don't see it, other sites' pages don't send it. */
function cookie(secure: boolean, value: string, maxAgeS: number): string {
  const name = secure ? COOKIE_SECURE : COOKIE_LOOPBACK;
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeS}${secure ? "; Secure" : ""}`;
}

async function logIn(parts: ServerParts, call: Call): Promise<Reply> {
  const { source, secure } = call.incoming;
  const body = call.body as { user: string; password: string } | { oneTimeToken: string };
  // Also the entry of a login that fails says whose it was to be.
  call.principal.name = "user" in body ? body.user : CONSOLE_USER;
  const begun =
    "oneTimeToken" in body
      ? parts.sessions.logInOnce(body.oneTimeToken, source)
      : await parts.sessions.logIn(body.user, body.password, source);
  const { session, token } = begun;
  call.principal.role = session.role;
  const maxAgeS = Math.round((session.expiresMs - session.issuedMs) / 1000);
  return ok({ session: describeSession(parts, session), token }, { "set-cookie": cookie(secure, token, maxAgeS) });
}

async function logOut(parts: ServerParts, call: Call): Promise<Reply> {
  await parts.peers.tell(parts.sessions.end(sessionOf(call)));
  return ok({ ended: true }, { "set-cookie": cookie(call.incoming.secure, "", 0) });
}

async function ownStatus(parts: ServerParts): Promise<Reply> {
  const status = await parts.own.status();
  parts.peers.keep(status);
  const body = { status, answeredBy: parts.directory.own, fresh: true, ageMs: 0 };
  return ok(body, { etag: serviceTag(status.bootCount) });
}

/** What If-Match names to restart the service. */
export function serviceTag(bootCount: number): string {
  return `"start-${bootCount}"`;
}

function answered({ directory, kind }: ServerParts) {
  return { processor: directory.own, answeredBy: directory.own, server: kind };
}

async function ownLogs(parts: ServerParts, call: Call): Promise<Reply> {
  return ok({ ...answered(parts), ...(await parts.own.logs(Number(call.query["lines"] ?? 100))) });
}

async function testOwn(parts: ServerParts): Promise<Reply> {
  const beganMs = performance.now();
  const tests = await parts.own.selfTest();
  const passed = tests.every((test) => test.passed !== false);
  return ok({ ...answered(parts), tests, passed, tookMs: Math.round(performance.now() - beganMs) });
}

async function restartOwn(parts: ServerParts): Promise<Reply> {
  const { restart } = parts.own;
  if (restart === undefined) {
    throw new Refusal(409, "no_supervisor", "nobody would start the service again: run it under `fairlead supervise`");
  }
  return ok({ ...answered(parts), restarted: true, bootCount: await restart() });
}

function keepFact(parts: ServerParts, call: Call): Reply {
  const fact = call.body as CommandFact | EndedFact;
  if (fact.kind === "command") parts.idempotency.keep(fact);
  else parts.sessions.keep(fact);
  return ok({ kept: true });
}
