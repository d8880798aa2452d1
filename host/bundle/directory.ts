/** Where the bytes of a bundle come from, and the usual place: a directory. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { BundleRefused, type RefusalName } from "./refusal.js";

export interface Listed {
  readonly name: string;
  readonly kind: "file" | "folder" | "other";
}

export interface BundleSource {
  /**
   * The bytes of a plain file; throws `BundleRefused` with `missing` when there is no such plain file, with `large`
   * when it holds more than `bytesMax` bytes.
   */
  read(name: string, bytesMax: number, missing: RefusalName, large: RefusalName): Buffer;
  /** What a folder holds ("" is the bundle itself); throws `UNREADABLE`. */
  list(folder: string): Listed[];
}

function readDescriptor(descriptor: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const count = readSync(descriptor, bytes, filled, size - filled, filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

/** Reads a plain file of at most `bytesMax` bytes, as `BundleSource.read` does; a symbolic link isn't followed. */
export function readPlainFile(file: string, bytesMax: number, missing: RefusalName, large: RefusalName): Buffer {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw new BundleRefused(missing, `${file}: can't be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  try {
    const facts = fstatSync(descriptor);
    if (!facts.isFile()) throw new BundleRefused(missing, `${file}: is no plain file`);
    if (facts.size > bytesMax) throw new BundleRefused(large, `${file}: ${facts.size} bytes, at most ${bytesMax} fit`);
    return readDescriptor(descriptor, facts.size);
  } finally {
    closeSync(descriptor);
  }
}

export class DirectorySource implements BundleSource {
  constructor(private readonly directory: string) {}

  read(name: string, bytesMax: number, missing: RefusalName, large: RefusalName): Buffer {
    return readPlainFile(join(this.directory, name), bytesMax, missing, large);
  }

  list(folder: string): Listed[] {
    const path = join(this.directory, folder);
    try {
      return readdirSync(path, { withFileTypes: true }).map((entry) => ({
        name: entry.name,
        kind: entry.isFile() ? "file" : entry.isDirectory() ? "folder" : "other",
      }));
    } catch (error) {
      throw new BundleRefused("UNREADABLE", `${path}: ${(error as NodeJS.ErrnoException).code}`);
    }
  }
}
