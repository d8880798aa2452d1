/** The snapshot file: what a host keeps over its own end. */

import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { FileError } from "./errors.js";
import { layoutHash, layouts, layoutVersion, type ProfileName } from "./generated/layout.js";
import { IdBook, type IdBookContents } from "./id-book.js";
import type { Shim } from "./shim.js";

/** "FLS1", little-endian. */
const MAGIC = 0x31534c46;
const HEADER_BYTES = 48;
const DIGEST_BYTES = 32;
const TWO_TO_32 = 2 ** 32;

export interface Snapshot {
  profile: ProfileName;
  /** Incarnation of the host that wrote it; the next one is larger. */
  incarnation: number;
  /** Wall clock at which it was written, milliseconds since 1970. */
  savedMs: number;
  book: IdBook;
  /** The module's memory, byte for byte. */
  memory: Uint8Array;
  /** Same layout as this host reads: the memory can be attached. */
  sameLayout: boolean;
}

/** A snapshot of a shim between two ticks. `savedMs`: wall clock, milliseconds since 1970. */
export function snapshotBytes(shim: Shim, savedMs: number): Uint8Array {
  const { profile, memory } = shim.core;
  const book = new TextEncoder().encode(JSON.stringify(shim.idBook.contents()));
  const memoryBytes = memory.buffer.byteLength;
  const bytes = new Uint8Array(HEADER_BYTES + book.length + memoryBytes + DIGEST_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, layoutVersion, true);
  view.setUint32(8, Number.parseInt(layoutHash.slice(8), 16), true);
  view.setUint32(12, Number.parseInt(layoutHash.slice(0, 8), 16), true);
  view.setUint32(16, layouts[profile].profile, true);
  view.setUint32(20, memoryBytes, true);
  view.setUint32(24, shim.incarnation, true);
  view.setUint32(28, book.length, true);
  view.setUint32(32, savedMs >>> 0, true);
  view.setUint32(36, Math.floor(savedMs / TWO_TO_32), true);
  bytes.set(book, HEADER_BYTES);
  bytes.set(new Uint8Array(memory.buffer), HEADER_BYTES + book.length);
  bytes.set(digestOf(bytes), bytes.length - DIGEST_BYTES);
  return bytes;
}

/** SHA-256 of all but the digest's own place. */
function digestOf(bytes: Uint8Array): Uint8Array {
  return createHash("sha256")
    .update(bytes.subarray(0, bytes.length - DIGEST_BYTES))
    .digest();
}

/** Writes a file whole or not at all: a temporary file, synced, then renamed, then the directory synced. */
export function writeWhole(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.tmp`;
  const descriptor = openSync(temporary, "w", 0o600);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done, bytes.length - done);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, path);
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** Writes a shim's snapshot. */
export function writeSnapshot(path: string, shim: Shim, savedMs: number): void {
  writeWhole(path, snapshotBytes(shim, savedMs));
}

/** Whether a file begins as a snapshot does. */
export function beginsAsSnapshot(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === MAGIC;
}

/** Reads a snapshot. @throws FileError for a file that is none, or that is cut off or damaged. */
export function decodeSnapshot(bytes: Uint8Array, file: string): Snapshot {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!beginsAsSnapshot(bytes)) {
    throw new FileError(file, 0, "no snapshot: it does not begin with FLS1");
  }
  if (bytes.length < HEADER_BYTES) throw new FileError(file, bytes.length, "cut off inside its header");
  const memoryBytes = view.getUint32(20, true);
  const bookBytes = view.getUint32(28, true);
  const whole = HEADER_BYTES + bookBytes + memoryBytes + DIGEST_BYTES;
  if (bytes.length !== whole) throw new FileError(file, bytes.length, `${bytes.length} bytes; ${whole} expected`);
  if (Buffer.compare(digestOf(bytes), bytes.subarray(whole - DIGEST_BYTES)) !== 0) {
    throw new FileError(file, whole - DIGEST_BYTES, "its bytes do not match its digest");
  }
  const book = JSON.parse(new TextDecoder().decode(bytes.subarray(HEADER_BYTES, HEADER_BYTES + bookBytes)));
  const profile = (["small", "standard", "large"] as const)[view.getUint32(16, true)] ?? "small";
  const hash =
    view.getUint32(12, true).toString(16).padStart(8, "0") + view.getUint32(8, true).toString(16).padStart(8, "0");
  return {
    profile,
    incarnation: view.getUint32(24, true),
    savedMs: view.getUint32(36, true) * TWO_TO_32 + view.getUint32(32, true),
    book: new IdBook(book as IdBookContents),
    // A copy: `slice` of a Buffer would keep the file's bytes.
    memory: new Uint8Array(bytes.subarray(HEADER_BYTES + bookBytes, HEADER_BYTES + bookBytes + memoryBytes)),
    sameLayout:
      view.getUint32(4, true) === layoutVersion && hash === layoutHash && memoryBytes === layouts[profile].memoryBytes,
  };
}

/** Reads a snapshot file; undefined when there is none. @throws FileError as `decodeSnapshot`. */
export function readSnapshot(path: string): Snapshot | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return decodeSnapshot(bytes, path);
}
