/** What one controller hosts for real: addresses in its kernel, units of the shelf, and the way from one to the other. */

import type { ArrayDescription } from "../array/description.js";
import { parseEndpoint } from "../coordination/endpoint.js";
import { parseAddress } from "./addresses/address.js";
import { LinuxKernel } from "./addresses/linux-kernel.js";
import { UnitExporter } from "./units/exporter.js";
import { type FixedAddresses, type ForwardedAddresses, UnitForwarding } from "./units/forwarding.js";
import { type ShelfSection, shelfSection } from "./units/section.js";
import { type AskingLink, ShelfClient } from "./units/shelf-client.js";
import { UnitService } from "./units/unit-service.js";

/** Name of the shelf's agent on the link between controllers. */
export const SHELF = "shelf";

export interface HostingOptions {
  /** Name of the controller. */
  controller: string;
  /** Tells this start of the controller from all others: its boot count. */
  instance: string;
  /** The authenticated link between controllers, on which the shelf's agent is called `SHELF`. */
  link: AskingLink;
  /** The management address, with its prefix length, and the device it belongs on here. */
  management?: { address: string; device: string };
  report: (line: string) => void;
}

export interface Hosting {
  kernel: LinuxKernel;
  /** Undefined where the array has no shelf. */
  units: UnitService | undefined;
  forwarding: UnitForwarding | undefined;
  /** The fence first; what an earlier process left is gone when it resolves. */
  start(): Promise<void>;
  /** Another configuration: ready for what it has, beside what the one before has. */
  expect(array: ArrayDescription): Promise<void>;
  /** Only what it has; the rest must be gone. */
  settle(array: ArrayDescription): Promise<void>;
  close(): Promise<void>;
}

/** @param array checked */
export function hostingOf(array: ArrayDescription, options: HostingOptions): Hosting {
  const { controller, management, report } = options;
  const devicesOf = ({ networkPorts = [] }: ArrayDescription) => {
    const own = networkPorts.filter((port) => port.controller === controller).map(({ device }) => device);
    return [...new Set([...own, ...(management ? [management.device] : [])])];
  };
  const addressesOf = ({ interfaces = [] }: ArrayDescription) => [
    ...interfaces.map(({ address }) => address),
    ...(management ? [management.address] : []),
  ];
  const devices = devicesOf(array);
  const addresses = addressesOf(array);
  const kernel = new LinuxKernel({ name: controller, devices, addresses, report });
  const section = shelfSection(array);
  const forwarding = section === undefined ? undefined : forwardingOf(array, section, controller);
  const units = section === undefined ? undefined : unitsOf(section, options, forwarding);
  return {
    kernel,
    units,
    forwarding,
    async start() {
      await kernel.start();
      await forwarding?.start(devices);
    },
    expect: (next) => kernel.expect(devicesOf(next), addressesOf(next)),
    async settle(next) {
      await kernel.settle(devicesOf(next), addressesOf(next));
      await forwarding?.follow(forwardedOf(next));
    },
    async close() {
      await units?.close();
      await kernel.close();
      await forwarding?.close();
    },
  };
}

function unitsOf(
  section: ShelfSection,
  { controller, instance, link, report }: HostingOptions,
  forwarding: UnitForwarding | undefined,
): UnitService {
  const { portal, timeoutMs } = section;
  const units = Object.entries(section.units).map(([name, unit]) => ({ name, ...unit }));
  const shelf = new ShelfClient(link, { shelf: SHELF, instance, timeoutMs });
  const exporter = new UnitExporter({ portal, units, timeoutMs, report });
  return new UnitService(controller, shelf, exporter, (servers) => forwarding?.route(servers) ?? Promise.resolve());
}

function forwardingOf(array: ArrayDescription, section: ShelfSection, name: string): UnitForwarding {
  const ports = new Map(Object.entries(section.units).map(([unit, { port }]) => [unit, port]));
  return new UnitForwarding({ name, ports, ...forwardedOf(array) });
}

function forwardedOf(array: ArrayDescription): ForwardedAddresses {
  const addresses = (array.interfaces ?? []).map(({ address }) => parseAddress(address));
  return {
    addresses4: addresses.filter(({ family }) => family === 4).map(({ text }) => text),
    addresses6: addresses.filter(({ family }) => family === 6).map(({ text }) => text),
    controllers: new Map(
      array.controllers.map((each) => [each.name, fixedAddresses([each.command, ...(each.control ?? [])])]),
    ),
  };
}

/** The first address of each family on which a controller takes commands or status messages: those stay with it. */
function fixedAddresses(endpoints: readonly (string | undefined)[]): FixedAddresses {
  const fixed: FixedAddresses = { ipv4: "", ipv6: "" };
  for (const text of endpoints) {
    const endpoint = text === undefined ? undefined : parseEndpoint(text);
    if (endpoint === undefined) continue;
    const key = endpoint.address.includes(":") ? "ipv6" : "ipv4";
    if (fixed[key] === "") fixed[key] = endpoint.address;
  }
  return fixed;
}
