/** etcd servers, each in a namespace of its own on the back. */

import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { command, succeeds } from "./commands.js";
import { spawnInside, waitFor } from "./processes.js";
import type { Undo } from "./undo.js";

export const ETCD_PORT = 2379;
const PEER_PORT = 2380;
const HEARTBEAT_MS = 100;
const ELECTION_MS = 1000;

export interface EtcdPlace {
  namespace: string;
  /** IPv4. */
  address: string;
}

export class Etcd {
  private readonly children = new Map<number, ChildProcess>();

  /** @param places of the servers, which are numbered from 1 @param folder for their data and logs */
  constructor(
    private readonly places: readonly EtcdPlace[],
    private readonly folder: string,
    private readonly undo: Undo,
  ) {}

  /** @returns when they answer */
  async start(): Promise<void> {
    this.runAll();
    const endpoints = this.numbers.map((number) => this.endpoint(number)).join(",");
    await waitFor("etcd", () => succeeds("ip", ...this.control("--endpoints", endpoints, "endpoint", "health")));
  }

  /** @returns when the process is gone */
  async kill(number: number): Promise<void> {
    const child = this.children.get(number);
    if (child === undefined || !isAlive(child)) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  async killAll(): Promise<void> {
    for (const number of this.numbers) await this.kill(number);
  }

  /** Starts all that are not running; their data are there still. */
  runAll(): void {
    for (const number of this.numbers) {
      const child = this.children.get(number);
      if (child === undefined || !isAlive(child)) this.run(number);
    }
  }

  /** Number of the leader; 0: nobody leads. */
  leader(): number {
    for (const number of this.numbers) {
      const words = this.control("--endpoints", this.endpoint(number), "endpoint", "status", "--write-out=json");
      const [status] = JSON.parse(command("ip", ...words)) as {
        Status: { header: { member_id: number }; leader: number };
      }[];
      if (status !== undefined && status.Status.leader === status.Status.header.member_id) return number;
    }
    return 0;
  }

  private get numbers(): number[] {
    return this.places.map((_, index) => index + 1);
  }

  private run(number: number): void {
    const peer = (each: number) => `http://${this.place(each).address}:${PEER_PORT}`;
    const options = {
      name: `s${number}`,
      "data-dir": join(this.folder, `etcd-${number}`),
      "listen-client-urls": this.endpoint(number),
      "advertise-client-urls": this.endpoint(number),
      "listen-peer-urls": peer(number),
      "initial-advertise-peer-urls": peer(number),
      "initial-cluster": this.numbers.map((each) => `s${each}=${peer(each)}`).join(","),
      "heartbeat-interval": `${HEARTBEAT_MS}`,
      "election-timeout": `${ELECTION_MS}`,
      "log-level": "error",
    };
    const words = ["etcd", ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])];
    const log = join(this.folder, `etcd-${number}.log`);
    this.children.set(number, spawnInside(this.place(number).namespace, words, log, this.undo));
  }

  private endpoint(number: number): string {
    return `http://${this.place(number).address}:${ETCD_PORT}`;
  }

  private place(number: number): EtcdPlace {
    return this.places[number - 1] as EtcdPlace;
  }

  /** Words of `ip` that run etcdctl. */
  private control(...words: string[]): string[] {
    return ["netns", "exec", this.place(1).namespace, "env", "ETCDCTL_API=3", "etcdctl", ...words];
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
