/**
 * Detached signatures: a text file of lines `<public key, 64 hex> <signature, 128 hex>\n` over the manifest's bytes.
 * Signers who work apart each send their line; the order doesn't matter, and a key counts once.
 */
import type { KeyObject } from "node:crypto";
import { publicKeyHex, signMessage, verifySignature } from "./keys.js";
import { BundleRefused } from "./refusal.js";
import { KEY_MAX, type TrustStore } from "./trust.js";

const LINE = /^([0-9a-f]{64}) ([0-9a-f]{128})$/;
/** Bytes of one line, its newline counted. */
export const SIGNATURE_LINE_BYTES = 194;

export interface Signature {
  readonly key: string;
  readonly signature: string;
}

/** Reads a signature file. Throws `UNSIGNED` for an empty one and `SIGNATURE_MALFORMED` for anything but lines. */
export function parseSignatures(bytes: Uint8Array): Signature[] {
  if (bytes.length === 0) throw new BundleRefused("UNSIGNED", "the signature file is empty");
  if (bytes.length % SIGNATURE_LINE_BYTES !== 0 || bytes.length > KEY_MAX * SIGNATURE_LINE_BYTES) {
    throw new BundleRefused(
      "SIGNATURE_MALFORMED",
      `${bytes.length} bytes of signatures; 1 to ${KEY_MAX} lines of ${SIGNATURE_LINE_BYTES} bytes would be right`,
    );
  }
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  const last = lines.pop();
  const signatures = lines.map((line, index) => {
    const match = LINE.exec(line);
    if (match === null) throw new BundleRefused("SIGNATURE_MALFORMED", `line ${index + 1} is no key and signature`);
    return { key: match[1] as string, signature: match[2] as string };
  });
  if (last !== "") throw new BundleRefused("SIGNATURE_MALFORMED", "the last line is not ended");
  return signatures;
}

/** The bytes of a signature file, ascending by key. */
export function encodeSignatures(signatures: readonly Signature[]): Buffer {
  const lines = signatures.map(({ key, signature }) => `${key} ${signature}\n`);
  return Buffer.from(lines.sort().join(""), "latin1");
}

/** The signatures with this key's own added, in place of an earlier one of the same key. */
export function addSignature(signatures: readonly Signature[], key: KeyObject, manifest: Uint8Array): Signature[] {
  const name = publicKeyHex(key);
  const others = signatures.filter((signature) => signature.key !== name);
  return [...others, { key: name, signature: signMessage(key, manifest).toString("hex") }];
}

/**
 * Counts the trusted keys that signed these bytes, each once. Returns them; throws `SIGNATURE_INVALID` at the first
 * signature of a trusted key that doesn't fit, `SIGNATURE_UNTRUSTED` when no trusted key signed, `THRESHOLD_NOT_MET`.
 */
export function verifySignatures(manifest: Uint8Array, signatures: readonly Signature[], trust: TrustStore): string[] {
  const signers = new Set<string>();
  for (const { key, signature } of signatures) {
    if (signers.has(key) || !trust.keys.includes(key)) continue;
    if (!verifySignature(key, manifest, Buffer.from(signature, "hex"))) {
      throw new BundleRefused("SIGNATURE_INVALID", `the signature of ${key} doesn't fit the manifest`);
    }
    signers.add(key);
  }
  if (signers.size === 0) {
    throw new BundleRefused(
      "SIGNATURE_UNTRUSTED",
      `none of ${signatures.length} signatures is by a key of the trust store`,
    );
  }
  if (signers.size < trust.threshold) {
    throw new BundleRefused("THRESHOLD_NOT_MET", `${signers.size} of the ${trust.threshold} keys needed have signed`);
  }
  return [...signers];
}
