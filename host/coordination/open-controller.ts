/** One controller for real: sockets, etcd, the kernel, the shelf and the files, from the array file. */

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ArrayDescription, Problem } from "../array/description.js";
import { type Hosting, hostingOf, SHELF } from "../effectors/hosting.js";
import { shelfSection } from "../effectors/units/section.js";
import type { Effector, Source } from "../shim/actor.js";
import { LinkWatch } from "../sources/kernel/link-watch.js";
import { NetworkPortSource } from "../sources/kernel/network-ports.js";
import { TrackedInputs } from "../sources/tracked/inputs.js";
import { Arrivals } from "./arrivals.js";
import { type Clock, SystemClock } from "./clock.js";
import { CoordinationMemory } from "./commands/memory.js";
import { TcpLink } from "./commands/tcp-link.js";
import { openRevisions } from "./configuration/open-revisions.js";
import type { Revisions } from "./configuration/revisions.js";
import { type ConfigurationFollower, Controller } from "./controller.js";
import { type AddressKernel, ControllerEffects } from "./controller-effects.js";
import { DurableFile } from "./durable.js";
import { type Endpoint, parseEndpoint } from "./endpoint.js";
import { EtcdStore } from "./lease/etcd/store.js";
import { InProcessLease } from "./lease/in-process.js";
import type { LeaseService } from "./lease/lease-service.js";
import { StoredLease } from "./lease/stored-lease.js";
import { type CoordinationSection, coordinationSection, type EtcdSection } from "./section.js";
import { FileBootStore } from "./status/boot-count.js";
import { deriveKey, readKeyFile, readPrivateFile } from "./status/key-file.js";
import { UdpTransport } from "./status/udp.js";

export interface OpenOptions {
  /** Name of the controller that this process is. */
  controller: string;
  /** A line for the operator. */
  report(line: string): void;
  /** Asks for a tick at once. */
  wake(): void;
  /** Text of the array file: what an unconfirmed first revision goes back to. */
  text?: string;
  /** The file itself: a confirmed revision is written there. */
  file?: string | undefined;
  /** Whether a module could take an array; nothing is adopted. */
  tryOut?: (array: ArrayDescription) => Problem[];
  /** Bits of `SelfTest` that pass; all if not given. */
  selfTests?: () => number;
  setWebServer?: (kind: number) => Promise<void>;
}

export interface OpenController {
  controller: Controller;
  /** The configuration by revision; undefined where the lease is in-process. */
  revisions: Revisions | undefined;
  /** Attach, feed and close in this order. */
  sources: Source[];
  effectors: Effector[];
}

/** Renewals in a lease time, and requests to etcd that are waited for in it: two lost ones end no lease. */
const RENEWALS_PER_LEASE = 6;
const LINK_POLL_MS = 1000;
/** No key is used with one controller: nothing is sent. */
const NO_KEY = new Uint8Array(32);
const ALL_SELF_TESTS = 63;
const refuse = () => Promise.reject(new Error("this controller has no network port"));
const NO_KERNEL: AddressKernel = {
  add: refuse,
  announce: refuse,
  remove: () => Promise.resolve(),
  held: () => Promise.resolve([]),
  fenceUntil: () => Promise.resolve(),
};

/**
 * @param array checked, with a section `coordination`
 * @throws KeyFileError, or Error where a socket, a file or the kernel refuses
 */
