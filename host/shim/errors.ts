/** Errors that a caller of the shim can tell apart. */

export type ModuleFault =
  | "not-wasm"
  | "truncated"
  | "invalid"
  | "imports"
  | "exports"
  | "memory"
  | "data"
  | "layout-missing"
  | "layout-other";

/** A module file that is not loaded, and why. */
export class ModuleError extends Error {
  constructor(
    readonly fault: ModuleFault,
    message: string,
  ) {
    super(message);
    this.name = "ModuleError";
  }
}

/** A recording or snapshot file that is not usable, and where it goes wrong. */
export class FileError extends Error {
  constructor(
    readonly file: string,
    /** Byte of the file at which reading stopped. */
    readonly offset: number,
    message: string,
  ) {
    super(`${file}: ${message}`);
    this.name = "FileError";
  }
}
