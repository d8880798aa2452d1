/** What controllers, network ports, interfaces and units mean together. */

import { layouts } from "../shim/generated/layout.js";
import type { CheckedYaml, Path } from "./checked-yaml.js";
import { eligibleKey, groupsOf, partnersOf } from "./interfaces.js";
import type { Report } from "./meaning.js";
import type { PlacedArray } from "./parse.js";

/** Bytes of a network device's name at most: the kernel's IFNAMSIZ, less the zero at its end. */
export const DEVICE_BYTES_MAX = 15;
export const DEVICE_EXPECTED = `the name of a network device: 1 to ${DEVICE_BYTES_MAX} bytes, no /, : or blank`;

/** Problems of the failover pairs, the groups, and of what lives in them. */
export function checkInterfaces(placed: PlacedArray, path: Path, yaml: CheckedYaml, report: Report): void {
  checkPairs(placed, report);
  checkNetworkPorts(placed, report);
  checkDevices(placed, yaml, report);
  checkHomes(placed, report);
  checkAddresses(placed, report);
  checkUnits(placed, report);
  checkDomains(placed, path, report);
}

function checkPairs({ controllers }: PlacedArray, report: Report): void {
  const things = controllers.map(({ thing }) => thing);
  const names = new Set(things.map(({ name }) => name));
  const partners = partnersOf(things);
  const groups = groupsOf(things);
  for (const { thing, path } of controllers) {
    const { name, partner } = thing;
    if (partner !== undefined) {
      const at = [...path, "partner"];
      if (partner === name) report(at, `${name} is its own partner`, "another controller");
      else if (!names.has(partner)) report(at, `no controller ${partner}`, `one of: ${[...names].join(", ")}`);
      else if (partners.get(partner) !== name) {
        report(at, `${partner} is the partner of ${partners.get(partner)}`, "each controller in one pair");
      }
    }
    const other = partners.get(name);
    if (other === undefined || other === name || !names.has(other) || partners.get(other) !== name) continue;
    if (thing.group === undefined || groups.get(other) !== thing.group) continue;
    report([...path, "group"], `${name} and its partner ${other} are in one group`, "a pair is split over the groups");
  }
}

function checkNetworkPorts({ networkPorts, controllers }: PlacedArray, report: Report): void {
  const known = new Set(controllers.map(({ thing }) => thing.name));
  const devices = new Map<string, string>();
  for (const { thing, path } of networkPorts) {
    if (!known.has(thing.controller)) {
      report([...path, "controller"], `no controller ${thing.controller}`, `one of: ${[...known].join(", ")}`);
    }
    const device = `${thing.controller} ${thing.device}`;
    const first = devices.get(device);
    if (first === undefined) devices.set(device, thing.name);
    else report([...path, "device"], `${thing.device} is the device of ${first}`, "a device of its own");
  }
}

/** With a section `coordination` the addresses are those of real kernels: there a port's name is rarely its device's. */
function checkDevices({ array, networkPorts }: PlacedArray, yaml: CheckedYaml, report: Report): void {
  for (const { thing, path } of networkPorts) {
    const at = [...path, "device"];
    const isWritten = valueAt(yaml.value, at) !== undefined;
    if (isWritten) {
      if (!isDeviceName(thing.device)) report(at, `${thing.device} can't be a network device's name`, DEVICE_EXPECTED);
    } else if (array.coordination !== undefined && thing.name !== "") {
      report(at, `${thing.name} names no device, and its addresses are to stand in a kernel`, DEVICE_EXPECTED);
    }
  }
}

/** As the kernel has it (`dev_valid_name`). */
function isDeviceName(name: string): boolean {
  if (name === "." || name === ".." || /[/:\s]/.test(name)) return false;
  return name !== "" && Buffer.byteLength(name) <= DEVICE_BYTES_MAX;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, step) => (at as Record<string | number, unknown> | undefined)?.[step], value);
}

