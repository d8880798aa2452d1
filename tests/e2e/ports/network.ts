/**
 * The network: one namespace for the array, one for the iSNS server, one for each host, and one in the middle that
 * routes between them. Each port of the array has a veth and a subnet of its own, and answers through it.
 *
 *   host h ── 10.77.(100+h).0/24 ──┐          ┌── 10.77.p.0/24 ── port p ──┐
 *   host … ────────────────────────┤  router  ├─────────────────────────── array
 *   iSNS server ── 10.77.200.0/24 ─┘          └── …
 */

import { command } from "../common/commands.js";
import type { Undo } from "../common/undo.js";

export const ISNS_ADDRESS = "10.77.200.1";
/** The last part of the router's address in every subnet. */
const ROUTER_PART = 254;
const TABLE_BASE = 100;

export class Network {
  readonly array: string;
  readonly isns: string;
  readonly router: string;

  constructor(
    private readonly prefix: string,
    readonly ports: number,
    readonly hosts: number,
    private readonly undo: Undo,
  ) {
    this.array = `${prefix}-array`;
    this.isns = `${prefix}-isns`;
    this.router = `${prefix}-router`;
  }

  host(number: number): string {
    return `${this.prefix}-host${number}`;
  }

  /** Device of a port, in the array's namespace and, under the same name, in the router's. */
  device(port: number): string {
    return `p${port}`;
  }

  portAddress(port: number): string {
    return `10.77.${port}.1`;
  }

  make(): void {
    for (const name of [this.router, this.array, this.isns]) this.addNamespace(name);
    this.inside(this.router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
    for (let port = 1; port <= this.ports; port++) this.addPort(port);
    this.addLeaf(this.isns, "isns", 200);
    for (let host = 1; host <= this.hosts; host++) {
      this.addNamespace(this.host(host));
      this.addLeaf(this.host(host), `h${host}`, 100 + host);
    }
  }

  /** The far end of a port's veth: setting it down takes the carrier from the port. */
  setLink(port: number, state: "up" | "down"): void {
    this.inside(this.router, "ip", "link", "set", this.device(port), state);
  }

  inside(namespace: string, ...words: string[]): string {
    return command("ip", "netns", "exec", namespace, ...words);
  }

  private addNamespace(name: string): void {
    command("ip", "netns", "add", name);
    this.undo.add(`namespace ${name}`, () => void command("ip", "netns", "delete", name));
    this.inside(name, "ip", "link", "set", "lo", "up");
  }

  /** A veth from a namespace to the router, with addresses at both ends. */
  private addLink(namespace: string, device: string, subnet: number): void {
    command(
      "ip",
      "link",
      "add",
      device,
      "netns",
      namespace,
      "type",
      "veth",
      "peer",
      "name",
      device,
      "netns",
      this.router,
    );
    this.inside(namespace, "ip", "address", "add", `10.77.${subnet}.1/24`, "dev", device);
    this.inside(this.router, "ip", "address", "add", `10.77.${subnet}.${ROUTER_PART}/24`, "dev", device);
    for (const side of [namespace, this.router]) this.inside(side, "ip", "link", "set", device, "up");
  }

  private addLeaf(namespace: string, device: string, subnet: number): void {
    this.addLink(namespace, device, subnet);
    this.inside(namespace, "ip", "route", "add", "default", "via", `10.77.${subnet}.${ROUTER_PART}`);
  }

  /** What a port is asked through its address, it answers through its device. */
  private addPort(port: number): void {
    const device = this.device(port);
    const table = `${TABLE_BASE + port}`;
    this.addLink(this.array, device, port);
    const gateway = `10.77.${port}.${ROUTER_PART}`;
    this.inside(this.array, "ip", "route", "add", "default", "via", gateway, "dev", device, "table", table);
    this.inside(this.array, "ip", "rule", "add", "from", this.portAddress(port), "lookup", table);
  }
}
