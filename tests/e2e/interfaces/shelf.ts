/** The shelf of the run: a tgtd in a namespace of its own, a target with one image for each unit. */

import type { ChildProcess } from "node:child_process";
import { closeSync, ftruncateSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { command, commandAsync, succeeds } from "../common/commands.js";
import { spawnInside, waitFor } from "../common/processes.js";
import type { Undo } from "../common/undo.js";
import { freeControlPort, TGT_SOCKETS } from "../common/tgt.js";
import type { Network } from "./network.js";
import { backplane, ISCSI_PORT, SHELF_NUMBER, UNITS } from "./plan.js";
import { BLOCK_BYTES, BLOCKS } from "./unit-content.js";

const IO_THREADS = 2;

export class ShelfServer {
  readonly controlPort = freeControlPort();
  private child: ChildProcess | undefined;

  constructor(
    private readonly network: Network,
    private readonly folder: string,
    private readonly undo: Undo,
  ) {}

  async start(): Promise<void> {
    const portal = `portal=${backplane(SHELF_NUMBER).ipv4}:${ISCSI_PORT}`;
    const words = ["tgtd", "-f", "-C", `${this.controlPort}`, "-t", `${IO_THREADS}`, "--iscsi", portal];
    const socket = `${TGT_SOCKETS}.${this.controlPort}`;
    this.undo.add("tgtd's socket", () => {
      for (const file of [socket, `${socket}.lock`]) rmSync(file, { force: true });
    });
    this.child = spawnInside(this.network.shelf, words, join(this.folder, "tgtd.log"), this.undo);
    await waitFor("the shelf's tgtd", () => succeeds("tgtadm", ...this.words("sys", "stat")));
    for (const [index, { name, target }] of UNITS.entries()) {
      const tid = ["--tid", `${index + 1}`];
      command("tgtadm", ...this.words("target", "new"), ...tid, "--targetname", target);
      const image = this.makeImage(name);
      command("tgtadm", ...this.words("logicalunit", "new"), ...tid, "--lun", "1", "--backing-store", image);
    }
  }

  async stop(): Promise<void> {
    const child = this.child;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  /** Initiators that have a session with a unit, by tgtd. */
  async sessions(unit: string): Promise<string[]> {
    const index = UNITS.findIndex(({ name }) => name === unit);
    const text = await commandAsync("tgtadm", ...this.words("target", "show"));
    const part = text.split(/^Target /m).find((each) => each.startsWith(`${index + 1}:`)) ?? "";
    return [...part.matchAll(/^ {12}Initiator: (\S+)/gm)].map((match) => match[1] as string);
  }

  private words(mode: string, op: string): string[] {
    return ["-C", `${this.controlPort}`, "--lld", "iscsi", "--mode", mode, "--op", op];
  }

  private makeImage(name: string): string {
    const file = join(this.folder, `${name}.img`);
    const descriptor = openSync(file, "w");
    ftruncateSync(descriptor, BLOCKS * BLOCK_BYTES);
    closeSync(descriptor);
    return file;
  }
}
