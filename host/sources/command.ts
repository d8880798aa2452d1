/** Commands of other products as child processes: arguments as arrays, never a shell, bounded in time, output and number. */

import { type ChildProcess, spawn } from "node:child_process";

export interface CommandResult {
  /** Exit code; -1 where the process ended by a signal or was never started. */
  status: number;
  stdout: string;
  stderr: string;
  timedOut: boolean;
}

export interface CommandOptions {
  timeoutMs: number;
  /** Output beyond this ends the process, and counts as a failure. */
  outputMaxBytes?: number;
  /** An open file to be the standard input; empty if not given. */
  inputDescriptor?: number;
}

/** Runs a command to its end. Tests put their own in its place. */
export type CommandRunner = (file: string, args: readonly string[], options: CommandOptions) => Promise<CommandResult>;

const OUTPUT_MAX_BYTES = 64 * 1024 * 1024;

/** Runs a program by its name in PATH, or its path. Never rejects: what went wrong is in the result. */
export const runCommand: CommandRunner = (file, args, options) => {
  const input = options.inputDescriptor ?? ("ignore" as const);
  const child = spawn(file, args, { stdio: [input, "pipe", "pipe"], env: CLEAN_ENVIRONMENT });
  return new Promise((resolve) => {
    const outputs = new Collector(child, options.outputMaxBytes ?? OUTPUT_MAX_BYTES);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, options.timeoutMs);
    const end = (status: number, trouble: string) => {
      clearTimeout(timer);
      const stderr = outputs.error === "" ? trouble : outputs.error;
      resolve({ status: outputs.overflowed ? -1 : status, stdout: outputs.output, stderr, timedOut });
    };
    child.once("error", (error) => end(-1, error.message));
    child.once("close", (code, signal) => end(code ?? -1, signal === null ? "" : `ended by ${signal}`));
  });
};

/** Keeps what a process prints, and ends one that prints too much. */
class Collector {
  output = "";
  error = "";
  overflowed = false;
  private left: number;

  constructor(
    private readonly child: ChildProcess,
    mostBytes: number,
  ) {
    this.left = mostBytes;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      if (this.admits(text)) this.output += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      if (this.admits(text)) this.error += text;
    });
  }

  private admits(text: string): boolean {
    this.left -= Buffer.byteLength(text);
    if (this.left >= 0) return true;
    this.overflowed = true;
    this.child.kill("SIGKILL");
    return false;
  }
}

/** The C locale, since outputs are parsed; times in UTC. */
const CLEAN_ENVIRONMENT = { ...process.env, LC_ALL: "C", TZ: "UTC" };

/** Lets at most `concurrency` commands run at one time; further ones wait in the order they came. */
export class CommandQueue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private closed = false;

  constructor(
    private readonly run: CommandRunner,
    private readonly concurrency: number,
  ) {}

  /** As `run`, in turn. After `close`: a result that says so, at once. */
  async command(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
    if (this.running >= this.concurrency) await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.closed) return { status: -1, stdout: "", stderr: "closed", timedOut: false };
    this.running++;
    try {
      return await this.run(file, args, options);
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
  }

  /** Lets no further command begin; those under way end by themselves or by their time-out. */
  close(): void {
    this.closed = true;
    for (const resume of this.waiting.splice(0)) resume();
  }
}

/** A command's output that is not as its parser knows it; nothing is taken from such an output. */
export class OutputError extends Error {
  constructor(
    readonly command: string,
    /** Line of the output, from 1. */
    readonly line: number,
    message: string,
  ) {
    super(`${command}, line ${line} of its output: ${message}`);
    this.name = "OutputError";
  }
}

/** Why a command failed, in one line. */
export function failureText(command: string, result: CommandResult): string {
  if (result.timedOut) return `${command}: no answer in time`;
  const said = result.stderr
    .split("\n")
    .filter((line) => line.trim() !== "")
    .at(-1);
  return `${command}: exit code ${result.status}${said === undefined ? "" : `, ${said.trim()}`}`;
}