export async function openController(array: ArrayDescription, options: OpenOptions): Promise<OpenController> {
  const section = coordinationSection(array);
  if (section === undefined) throw new Error("the array has no section `coordination`");
  const { controller: self, report } = options;
  const clock = new SystemClock();
  const key = section.keyFile === undefined ? NO_KEY : readKeyFile(section.keyFile);
  mkdirSync(section.stateFolder, { recursive: true, mode: 0o700 });
  const bootCount = new FileBootStore(stateFile(section, self, "boot"), () => clock.wallMs(), report).next();
  const memory = await CoordinationMemory.open(new DurableFile(stateFile(section, self, "epochs.json")), report);
  const link = linkOf(array, self, deriveKey(key, array.name, "command"), report);
  const transport = transportOf(array, self, report);
  const hosting = hostsAny(array, section, self) ? hostingFor(array, section, options, bootCount, link) : undefined;
  try {
    await link.open();
    await hosting?.start();
    await transport.open();
    const lease = leaseOf(array, section, self, clock, bootCount, report);
    const shared = { self, section, clock, transport, link, lease, memory, report };
    const units = hosting?.units;
    const observed = observe(array, options, () => controller);
    const present = { array };
    const controller: Controller = new Controller({
      ...shared,
      effects: effectsOf(present, section, self, hosting),
      follower: followerOf(present, self, { link, transport, observed, hosting }),
      boot: { next: () => bootCount },
      statusKey: deriveKey(key, array.name, "status"),
      ...(units === undefined ? {} : { unitStates: () => units.states() }),
      own: () => ({ selfTests: options.selfTests?.() ?? ALL_SELF_TESTS, penalty: observed.tracked.penalty() }),
      tracked: () => observed.tracked.facts(),
      setWebServer: options.setWebServer ?? (() => Promise.resolve()),
      wake: options.wake,
    });
    const parts = { array, options, clock, link, controller, hosts: hosting !== undefined };
    const revisions = lease instanceof StoredLease ? openRevisions(lease, parts) : undefined;
    const arrivals = arrivalsOf(present, link, controller);
    return { ...actorsOf(controller, arrivals, observed, hosting), revisions };
  } catch (error) {
    await Promise.allSettled([link.close(), transport.close(), hosting?.close()]);
    throw error;
  }
}

/** A controller without network ports and without the management address touches no kernel. */
function hostsAny(array: ArrayDescription, { management }: CoordinationSection, self: string): boolean {
  return management !== undefined || (array.networkPorts ?? []).some(({ controller }) => controller === self);
}

function hostingFor(
  array: ArrayDescription,
  { management }: CoordinationSection,
  { controller, report }: OpenOptions,
  bootCount: number,
  link: TcpLink,
): Hosting {
  const own = management === undefined ? {} : { management };
  return hostingOf(array, { controller, instance: String(bootCount), link, ...own, report });
}

function arrivalsOf(present: Present, link: TcpLink, controller: Controller): Arrivals {
  const { reserveMs = 0, moveMs = 0 } = present.array.policy.ports;
  return new Arrivals({
    link,
    controllers: () => present.array.controllers.map(({ name }) => name),
    configuration: () => controller.configuration,
    timeoutMs: reserveMs,
    grantMs: moveMs,
  });
}

function ownPorts({ networkPorts = [] }: ArrayDescription, self: string) {
  return networkPorts.filter((port) => port.controller === self);
}

/** The configuration in force, for whoever looks things up by name. */
interface Present {
  array: ArrayDescription;
}

function followerOf(
  present: Present,
  self: string,
  parts: { link: TcpLink; transport: UdpTransport; observed: Observed; hosting: Hosting | undefined },
): ConfigurationFollower {
  const { link, transport, observed, hosting } = parts;
  return {
    begin(array) {
      present.array = array;
      link.follow(peersOf(array, self));
      transport.follow(endpointsOf(array));
      observed.watch.follow(watchedDevices(array, self));
      observed.links.follow(ownPorts(array, self));
      return hosting?.expect(array) ?? Promise.resolve();
    },
    end: () => hosting?.settle(present.array) ?? Promise.resolve(),
  };
}

/** Links come first: the controller speaks of them. The kernel is closed after the controller. */
function actorsOf(
  controller: Controller,
  arrivals: Arrivals,
  { links, tracked }: Observed,
  hosting: Hosting | undefined,
): Omit<OpenController, "revisions"> {
  const kernel: Source = {
    attach: () => undefined,
    beforeTick: () => undefined,
    close: async () => hosting?.close(),
  };
  return { controller, sources: [links, tracked, controller, arrivals, kernel], effectors: [controller, arrivals] };
}

function watchedDevices(array: ArrayDescription, self: string): string[] {
  const tracked = array.controllers.find(({ name }) => name === self)?.track?.links ?? [];
  return [...new Set([...ownPorts(array, self), ...tracked].map(({ device }) => device))];
}

interface Observed {
  watch: LinkWatch;
  links: NetworkPortSource;
  tracked: TrackedInputs;
}

