/**
 * Where slots and their state are kept: the few operations that a trial is made of, each of which may be the last one
 * before the power fails. What was not synced may then be there, be torn or be gone.
 */
import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type BundleSource, DirectorySource } from "./directory.js";

/** Names are relative to the storage, with `/` between folders; "" is the storage itself. */
export interface TrialStorage {
  /** The bytes of a file, or undefined where there is none. */
  read(name: string): Uint8Array | undefined;
  /** Makes a file and writes and syncs its contents. The file must not be there. */
  writeFile(name: string, bytes: Uint8Array): void;
  makeFolder(name: string): void;
  /** Makes the names in a folder last. */
  syncFolder(name: string): void;
  /** Renames a file over another, or a folder to a name that is free; atomic. */
  rename(from: string, to: string): void;
  /** Removes a file or a folder with all that it holds; nothing happens where there is none. */
  remove(name: string): void;
  /** A folder as the source of a bundle. */
  bundle(name: string): BundleSource;
}

/** Storage in a directory of a local file system; the directory must be there. */
export class FolderStorage implements TrialStorage {
  constructor(private readonly directory: string) {}

  read(name: string): Uint8Array | undefined {
    const file = join(this.directory, name);
    return existsSync(file) ? readFileSync(file) : undefined;
  }

  writeFile(name: string, bytes: Uint8Array): void {
    const descriptor = openSync(join(this.directory, name), "wx", 0o644);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  makeFolder(name: string): void {
    mkdirSync(join(this.directory, name));
  }

  syncFolder(name: string): void {
    const descriptor = openSync(join(this.directory, name), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  rename(from: string, to: string): void {
    renameSync(join(this.directory, from), join(this.directory, to));
  }

  remove(name: string): void {
    rmSync(join(this.directory, name), { recursive: true, force: true });
  }

  bundle(name: string): BundleSource {
    return new DirectorySource(join(this.directory, name));
  }
}
