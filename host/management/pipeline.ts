/**
 * What becomes of a request once it is read, alike on both servers:
 *
 *   gate (who, may they, from where) → schema → whose it is → epoch → condition → key → audit → carried out → audit
 *
 * A refusal at any step leaves its entry in the audit log and nothing else.
 */

import type { Audit } from "./access/audit.js";
import type { Gate, Incoming, Principal } from "./access/gate.js";
import { type Answer, type CommandFact, digestRequest, type Idempotency } from "./access/idempotency.js";
import { problemBody, Refusal } from "./access/refusal.js";
import type { Sessions } from "./access/sessions.js";
import type { Command } from "./commands/command.js";
import { validate } from "./commands/validation.js";
import type { ProcessorDirectory, ServerKind } from "./processors/directory.js";
import type { Peers } from "./processors/forwarding.js";
import type { OwnProcessor } from "./processors/own.js";

export interface Call {
  command: Command;
  incoming: Incoming;
  principal: Principal;
  parameters: Record<string, unknown>;
  query: Record<string, unknown>;
  body: unknown;
  /** The query as it was sent, with its question mark; "" for none. */
  search: string;
  /** What If-Match names, for a command that needs it. */
  condition?: string | undefined;
}

export interface Reply {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

export type Handler = (call: Call) => Promise<Reply>;

/** What both servers stand on. */
export interface ServerParts {
  kind: "full" | "restricted";
  gate: Gate;
  sessions: Sessions;
  idempotency: Idempotency;
  audit: Audit;
  directory: ProcessorDirectory;
  own: OwnProcessor;
  peers: Peers;
  version: string;
}

export class Pipeline {
  constructor(
    readonly parts: ServerParts,
    private readonly handlers: Readonly<Record<string, Handler>>,
    /** Value that If-Match must have now. */
    private readonly revision: (condition: "array" | "service") => Promise<string>,
  ) {}

  /** Before the body is read: who asks, and whether they may. @throws Refusal */
  admit(incoming: Incoming, command: Command): Principal {
    const { gate, kind } = this.parts;
    // What anyone may ask is not refused for a cookie that has expired.
    const anyone: Principal = { kind: "anyone", name: "", role: "none" };
    const principal = command.audience === "anyone" ? anyone : gate.authenticate(incoming);
    gate.authorize(principal, command);
    gate.checkOrigin(incoming, command);
    if (kind === "restricted" && command.class === "full") throw this.restrictedHere(command);
    return principal;
  }

  /** Carries out what was admitted. @throws Refusal */
  async run(call: Call): Promise<Reply> {
    const { command } = call;
    const { gate, directory } = this.parts;
    validate(command, call);
    const key = gate.keyOf(call.incoming, call.principal, command);
    const condition = gate.conditionOf(call.incoming, command);
    gate.checkEpoch(call.incoming, call.principal, command);
    if (command.routing === "active" && directory.active() !== directory.own) throw this.notActive();
    const target = command.routing === "named" ? String(call.parameters["processor"]) : directory.own;
    if (target !== directory.own) return this.forward(call, target);
    if (!command.audited) return this.carryOut(call, condition, undefined);
    return this.carryOut(call, condition, key);
  }

  /** Keeps the entry of a refusal. Floods leave one entry a burst. */
  refused(incoming: Incoming, command: string, principal: Principal | undefined, refusal: Refusal): void {
    if (refusal.code === "still_too_many_requests") return;
    this.parts.audit.write({
      command,
      user: principal?.name ?? "",
      role: principal?.role ?? "none",
      source: incoming.source,
      status: refusal.status,
      outcome: "refused",
      detail: refusal.code,
    });
  }

  /** Body of a refusal; each names the processor, and the active one where another could help. */
  problem(refusal: Refusal): Record<string, unknown> {
    return problemBody(refusal, this.parts.directory.own);
  }

  restrictedHere(command: Command): Refusal {
    const active = this.parts.directory.active() ?? null;
    const who = active === null ? "no processor is active now" : `the active processor is ${active}`;
    const detail = `this is the restricted server of ${this.parts.directory.own}, which has no ${command.name}; ${who}`;
    return new Refusal(503, "restricted_server", detail, { active, headers: { "retry-after": "2" } });
  }

  private notActive(): Refusal {
    const { directory } = this.parts;
    const active = directory.active() ?? null;
    const who = active === null ? "no processor is active now" : `the active processor is ${active}`;
    return new Refusal(421, "not_active", `${directory.own} is not the active processor; ${who}`, { active });
  }

  private async carryOut(call: Call, condition: string | undefined, key: string | undefined): Promise<Reply> {
    const { command, incoming } = call;
    const { idempotency } = this.parts;
    if (key === undefined) {
      await this.checkCondition(command, condition);
      return this.audited({ ...call, condition });
    }
    const request = digestRequest(command.method, incoming.path, condition ?? "", call.body);
    // Where a processor that is gone had begun it, its condition held; it is carried out again, which does no harm.
    const again = idempotency.wasBegunElsewhere(key, request);
    const begun = idempotency.begin(key, request);
    if ("answer" in begun) return replayed(begun.answer);
    try {
      if (!again) await this.checkCondition(command, condition);
      if (command.routing === "active") await this.announce(begun.fact);
    } catch (error) {
      idempotency.withdraw(begun.fact);
      throw error;
    }
    return this.carryOutOnce({ ...call, condition: again ? undefined : condition }, begun.fact);
  }

