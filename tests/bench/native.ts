/** Compiles the native twins with gcc and talks to one over its standard streams. */

import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ProfileName } from "../../host/shim/generated/layout.js";
import { nativeLayout } from "./native-layout.js";
import type { Workload } from "./workload.js";

const FLAGS = ["-O2", "-std=c11", "-Wall", "-Wextra", "-Werror"];
const SOURCES = ["main.c", "twin.c", "workload.c"];

/** What is missing and how to get it, in one line; undefined when all is there. */
export function missingTool(): string | undefined {
  const found = spawnSync("gcc", ["--version"], { stdio: "ignore" });
  if (found.error === undefined && found.status === 0) return undefined;
  return "bench: gcc is missing, which compiles the native twins: `apt-get install gcc libc6-dev`, or your system's C compiler as gcc";
}

/** First line of `gcc --version`. */
export function compilerVersion(): string {
  return execFileSync("gcc", ["--version"], { encoding: "utf8" }).split("\n")[0] ?? "";
}

/** Compiles the twin of a profile; returns the program's path. */
export function compileTwin(top: string, profile: ProfileName): string {
  const folder = join(top, "build/bench", profile);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "twin-layout.h"), nativeLayout(profile));
  const sources = SOURCES.map((name) => join(top, "tests/bench/native", name));
  const program = join(folder, "twin");
  execFileSync("gcc", [...FLAGS, "-I", folder, ...sources, "-o", program], { stdio: ["ignore", "inherit", "inherit"] });
  return program;
}

/** A running twin. Commands are answered one at a time. */
export class Twin {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;
  private readonly folder: string;

  /** `image`: the bytes of a configured array. */
  constructor(program: string, image: Uint8Array) {
    this.folder = join(program, "..");
    const file = join(this.folder, "image");
    writeFileSync(file, image);
    this.child = spawn(program, [file]);
    this.child.stderr.pipe(process.stderr);
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** Writes inputs and ticks; nanoseconds. */
  run(kind: Workload, first: number, count: number): Promise<number> {
    return this.command(`run ${kind} ${first} ${count}`);
  }

  /** Writes one tick's inputs again and again; nanoseconds. */
  write(kind: Workload, tick: number, count: number): Promise<number> {
    return this.command(`write ${kind} ${tick} ${count}`);
  }

  /** Ticks without inputs; nanoseconds. */
  idle(count: number): Promise<number> {
    return this.command(`idle ${count}`);
  }

  /** The whole memory as it is now. */
  async dump(): Promise<Uint8Array> {
    const file = join(this.folder, "dump");
    await this.command(`dump ${file}`);
    return readFileSync(file);
  }

  close(): void {
    this.child.stdin.end();
  }

  /** @throws Error when the twin has ended, which it does for what it has no code for. */
  private async command(line: string): Promise<number> {
    this.child.stdin.write(`${line}\n`);
    const answer = await this.lines.next();
    if (answer.done) throw new Error(`the native twin ended at "${line}"`);
    return Number(answer.value);
  }
}
