/**
 * What every request has to pass before a command is carried out, on either server. Each step lets it through or throws
 * the `Refusal` that is its answer; none changes anything.
 */

import { type Command, includesRole, type Role } from "../commands/command.js";
import { KEY_PATTERN } from "./idempotency.js";
import type { RateLimit } from "./limits.js";
import { Refusal } from "./refusal.js";
import type { Sessions } from "./sessions.js";
import type { Session } from "./tokens.js";

export interface Incoming {
  method: string;
  /** Without the query. */
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Address of the client. */
  source: string;
  /** Over TLS. */
  secure: boolean;
  /** Name in a client certificate that the array's authority has signed. */
  certificate?: string;
}

export interface Principal {
  kind: "anyone" | "user" | "processor";
  /** User; for a processor its own name, or the user on whose behalf it asks. */
  name: string;
  role: Role | "none";
  session?: Session;
  /** The processor that asks on behalf of the user. */
  via?: string;
  /** Epoch under which another processor asks. */
  epoch?: number;
}

export const COOKIE_SECURE = "__Host-fairlead";
export const COOKIE_LOOPBACK = "fairlead";
export const BEHALF_HEADER = "fairlead-on-behalf-of";
export const EPOCH_HEADER = "fairlead-epoch";
export const PATH_CHARACTERS_MAX = 2048;
const TARGETS_HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/;

export interface GateOptions {
  processor: string;
  /** Names and addresses by which this server is called, without ports. Another one was meant otherwise (DNS rebinding). */
  hosts: readonly string[];
  /** Names of the array's processors, which certificates must carry. */
  processors: readonly string[];
  rate: RateLimit;
  sessions: Sessions;
}

export class Gate {
  /** Highest epoch under which another processor has asked. */
  private epochSeen = 0;

  constructor(private readonly options: GateOptions) {}

  /** 429 beyond the rate of its source; `first`: the audit log has one entry for a burst of refusals. */
  checkRate(incoming: Incoming): void {
    const taken = this.options.rate.take(incoming.source);
    if (taken.granted) return;
    const headers = { "retry-after": String(taken.retryAfterS) };
    throw new Refusal(429, taken.first ? "too_many_requests" : "still_too_many_requests", "too many requests: wait", {
      headers,
    });
  }

  /** 400 without a Host, 421 for another host, 414 for a path that no command has. */
  checkTarget(incoming: Incoming): void {
    const { host } = incoming.headers;
    if (typeof host !== "string" || !TARGETS_HOST.test(host.toLowerCase())) {
      throw new Refusal(400, "bad_host", "the header Host is missing or malformed");
    }
    const name = host.toLowerCase().replace(/:\d+$/, "");
    if (!this.options.hosts.includes(name)) {
      throw new Refusal(421, "other_host", `this is not ${name.slice(0, 80)}`);
    }
    if (incoming.path.length > PATH_CHARACTERS_MAX) throw new Refusal(414, "path_too_long", "the address is too long");
    if (!isDecodable(incoming.path)) throw new Refusal(400, "bad_path", "the path is malformed");
  }

  /** Who asks: by client certificate, bearer token or cookie. Credentials that are wrong are refused, not passed over. */
  authenticate(incoming: Incoming): Principal {
    const token = tokenOf(incoming);
    if (incoming.certificate !== undefined) return this.processorOf(incoming, incoming.certificate);
    if (token === undefined) return { kind: "anyone", name: "", role: "none" };
    const session = this.options.sessions.find(token);
    if (session === undefined) {
      throw new Refusal(401, "bad_token", "the token is wrong, expired or its session has ended: log in", {
        headers: { "www-authenticate": "Bearer" },
      });
    }
    return { kind: "user", name: session.user, role: session.role, session };
  }

  /** 401 for nobody, 403 for a role that is too low. */
  authorize(principal: Principal, command: Command): void {
    if (command.audience === "anyone") return;
    if (principal.kind === "anyone") {
      throw new Refusal(401, "not_logged_in", "log in first", { headers: { "www-authenticate": "Bearer" } });
    }
    if (command.audience === "processor") {
      if (principal.kind === "processor" && principal.role === "none") return;
      throw new Refusal(403, "processors_only", "only another processor of the array may");
    }
    if (principal.role !== "none" && includesRole(principal.role, command.audience)) return;
    throw new Refusal(403, "role_too_low", `${command.name} needs the role ${command.audience}`);
  }