  /** From here on others may know that it was begun, so a refusal is an answer that is kept as well. */
  private async carryOutOnce(call: Call, fact: CommandFact): Promise<Reply> {
    const { idempotency, peers, directory } = this.parts;
    const keep = async (status: number, body: unknown) => {
      const done = idempotency.done(fact, { status, body: JSON.stringify(body) });
      if (call.command.routing === "active") await peers.tell(done, directory.epoch(), this.heard());
    };
    try {
      const reply = await this.audited(call);
      await keep(reply.status, reply.body);
      return reply;
    } catch (error) {
      if (error instanceof Refusal) await keep(error.status, this.problem(error));
      else idempotency.withdraw(fact);
      throw error;
    }
  }

  /** The others know of a command before it is carried out; one of them may know that this processor's time is over. */
  private async announce(fact: Parameters<Peers["tell"]>[0]): Promise<void> {
    const { peers, directory } = this.parts;
    if (await peers.tell(fact, directory.epoch(), this.heard())) return;
    throw new Refusal(409, "stale_epoch", `the epoch of ${directory.own} is over: another processor is active`);
  }

  private heard(): Map<string, ServerKind> {
    const { directory } = this.parts;
    const rows = directory.rows().filter(({ name, reachable }) => name !== directory.own && reachable === true);
    return new Map(rows.map(({ name, server }) => [name, server]));
  }

  /** Entries before and after what changes something: without room for the first it is not done. */
  private async audited(call: Call): Promise<Reply> {
    const { command, principal, incoming } = call;
    const handler = this.handlers[command.name];
    if (handler === undefined) throw new Error(`no handler for ${command.name}`);
    if (!command.audited) return handler(call);
    const subject = Object.values(call.parameters).join(" ");
    // A login knows who it is only afterwards.
    const event = () => ({
      command: command.name,
      user: principal.name,
      role: principal.role,
      source: incoming.source,
    });
    if (command.writes) {
      try {
        this.parts.audit.write({ ...event(), status: 0, outcome: "begun", detail: subject }, true);
      } catch {
        throw new Refusal(503, "no_audit", "the audit log can't be written, so nothing is changed");
      }
    }
    const reply = await handler(call);
    this.parts.audit.write({ ...event(), status: reply.status, outcome: "ended", detail: subject });
    return reply;
  }

  private async checkCondition(command: Command, condition: string | undefined): Promise<void> {
    const kind = command.writes?.condition ?? "none";
    if (condition === undefined || kind === "none") return;
    const now = await this.revision(kind);
    if (now === condition) return;
    throw new Refusal(412, "changed", "things have changed since you looked: look again", { headers: { etag: now } });
  }

  /** The active processor asks the named one, which carries it out itself. */
  private async forward(call: Call, target: string): Promise<Reply> {
    const { directory, peers, kind } = this.parts;
    const { command, principal, incoming } = call;
    if (!directory.names.includes(target)) throw new Refusal(404, "no_processor", `no processor ${target}`);
    // A request that was forwarded once is not forwarded on: two processors that each take the other for active would not end.
    const mayForward = kind === "full" && directory.active() === directory.own && principal.via === undefined;
    if (!mayForward) throw this.notActive();
    const headers = forwardedHeaders(incoming);
    const { name: user, role } = principal;
    const path = `${encodeURI(incoming.path)}${call.search}`;
    try {
      const request = { method: command.method, path, user, role, epoch: directory.epoch(), headers };
      const runs = directory.rows().find(({ name }) => name === target)?.server;
      const answer = await peers.ask(target, request, runs);
      return this.passOn(call, target, answer);
    } catch (error) {
      const known = command.name === "getProcessorStatus" ? peers.lastKnown(target) : undefined;
      if (!(error instanceof Refusal) || error.status !== 504 || known === undefined) throw error;
      const body = { status: known.status, answeredBy: directory.own, fresh: false, ageMs: known.ageMs };
      return { status: 200, body };
    }
  }

  private passOn(
    call: Call,
    target: string,
    answer: { status: number; headers: Record<string, string>; body: unknown },
  ): Reply {
    const { directory, peers } = this.parts;
    if (answer.status >= 400) {
      const { code, detail } = answer.body as { code?: string; detail?: string };
      throw new Refusal(answer.status, code ?? "refused_there", detail ?? `${target} refused it`);
    }
    const body = { ...(answer.body as Record<string, unknown>), answeredBy: directory.own };
    if (call.command.name === "getProcessorStatus") peers.keep((body as unknown as { status: never }).status);
    if (call.command.audited) {
      const { principal, incoming, command } = call;
      const event = { command: command.name, user: principal.name, role: principal.role, source: incoming.source };
      this.parts.audit.write({ ...event, status: answer.status, outcome: "ended", detail: `on ${target}` });
    }
    const { etag } = answer.headers;
    return { status: answer.status, body, ...(etag === undefined ? {} : { headers: { etag } }) };
  }
}

function replayed(answer: Answer): Reply {
  if (answer.status >= 400) {
    const { code, detail } = JSON.parse(answer.body) as { code: string; detail: string };
    throw new Refusal(answer.status, code, detail, { headers: { "idempotency-replayed": "true" } });
  }
  return { status: answer.status, body: JSON.parse(answer.body), headers: { "idempotency-replayed": "true" } };
}

/** Of the client's headers only those that the command is about. */
function forwardedHeaders(incoming: Incoming): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of ["if-match", "idempotency-key"]) {
    const value = incoming.headers[name];
    if (typeof value === "string") headers[name] = value;
  }
  return headers;
}
