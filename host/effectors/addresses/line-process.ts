/** A command that stays and is fed lines: one process for all addresses, instead of one for each change. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";

/** Whoever feeds the process. */
export interface LineListener {
  /** A line of its standard output or its error output. */
  onLine(line: string, isError: boolean): void;
  /** It has ended; the next line starts another. */
  onEnd(why: string): void;
}

export class LineProcess {
  private child: ChildProcessWithoutNullStreams | undefined;

  constructor(
    private readonly file: string,
    private readonly args: readonly string[],
    private readonly listener: LineListener,
  ) {}

  /** Writes to the process; starts it first where it isn't there. */
  write(bytes: string | Uint8Array): void {
    this.child ??= this.start();
    this.child.stdin.write(bytes);
  }

  /** Ends it by force; `onEnd` follows. */
  kill(): void {
    this.child?.kill("SIGKILL");
  }

  /** Lets it finish what it was given, and resolves when it has ended. */
  async close(): Promise<void> {
    const child = this.child;
    if (child === undefined) return;
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    child.stdin.end();
    await ended;
  }

  private start(): ChildProcessWithoutNullStreams {
    // The C locale and UTC, since outputs are parsed.
    const child = spawn(this.file, this.args, { env: { ...process.env, LC_ALL: "C", TZ: "UTC" } });
    let over = false;
    const end = (why: string) => {
      if (over) return;
      over = true;
      if (this.child === child) this.child = undefined;
      this.listener.onEnd(why);
    };
    // A process that has ended says so by its own event.
    child.stdin.on("error", () => undefined);
    splitLines(child.stdout, (line) => this.listener.onLine(line, false));
    splitLines(child.stderr, (line) => this.listener.onLine(line, true));
    child.once("error", (error) => end(error.message));
    child.once("close", (code, signal) => end(signal === null ? `exit code ${code}` : `ended by ${signal}`));
    return child;
  }
}

/** Lines as they come: `readline` would hand them over in later turns, and reorder the two outputs more than needed. */
function splitLines(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  });
}
