/** Three processors as they run, and what the client and the kernels saw of them. */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { command, succeeds } from "../common/commands.js";
import { spawnInside } from "../common/processes.js";
import type { Undo } from "../common/undo.js";
import type { Line } from "./client.js";
import { ADDRESS_NAME, type Deployment, PASSWORD, PORT, USER } from "./deployment.js";
import { ADDRESS, type Network } from "./network.js";

const START_MS = 60_000;
/** A successor has the address within this: lease, margin, grace periods, start of its web server, on a busy machine. */
const TAKEN_OVER_MS = 60_000;
const DISK = "size=2m";
/** The witness asks once a second; answers closer to one another are to one question. */
const ONE_QUESTION_MS = 500;

export interface Fault {
  name: string;
  /** Does it to the active processor; the restricted server of a processor that still runs must answer for it. */
  begin(array: RunningArray, victim: string): Promise<void>;
  end(array: RunningArray, victim: string): Promise<void>;
  /** Whether the victim's status must come fresh from its restricted server while it lasts. */
  reachable: boolean;
}

export interface FaultReport {
  fault: string;
  victim: string;
  successor: string;
  silentMs: number;
  /** Kind of server by which the victim's status came, "" where it was out of reach. */
  statusBy: string;
}

export class RunningArray {
  readonly lines: Line[] = [];
  private readonly processors = new Map<string, ChildProcess>();
  private twoHolders = 0;
  private witnessed = 0;

  constructor(
    readonly network: Network,
    private readonly deployment: Deployment,
    private readonly undo: Undo,
  ) {}

  async start(): Promise<void> {
    const { folder, etcdCommands } = this.deployment;
    for (const [index, words] of etcdCommands.entries()) {
      spawnInside(this.network.back, words, join(folder, `etcd${index}.log`), this.undo);
    }
    for (const name of this.network.names) {
      // A disk of its own, small enough to be filled.
      command("mount", "-t", "tmpfs", "-o", DISK, "tmpfs", join(folder, name));
      this.undo.add(`disk of ${name}`, () => command("umount", "-l", join(folder, name)));
      this.startProcessor(name);
    }
    this.startWitness();
    this.startClient();
    await this.until("the client is answered", START_MS, () => this.lastAnswer() !== undefined);
    await this.untilAllHealthy();
  }

  startProcessor(name: string): void {
    const { folder } = this.deployment;
    const log = join(folder, `${name}.log`);
    this.processors.set(name, spawnInside(this.network.of(name), this.deployment.commandOf(name), log, this.undo));
  }

  /** Who answered the client last. */
  active(): string {
    return this.lastAnswer()?.answeredBy ?? "";
  }

  /** Process id of a processor's service; undefined while there is none. */
  service(name: string): number | undefined {
    const ids = command("ip", "netns", "pids", this.network.of(name)).split("\n").filter(Boolean).map(Number);
    return ids.find((id) => {
      const file = `/proc/${id}/cmdline`;
      return (
        existsSync(file) &&
        readFileSync(file, "utf8").includes("\0run\0") &&
        !readFileSync(file, "utf8").includes("\0supervise\0")
      );
    });
  }

  disk(name: string): string {
    return join(this.deployment.folder, name);
  }

  killAll(name: string): void {
    for (const id of command("ip", "netns", "pids", this.network.of(name)).split("\n").filter(Boolean))
      succeeds("kill", "-KILL", id);
  }

  async suffer(fault: Fault, tell: (line: string) => void): Promise<FaultReport> {
    const victim = this.active();
    const before = this.lines.length;
    const beganMs = Date.now();
    await fault.begin(this, victim);
    await this.until(`${fault.name}: another one answers instead of ${victim}`, TAKEN_OVER_MS, () => {
      const answer = this.lastAnswer();
      return answer !== undefined && answer.atMs > beganMs && answer.answeredBy !== victim;
    });
    const successor = this.active();
    const statusBy = fault.reachable ? await this.statusOf(victim, fault.name) : "";
    await fault.end(this, victim);
    await this.untilAllHealthy();
    const silentMs = longestSilence(this.lines.slice(Math.max(0, before - 5)));
    const report = { fault: fault.name, victim, successor, silentMs, statusBy };
    tell(
      `${fault.name}: ${victim} → ${successor}, silent ${silentMs} ms${statusBy === "" ? "" : `, its status by its ${statusBy} server`}`,
    );
    return report;
  }

