/** Three etcd servers, each in a namespace of its own on the back. */

import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { succeeds } from "../common/commands.js";
import { spawnInside, waitFor } from "../common/processes.js";
import type { Undo } from "../common/undo.js";
import type { Network } from "./network.js";
import { backplane, ETCD_NUMBERS, ETCD_PORT } from "./plan.js";

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
    for (const index of ETCD_NUMBERS.keys()) this.run(index + 1);
    await waitFor("etcd", () => succeeds("ip", ...this.words("endpoint", "health")));
  }

  /** @param number from 1; its data are there still if it ran before */
  run(number: number): void {
    const address = backplane(ETCD_NUMBERS[number - 1] as number).ipv4;
    const client = `http://${address}:${ETCD_PORT}`;
    const peer = `http://${address}:${PEER_PORT}`;
    const cluster = ETCD_NUMBERS.map((each, index) => `s${index + 1}=http://${backplane(each).ipv4}:${PEER_PORT}`);
    const options = {
      name: `s${number}`,
      "data-dir": join(this.folder, `etcd-${number}`),
      "listen-client-urls": client,
      "advertise-client-urls": client,
      "listen-peer-urls": peer,
      "initial-advertise-peer-urls": peer,
      "initial-cluster": cluster.join(","),
      "heartbeat-interval": `${HEARTBEAT_MS}`,
      "election-timeout": `${ELECTION_MS}`,
      "log-level": "error",
    };
    const words = ["etcd", ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])];
    const log = join(this.folder, `etcd-${number}.log`);
    this.children.set(number, spawnInside(this.network.etcd(number), words, log, this.undo));
  }

  async kill(number: number): Promise<void> {
    const child = this.children.get(number);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  async killAll(): Promise<void> {
    for (const index of ETCD_NUMBERS.keys()) await this.kill(index + 1);
  }

  /** Starts all that are not running. */
  runAll(): void {
    for (const index of ETCD_NUMBERS.keys()) {
      const child = this.children.get(index + 1);
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) this.run(index + 1);
    }
  }

  /** Number of the leader, from 1; 0: nobody leads. */
  leader(): number {
    for (const index of ETCD_NUMBERS.keys()) {
      const endpoint = this.endpointOf(index + 1);
      const text = this.ask("--endpoints", endpoint, "endpoint", "status", "--write-out=json");
      const [status] = JSON.parse(text) as { Status: { header: { member_id: number }; leader: number } }[];
      if (status !== undefined && status.Status.leader === status.Status.header.member_id) return index + 1;
    }
    return 0;
  }

  private ask(...words: string[]): string {
    return this.network.inside(this.network.etcd(1), "env", "ETCDCTL_API=3", "etcdctl", ...words);
  }

  private endpointOf(number: number): string {
    return `http://${backplane(ETCD_NUMBERS[number - 1] as number).ipv4}:${ETCD_PORT}`;
  }

  private words(...words: string[]): string[] {
    const endpoints = ETCD_NUMBERS.map((_, index) => this.endpointOf(index + 1)).join(",");
    const environment = ["env", "ETCDCTL_API=3", "etcdctl", "--endpoints", endpoints];
    return ["netns", "exec", this.network.etcd(1), ...environment, ...words];
  }
}