/** The links of network ports and of what is tracked, by one watch; and the tracked scripts. */
function observe(
  array: ArrayDescription,
  { controller: self, report, wake }: OpenOptions,
  controller: () => Controller,
): Observed {
  const ports = ownPorts(array, self);
  const track = array.controllers.find(({ name }) => name === self)?.track ?? { links: [], scripts: [] };
  const onLink = (device: string) => {
    tracked.linkChanged(device);
    wake();
  };
  const watch = new LinkWatch(watchedDevices(array, self), {
    pollMs: LINK_POLL_MS,
    onLink,
    onAddress: () => controller().look(),
    report,
  });
  const tracked = new TrackedInputs(track, {
    linkState: (device) => watch.state(device),
    changed: () => controller().ownChanged(),
    report,
  });
  return { watch, links: new NetworkPortSource(ports, watch), tracked };
}

function stateFile({ stateFolder }: CoordinationSection, self: string, what: string): string {
  return join(stateFolder, `${self}.${what}`);
}

/** Endpoints were checked with the array file. */
function endpointOf(text: string | undefined): Endpoint | undefined {
  return text === undefined ? undefined : parseEndpoint(text);
}

function linkOf(array: ArrayDescription, self: string, key: Uint8Array, report: (line: string) => void): TcpLink {
  const listen = endpointOf(array.controllers.find(({ name }) => name === self)?.command);
  return new TcpLink({ self, listen, peers: peersOf(array, self), key, report });
}

/** Where all others take commands; the shelf's agent as well. */
function peersOf(array: ArrayDescription, self: string): Map<string, Endpoint> {
  const peers = new Map<string, Endpoint>();
  const add = (name: string, text: string | undefined) => {
    const endpoint = endpointOf(text);
    if (endpoint !== undefined && name !== self) peers.set(name, endpoint);
  };
  for (const { name, command } of array.controllers) add(name, command);
  add(SHELF, shelfSection(array)?.command);
  return peers;
}

/** Where each controller takes status messages, by place. */
function endpointsOf({ controllers }: ArrayDescription): Endpoint[][] {
  return controllers.map(({ control }) => (control ?? []).flatMap((text) => endpointOf(text) ?? []));
}

function transportOf(array: ArrayDescription, self: string, report: (line: string) => void): UdpTransport {
  const endpoints = endpointsOf(array);
  const own = endpoints[array.controllers.findIndex(({ name }) => name === self)] ?? [];
  return new UdpTransport({ own, controllers: endpoints, report });
}

function leaseOf(
  array: ArrayDescription,
  section: CoordinationSection,
  self: string,
  clock: Clock,
  bootCount: number,
  report: (line: string) => void,
): LeaseService {
  const { etcd, leaseMs, marginMs } = section;
  if (etcd === undefined) return new InProcessLease(clock, self, bootCount);
  const renewMs = leaseMs / RENEWALS_PER_LEASE;
  const store = new EtcdStore({
    endpoints: etcd.endpoints,
    prefix: `/fairlead/${array.name}/`,
    timeoutMs: renewMs,
    report,
    ...tlsOf(etcd),
    ...userOf(etcd),
  });
  return new StoredLease(store, clock, { controller: self, ttlMs: leaseMs, marginMs, renewMs });
}

function tlsOf({ ca, certificate, key }: EtcdSection) {
  if (ca === undefined) return {};
  const own =
    certificate === undefined || key === undefined
      ? {}
      : { certificate: readFileSync(certificate), key: readPrivateFile(key) };
  return { tls: { ca: readFileSync(ca), ...own } };
}

function userOf({ user, passwordFile }: EtcdSection) {
  if (user === undefined || passwordFile === undefined) return {};
  return { user: { name: user, password: readPrivateFile(passwordFile).toString("utf8").trimEnd() } };
}

function effectsOf(
  present: Present,
  { management }: CoordinationSection,
  self: string,
  hosting: Hosting | undefined,
): ControllerEffects {
  const units = hosting?.units;
  const interfaces = () => present.array.interfaces ?? [];
  const own = () => ownPorts(present.array, self);
  const none = () => Promise.reject(new Error("the array has no shelf"));
  return new ControllerEffects({
    self,
    kernel: hosting?.kernel ?? NO_KERNEL,
    shelf: units ?? { admit: none },
    units: units ?? { serve: none, stop: () => Promise.resolve(), serving: () => Promise.resolve([]) },
    addressOf: (name) => interfaces().find((each) => each.name === name)?.address,
    interfaceOf: (address) => interfaces().find((each) => each.address === address)?.name,
    hasUnit: (name) => (present.array.units ?? []).some((unit) => unit.name === name),
    deviceOf: (port) => own().find(({ name }) => name === port)?.device,
    portOf: (device) => own().find((port) => port.device === device)?.name ?? "",
    management,
  });
}
