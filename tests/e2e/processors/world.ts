/** Everything of one array of the run: its network, servers, processors, and all who watch. */

import { join } from "node:path";
import type { Checks } from "../common/checks.js";
import { Etcd } from "../common/etcd.js";
import type { Undo } from "../common/undo.js";
import { WireProber } from "../interfaces/probers.js";
import { type Files, makeFiles } from "./files.js";
import { Holder } from "./holder.js";
import { Kernels } from "./kernels.js";
import { Network } from "./network.js";
import { ETCD_SERVERS, etcdAddress, nowUs, type Plan } from "./plan.js";
import { Processors } from "./processors.js";
import { ClientWatch, type Health, type SeenStatus } from "./watch.js";

export interface WorldParts {
  plan: Plan;
  /** Of the namespaces' names. */
  prefix: string;
  folder: string;
  fairlead: string;
  log: string;
  prober: string;
  holder: string;
  checks: Checks;
  undo: Undo;
  tell(line: string): void;
}

export interface Span {
  name: string;
  fromUs: number;
  toUs: number;
}

export class World {
  readonly network: Network;
  readonly files: Files;
  readonly etcd: Etcd;
  readonly processors: Processors;
  readonly client: ClientWatch;
  readonly wire: WireProber;
  readonly kernels: Kernels;
  readonly holder: Holder;
  readonly checks: Checks;
  readonly spans: Span[] = [];
  readonly beganUs = nowUs();

  private constructor(
    readonly parts: WorldParts,
    network: Network,
    etcd: Etcd,
  ) {
    const { plan, folder, fairlead, log, prober, holder, checks, undo, tell } = parts;
    this.network = network;
    this.etcd = etcd;
    this.checks = checks;
    this.files = makeFiles(folder, plan, fairlead);
    this.processors = new Processors(network, plan, folder, this.files, fairlead, log, undo);
    this.holder = new Holder(holder, undo);
    this.wire = new WireProber(prober, network.witness, [plan.management], undo);
    this.kernels = new Kernels(network, plan);
    this.client = new ClientWatch(network, plan, this.files.authority, undo, (line) => tell(`     client: ${line}`));
  }

  static async open(parts: WorldParts): Promise<World> {
    const network = new Network(parts.prefix, parts.plan, parts.undo);
    network.make();
    const places = ETCD_SERVERS.map((number) => ({ namespace: network.etcd(number), address: etcdAddress(number) }));
    const etcd = new Etcd(places, parts.folder, parts.undo);
    await etcd.start();
    const world = new World(parts, network, etcd);
    world.processors.startAll();
    void world.kernels.run();
    return world;
  }

  get names(): readonly string[] {
    return this.parts.plan.processors;
  }

  others(name: string): string[] {
    return this.names.filter((each) => each !== name);
  }

  /** @throws Error where a watcher has ended */
  stillGoing(): void {
    if (!this.client.isRunning) throw new Error("the client has ended");
    if (!this.wire.isRunning) throw new Error("the witness has ended");
  }

  /** Who answers at the address, asked after this time; undefined: nobody. */
  answererSince(sinceUs: number): Health | undefined {
    const latest = this.client.latest;
    return latest !== undefined && latest.sentUs >= sinceUs ? latest : undefined;
  }

  /** A status that a processor has itself produced, asked for at the address after this time. */
  freshSince(subject: string, sinceUs: number): SeenStatus | undefined {
    const seen = this.client.statusOf(subject);
    return seen !== undefined && seen.sentUs >= sinceUs && seen.fresh ? seen : undefined;
  }

  /** One answers by its full server, and every processor is well and says so itself. */
  async isWell(sinceUs: number): Promise<[boolean, string]> {
    const answerer = this.answererSince(sinceUs);
    if (answerer === undefined || answerer.server !== "full") return [false, "nobody answers by a full server"];
    const ill = this.names.filter((name) => {
      const seen = this.freshSince(name, sinceUs);
      return seen === undefined || seen.status.server !== "full" || seen.status.state !== "healthy";
    });
    if (ill.length > 0) return [false, `${answerer.processor} answers; not well: ${ill.join(", ")}`];
    const held = (await this.kernels.look()).filter(({ has }) => has).map(({ processor }) => processor);
    const one = held.length === 1 && held[0] === answerer.processor;
    return [one, `${answerer.processor} answers; kernels that have the address: ${held.join(", ")}`];
  }

  close(): void {
    this.kernels.stop();
    this.client.stop();
    this.wire.stop();
  }
}

export function logOf(folder: string, plan: Plan): string {
  return join(folder, `e2e-processors-${plan.name}.log`);
}
