/**
 * The network: a namespace each for the controllers, the etcd servers, the shelf, the client and the witness, and two
 * bridges. Clients see the front; the back is for status messages, commands, etcd, iSCSI and forwarded connections.
 *
 *   client, witness ──┐         ┌── e0, e1 ── controller a … f ── m0 ──┐        ┌── etcd 1 … 3
 *                     front (bridge)                                  back (bridge)
 *                                                                      └── shelf
 */

import { commandAsync } from "../common/commands.js";
import { BACK_DEVICE, BRIDGE, BridgedNetwork, CLIENT_DEVICE } from "../common/network.js";
import type { Undo } from "../common/undo.js";
import { backplane, CONTROLLERS, ETCD_NUMBERS, type PlannedController, SHELF_NUMBER } from "./plan.js";

const CLIENT_NUMBER = 200;
const WITNESS_NUMBER = 201;

export class Network extends BridgedNetwork {
  readonly shelf: string;
  private readonly paused = new Set<string>();

  /** @param prefix of the namespaces' names */
  constructor(prefix: string, undo: Undo) {
    super(prefix, undo);
    this.shelf = `${prefix}-shelf`;
  }

  controller(name: string): string {
    return this.member(name);
  }

  make(): void {
    this.addBridges();
    for (const controller of CONTROLLERS) this.addController(controller);
    for (const [index, number] of ETCD_NUMBERS.entries())
      this.addBack(this.etcd(index + 1), number, `etcd${index + 1}`);
    this.addBack(this.shelf, SHELF_NUMBER, "shelf");
    for (const [namespace, number, far] of [
      [this.client, CLIENT_NUMBER, "client"],
      [this.witness, WITNESS_NUMBER, "witness"],
    ] as const) {
      this.addNamespace(namespace);
      this.plug(namespace, CLIENT_DEVICE, this.front, far, [`10.77.0.${number}/24`, `fd77::${number}/64`]);
    }
  }

  addController({ name, number, devices }: PlannedController): void {
    const namespace = this.controller(name);
    this.addNamespace(namespace);
    for (const device of devices) this.plug(namespace, device, this.front, `${name}-${device}`, []);
    this.plugBack(namespace, number, name);
  }

  /**
   * A further device of a controller on the front, without a link: until fairlead has it for a port, Linux answers on it
   * for addresses of the others.
   */
  addDevice(controller: string, device: string): void {
    this.plugUnlinked(this.controller(controller), device, this.front, `${controller}-${device}`);
  }

  removeDevice(controller: string, device: string): void {
    this.inside(this.controller(controller), "ip", "link", "delete", device);
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

  /** Each port answers for its own addresses only, as any machine with two ports in one subnet is set up. */
  separatePorts(controller: string): void {
    const devices = CONTROLLERS.find(({ name }) => name === controller)?.devices ?? [];
    const settings = devices.flatMap((device) => [
      `net.ipv4.conf.${device}.arp_ignore=1`,
      `net.ipv4.conf.${device}.arp_announce=2`,
    ]);
    this.inside(this.controller(controller), "sysctl", "-qw", ...settings);
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
    this.cutAddresses(
      controller,
      numbers.map(backplane).flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]),
    );
  }

  override pause(controller: string): void {
    this.paused.add(controller);
    super.pause(controller);
  }

  override resume(controller: string): void {
    this.paused.delete(controller);
    super.resume(controller);
  }

  isPaused(controller: string): boolean {
    return this.paused.has(controller);
  }

  /** Hardware addresses of all ports, with who has them: `a e0`. */
  portsByHardware(): Map<string, string> {
    const ports = new Map<string, string>();
    for (const { name, devices } of CONTROLLERS) {
      for (const device of devices) ports.set(this.hardwareOf(name, device), `${name} ${device}`);
    }
    return ports;
  }

  hardwareOf(controller: string, device: string): string {
    const text = this.inside(this.controller(controller), "ip", "-j", "link", "show", "dev", device);
    return (JSON.parse(text) as { address: string }[])[0]?.address ?? "";
  }

  /** Port of the front bridge behind which a hardware address is, as the bridge has learnt: `a e0`. */
  async learnt(): Promise<Map<string, string>> {
    const text = await commandAsync("ip", "netns", "exec", this.front, "bridge", "-j", "fdb", "show", "br", BRIDGE);
    const rows = JSON.parse(text) as { mac: string; ifname: string; state?: string }[];
    const dynamic = rows.filter((row) => row.state !== "permanent");
    return new Map(dynamic.map((row) => [row.mac, row.ifname.replace("-", " ")]));
  }

  private addBack(name: string, number: number, far: string): void {
    this.addNamespace(name);
    this.plugBack(name, number, far);
  }

  private plugBack(namespace: string, number: number, far: string): void {
    const { ipv4, ipv6 } = backplane(number);
    this.plug(namespace, BACK_DEVICE, this.back, far, [`${ipv4}/24`, `${ipv6}/64`]);
  }
}
