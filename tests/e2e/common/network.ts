/**
 * Network namespaces that two bridges join: clients see the front, everything between the members of the array goes over
 * the back.
 *
 *   client, witness ── front (bridge) ── members ── back (bridge) ── etcd 1 … 3
 */

import { command, succeeds } from "./commands.js";
import { killInside } from "./leftovers.js";
import type { Undo } from "./undo.js";

/** Device of the client and of the witness. */
export const CLIENT_DEVICE = "c0";
/** Device of everything that is on the back. */
export const BACK_DEVICE = "m0";
export const BRIDGE = "br0";

export class BridgedNetwork {
  readonly front: string;
  readonly back: string;
  readonly client: string;
  readonly witness: string;

  /** @param prefix of the namespaces' names */
  constructor(
    protected readonly prefix: string,
    private readonly undo: Undo,
  ) {
    this.front = `${prefix}-front`;
    this.back = `${prefix}-back`;
    this.client = `${prefix}-client`;
    this.witness = `${prefix}-witness`;
  }

  /** Namespace of a controller, or of a processor. */
  member(name: string): string {
    return `${this.prefix}-${name}`;
  }

  /** @param number from 1 */
  etcd(number: number): string {
    return `${this.prefix}-etcd${number}`;
  }

  /** Stops all processes of a member, as if its processors stood still; its kernel goes on. */
  pause(name: string): void {
    this.signalAll(name, "STOP");
  }

  resume(name: string): void {
    this.signalAll(name, "CONT");
  }

  /** Ends all processes of a member by force; addresses and rules stay in its kernel. */
  kill(name: string): void {
    this.signalAll(name, "KILL");
  }

  /** Numbers of a member's processes. */
  processes(name: string): number[] {
    const lines = command("ip", "netns", "pids", this.member(name)).split("\n");
    return lines.filter((line) => line !== "").map(Number);
  }

  /** Standard output of a command in a namespace. */
  inside(namespace: string, ...words: string[]): string {
    return command("ip", "netns", "exec", namespace, ...words);
  }

  protected addBridges(): void {
    for (const bridge of [this.front, this.back]) {
      this.addNamespace(bridge);
      this.inside(bridge, "ip", "link", "add", BRIDGE, "type", "bridge", "forward_delay", "0", "stp_state", "0");
      this.inside(bridge, "ip", "link", "set", BRIDGE, "up");
    }
  }

  protected addNamespace(name: string): void {
    command("ip", "netns", "add", name);
    this.undo.add(`namespace ${name}`, () => {
      killInside(name);
      command("ip", "netns", "delete", name);
    });
    this.inside(name, "ip", "link", "set", "lo", "up");
  }

  /** A veth from a namespace to a bridge. @param far name of its end at the bridge @param addresses with prefix lengths */
  protected plug(namespace: string, device: string, bridge: string, far: string, addresses: readonly string[]): void {
    this.plugUnlinked(namespace, device, bridge, far);
    this.inside(bridge, "ip", "link", "set", "dev", far, "up");
    for (const address of addresses) {
      const how = address.includes(":") ? ["nodad"] : [];
      this.inside(namespace, "ip", "address", "add", address, "dev", device, ...how);
    }
  }

  /** A veth whose end at the bridge is down: the other one has no link. */
  protected plugUnlinked(namespace: string, device: string, bridge: string, far: string): void {
    command("ip", "link", "add", device, "netns", namespace, "type", "veth", "peer", "name", far, "netns", bridge);
    this.inside(bridge, "ip", "link", "set", "dev", far, "master", BRIDGE);
    this.inside(namespace, "ip", "link", "set", "dev", device, "up");
  }

  /** Drops what comes from these addresses and what goes there, of both families; forwarded packets too. None: no cut. */
  protected cutAddresses(name: string, addresses: readonly string[]): void {
    const namespace = this.member(name);
    this.inside(namespace, "nft", "add table inet cut; delete table inet cut");
    const families = [
      ["ip", addresses.filter((address) => !address.includes(":"))],
      ["ip6", addresses.filter((address) => address.includes(":"))],
    ] as const;
    const drops = (side: string) =>
      families
        .filter(([, list]) => list.length > 0)
        .map(([family, list]) => `${family} ${side} { ${list.join(", ")} } drop;`)
        .join(" ");
    if (addresses.length === 0) return;
    const chain = (hook: string, side: string) =>
      `chain ${hook} { type filter hook ${hook} priority -300; ${drops(side)} }`;
    const chains = [chain("input", "saddr"), chain("output", "daddr"), chain("forward", "daddr")];
    this.inside(namespace, "nft", `table inet cut {\n${chains.join("\n")}\n}`);
  }

  private signalAll(name: string, signal: string): void {
    const processes = this.processes(name).map(String);
    if (processes.length > 0) succeeds("kill", `-${signal}`, ...processes);
  }
}
