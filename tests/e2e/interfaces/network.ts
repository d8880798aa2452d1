/**
 * The network: a namespace each for the controllers, the etcd servers, the shelf, the client and the witness, and two
 * bridges. Clients see the front; the back is for status messages, commands, etcd, iSCSI and forwarded connections.
 *
 *   client, witness ──┐         ┌── e0, e1 ── controller a … f ── m0 ──┐        ┌── etcd 1 … 3
 *                     front (bridge)                                  back (bridge)
 *                                                                      └── shelf
 */

import { command, commandAsync, succeeds } from "../common/commands.js";
import { killInside } from "../common/leftovers.js";
import type { Undo } from "../common/undo.js";
import { backplane, CONTROLLERS, ETCD_NUMBERS, SHELF_NUMBER } from "./plan.js";

export const CLIENT_DEVICE = "c0";
const BACK_DEVICE = "m0";
const BRIDGE = "br0";

export class Network {
  readonly front: string;
  readonly back: string;
  readonly client: string;
  readonly witness: string;
  readonly shelf: string;
  private readonly paused = new Set<string>();

  /** @param prefix of the namespaces' names */
  constructor(
    private readonly prefix: string,
    private readonly undo: Undo,
  ) {
    this.front = `${prefix}-front`;
    this.back = `${prefix}-back`;
    this.client = `${prefix}-client`;
    this.witness = `${prefix}-witness`;
    this.shelf = `${prefix}-shelf`;
  }

  controller(name: string): string {
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
    for (const controller of CONTROLLERS) {
      const name = this.controller(controller.name);
      this.addNamespace(name);
      for (const device of controller.devices) this.plug(name, device, this.front, `${controller.name}-${device}`);
      this.plugBack(name, controller.number, controller.name);
    }
    for (const [index, number] of ETCD_NUMBERS.entries())
      this.addBack(this.etcd(index + 1), number, `etcd${index + 1}`);
    this.addBack(this.shelf, SHELF_NUMBER, "shelf");
    for (const [name, part] of [[this.client, 200] as const, [this.witness, 201] as const]) {
      this.addNamespace(name);
      this.plug(name, CLIENT_DEVICE, this.front, part === 200 ? "client" : "witness");
      this.addAddress(name, CLIENT_DEVICE, `10.77.0.${part}/24`);
      this.addAddress(name, CLIENT_DEVICE, `fd77::${part}/64`);
    }
  }

  /** The far end of a controller's port: setting it down takes the carrier from the port. */
  setFarEnd(controller: string, device: string, state: "up" | "down"): void {
    this.inside(this.front, "ip", "link", "set", `${controller}-${device}`, state);
  }

  /** The near end: the device itself, as an administrator sets it. */
  setNearEnd(controller: string, device: string, state: "up" | "down"): void {
    this.inside(this.controller(controller), "ip", "link", "set", device, state);
  }

  /** Takes the carrier from all of a controller's links, as when its power fails. */
  unplug(controller: string): void {
    for (const { name, devices } of CONTROLLERS) {
      if (name !== controller) continue;
      for (const device of devices) this.setFarEnd(name, device, "down");
      this.inside(this.back, "ip", "link", "set", "dev", name, "down");
    }
  }

  plugIn(controller: string): void {
    for (const { name, devices } of CONTROLLERS) {
      if (name !== controller) continue;
      for (const device of devices) this.setFarEnd(name, device, "up");
      this.inside(this.back, "ip", "link", "set", "dev", name, "up");
    }
  }

  /** Removes what a machine loses when its power fails: addresses of its ports, and its rules. */
  flush(controller: string): void {
    const namespace = this.controller(controller);
    const devices = CONTROLLERS.find(({ name }) => name === controller)?.devices ?? [];
    for (const device of devices) this.inside(namespace, "ip", "address", "flush", "dev", device, "scope", "global");
    this.inside(namespace, "nft", "flush", "ruleset");
  }