  /** 403 for a command that a page of another site sends with the browser's cookie. */
  checkOrigin(incoming: Incoming, command: Command): void {
    const { origin, host } = incoming.headers;
    const site = incoming.headers["sec-fetch-site"];
    const isWrite = command.method !== "GET";
    if (
      typeof site === "string" &&
      !["same-origin", "none"].includes(site) &&
      (isWrite || command.audience !== "anyone")
    ) {
      throw new Refusal(403, "other_site", "the request comes from a page of another site");
    }
    if (!isWrite || origin === undefined) return;
    if (origin !== `${incoming.secure ? "https" : "http"}://${String(host)}`) {
      throw new Refusal(403, "other_origin", "the request comes from a page of another site");
    }
  }

  /** 409 for another processor that asks under an epoch that is over. */
  checkEpoch(incoming: Incoming, principal: Principal, command: Command): void {
    const text = incoming.headers[EPOCH_HEADER];
    if (text === undefined) {
      if (principal.kind === "processor" && command.writes && command.audience !== "processor") {
        throw new Refusal(400, "no_epoch", `a processor names its epoch in the header ${EPOCH_HEADER}`);
      }
      return;
    }
    if (principal.kind !== "processor") throw new Refusal(403, "processors_only", `${EPOCH_HEADER} is for processors`);
    if (typeof text !== "string" || !/^\d{1,15}$/.test(text))
      throw new Refusal(400, "bad_epoch", "the epoch is no number");
    const epoch = Number(text);
    if (epoch < this.epochSeen) {
      throw new Refusal(409, "stale_epoch", `epoch ${epoch} is over, the highest seen is ${this.epochSeen}`);
    }
    this.epochSeen = epoch;
  }

  /** 400 for a command that needs an idempotency key and has none that can be one. */
  keyOf(incoming: Incoming, principal: Principal, command: Command): string | undefined {
    const key = incoming.headers["idempotency-key"];
    if (!command.writes?.idempotencyKey) {
      if (key === undefined) return undefined;
      throw new Refusal(400, "key_not_wanted", `${command.name} takes no idempotency key`);
    }
    if (typeof key !== "string" || !KEY_PATTERN.test(key)) {
      throw new Refusal(400, "no_key", "Idempotency-Key: 16 to 64 letters, digits, - or _");
    }
    return `${principal.name} ${key}`;
  }

  /** 428 without If-Match, 400 for one that is no single strong tag. */
  conditionOf(incoming: Incoming, command: Command): string | undefined {
    if (command.writes === undefined || command.writes.condition === "none") return undefined;
    const condition = incoming.headers["if-match"];
    if (condition === undefined) {
      throw new Refusal(428, "no_condition", "If-Match is missing: it names what you have seen (the ETag)");
    }
    if (typeof condition !== "string" || !/^"[\x21\x23-\x7e]{1,80}"$/.test(condition)) {
      throw new Refusal(
        400,
        "bad_condition",
        'If-Match: one ETag in quotes, such as "1.5.7"; * and lists are not taken',
      );
    }
    return condition;
  }

  raiseEpoch(epoch: number): void {
    this.epochSeen = Math.max(this.epochSeen, epoch);
  }

  private processorOf(incoming: Incoming, certificate: string): Principal {
    if (!this.options.processors.includes(certificate)) {
      throw new Refusal(401, "unknown_processor", "the certificate names no processor of this array");
    }
    const behalf = incoming.headers[BEHALF_HEADER];
    if (behalf === undefined) return { kind: "processor", name: certificate, role: "none", via: certificate };
    const match =
      typeof behalf === "string" ? /^([a-z][a-z0-9:._-]{0,40}) (monitor|operator|administrator)$/.exec(behalf) : null;
    if (match === null) throw new Refusal(400, "bad_behalf", `${BEHALF_HEADER}: a user and a role`);
    return { kind: "processor", name: match[1] as string, role: match[2] as Role, via: certificate };
  }
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** The bearer token, or the cookie's. Two of a kind, or a scheme that is not known, is malformed. */
function tokenOf(incoming: Incoming): string | undefined {
  const { authorization, cookie } = incoming.headers;
  if (authorization !== undefined) {
    const match = typeof authorization === "string" ? /^Bearer ([A-Za-z0-9._-]{1,1024})$/.exec(authorization) : null;
    if (match === null) {
      throw new Refusal(401, "bad_authorization", "Authorization: Bearer and a token", {
        headers: { "www-authenticate": "Bearer" },
      });
    }
    return match[1];
  }
  if (typeof cookie !== "string") return undefined;
  const name = incoming.secure ? COOKIE_SECURE : COOKIE_LOOPBACK;
  const values = cookie
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`));
  if (values.length > 1) throw new Refusal(400, "two_cookies", "two cookies of a session");
  return values[0]?.slice(name.length + 1);
}
