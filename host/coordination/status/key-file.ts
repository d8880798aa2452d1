/** The key that all controllers of an array share, and the keys made of it, one for each use. */

import { hkdfSync } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/** A key file that can't be used: the message names the file and what would be right, and never what is in it. */
export class KeyFileError extends Error {
  constructor(file: string, message: string) {
    super(`${file}: ${message}`);
    this.name = "KeyFileError";
  }
}

export const KEY_BYTES_MIN = 32;
const KEY_FILE_BYTES_MAX = 4096;
/** Mode bits of group and others. */
const OTHERS = 0o077;

/**
 * The bytes of a key file: at least 32, as hex digits or as they are. Only its owner may read or write it.
 * @throws KeyFileError
 */
export function readKeyFile(file: string): Buffer {
  const bytes = readPrivateFile(file);
  const text = bytes.toString("latin1").trim();
  const key = /^([0-9a-fA-F]{2})+$/.test(text) ? Buffer.from(text, "hex") : bytes;
  if (key.length < KEY_BYTES_MIN) {
    throw new KeyFileError(
      file,
      `${key.length} bytes are too few: ${KEY_BYTES_MIN} or more (\`openssl rand -hex 32\`)`,
    );
  }
  return key;
}

/** The bytes of a file that only its owner may read or write. @throws KeyFileError */
export function readPrivateFile(file: string): Buffer {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new KeyFileError(file, `can't be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  try {
    const facts = fstatSync(descriptor); // of the open file: nobody can put another in its place meanwhile
    if (!facts.isFile()) throw new KeyFileError(file, "is no plain file");
    if ((facts.mode & OTHERS) !== 0) {
      const mode = (facts.mode & 0o777).toString(8).padStart(4, "0");
      throw new KeyFileError(file, `mode ${mode} lets others at the key; chmod 600 it, or make a new one`);
    }
    if (facts.size > KEY_FILE_BYTES_MAX) throw new KeyFileError(file, `${facts.size} bytes is too long for a key`);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A key of 32 bytes for one use (RFC 5869), so that what is signed for one is worth nothing for another or another array. */
export function deriveKey(shared: Uint8Array, arrayName: string, use: string): Buffer {
  return Buffer.from(hkdfSync("sha256", shared, Buffer.from(arrayName, "utf8"), `fairlead ${use}`, 32));
}
