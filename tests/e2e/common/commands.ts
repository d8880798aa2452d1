/** Commands of the system, as the harness runs them: to their end, arguments as arrays, failures as errors. */

import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";

const COMMAND_TIMEOUT_MS = 30_000;
const execute = promisify(execFile);

/** Standard output of a command. @throws Error with what it said where it fails */
export function command(file: string, ...args: string[]): string {
  try {
    return execFileSync(file, args, {
      encoding: "utf8",
      timeout: COMMAND_TIMEOUT_MS,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const { stderr = "", message } = error as { stderr?: string; message: string };
    throw new Error(`${file} ${args.join(" ")}: ${stderr.trim() || message}`);
  }
}

/** As `command`, without holding up everything else meanwhile. */
export async function commandAsync(file: string, ...args: string[]): Promise<string> {
  try {
    return (await execute(file, args, { encoding: "utf8", timeout: COMMAND_TIMEOUT_MS })).stdout;
  } catch (error) {
    const { stderr = "", message } = error as { stderr?: string; message: string };
    throw new Error(`${file} ${args.join(" ")}: ${stderr.trim() || message}`);
  }
}

/** Whether a command ends with success. */
export function succeeds(file: string, ...args: string[]): boolean {
  try {
    command(file, ...args);
    return true;
  } catch {
    return false;
  }
}
