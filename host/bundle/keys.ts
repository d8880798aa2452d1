/** Ed25519 keys in files: the private one as PKCS #8 PEM, readable by its owner only; the public one as SPKI PEM. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";
import { BundleInputError } from "./input-error.js";

/** A key file that can't be used; the message names the file and what would be right, and never key material. */
export class KeyError extends BundleInputError {}

/** RFC 8410: the prefix of the SPKI of every Ed25519 public key; the 32 bytes of the key follow. */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const KEY_FILE_BYTES_MAX = 4096;

/** 64 hex digits: the 32 bytes of a public key, by which trust stores and signatures name it. */
export function publicKeyHex(key: KeyObject): string {
  const spki = (key.type === "private" ? createPublicKey(key) : key).export({ type: "spki", format: "der" });
  return spki.subarray(SPKI_PREFIX.length).toString("hex");
}

function publicKeyOf(hex: string): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, Buffer.from(hex, "hex")]), format: "der", type: "spki" });
}

/** RFC 8032, Ed25519 (no prehash): whether `signature` (64 bytes) is by the key of `hex` over `message`. */
export function verifySignature(hex: string, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify(null, message, publicKeyOf(hex), signature);
  } catch {
    return false; // 32 bytes that are no point of the curve
  }
}

/** 64 bytes. */
export function signMessage(key: KeyObject, message: Uint8Array): Buffer {
  return sign(null, message, key);
}

function writeNew(file: string, text: string, mode: number): void {
  const descriptor = openSync(
    file,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    mode,
  );
  try {
    fchmodSync(descriptor, mode); // whatever the umask was
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes `<base>.key` (mode 0600) and `<base>.pub` (0644). Never overwrites. Returns the public key in hex. */
export function generateKeyFiles(base: string): string {
  for (const file of [`${base}.key`, `${base}.pub`]) {
    if (existsSync(file)) throw new KeyError(`${file}: is there already, and a key is never overwritten`);
  }
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  try {
    writeNew(`${base}.key`, privateKey.export({ type: "pkcs8", format: "pem" }) as string, 0o600);
    writeNew(`${base}.pub`, publicKey.export({ type: "spki", format: "pem" }) as string, 0o644);
  } catch (error) {
    throw new KeyError(`${base}: the key files can't be written: ${(error as NodeJS.ErrnoException).code ?? "failed"}`);
  }
  return publicKeyHex(publicKey);
}

function readKeyText(file: string, secret: boolean): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new KeyError(`${file}: can't be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  try {
    const facts = fstatSync(descriptor); // of the open file: nobody can put another in its place meanwhile
    if (!facts.isFile()) throw new KeyError(`${file}: is no plain file`);
    if (secret && (facts.mode & 0o077) !== 0) {
      const mode = (facts.mode & 0o777).toString(8).padStart(4, "0");
      throw new KeyError(`${file}: mode ${mode} lets others at a private key; chmod 600 it, or make a new one`);
    }
    if (facts.size > KEY_FILE_BYTES_MAX) throw new KeyError(`${file}: ${facts.size} bytes is too long for a key`);
    return readFileSync(descriptor, "latin1");
  } finally {
    closeSync(descriptor);
  }
}

function isEd25519(key: KeyObject): boolean {
  return key.asymmetricKeyType === "ed25519";
}

/** Reads a private key; a KeyError when others may read the file or it holds no Ed25519 key. */
export function readPrivateKey(file: string): KeyObject {
  const text = readKeyText(file, true);
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(text);
  } catch {
    // the cause may quote the file, so it is not passed on
  }
  if (key === undefined || !isEd25519(key)) {
    throw new KeyError(`${file}: holds no Ed25519 private key as PEM; \`fairlead trust key\` makes one`);
  }
  return key;
}

/** Reads a public key and returns it in hex; a KeyError for a private key, so that none gets into a trust store. */
export function readPublicKey(file: string): string {
  const text = readKeyText(file, false);
  if (text.includes("PRIVATE KEY")) throw new KeyError(`${file}: is a private key; give the .pub file beside it`);
  try {
    const key = createPublicKey(text);
    if (isEd25519(key)) return publicKeyHex(key);
  } catch {
    // said below
  }
  throw new KeyError(`${file}: holds no Ed25519 public key as PEM`);
}