  /**
   * Cuts a controller off, on the back: from these numbers, both ways and both families; none: no cut.
   * What it forwards for clients goes over the back too and is cut with it.
   */
  cut(controller: string, numbers: readonly number[]): void {
    const namespace = this.controller(controller);
    this.inside(namespace, "nft", "add table inet cut; delete table inet cut");
    if (numbers.length === 0) return;
    const four = numbers.map((number) => backplane(number).ipv4).join(", ");
    const six = numbers.map((number) => backplane(number).ipv6).join(", ");
    const rules = (way: string, side: string) =>
      `chain ${way} { type filter hook ${way} priority -300; ip ${side} { ${four} } drop; ip6 ${side} { ${six} } drop; }`;
    const forward = `chain forward { type filter hook forward priority -300; ip daddr { ${four} } drop; ip6 daddr { ${six} } drop; }`;
    this.inside(
      namespace,
      "nft",
      `table inet cut {\n${rules("input", "saddr")}\n${rules("output", "daddr")}\n${forward}\n}`,
    );
  }

  /** Stops all processes of a controller, as if its processors stood still; its kernel goes on. */
  pause(controller: string): void {
    this.paused.add(controller);
    this.signalAll(controller, "STOP");
  }

  resume(controller: string): void {
    this.paused.delete(controller);
    this.signalAll(controller, "CONT");
  }

  isPaused(controller: string): boolean {
    return this.paused.has(controller);
  }

  /** Ends all processes of a controller by force; addresses and rules stay in its kernel. */
  kill(controller: string): void {
    this.signalAll(controller, "KILL");
  }

  /** Hardware addresses of all ports, with who has them: `a e0`. */
  portsByHardware(): Map<string, string> {
    const ports = new Map<string, string>();
    for (const { name, devices } of CONTROLLERS) {
      for (const row of this.linksOf(this.controller(name))) {
        if (devices.includes(row.ifname)) ports.set(row.address, `${name} ${row.ifname}`);
      }
    }
    return ports;
  }

  /** Port of the front bridge behind which a hardware address is, as the bridge has learnt: `a e0`. */
  async learnt(): Promise<Map<string, string>> {
    const text = await commandAsync("ip", "netns", "exec", this.front, "bridge", "-j", "fdb", "show", "br", BRIDGE);
    const rows = JSON.parse(text) as { mac: string; ifname: string; state?: string }[];
    const dynamic = rows.filter((row) => row.state !== "permanent");
    return new Map(dynamic.map((row) => [row.mac, row.ifname.replace("-", " ")]));
  }

  inside(namespace: string, ...words: string[]): string {
    return command("ip", "netns", "exec", namespace, ...words);
  }

  private signalAll(controller: string, signal: string): void {
    const pids = command("ip", "netns", "pids", this.controller(controller))
      .split("\n")
      .filter((pid) => pid !== "");
    if (pids.length > 0) succeeds("kill", `-${signal}`, ...pids);
  }

  private linksOf(namespace: string): { ifname: string; address: string }[] {
    return JSON.parse(this.inside(namespace, "ip", "-j", "link", "show")) as { ifname: string; address: string }[];
  }

  private addNamespace(name: string): void {
    command("ip", "netns", "add", name);
    this.undo.add(`namespace ${name}`, () => {
      killInside(name);
      command("ip", "netns", "delete", name);
    });
    this.inside(name, "ip", "link", "set", "lo", "up");
  }

  private addBack(name: string, number: number, far: string): void {
    this.addNamespace(name);
    this.plugBack(name, number, far);
  }

  private plugBack(namespace: string, number: number, far: string): void {
    this.plug(namespace, BACK_DEVICE, this.back, far);
    const { ipv4, ipv6 } = backplane(number);
    this.addAddress(namespace, BACK_DEVICE, `${ipv4}/24`);
    this.addAddress(namespace, BACK_DEVICE, `${ipv6}/64`);
  }

  private addAddress(namespace: string, device: string, address: string): void {
    const how = address.includes(":") ? ["nodad"] : [];
    this.inside(namespace, "ip", "address", "add", address, "dev", device, ...how);
  }

  /** A veth from a namespace to a bridge. */
  private plug(namespace: string, device: string, bridge: string, far: string): void {
    command("ip", "link", "add", device, "netns", namespace, "type", "veth", "peer", "name", far, "netns", bridge);
    this.inside(bridge, "ip", "link", "set", "dev", far, "master", BRIDGE, "up");
    this.inside(namespace, "ip", "link", "set", "dev", device, "up");
  }
}
