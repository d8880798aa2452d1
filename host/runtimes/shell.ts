/** Runs programs, and says what a machine lacks. */

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export interface Ran {
  status: number;
  stdout: string;
  stderr: string;
  elapsedMs: number;
}

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  timeoutMs?: number;
}

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const TIMEOUT_MS = 15 * 60_000;

/** Runs a program to its end. A signal, or a time-out, counts as status -1. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Ran {
  const before = performance.now();
  const result = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: OUTPUT_BYTES_MAX,
    timeout: options.timeoutMs ?? TIMEOUT_MS,
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const why = result.error === undefined ? (result.signal ?? "") : result.error.message;
  return {
    status: result.status ?? -1,
    stdout: result.stdout ?? "",
    stderr: `${result.stderr ?? ""}${why}`,
    elapsedMs: performance.now() - before,
  };
}

/** A step of the run that failed: what was run and what it said. */
export class StepError extends Error {}

/** Runs a program that must succeed. @throws StepError with its output. */
export function must(command: string, args: readonly string[], options: RunOptions = {}): Ran {
  const ran = run(command, args, options);
  if (ran.status === 0) return ran;
  const said = `${ran.stdout}\n${ran.stderr}`.trim().split("\n").slice(-30).join("\n");
  throw new StepError(`${[command, ...args].join(" ")}\nended with ${ran.status}\n${said}`);
}

/** Whether a program is on the path. */
export function hasProgram(name: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Debian's package of each program that the run can use. */
const PACKAGES: Record<string, string> = {
  gcc: "gcc libc6-dev",
  valgrind: "valgrind",
  "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
  "arm-linux-gnueabihf-gcc": "gcc-arm-linux-gnueabihf libc6-dev-armhf-cross",
  "mips-linux-gnu-gcc": "gcc-mips-linux-gnu libc6-dev-mips-cross",
  "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
  "qemu-system-arm": "qemu-system-arm",
  "qemu-aarch64": "qemu-user",
  "qemu-arm": "qemu-user",
  "qemu-mips": "qemu-user",
};

/** One line that says which packages are missing for a purpose; undefined when none is. */
export function missingPackages(purpose: string, programs: readonly string[]): string | undefined {
  const missing = programs.filter((program) => !hasProgram(program));
  if (missing.length === 0) return undefined;
  const packages = [...new Set(missing.flatMap((program) => (PACKAGES[program] ?? program).split(" ")))];
  return `${purpose}: left out, ${missing.join(", ")} missing; apt-get install ${packages.join(" ")}`;
}
