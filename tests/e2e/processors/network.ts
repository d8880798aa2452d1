/**
 * The network: a namespace each for the processors, the etcd servers, the client and the witness, and two bridges.
 * Clients see the front; the back is for status messages, commands, forwarded requests and etcd.
 *
 *   client, witness ──┐         ┌── e0 ── processor a, b, c ── m0 ──┐        ┌── etcd 1 … 3
 *                     front (bridge)                               back (bridge)
 */

import { command, succeeds } from "../common/commands.js";
import { killInside } from "../common/leftovers.js";
import type { Undo } from "../common/undo.js";
import {
  BACK_DEVICE,
  backAddress,
  CLIENT_ADDRESS,
  CLIENT_DEVICE,
  ETCD_SERVERS,
  etcdAddress,
  FRONT_DEVICE,
  frontAddress,
  type Plan,
  WITNESS_ADDRESS,
} from "./plan.js";

const BRIDGE = "br0";

export class Network {
  readonly client: string;
  readonly witness: string;
  private readonly front: string;
  private readonly back: string;

  /** @param prefix of the namespaces' names */
  constructor(
    private readonly prefix: string,
    private readonly plan: Plan,
    private readonly undo: Undo,
  ) {
    this.front = `${prefix}-front`;
    this.back = `${prefix}-back`;
    this.client = `${prefix}-client`;
    this.witness = `${prefix}-witness`;
  }

  processor(name: string): string {
    return `${this.prefix}-${name}`;
  }

  /** @param number from 1 */
  etcd(number: number): string {
    return `${this.prefix}-etcd${number}`;
  }

  make(): void {
    for (const bridge of [this.front, this.back]) {
      this.addNamespace(bridge);
      this.inside(bridge, "ip", "link", "add", BRIDGE, "type", "bridge", "forward_delay", "0", "stp_state", "0");
      this.inside(bridge, "ip", "link", "set", BRIDGE, "up");
    }
    for (const name of this.plan.processors) {
      this.addNamespace(this.processor(name));
      this.plug(this.processor(name), FRONT_DEVICE, this.front, name, frontAddress(name));
      this.plug(this.processor(name), BACK_DEVICE, this.back, name, backAddress(name));
    }
    for (const number of ETCD_SERVERS) {
      this.addNamespace(this.etcd(number));
      this.plug(this.etcd(number), BACK_DEVICE, this.back, `etcd${number}`, etcdAddress(number));
    }
    for (const [namespace, address, far] of [
      [this.client, CLIENT_ADDRESS, "client"],
      [this.witness, WITNESS_ADDRESS, "witness"],
    ] as const) {
      this.addNamespace(namespace);
      this.plug(namespace, CLIENT_DEVICE, this.front, far, address);
    }
  }

  /** Takes the carrier from a processor's link to its clients, or gives it back. */
  setFront(processor: string, state: "up" | "down"): void {
    this.inside(this.front, "ip", "link", "set", "dev", processor, state);
  }

  /** Cuts a processor off from these addresses on the back, both ways; none: no cut. */
  cut(processor: string, addresses: readonly string[]): void {
    const namespace = this.processor(processor);
    this.inside(namespace, "nft", "add table inet cut; delete table inet cut");
    if (addresses.length === 0) return;
    const rules = (way: string, side: string) =>
      `chain ${way} { type filter hook ${way} priority -300; ip ${side} { ${addresses.join(", ")} } drop; }`;
    this.inside(namespace, "nft", `table inet cut {\n${rules("input", "saddr")}\n${rules("output", "daddr")}\n}`);
  }

  /** Stops all processes of a processor, as if it stood still; its kernel goes on. */
  pause(processor: string): void {
    this.signalAll(processor, "STOP");
  }

  resume(processor: string): void {
    this.signalAll(processor, "CONT");
  }

  /** Ends all processes of a processor by force; addresses and rules stay in its kernel. */
  kill(processor: string): void {
    this.signalAll(processor, "KILL");
  }

  processes(processor: string): number[] {
    const lines = command("ip", "netns", "pids", this.processor(processor)).split("\n");
    return lines.filter((line) => line !== "").map(Number);
  }

  /** Hardware addresses on the front, with whose they are. */
  hardware(): Map<string, string> {
    const known = this.plan.processors.map((name) => {
      const text = this.inside(this.processor(name), "ip", "-j", "link", "show", "dev", FRONT_DEVICE);
      const [row] = JSON.parse(text) as { address: string }[];
      return [row?.address ?? "", name] as const;
    });
    return new Map(known);
  }

  inside(namespace: string, ...words: string[]): string {
    return command("ip", "netns", "exec", namespace, ...words);
  }

  private signalAll(processor: string, signal: string): void {
    const processes = this.processes(processor).map(String);
    if (processes.length > 0) succeeds("kill", `-${signal}`, ...processes);
  }

  private addNamespace(name: string): void {
    command("ip", "netns", "add", name);
    this.undo.add(`namespace ${name}`, () => {
      killInside(name);
      command("ip", "netns", "delete", name);
    });
    this.inside(name, "ip", "link", "set", "lo", "up");
  }

  /** A veth from a namespace to a bridge. */
  private plug(namespace: string, device: string, bridge: string, far: string, address: string): void {
    command("ip", "link", "add", device, "netns", namespace, "type", "veth", "peer", "name", far, "netns", bridge);
    this.inside(bridge, "ip", "link", "set", "dev", far, "master", BRIDGE, "up");
    this.inside(namespace, "ip", "link", "set", "dev", device, "up");
    this.inside(namespace, "ip", "address", "add", `${address}/24`, "dev", device);
  }
}
