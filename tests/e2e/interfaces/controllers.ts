/** The controllers: `fairlead run --controller NAME` in a namespace each, and the shelf's agent, as they ship. */

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream, readFileSync, type WriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Checks } from "../common/checks.js";
import { command } from "../common/commands.js";
import { spawnInside } from "../common/processes.js";
import type { Undo } from "../common/undo.js";
import { type ArrayAdditions, type ArrayFileOptions, arrayText } from "./array-file.js";
import { timeOfDay } from "./clock.js";
import { makeManagementFiles, managementFile } from "./management.js";
import type { Network } from "./network.js";
import { CONTROLLERS } from "./plan.js";
import type { ShelfServer } from "./shelf.js";

/** A line of `--json --events`. */
export interface ControllerLine {
  controller: string;
  kind?: string;
  [field: string]: unknown;
}

export class Controllers {
  readonly lines: ControllerLine[] = [];
  /** Controllers that have said they lost their lease, each time. */
  readonly leaseLosses: string[] = [];
  /** Whether those that are started from here on have a management interface. */
  managed = false;
  private readonly children = new Map<string, ChildProcess>();
  private readonly arrayFile: string;
  private plan: ArrayFileOptions | undefined;
  private shelf: ChildProcess | undefined;
  private readonly bundle: string;
  private readonly trust: string;
  private readonly log: WriteStream;

  /** @param fairlead path of the command @param log file for all that controllers say */
  constructor(
    private readonly network: Network,
    private readonly folder: string,
    private readonly fairlead: string,
    log: string,
    private readonly undo: Undo,
  ) {
    this.arrayFile = join(folder, "array.yaml");
    this.bundle = join(folder, "bundle");
    this.trust = join(folder, "trust.json");
    this.log = createWriteStream(log);
  }

  /** Keys, a signed bundle, the array file; the shelf's agent. */
  prepare(shelf: ShelfServer): void {
    const keyFile = join(this.folder, "array.key");
    writeFileSync(keyFile, randomBytes(32).toString("hex"), { mode: 0o600 });
    const { controlPort } = shelf;
    this.plan = { folder: this.folder, keyFile, controlPort };
    writeFileSync(this.arrayFile, this.text());
    for (const { name } of CONTROLLERS) writeFileSync(this.fileOf(name), this.text());
    const signer = join(this.folder, "signer");
    this.call("trust", "key", "--out", signer);
    const store = ["--out", this.trust, "--key", `${signer}.pub`, "--threshold", "1"];
    this.call("trust", "store", ...store, "--product", "fairlead", "--hardware-class", "generic");
    this.call("bundle", "--out", this.bundle, "--profile", "standard", "--key", `${signer}.key`);
    this.call("validate", this.arrayFile);
    makeManagementFiles(this.folder, this.fairlead);
    const words = [process.execPath, this.fairlead, "shelf", "--config", this.arrayFile];
    this.shelf = spawnInside(this.network.shelf, words, this.shelfLog, this.undo);
  }

  /** The shelf's agent takes commands of the controllers of another array file. */
  tellShelf(text: string): void {
    writeFileSync(this.arrayFile, text);
    this.shelf?.kill("SIGHUP");
  }

  /** Lines that the shelf's agent has said. */
  shelfSaid(): string[] {
    return readFileSync(this.shelfLog, "utf8").split("\n");
  }

  /** The array file. @param added what a revision adds to it */
  text(added?: ArrayAdditions): string {
    return arrayText(this.plan as ArrayFileOptions, added);
  }

  /** A controller that the first array file doesn't have. */
  startWith(name: string, text: string): void {
    writeFileSync(this.fileOf(name), text);
    this.start(name);
  }

  /** Text of a controller's own file: each keeps what is confirmed in its own. */
  kept(name: string): string {
    return readFileSync(this.fileOf(name), "utf8");
  }

  startAll(): void {
    for (const { name } of CONTROLLERS) this.start(name);
  }

  start(name: string): void {
    const module = ["--bundle", this.bundle, "--trust", this.trust];
    const management = this.managed ? ["--management", managementFile(this.folder, name)] : [];
    const options = [
      "--config",
      this.fileOf(name),
      "--controller",
      name,
      ...module,
      "--json",
      "--events",
      ...management,
    ];
    const words = ["netns", "exec", this.network.controller(name), process.execPath, this.fairlead, "run", ...options];
    const child = spawn("ip", words, { stdio: ["ignore", "pipe", "pipe"] });
    this.undo.add(`controller ${name}`, () => void child.kill("SIGKILL"));
    this.children.set(name, child);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.take(name, line));
    }
    child.once("exit", (code, signal) =>
      this.log.write(`${timeOfDay()} ${name}: ended, ${signal ?? `exit code ${code}`}\n`),
    );
  }

  /** Starts it again, and waits until its module says something: what it then doesn't do, it could do. */
  async restart(name: string, checks: Checks): Promise<void> {
    const before = this.lines.length;
    this.start(name);
    const speaks = () =>
      this.lines.slice(before).some(({ controller, event }) => controller === name && event === "SCOPE");
    await checks.comes(`${name} runs again`, "its events", async () => [speaks(), "its module runs"], true);
  }

  /** All processes of the controller end without a word; its kernel keeps what it has. */
  kill(name: string): void {
    this.network.kill(name);
  }

  /** Names of controllers that have ended by themselves: by a fault they end by a signal. */
  crashed(): string[] {
    return [...this.children].filter(([, child]) => child.exitCode !== null).map(([name]) => name);
  }

  private get shelfLog(): string {
    return join(this.folder, "shelf.log");
  }

  private fileOf(name: string): string {
    return join(this.folder, `array-${name}.yaml`);
  }

  private call(...words: string[]): string {
    return command(process.execPath, this.fairlead, ...words);
  }

  private take(controller: string, line: string): void {
    this.log.write(`${timeOfDay()} ${controller}: ${line}\n`);
    if (line.startsWith("lease: ") && line.endsWith("; giving up all that is held")) this.leaseLosses.push(controller);
    if (!line.startsWith("{")) return;
    try {
      this.lines.push({ ...(JSON.parse(line) as object), controller });
    } catch {
      // Not a line of ours; the log has it.
    }
  }
}
