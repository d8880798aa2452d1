/** Files that others must not read, and files that are written whole or not at all. */

import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/** A file that can't be used: its name, why, and what would be right. */
export class UnsafeFile extends Error {
  constructor(
    readonly file: string,
    why: string,
  ) {
    super(`${file}: ${why}`);
    this.name = "UnsafeFile";
  }
}

const SECRET_BYTES_MAX = 1 << 20;

/** Reads a file that only its owner may read; the facts are those of the very file that is read. */
export function readSecret(file: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UnsafeFile(file, code === "ENOENT" ? "no such file" : String(code));
  }
  try {
    const facts = fstatSync(descriptor);
    if (!facts.isFile()) throw new UnsafeFile(file, "not a file");
    if ((facts.mode & 0o077) !== 0) {
      const mode = (facts.mode & 0o777).toString(8).padStart(4, "0");
      throw new UnsafeFile(file, `mode ${mode} lets others at it; chmod 600 it, and make what is in it anew`);
    }
    const own = process.getuid?.() ?? facts.uid;
    if (facts.uid !== own && facts.uid !== 0) throw new UnsafeFile(file, "belongs to another user; chown it");
    if (facts.size > SECRET_BYTES_MAX) throw new UnsafeFile(file, `${facts.size} bytes: at most ${SECRET_BYTES_MAX}`);
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

/** Writes a file whole: a temporary one beside it, synced, renamed, and the folder synced. */
export function writeWhole(file: string, text: string, mode: number): void {
  const fresh = `${file}.${randomBytes(6).toString("hex")}.new`;
  const descriptor = openSync(fresh, "wx", mode);
  try {
    fchmodSync(descriptor, mode); // whatever the umask was
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } catch (error) {
    unlinkSync(fresh);
    throw error;
  } finally {
    closeSync(descriptor);
  }
  renameSync(fresh, file);
  syncFolder(dirname(file));
}

export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
