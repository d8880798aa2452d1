/** Hangs the thread of a full web server from outside, while all other threads of its process go on. */

import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { command } from "../common/commands.js";
import type { Undo } from "../common/undo.js";

/** epoll_wait, epoll_pwait and epoll_pwait2 of x86-64 and of the 64-bit numbers that others share. */
const EPOLL_CALLS = new Set(["232", "281", "441", "22"]);
const TRIES = 100;

/** @returns the path of the program */
export function compileHolder(sources: string, folder: string): string {
  const program = join(folder, "hold");
  command("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-o", program, join(sources, "hold.c"));
  return program;
}

export class Holder {
  private readonly held = new Map<string, ChildProcess>();

  constructor(
    private readonly program: string,
    private readonly undo: Undo,
  ) {}

  /** @param port that the thread listens on @throws Error where no thread does */
  async hold(name: string, process: number, port: number): Promise<void> {
    const thread = await threadOf(process, port);
    const child = spawn(this.program, [`${thread}`], { stdio: ["ignore", "pipe", "inherit"] });
    this.undo.add(`holder of ${name}`, () => void child.kill("SIGKILL"));
    this.held.set(name, child);
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).once("line", () => resolve());
      child.once("exit", () => reject(new Error(`thread ${thread} of ${name} can't be held`)));
    });
  }

  letGo(name: string): void {
    this.held.get(name)?.kill("SIGKILL");
    this.held.delete(name);
  }
}

/** The thread that waits for events of the socket which listens on a port. */
async function threadOf(process: number, port: number): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const socket = listeningSocket(process, port);
    const waiting = socket === undefined ? [] : threads(process).filter((each) => waitsFor(process, each, socket));
    if (waiting[0] !== undefined) return waiting[0];
    await delay(20);
  }
  throw new Error(`no thread of process ${process} waits on port ${port}`);
}

function threads(process: number): number[] {
  return readdirSync(`/proc/${process}/task`).map(Number);
}

/** Its descriptor. */
function listeningSocket(process: number, port: number): string | undefined {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const rows = readFileSync(`/proc/${process}/net/tcp`, "utf8").split("\n");
  const fields = rows.map((row) => row.trim().split(/\s+/));
  const inodes = fields.filter((each) => each[3] === "0A" && each[1]?.endsWith(`:${wanted}`)).map((each) => each[9]);
  return readdirSync(`/proc/${process}/fd`).find((descriptor) =>
    inodes.some((inode) => linkOf(`/proc/${process}/fd/${descriptor}`) === `socket:[${inode}]`),
  );
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function waitsFor(process: number, thread: number, socket: string): boolean {
  try {
    const [call, descriptor] = readFileSync(`/proc/${process}/task/${thread}/syscall`, "utf8").split(" ");
    if (!EPOLL_CALLS.has(call ?? "")) return false;
    const watched = readFileSync(`/proc/${process}/fdinfo/${Number(descriptor)}`, "utf8");
    return new RegExp(`^tfd:\\s+${socket}\\s`, "m").test(watched);
  } catch {
    return false;
  }
}