function checkHomes({ networkPorts, interfaces }: PlacedArray, report: Report): void {
  const ports = new Map(networkPorts.map(({ thing }) => [thing.name, thing]));
  const expected = `one of: ${[...ports.keys()].slice(0, 20).join(", ")}`;
  for (const { thing, path } of interfaces) {
    if (thing.home === "") continue;
    const home = ports.get(thing.home);
    if (home === undefined) {
      report([...path, "home"], `no network port ${thing.home}: home is in neither group`, expected);
      continue;
    }
    for (const [index, name] of (thing.eligible ?? []).entries()) {
      const at = [...path, "eligible", index];
      const port = ports.get(name);
      if (port === undefined) report(at, `no network port ${name}`, expected);
      else if (port.domain !== home.domain) {
        report(at, `${name} is in domain ${port.domain}`, `ports of domain ${home.domain}, its home's`);
      } else if (thing.eligible?.indexOf(name) !== index) report(at, `port ${name} is there already`, "each port once");
    }
    const isGiven = thing.eligible !== undefined && thing.eligible.length > 0;
    if (isGiven && thing.eligible?.includes(thing.home) !== true) {
      report([...path, "eligible"], `home ${thing.home} is not eligible`, `${thing.home} among them`);
    }
  }
}

/** The address without its prefix, in one spelling; undefined for a text that is none. */
export function hostOf(address: string): string | undefined {
  const [host = "", prefix] = address.split("/");
  if (prefix !== undefined && !/^[0-9]{1,3}$/.test(prefix)) return undefined;
  try {
    if (host.includes(":")) return Number(prefix ?? 0) > 128 ? undefined : new URL(`http://[${host}]/`).hostname;
    const plain = /^(\d{1,3}\.){3}\d{1,3}$/.test(host) && Number(prefix ?? 0) <= 32;
    return plain ? new URL(`http://${host}/`).hostname : undefined;
  } catch {
    return undefined;
  }
}

/** Host of a portal's `address:port`. */
function portalHost(address: string): string | undefined {
  const match = /^\[?([^\]]*?)\]?:[0-9]+$/.exec(address);
  return hostOf(match?.[1] ?? address);
}

function checkAddresses({ interfaces, ports }: PlacedArray, report: Report): void {
  const owners = new Map<string, string>();
  for (const { thing } of ports) {
    const host = portalHost(thing.address);
    if (host !== undefined) owners.set(host, `target port ${thing.name}: target ports stay where they are`);
  }
  for (const { thing, path } of interfaces) {
    if (thing.address === "") continue;
    const at = [...path, "address"];
    const host = hostOf(thing.address);
    if (host === undefined) {
      report(at, `${thing.address} is no address`, "an address with its prefix: 192.0.2.11/24, 2001:db8::11/64");
      continue;
    }
    const owner = owners.get(host);
    if (owner === undefined) owners.set(host, `interface ${thing.name}`);
    else report(at, `${host} is the address of ${owner}`, "an address of its own");
  }
}

function checkUnits({ units, controllers }: PlacedArray, report: Report): void {
  const known = new Set(controllers.map(({ thing }) => thing.name));
  for (const { thing, path } of units) {
    if (known.has(thing.owner)) continue;
    report([...path, "owner"], `no controller ${thing.owner}`, `one of: ${[...known].join(", ")}`);
  }
}

function checkDomains({ array, networkPorts, interfaces }: PlacedArray, path: Path, report: Report): void {
  const limits = layouts[array.profile].limits;
  const domains = new Set(networkPorts.map(({ thing }) => thing.domain));
  if (domains.size > (limits.DOMAIN_MAX ?? 0)) {
    const expected = `at most ${limits.DOMAIN_MAX} in profile ${array.profile}`;
    report([...path, "networkPorts"], `${domains.size} broadcast domains`, expected);
  }
  const ports = new Map(networkPorts.map(({ thing }) => [thing.name, thing.domain]));
  const sets = new Set(interfaces.map(({ thing }) => eligibleKey(thing.eligible, ports.get(thing.home) ?? "")));
  if (sets.size > (limits.ELIGIBLE_SET_MAX ?? 0)) {
    const expected = `at most ${limits.ELIGIBLE_SET_MAX} in profile ${array.profile}`;
    report([...path, "interfaces"], `${sets.size} different sets of eligible ports`, expected);
  }
}