  figures() {
    const answered = this.lines.filter((line) => line.status === 200 && line.subject !== "login");
    const logins = this.lines.filter((line) => line.subject === "login" && line.status === 200).length;
    assert.equal(logins, 1, "the client's login lived on");
    assert.ok(!this.lines.some((line) => line.status === 401), "no answer asked for a login");
    for (const line of answered)
      assert.equal(line.producer, line.subject, "each status is of the processor that was asked for");
    this.checkSequences(answered);
    assert.ok(this.witnessed > 20, `the witness was answered ${this.witnessed} times`);
    assert.equal(this.twoHolders, 0, "never two who answer for the address on the wire");
    const fresh = answered.filter((line) => line.fresh === true && line.producer !== line.answeredBy).length;
    return { answers: answered.length, fresh, logins, witnessed: this.witnessed, twoHolders: this.twoHolders };
  }

  /** A fresh status has a number that no earlier one of the same server's start had: it was really made anew. */
  private checkSequences(answered: readonly Line[]): void {
    const latest = new Map<string, number>();
    for (const line of answered) {
      if (line.fresh !== true) continue;
      const key = `${line.producer} ${line.server}`;
      const before = latest.get(key) ?? 0;
      // A server that was started anew counts from 1 again.
      assert.ok((line.sequence ?? 0) > before || (line.sequence ?? 0) < 5, `${key}: ${line.sequence} after ${before}`);
      latest.set(key, line.sequence ?? 0);
    }
  }

  private async statusOf(victim: string, fault: string): Promise<string> {
    const from = Date.now();
    let server = "";
    await this.until(`${fault}: a fresh status of ${victim} by its restricted server`, TAKEN_OVER_MS, () => {
      const line = this.lines.findLast((each) => each.subject === victim && each.status === 200);
      if (line === undefined || line.atMs < from || line.fresh !== true) return false;
      server = line.server ?? "";
      return server === "restricted";
    });
    return server;
  }

  private lastAnswer(): Line | undefined {
    return this.lines.findLast((line) => line.status === 200 && line.subject !== "login");
  }

  /** All three answer for themselves by their full servers. */
  private async untilAllHealthy(): Promise<void> {
    const from = Date.now();
    await this.until("all three are well", 2 * TAKEN_OVER_MS, () =>
      this.network.names.every((name) =>
        this.lines.some(
          (line) => line.subject === name && line.atMs > from && line.server === "full" && line.fresh === true,
        ),
      ),
    );
  }

  private startClient(): void {
    const script = fileURLToPath(new URL("./client.js", import.meta.url));
    const authority = join(this.deployment.folder, "authority.pem");
    const words = [ADDRESS, String(PORT), authority, ADDRESS_NAME, USER, PASSWORD, this.network.names.join(",")];
    const child = spawn("ip", ["netns", "exec", this.network.front, process.execPath, script, ...words], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.undo.add("client", () => child.kill("SIGKILL"));
    createInterface({ input: child.stdout }).on("line", (line) => this.lines.push(JSON.parse(line) as Line));
  }

  /**
   * Asks on the wire who has the address, again and again: two who answer one question are two holders, whatever their
   * kernels and fences say.
   */
  private startWitness(): void {
    const words = ["arping", "-b", "-I", "br0", ADDRESS];
    const child = spawn("ip", ["netns", "exec", this.network.front, ...words], { stdio: ["ignore", "pipe", "ignore"] });
    this.undo.add("witness", () => child.kill("SIGKILL"));
    let last = { atMs: 0, mac: "" };
    createInterface({ input: child.stdout }).on("line", (line) => {
      const mac = /reply from \S+ \[([0-9A-F:]+)\]/i.exec(line)?.[1];
      if (mac === undefined) return;
      const atMs = performance.now();
      this.witnessed++;
      if (mac !== last.mac && atMs - last.atMs < ONE_QUESTION_MS) this.twoHolders++;
      last = { atMs, mac };
    });
  }

  private async until(what: string, withinMs: number, holds: () => boolean): Promise<void> {
    for (const endMs = Date.now() + withinMs; Date.now() < endMs; await sleep(100)) if (holds()) return;
    const logs = readdirSync(this.deployment.folder).filter((file) => /^[abc]\.log$/.test(file));
    const tails = logs.map(
      (file) =>
        `${file}:\n${readFileSync(join(this.deployment.folder, file), "utf8")
          .split("\n")
          .filter((line) => !line.startsWith("{"))
          .slice(-15)
          .join("\n")}`,
    );
    throw new Error(`not within ${withinMs} ms: ${what}\n${JSON.stringify(this.lines.slice(-6))}\n${tails.join("\n")}`);
  }
}

/** Longest time between two answers, in milliseconds. */
function longestSilence(lines: readonly Line[]): number {
  const times = lines.filter((line) => line.status === 200).map((line) => line.atMs);
  let longest = 0;
  for (let index = 1; index < times.length; index++) {
    longest = Math.max(longest, (times[index] as number) - (times[index - 1] as number));
  }
  return longest;
}
