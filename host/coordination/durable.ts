/** A few bytes kept over the end of the process. */

import { type FileHandle, mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

export interface DurableStore {
  /** What was last written whole; undefined before the first. */
  read(): Promise<string | undefined>;
  /** Resolves when the text will be read after any crash. Never called again before it has. */
  write(text: string): Promise<void>;
}

/** A file that only its owner can read: written beside, synced, renamed, and the folder synced. */
export class DurableFile implements DurableStore {
  constructor(private readonly path: string) {}

  async read(): Promise<string | undefined> {
    try {
      return await readFile(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  async write(text: string): Promise<void> {
    const folder = dirname(this.path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const beside = `${this.path}.new`;
    await withFile(await open(beside, "w", 0o600), async (file) => {
      await file.writeFile(text);
      await file.sync();
    });
    await rename(beside, this.path);
    await withFile(await open(folder, "r"), (file) => file.sync());
  }
}

async function withFile(file: FileHandle, work: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(file);
  } finally {
    await file.close();
  }
}
