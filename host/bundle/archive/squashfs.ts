/** Writes a squashfs image by `mksquashfs` of Debian's squashfs-tools, with all that varies held fast. */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { BundleInputError } from "../input-error.js";

/** A program that this run needs and that isn't installed. */
export class ProgramMissing extends BundleInputError {
  constructor(program: string, debianPackage: string) {
    super(`${program} is missing: apt-get install ${debianPackage}`);
  }
}

/** Makes `file` from a directory; `seconds` since 1970 is every time in it. Throws `ProgramMissing`. */
export function writeSquashfs(directory: string, file: string, seconds: number): void {
  if (existsSync(file)) rmSync(file); // mksquashfs would append to it
  const options = [
    "-noappend",
    "-no-progress",
    "-quiet",
    "-all-root",
    "-no-xattrs",
    "-comp",
    "gzip",
    "-processors",
    "1",
  ];
  const environment: NodeJS.ProcessEnv = { ...process.env, SOURCE_DATE_EPOCH: String(seconds) };
  const result = spawnSync("mksquashfs", [directory, file, ...options], { env: environment, encoding: "utf8" });
  if ((result.error as NodeJS.ErrnoException | undefined)?.code === "ENOENT") {
    throw new ProgramMissing("mksquashfs", "squashfs-tools");
  }
  if (result.status !== 0) throw new Error(`mksquashfs failed: ${result.stderr.trim() || result.error?.message}`);
}
