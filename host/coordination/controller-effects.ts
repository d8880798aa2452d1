/** A controller's effects: its kernel's addresses, the units that it serves, and the management address. */

import type { Effects, Holdings, Order } from "./effects.js";

/** Addresses of this controller's kernel. */
export interface AddressKernel {
  add(address: string, device: string): Promise<void>;
  remove(address: string, device: string): Promise<void>;
  /** What the kernel holds of the failover addresses. */
  held(): Promise<{ address: string; device: string }[]>;
  fenceUntil(wallMs: number, forMs: number): Promise<void>;
  /** Tells the network where the address is now. */
  announce(address: string, device: string): Promise<void>;
}

/** Where the blocks of units are: it admits one server a unit, and keeps the highest epoch. */
export interface UnitShelf {
  /** Rejects for an epoch lower than the highest that the shelf has seen for the unit. */
  admit(unit: string, server: string, epoch: number): Promise<unknown>;
}

/** What serves units to clients, on this controller. */
export interface UnitServer {
  serve(unit: string): Promise<void>;
  stop(unit: string): Promise<void>;
  serving(): Promise<string[]>;
}

export interface ControllerEffectsParts {
  self: string;
  kernel: AddressKernel;
  shelf: UnitShelf;
  units: UnitServer;
  /** Address of an interface, by its name. */
  addressOf(name: string): string | undefined;
  /** Name of the interface that has an address. */
  interfaceOf(address: string): string | undefined;
  /** Whether the array has a unit. */
  hasUnit(name: string): boolean;
  /** Device of a network port of this controller, by its name. */
  deviceOf(port: string): string | undefined;
  /** Name of the network port that is a device of this controller; "" for another device. */
  portOf(device: string): string;
  /** The management address, and the device it belongs on here. */
  management: { address: string; device: string } | undefined;
}

export class ControllerEffects implements Effects {
  constructor(private readonly parts: ControllerEffectsParts) {}

  async carryOut({ kind, subject, port, epoch }: Order): Promise<void> {
    const { parts } = this;
    switch (kind) {
      case "host":
        return this.host(known(parts.addressOf(subject), subject), known(parts.deviceOf(port), port));
      case "unhost":
        return this.remove(known(parts.addressOf(subject), subject));
      case "takeUnit":
        await parts.shelf.admit(subject, parts.self, epoch);
        return parts.units.serve(subject);
      case "releaseUnit":
        return parts.units.stop(subject);
      case "activate":
        return parts.management && this.host(parts.management.address, parts.management.device);
      case "passivate":
        return parts.management && this.remove(parts.management.address);
    }
  }

  async holdings(): Promise<Holdings> {
    const { kernel, units, management } = this.parts;
    const held = await kernel.held();
    const interfaces = held.flatMap(({ address, device }) => {
      const name = this.parts.interfaceOf(address);
      return name === undefined ? [] : [{ name, port: this.parts.portOf(device) }];
    });
    const active = held.some(({ address }) => address === management?.address);
    return { interfaces, units: await units.serving(), active };
  }

  async releaseAll(): Promise<void> {
    const { kernel, units } = this.parts;
    for (const unit of await units.serving()) await units.stop(unit);
    for (const { address, device } of await kernel.held()) await kernel.remove(address, device);
    const left = [...(await kernel.held()).map(({ address }) => address), ...(await units.serving())];
    if (left.length > 0) throw new Error(`still there: ${left.join(", ")}`);
  }

  async releaseUnknown(): Promise<void> {
    const { kernel, units, management, interfaceOf, portOf, hasUnit } = this.parts;
    const isKnown = ({ address, device }: { address: string; device: string }) =>
      address === management?.address || (interfaceOf(address) !== undefined && portOf(device) !== "");
    for (const unit of await units.serving()) if (!hasUnit(unit)) await units.stop(unit);
    for (const held of await kernel.held()) if (!isKnown(held)) await kernel.remove(held.address, held.device);
    const left = (await kernel.held()).filter((held) => !isKnown(held));
    if (left.length > 0) throw new Error(`still there: ${left.map(({ address }) => address).join(", ")}`);
  }

  fenceUntil(wallMs: number, forMs: number): Promise<void> {
    return this.parts.kernel.fenceUntil(wallMs, forMs);
  }

  private async host(address: string, device: string): Promise<void> {
    const { kernel } = this.parts;
    // On another port of this controller it goes first: one kernel answers on one port.
    for (const held of await kernel.held()) {
      if (held.address === address && held.device !== device) await kernel.remove(address, held.device);
    }
    await kernel.add(address, device);
    await kernel.announce(address, device);
  }

  private async remove(address: string): Promise<void> {
    const { kernel } = this.parts;
    for (const held of await kernel.held()) if (held.address === address) await kernel.remove(address, held.device);
  }
}

function known(value: string | undefined, name: string): string {
  if (value === undefined) throw new Error(`no ${name} here`);
  return value;
}
