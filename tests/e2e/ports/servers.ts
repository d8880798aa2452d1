/** The servers of the array: a tgtd for each port, with the same targets and images on all, and one isnsd. */

import type { ChildProcess } from "node:child_process";
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { command, succeeds } from "../common/commands.js";
import { spawnInside, waitFor } from "../common/processes.js";
import { freeControlPort, TGT_SOCKETS } from "../common/tgt.js";
import type { Undo } from "../common/undo.js";
import type { ControlGroup } from "./control-group.js";
import { ISNS_ADDRESS, type Network } from "./network.js";

const IMAGE_BYTES = 16 * 1024 * 1024;
/** Threads of tgtd for each logical unit: the default of 16 would make 128 for eight. */
const IO_THREADS = 2;

/** One tgtd: the server of one port. */
export class TargetServer {
  readonly controlPort: number;

  constructor(
    readonly port: number,
    private readonly network: Network,
    private readonly folder: string,
    private readonly undo: Undo,
  ) {
    this.controlPort = freeControlPort();
  }

  async start(group: ControlGroup): Promise<void> {
    const portal = `portal=${this.network.portAddress(this.port)}:3260`;
    const words = ["tgtd", "-f", "-C", `${this.controlPort}`, "-t", `${IO_THREADS}`, "--iscsi", portal];
    const socket = `${TGT_SOCKETS}.${this.controlPort}`;
    this.undo.add("tgtd's socket", () => {
      for (const file of [socket, `${socket}.lock`]) rmSync(file, { force: true });
    });
    const child = spawnInside(this.network.array, words, join(this.folder, `tgtd-${this.port}.log`), this.undo);
    if (child.pid === undefined) throw new Error("tgtd was not started");
    group.add(child.pid);
    await waitFor(`tgtd of port ${this.port}`, () =>
      succeeds("tgtadm", "-C", `${this.controlPort}`, "--lld", "iscsi", "--mode", "sys", "--op", "stat"),
    );
  }

  addTarget(number: number, name: string, image: string): void {
    const tid = ["--tid", `${number}`];
    this.admin("target", "new", ...tid, "--targetname", name);
    this.admin("logicalunit", "new", ...tid, "--lun", "1", "--backing-store", image);
    this.admin("target", "bind", ...tid, "--initiator-address", "ALL");
    // A host that is gone without a word is noticed by NOP-In; without it, tgt would keep its session for long.
    this.admin("target", "update", ...tid, "--name", "nop_interval", "--value", "2");
    this.admin("target", "update", ...tid, "--name", "nop_count", "--value", "3");
  }

  private admin(mode: string, op: string, ...words: string[]): void {
    command("tgtadm", "-C", `${this.controlPort}`, "--lld", "iscsi", "--mode", mode, "--op", op, ...words);
  }
}

/** Images of the targets' logical units: sparse files. */
export function makeImage(folder: string, name: string): string {
  const file = join(folder, `${name}.img`);
  const descriptor = openSync(file, "w");
  ftruncateSync(descriptor, IMAGE_BYTES);
  closeSync(descriptor);
  return file;
}

/** The iSNS server. */
export class RegistrationServer {
  readonly socket: string;
  private readonly database: string;
  private child: ChildProcess | undefined;

  constructor(
    private readonly network: Network,
    private readonly folder: string,
    private readonly undo: Undo,
  ) {
    this.socket = join(folder, "isnsd.socket");
    this.database = join(folder, "isns-database");
  }

  async start(): Promise<void> {
    mkdirSync(this.database, { recursive: true, mode: 0o700 });
    const file = join(this.folder, "isnsd.conf");
    const lines = [
      "SourceName = iqn.2024-01.org.example:isns",
      `Database = ${this.database}`,
      `ControlSocket = ${this.socket}`,
      `PIDFile = ${join(this.folder, "isnsd.pid")}`,
      `BindAddress = ${ISNS_ADDRESS}`,
      "DefaultDiscoveryDomain = 1",
      "RegistrationPeriod = 0",
      "SLPRegister = 0",
      "Security = 0",
      "ESIRetries = 0",
    ];
    writeFileSync(file, `${lines.join("\n")}\n`);
    this.child = spawnInside(
      this.network.isns,
      ["isnsd", "-f", "-4", "-c", file],
      join(this.folder, "isnsd.log"),
      this.undo,
    );
    await waitFor("isnsd", () =>
      succeeds("ip", "netns", "exec", this.network.isns, "sh", "-c", "ss -ltnH sport = :3205 | grep -q ."),
    );
  }

  /** Ends the server; `forget`: its database goes too. */
  async stop(forget: boolean): Promise<void> {
    const child = this.child;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await gone;
    if (forget) rmSync(this.database, { recursive: true, force: true });
  }
}
