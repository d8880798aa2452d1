/** The hosts: initiators on libiscsi, compiled by the run, one process a host. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { command } from "../common/commands.js";
import type { HostReport } from "./figures.js";
import { ISNS_ADDRESS, type Network } from "./network.js";
import type { Undo } from "../common/undo.js";

/** Something that a host tells as it happens. */
export interface HostEvent {
  event: "login" | "logout" | "lost" | "refused" | "stale" | "broken";
  atUs: number;
  initiator: string;
  target: string;
  portal: string;
  why: string;
}

/** Commands that a session has under way at most. */
const DEPTH = 8;
/** Blocks of 4 KiB that a session works on. */
const BLOCKS = 1024;
/** DefaultTime2Wait of RFC 7143, section 13.15. */
const TIME2WAIT_MS = 2000;

/** Compiles the initiator. @returns the path of the program */
export function compileInitiator(sources: string, folder: string): string {
  const program = join(folder, "initiator");
  const files = readdirSync(sources)
    .filter((name) => name.endsWith(".c"))
    .map((name) => join(sources, name));
  command("gcc", "-O2", "-Wall", "-Wextra", "-std=gnu11", "-o", program, ...files, "-liscsi", "-lpthread");
  return program;
}

export class Host {
  readonly reports: HostReport[] = [];
  readonly events: HostEvent[] = [];
  readonly ended: Promise<number>;
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private complaint = "";

  constructor(
    program: string,
    namespace: string,
    readonly initiator: string,
    readonly targets: readonly string[],
    undo: Undo,
  ) {
    const options = [ISNS_ADDRESS, initiator, `${DEPTH}`, `${BLOCKS}`, `${TIME2WAIT_MS}`, ...targets];
    this.child = spawn("ip", ["netns", "exec", namespace, program, "run", ...options], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    undo.add(`host ${initiator}`, () => void this.child.kill("SIGKILL"));
    this.child.stdin.on("error", () => undefined);
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.complaint += text;
    });
    createInterface({ input: this.child.stdout }).on("line", (line) => this.take(line));
    this.ended = new Promise((resolve) => this.child.once("exit", (code) => resolve(code ?? -1)));
  }

  /** Commands a second and session; 0: as many as the depth allows. */
  setRate(rate: number): void {
    this.child.stdin.write(`rate ${rate}\n`);
  }

  /** Has it finish, read back all it wrote, log out and end. */
  stop(): void {
    this.child.stdin.write("stop\n");
  }

  get latest(): HostReport | undefined {
    return this.reports.at(-1);
  }

  /** What it said on its error output. */
  get complaints(): string {
    return this.complaint.trim();
  }

  private take(line: string): void {
    const message = JSON.parse(line) as HostEvent & HostReport;
    if (message.event === undefined) this.reports.push(message);
    else this.events.push(message);
  }
}

/** The portals of a target as the iSNS server lists them to a host: the run's second iSNS client. */
export function askAsHost(
  program: string,
  network: Network,
  host: number,
  target: string,
): { portal: string; tag: number }[] {
  const source = `iqn.2024-01.org.example:witness`;
  const text = network.inside(network.host(host), program, "ask", ISNS_ADDRESS, source, target);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [portal = "", tag = ""] = line.split(" ");
      return { portal, tag: Number(tag) };
    });
}
