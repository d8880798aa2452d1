/**
 * Tokens of sessions: `f1.<payload>.<mac>`, both base64url. The payload is JSON, the MAC is HMAC-SHA-256 with a key that
 * all processors of the array have, so a session goes on with the next active one without a new login.
 */

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync } from "node:fs";
import { ROLES, type Role } from "../commands/command.js";
import { readSecret, UnsafeFile, writeWhole } from "./safe-file.js";

export interface Session {
  /** 128 random bits. */
  id: string;
  user: string;
  role: Role;
  /** Wall clock, milliseconds since 1970. */
  issuedMs: number;
  expiresMs: number;
}

const PREFIX = "f1";
const KEY_HEX = /^[0-9a-f]{64}$/;
const KEYS_MAX = 4;
const TOKEN_CHARACTERS_MAX = 1024;
/** Clocks of two processors may differ by so much. */
const CLOCK_SLACK_MS = 60_000;

/** Keys of a file, one in 64 hex digits a line: the first one signs, all of them are accepted. */
export function readTokenKeys(file: string): Buffer[] {
  const lines = readSecret(file)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (lines.length === 0 || lines.length > KEYS_MAX || !lines.every((line) => KEY_HEX.test(line))) {
    throw new UnsafeFile(file, `1 to ${KEYS_MAX} lines of 64 hex digits would be right (fairlead user key)`);
  }
  return lines.map((line) => Buffer.from(line, "hex"));
}

/** Makes a key file; one that is there gets a new first key, and its old first key is accepted further on. */
export function makeTokenKey(file: string): void {
  const old = existsSync(file) ? readTokenKeys(file).slice(0, KEYS_MAX - 1) : [];
  const lines = [randomBytes(32), ...old].map((key) => key.toString("hex"));
  writeWhole(file, `${lines.join("\n")}\n`, 0o600);
}

export class Tokens {
  /** @param now wall clock, milliseconds since 1970 */
  constructor(
    private readonly keys: readonly Buffer[],
    private readonly now: () => number = Date.now,
  ) {
    if (keys.length === 0) throw new RangeError("no key for tokens");
  }

  issue(user: string, role: Role, lifeMs: number): { token: string; session: Session } {
    const issuedMs = this.now();
    const id = randomBytes(16).toString("base64url");
    const session: Session = { id, user, role, issuedMs, expiresMs: issuedMs + lifeMs };
    const payload = Buffer.from(JSON.stringify(session)).toString("base64url");
    return {
      token: `${PREFIX}.${payload}.${this.mac(this.keys[0] as Buffer, payload).toString("base64url")}`,
      session,
    };
  }

  /** The session of a token; undefined for one that is forged, broken or expired. */
  verify(token: string): Session | undefined {
    if (token.length > TOKEN_CHARACTERS_MAX) return undefined;
    const [prefix, payload, mac, ...rest] = token.split(".");
    if (prefix !== PREFIX || payload === undefined || mac === undefined || rest.length > 0) return undefined;
    const given = Buffer.from(mac, "base64url");
    // Another spelling of the same bytes would be a second token for one session.
    if (given.toString("base64url") !== mac) return undefined;
    if (!this.keys.some((key) => isSame(this.mac(key, payload), given))) return undefined;
    const session = readSession(payload);
    if (session === undefined) return undefined;
    const nowMs = this.now();
    return session.expiresMs > nowMs && session.issuedMs <= nowMs + CLOCK_SLACK_MS ? session : undefined;
  }

  private mac(key: Buffer, payload: string): Buffer {
    return createHmac("sha256", key).update(`${PREFIX}.${payload}`).digest();
  }
}

function isSame(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

function readSession(payload: string): Session | undefined {
  try {
    const session = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Session;
    const isSound = typeof session.id === "string" && typeof session.user === "string" && ROLES.includes(session.role);
    return isSound && Number.isFinite(session.expiresMs) && Number.isFinite(session.issuedMs) ? session : undefined;
  } catch {
    return undefined;
  }
}
