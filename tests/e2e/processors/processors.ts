/** The processors: `fairlead supervise` in a namespace each, as it ships, each with a disk of its own. */

import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, type WriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { AuditEntry } from "../../../host/management/access/audit.js";
import { command, succeeds } from "../common/commands.js";
import type { Undo } from "../common/undo.js";
import type { Files } from "./files.js";
import type { Network } from "./network.js";
import type { Plan } from "./plan.js";

const DISK_SIZE = "8m";
const TICK = "50ms";
/** A full disk is filled again so often. */
const REFILL_MS = 250;
/** In the mount namespace that `ip netns exec` has made: its own disk, at the path where all have theirs. */
const MOUNT = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';

export class Processors {
  private readonly children = new Map<string, ChildProcess>();
  /** Entries that restricted servers have written to standard error: they keep them on no disk. */
  private readonly entries = new Map<string, AuditEntry[]>();
  /** Of disks that are full. */
  private readonly fillers = new Map<string, NodeJS.Timeout>();
  private readonly log: WriteStream;

  /** @param fairlead path of the command @param log file for all that they say */
  constructor(
    private readonly network: Network,
    private readonly plan: Plan,
    private readonly folder: string,
    private readonly files: Files,
    private readonly fairlead: string,
    log: string,
    private readonly undo: Undo,
  ) {
    this.log = createWriteStream(log, { flags: "a" });
    for (const name of plan.processors) this.makeDisk(name);
  }

  startAll(): void {
    for (const name of this.plan.processors) if (!this.isRunning(name)) this.start(name);
  }

  start(name: string): void {
    const { array, bundle, trust, disk, management } = this.files;
    const run = ["--config", array(name), "--bundle", bundle, "--trust", trust, "--tick", TICK, "--json", "--events"];
    const supervise = ["supervise", "--management", management(name), "--controller", name, "--", ...run];
    const shell = ["sh", "-c", MOUNT, "sh", this.diskOf(name), disk, process.execPath, this.fairlead, ...supervise];
    const child = spawn("ip", ["netns", "exec", this.network.processor(name), ...shell], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.children.set(name, child);
    this.undo.add(`processor ${name}`, () => void child.kill("SIGKILL"));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.hear(name, line));
    }
    child.once("exit", (code, signal) => this.say(name, `ended, ${signal ?? `exit code ${code}`}`));
  }

  isRunning(name: string): boolean {
    const child = this.children.get(name);
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** All its processes end without a word. @returns when they are gone */
  async die(name: string): Promise<void> {
    const child = this.children.get(name);
    const gone = new Promise((resolve) => child?.once("exit", resolve));
    if (!this.isRunning(name)) return;
    this.network.kill(name);
    await gone;
  }

  /** The process `fairlead run`; undefined while there is none. */
  service(name: string): number | undefined {
    return this.network.processes(name).find((id) => {
      const words = wordsOf(id);
      return words.includes("run") && !words.includes("supervise") && words.includes("--management");
    });
  }

  signalService(name: string, signal: "KILL" | "STOP" | "CONT"): void {
    const id = this.service(name);
    if (id !== undefined) succeeds("kill", `-${signal}`, `${id}`);
  }

  /** It stays full: what is given back meanwhile, as a file that is written anew, is taken too. */
  fillDisk(name: string): void {
    const words = ["if=/dev/zero", `of=${join(this.diskOf(name), "full")}`, "bs=4k", "oflag=append", "conv=notrunc"];
    // Until there is no room: that it ends so is the aim.
    const fill = () => void succeeds("dd", ...words);
    fill();
    this.fillers.set(name, setInterval(fill, REFILL_MS).unref());
  }

  emptyDisk(name: string): void {
    clearInterval(this.fillers.get(name));
    this.fillers.delete(name);
    rmSync(join(this.diskOf(name), "full"), { force: true });
  }

  /** Entries of its full server's audit log; a disk that is full may lack some. */
  auditOf(name: string): AuditEntry[] {
    const file = join(this.diskOf(name), "audit.jsonl");
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
    return lines.flatMap((line) => entryOf(line));
  }

  /** Entries of its restricted server. */
  restrictedAuditOf(name: string): readonly AuditEntry[] {
    return this.entries.get(name) ?? [];
  }

  private hear(name: string, line: string): void {
    this.say(name, line);
    if (!line.includes('"outcome":')) return;
    this.entries.set(name, [...(this.entries.get(name) ?? []), ...entryOf(line)]);
  }

  say(name: string, line: string): void {
    this.log.write(`${(performance.now() / 1000).toFixed(3)} ${name}: ${line}\n`);
  }

  private diskOf(name: string): string {
    return join(this.folder, `disk-${name}`);
  }

  private makeDisk(name: string): void {
    const disk = this.diskOf(name);
    mkdirSync(disk);
    command("mount", "-t", "tmpfs", "-o", `size=${DISK_SIZE},mode=700`, "tmpfs", disk);
    this.undo.add(`disk of ${name}`, () => void command("umount", "-l", disk));
  }
}

/** None for a line that is no entry, such as the torn end of one that was killed. */
function entryOf(line: string): AuditEntry[] {
  try {
    return [JSON.parse(line) as AuditEntry];
  } catch {
    return [];
  }
}

function wordsOf(id: number): string[] {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
