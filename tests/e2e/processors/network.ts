/**
 * The network: a namespace each for three processors, and two bridges. The client is on the front, where the one address
 * is; status messages, orders, etcd and what processors ask one another go over the back.
 *
 *   client on front (bridge) ── e0 ── processor a, b, c ── m0 ── back (bridge) with three etcd servers
 */

import { command } from "../common/commands.js";
import { killInside } from "../common/leftovers.js";
import type { Undo } from "../common/undo.js";

const BRIDGE = "br0";
export const ADDRESS = "10.78.0.100";
const CLIENT = "10.78.0.200";
export const ETCD = "10.79.0.200";

export class Network {
  constructor(
    private readonly prefix: string,
    readonly names: readonly string[],
    private readonly undo: Undo,
  ) {}

  get front(): string {
    return `${this.prefix}-front`;
  }

  get back(): string {
    return `${this.prefix}-back`;
  }

  of(name: string): string {
    return `${this.prefix}-${name}`;
  }

  /** Address of a processor on the back. */
  backOf(name: string): string {
    return `10.79.0.${this.names.indexOf(name) + 1}`;
  }

  make(): void {
    for (const [bridge, address] of [
      [this.front, CLIENT],
      [this.back, ETCD],
    ] as const) {
      this.addNamespace(bridge);
      this.inside(bridge, "ip", "link", "add", BRIDGE, "type", "bridge", "forward_delay", "0", "stp_state", "0");
      this.inside(bridge, "ip", "address", "add", `${address}/24`, "dev", BRIDGE);
      this.inside(bridge, "ip", "link", "set", BRIDGE, "up");
    }
    for (const [index, name] of this.names.entries()) {
      this.addNamespace(this.of(name));
      this.plug(name, "e0", this.front);
      this.plug(name, "m0", this.back);
      // An address of its own on the front, so that the kernel has a route to clients before the one address comes.
      this.inside(this.of(name), "ip", "address", "add", `10.78.0.${index + 1}/24`, "dev", "e0");
      this.inside(this.of(name), "ip", "address", "add", `${this.backOf(name)}/24`, "dev", "m0");
    }
  }

  setLink(name: string, side: "front" | "back", state: "up" | "down"): void {
    this.inside(side === "front" ? this.front : this.back, "ip", "link", "set", `to-${name}`, state);
  }

  private plug(name: string, device: string, bridge: string): void {
    command(
      "ip",
      "link",
      "add",
      "name",
      `to-${name}`,
      "netns",
      bridge,
      "type",
      "veth",
      "peer",
      "name",
      device,
      "netns",
      this.of(name),
    );
    this.inside(bridge, "ip", "link", "set", `to-${name}`, "master", BRIDGE, "up");
    this.inside(this.of(name), "ip", "link", "set", device, "up");
  }

  private addNamespace(name: string): void {
    command("ip", "netns", "add", name);
    this.undo.add(`namespace ${name}`, () => {
      killInside(name);
      command("ip", "netns", "delete", name);
    });
    this.inside(name, "ip", "link", "set", "lo", "up");
  }

  inside(namespace: string, ...words: string[]): string {
    return command("ip", "netns", "exec", namespace, ...words);
  }
}
