/** The number of a controller's starts, kept on disk: peers tell by it a message of now from one of before a restart. */

import { readFileSync } from "node:fs";
import { writeWhole } from "../../shim/snapshot.js";

export interface BootStore {
  /** The boot count of this start, larger than all before it, already kept when it is returned. */
  next(): number;
}

const BOOT_MAX = 0xffff_fffe;

/** A file with one number in decimal. */
export class FileBootStore implements BootStore {
  /** @param warn told when the file is damaged */
  constructor(
    private readonly file: string,
    private readonly wallMs: () => number,
    private readonly warn: (line: string) => void,
  ) {}

  /** Writes whole and renames before it returns. @throws when the file can't be written: nothing may be sent then. */
  next(): number {
    const kept = this.read();
    // With nothing kept, seconds since 1970: more than the starts of any earlier disk.
    const count = kept === undefined ? Math.floor(this.wallMs() / 1000) : kept + 1;
    const boot = Math.min(Math.max(count, 1), BOOT_MAX);
    writeWhole(this.file, Buffer.from(`${boot}\n`, "latin1"));
    return boot;
  }

  private read(): number | undefined {
    let text: string;
    try {
      text = readFileSync(this.file, "latin1");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    if (/^[1-9]\d{0,9}\n$/.test(text) && Number(text) <= BOOT_MAX) return Number(text);
    this.warn(`${this.file}: holds no boot count; it begins anew at the wall clock's seconds`);
    return undefined;
  }
}
