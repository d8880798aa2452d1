/** Three etcd servers, each in a namespace of its own on the back: with two processors the third is the witness. */

import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { succeeds } from "../common/commands.js";
import { spawnInside, waitFor } from "../common/processes.js";
import type { Undo } from "../common/undo.js";
import type { Network } from "./network.js";
import { ETCD_PORT, ETCD_SERVERS, etcdAddress } from "./plan.js";

const PEER_PORT = 2380;
const HEARTBEAT_MS = 100;
const ELECTION_MS = 1000;

export class Etcd {
  private readonly children = new Map<number, ChildProcess>();

  constructor(
    private readonly network: Network,
    private readonly folder: string,
    private readonly undo: Undo,
  ) {}

  async start(): Promise<void> {
    this.runAll();
    const endpoints = ETCD_SERVERS.map((number) => `http://${etcdAddress(number)}:${ETCD_PORT}`).join(",");
    const words = ["env", "ETCDCTL_API=3", "etcdctl", "--endpoints", endpoints, "endpoint", "health"];
    await waitFor("etcd", () => succeeds("ip", "netns", "exec", this.network.etcd(1), ...words));
  }

  async kill(number: number): Promise<void> {
    const child = this.children.get(number);
    if (child === undefined || !isAlive(child)) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  async killAll(): Promise<void> {
    for (const number of ETCD_SERVERS) await this.kill(number);
  }

  /** Starts all that are not running; their data are there still. */
  runAll(): void {
    for (const number of ETCD_SERVERS) {
      const child = this.children.get(number);
      if (child === undefined || !isAlive(child)) this.run(number);
    }
  }

  private run(number: number): void {
    const client = `http://${etcdAddress(number)}:${ETCD_PORT}`;
    const peer = (each: number) => `http://${etcdAddress(each)}:${PEER_PORT}`;
    const options = {
      name: `s${number}`,
      "data-dir": join(this.folder, `etcd-${number}`),
      "listen-client-urls": client,
      "advertise-client-urls": client,
      "listen-peer-urls": peer(number),
      "initial-advertise-peer-urls": peer(number),
      "initial-cluster": ETCD_SERVERS.map((each) => `s${each}=${peer(each)}`).join(","),
      "heartbeat-interval": `${HEARTBEAT_MS}`,
      "election-timeout": `${ELECTION_MS}`,
      "log-level": "error",
    };
    const words = ["etcd", ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])];
    const log = join(this.folder, `etcd-${number}.log`);
    this.children.set(number, spawnInside(this.network.etcd(number), words, log, this.undo));
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
