/** The trust store of a device: whose bundles it takes, for which product and hardware, from which counter on. */
import { canonicalBytes, parseCanonical } from "./canonical.js";
import { UINT32_MAX, WORD, wrongField } from "./manifest.js";
import { BundleRefused } from "./refusal.js";

export const TRUST_FORMAT = "fairlead-trust-1";
/** Keys of a trust store, and lines of a signature file. */
export const KEY_MAX = 16;
export const TRUST_BYTES_MAX = 4096;

export interface TrustStore {
  readonly format: string;
  readonly product: string;
  readonly hardwareClass: string;
  /** Public keys, 64 hex digits each, ascending. */
  readonly keys: readonly string[];
  /** Different keys that must have signed; 1 to the number of keys. */
  readonly threshold: number;
  /** No bundle with a lower security counter is taken, even by a device that has kept none yet. */
  readonly minimumSecurityCounter: number;
}

const KEY = /^[0-9a-f]{64}$/;

function isKeyList(value: unknown): boolean {
  if (!Array.isArray(value) || value.length < 1 || value.length > KEY_MAX) return false;
  return value.every(
    (key, index) => typeof key === "string" && KEY.test(key) && (index === 0 || (value[index - 1] as string) < key),
  );
}

const isCount = (value: unknown) => typeof value === "number" && value >= 0 && value <= UINT32_MAX;
const isWord = (value: unknown) => typeof value === "string" && WORD.test(value);

function checkTrust(value: unknown): TrustStore {
  const wrong = wrongField(value, {
    format: (format) => format === TRUST_FORMAT,
    product: isWord,
    hardwareClass: isWord,
    keys: isKeyList,
    threshold: isCount,
    minimumSecurityCounter: isCount,
  });
  if (wrong !== undefined) throw new BundleRefused("TRUST_MALFORMED", `the trust store ${wrong}`);
  const trust = value as TrustStore;
  if (trust.threshold < 1 || trust.threshold > trust.keys.length) {
    throw new BundleRefused("TRUST_MALFORMED", `a threshold of ${trust.threshold} with ${trust.keys.length} keys`);
  }
  return trust;
}

/** The canonical bytes of a trust store; keys may come in any order. Throws `TRUST_MALFORMED`. */
export function encodeTrust(trust: Omit<TrustStore, "format">): Buffer {
  const whole = { ...trust, format: TRUST_FORMAT, keys: [...trust.keys].sort() };
  return canonicalBytes(checkTrust(whole) as never);
}

/** Reads the bytes of a trust store. Throws `TRUST_MALFORMED`. */
export function parseTrust(bytes: Uint8Array): TrustStore {
  const value = bytes.length > TRUST_BYTES_MAX ? undefined : parseCanonical(bytes);
  if (value === undefined) {
    throw new BundleRefused(
      "TRUST_MALFORMED",
      "the trust store is not canonical JSON; `fairlead trust store` writes it",
    );
  }
  return checkTrust(value);
}
