/** Passwords as scrypt hashes (RFC 7914): `scrypt$N$r$p$salt$hash`, salt and hash in base64url. */

import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";

const COST = { N: 1 << 15, r: 8, p: 1 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** scrypt needs 128·N·r bytes; the default of Node is too small for this cost. */
const MEMORY_MAX = 64 * 1024 * 1024;
export const PASSWORD_CHARACTERS_MIN = 12;
const PASSWORD_CHARACTERS_MAX = 256;
/** Hashings at one time: each takes 32 MiB and a thread of the pool. */
const HASHINGS_MAX = 2;
const WAITING_MAX = 32;

let running = 0;
const waiting: (() => void)[] = [];

/** More logins at one time than can be checked. */
export class TooManyLogins extends Error {}

function derive(password: string, salt: Buffer, bytes: number, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const run = () => {
      running++;
      scrypt(password.normalize("NFKC"), salt, bytes, { ...options, maxmem: MEMORY_MAX }, (error, key) => {
        running--;
        waiting.shift()?.();
        if (error) reject(error);
        else resolve(key);
      });
    };
    if (running < HASHINGS_MAX) run();
    else if (waiting.length >= WAITING_MAX) reject(new TooManyLogins("too many logins at one time"));
    else waiting.push(run);
  });
}

/** Why a password is not taken; undefined for one that is. */
export function weakness(password: string, user: string): string | undefined {
  if (password.length < PASSWORD_CHARACTERS_MIN) return `at least ${PASSWORD_CHARACTERS_MIN} characters`;
  if (password.length > PASSWORD_CHARACTERS_MAX) return `at most ${PASSWORD_CHARACTERS_MAX} characters`;
  if (new Set(password).size < 5) return "at least five different characters";
  if (password.toLowerCase().includes(user)) return "a password without the user's name in it";
  return undefined;
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, HASH_BYTES, COST);
  return ["scrypt", COST.N, COST.r, COST.p, salt.toString("base64url"), hash.toString("base64url")].join("$");
}

/** Whether a text is such a hash, of a cost that can be checked. */
export function isHash(text: string): boolean {
  return parseHash(text) !== undefined;
}

function parseHash(text: string): { options: ScryptOptions; salt: Buffer; hash: Buffer } | undefined {
  const [kind, cost, blocks, lanes, salt, hash, ...rest] = text.split("$");
  const options = { N: Number(cost), r: Number(blocks), p: Number(lanes) };
  const isSound = options.N >= 1 << 14 && options.N <= 1 << 16 && options.r === 8 && options.p === 1;
  if (kind !== "scrypt" || !isSound || salt === undefined || hash === undefined || rest.length > 0) return undefined;
  const bytes = Buffer.from(hash, "base64url");
  return bytes.length === HASH_BYTES ? { options, salt: Buffer.from(salt, "base64url"), hash: bytes } : undefined;
}

/** A hash that no password has: an unknown user takes as long as a known one. */
const NOBODY = ["scrypt", COST.N, COST.r, COST.p, "AAAAAAAAAAAAAAAAAAAAAA", "A".repeat(43)].join("$");

/** Whether the password is that of the hash; `undefined` for a user that there is not. */
export async function isPassword(password: string, text: string | undefined): Promise<boolean> {
  const parts = parseHash(text ?? NOBODY);
  if (parts === undefined) return false;
  const derived = await derive(password, parts.salt, parts.hash.length, parts.options);
  return timingSafeEqual(derived, parts.hash) && text !== undefined;
}
