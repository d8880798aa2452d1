/** Failover addresses in the Linux kernel of this network namespace. */

import { existsSync } from "node:fs";
import { type ParsedAddress, parseAddress } from "./address.js";
import { Announcer } from "./announcer.js";
import { prepareDevice } from "./devices.js";
import { Fence } from "./fence.js";
import { IpBatch, type LinkRow } from "./ip-batch.js";
import type { AddressKernel, HeldAddress } from "./kernel.js";

type Configured = Map<string, { text: string; parsed: ParsedAddress }>;

export interface LinuxKernelOptions {
  /** Name of the controller. */
  name: string;
  /** Devices of all own network ports. */
  devices: readonly string[];
  /** All failover addresses of the configuration, `address/prefix length`: any of them may come here. */
  addresses: readonly string[];
  /** A line for the operator. */
  report: (line: string) => void;
}

export class LinuxKernel implements AddressKernel {
  private readonly ip = new IpBatch();
  private readonly fence: Fence;
  private readonly announcer: Announcer;
  /** Addresses by the kernel's text, and by the configured one. */
  private configured: Configured = new Map();
  private parsed = new Map<string, ParsedAddress>();
  private devices: readonly string[];
  private readonly hardware = new Map<string, string>();
  /** The fence of what another configuration has: before it no address is added. */
  private fenced: Promise<void> = Promise.resolve();

  /** @throws Error where an address is malformed */
  constructor(options: LinuxKernelOptions) {
    this.devices = options.devices;
    this.know(options.addresses);
    const addresses = [...this.parsed.values()];
    this.fence = new Fence({ name: options.name, devices: options.devices, addresses });
    this.announcer = new Announcer(options.report);
  }

  async start(): Promise<void> {
    for (const device of this.devices) prepareDevice(device);
    await this.fence.start();
    await this.removeAll();
    await this.readHardware();
  }

  /**
   * Devices and addresses of another configuration, beside those of the one before, which may yet be held.
   * Resolves when the fence is in force for them; none is added before. @throws Error where a device isn't there
   */
  expect(devices: readonly string[], addresses: readonly string[]): Promise<void> {
    this.know([...new Set([...this.parsed.keys(), ...addresses])]);
    const known = [...this.parsed.values()];
    const both = [...new Set([...this.devices.filter(isThere), ...devices])];
    this.fenced = this.follow(both, known);
    this.fenced.catch(() => undefined);
    return this.fenced;
  }

  /** From now on only these. Those of the configuration before must be gone. */
  async settle(devices: readonly string[], addresses: readonly string[]): Promise<void> {
    this.know(addresses);
    this.devices = devices;
    await this.fence.follow(devices, [...this.parsed.values()]);
  }

  async add(address: string, device: string): Promise<void> {
    const parsed = this.known(address);
    await this.fenced;
    // Deprecated from the start (RFC 4862, section 5.5.4): answers, but is nobody's source unless asked for; and without
    // duplicate address detection, whose second of silence the fence and the lease make needless.
    const how = parsed.family === 6 ? " nodad valid_lft forever preferred_lft 0" : "";
    const change = `address replace ${parsed.text}/${parsed.prefixLength} dev ${device}${how}`;
    const { rows, complaint } = await this.ip.run([change], `address show to ${parsed.text}`);
    const places = placesOf(rows, parsed.text);
    if (!places.includes(device))
      throw new Error(`${address} on ${device}: ${complaint || "the kernel doesn't have it"}`);
    if (places.length > 1) {
      await this.ip.run([`address del ${parsed.text}/${parsed.prefixLength} dev ${device}`], "link show dev lo");
      throw new Error(`${address} on ${device}: it is on ${places.filter((each) => each !== device).join(", ")} too`);
    }
    await this.announce(address, device);
  }

  async remove(address: string, device: string): Promise<void> {
    const parsed = this.known(address);
    this.announcer.cancel(parsed);
    const change = `address del ${parsed.text}/${parsed.prefixLength} dev ${device}`;
    const { rows, complaint } = await this.ip.run([change], `address show to ${parsed.text}`);
    if (placesOf(rows, parsed.text).includes(device)) throw new Error(`${address} on ${device}: ${complaint}`);
  }

  async held(): Promise<HeldAddress[]> {
    const { rows, complaint } = await this.ip.run([], "address show");
    if (rows.length === 0) throw new Error(`ip address show: ${complaint || "no devices"}`);
    return rows.flatMap((row) => this.heldOn(row));
  }

  fenceUntil(wallMs: number, forMs?: number): Promise<void> {
    return this.fence.until(wallMs, forMs);
  }

  announce(address: string, device: string): Promise<void> {
    const hardware = this.hardware.get(device) ?? "";
    // Only Ethernet has neighbours to tell.
    if (/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(hardware)) this.announcer.announce(this.known(address), device, hardware);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.removeAll();
    await this.announcer.close();
    await this.ip.close();
    await this.fence.close();
  }

  private async follow(devices: readonly string[], addresses: readonly ParsedAddress[]): Promise<void> {
    for (const device of devices) prepareDevice(device);
    await this.fence.follow(devices, addresses);
    await this.readHardware();
  }

  private know(addresses: readonly string[]): void {
    const configured: Configured = new Map();
    const known = new Map<string, ParsedAddress>();
    for (const text of addresses) {
      const parsed = parseAddress(text);
      configured.set(parsed.text, { text, parsed });
      known.set(text, parsed);
    }
    this.configured = configured;
    this.parsed = known;
  }

  private async readHardware(): Promise<void> {
    const { rows } = await this.ip.run([], "link show");
    for (const { ifname, address } of rows) if (ifname !== undefined) this.hardware.set(ifname, address ?? "");
  }

  /** @throws Error where some stay */
  private async removeAll(): Promise<void> {
    for (const { parsed } of this.configured.values()) this.announcer.cancel(parsed);
    const held = await this.held();
    if (held.length === 0) return;
    const changes = held.map(({ address, device }) => {
      const { text, prefixLength } = this.known(address);
      return `address del ${text}/${prefixLength} dev ${device}`;
    });
    await this.ip.run(changes, "link show dev lo");
    const left = await this.held();
    if (left.length > 0) throw new Error(`addresses that stay: ${left.map(({ address }) => address).join(", ")}`);
  }

  private heldOn(row: LinkRow): HeldAddress[] {
    return (row.addr_info ?? []).flatMap(({ local }) => {
      const known = local === undefined ? undefined : this.configured.get(local);
      return known === undefined ? [] : [{ address: known.text, device: row.ifname ?? "" }];
    });
  }

  private known(address: string): ParsedAddress {
    const parsed = this.parsed.get(address);
    if (parsed === undefined) throw new Error(`${address} is none of the configured failover addresses`);
    return parsed;
  }
}

function isThere(device: string): boolean {
  return existsSync(`/sys/class/net/${device}`);
}

/** Devices that have an address. */
function placesOf(rows: readonly LinkRow[], text: string): string[] {
  const having = rows.filter((row) => row.addr_info?.some(({ local }) => local === text));
  return having.flatMap(({ ifname }) => (ifname === undefined ? [] : [ifname]));
}
