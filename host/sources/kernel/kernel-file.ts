/** A file of the kernel's that is read again and again into the same buffer. */

import { closeSync, openSync, readSync } from "node:fs";

const BUFFER_BYTES = 4096;

export class KernelFile {
  /** What was read last; valid up to the length that `read` returned. */
  readonly bytes = new Uint8Array(BUFFER_BYTES);
  private descriptor = -1;

  /** `path` is asked for anew at each opening, since what it names may be another process by then. */
  constructor(private readonly path: () => string | undefined) {}

  /**
   * Reads from the beginning and returns the length; -1 where the file can't be read now. It is opened again with the
   * next read then: a device or process that went may come back.
   */
  read(): number {
    try {
      if (this.descriptor < 0) {
        const path = this.path();
        if (path === undefined) return -1;
        this.descriptor = openSync(path, "r");
      }
      return readSync(this.descriptor, this.bytes, 0, BUFFER_BYTES, 0);
    } catch {
      this.close();
      return -1;
    }
  }

  close(): void {
    if (this.descriptor >= 0) closeSync(this.descriptor);
    this.descriptor = -1;
  }
}
