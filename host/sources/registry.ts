/** Sources and effectors of a real array, made from the sections of its array file. */

import type { ArrayDescription } from "../array/description.js";
import { RegistrationEffector } from "../effectors/isns/effector.js";
import { WantedRegistrations } from "../effectors/isns/wanted.js";
import { SessionEffector } from "../effectors/tgt/effector.js";
import { Redirections } from "../effectors/tgt/redirections.js";
import type { Effector, Source } from "../shim/actor.js";
import type { LinkState } from "../shim/generated/layout.js";
import { CommandQueue, type CommandRunner, runCommand } from "./command.js";
import { type IsnsServer, Isnsadm } from "./isns/isnsadm.js";
import { RegistrationSource } from "./isns/source.js";
import { LinkWatch } from "./kernel/link-watch.js";
import { KernelSampler } from "./kernel/sampler.js";
import { PortFeed } from "./port-feed.js";
import { type IsnsSection, type KernelSection, realSections, type TgtSection } from "./sections.js";
import { TgtSource } from "./tgt/source.js";
import { Tgtadm } from "./tgt/tgtadm.js";

export interface RealActorOptions {
  /** Name of the controller that this process runs on; it touches its own ports only. */
  controller: string;
  /** A line for the operator: a server that can't be reached, an action that failed. */
  report: (line: string) => void;
  /** How commands are run; tests put their own here. */
  run?: CommandRunner;
  /** Asks for a tick at once: a link has changed. */
  wake?: () => void;
}

/** Attach and close in this order; hand each decision to every effector. */
export interface RealActors {
  sources: Source[];
  effectors: Effector[];
}

/** Commands of isnsadm at one time: two targets' messages, a listing, and one to spare. */
const ISNS_COMMANDS_MAX = 4;
/** Commands at one tgtd at one time: it answers one after another anyway, on a processor that may be short. */
const TGT_COMMANDS_MAX = 1;

/** Between two readings of all links: what the monitor missed; the samples find most of it sooner. */
const LINK_POLL_MS = 1000;

/** Whether an array file describes a real array. */
export function hasRealSections(array: ArrayDescription): boolean {
  const { kernel, tgt, isns } = array.sources;
  return kernel !== undefined || tgt !== undefined || isns !== undefined;
}

/** Sources and effectors of one controller of a checked array; none where the file has no section for them. */
export function realActors(array: ArrayDescription, options: RealActorOptions): RealActors {
  const { kernel, tgt, isns } = realSections(array);
  const own = array.ports.filter((port) => port.controller === options.controller).map((port) => port.name);
  const actors: RealActors = { sources: [], effectors: [] };
  const sessions = tgt === undefined ? undefined : addSessions(actors, array, own, tgt, options);
  if (kernel !== undefined) addPorts(actors, own, kernel, sessions, options);
  if (isns !== undefined) addRegistrations(actors, array, isns, options);
  return actors;
}

function addSessions(
  actors: RealActors,
  array: ArrayDescription,
  own: readonly string[],
  section: TgtSection,
  options: RealActorOptions,
): TgtSource {
  const { report } = options;
  const served = own.filter((name) => section.ports[name] !== undefined);
  const ports = served.map((name) => {
    const queue = new CommandQueue(options.run ?? runCommand, TGT_COMMANDS_MAX);
    const controlPort = section.ports[name]?.controlPort ?? 0;
    return { name, tgtadm: new Tgtadm(queue, controlPort, section.timeoutMs) };
  });
  const source = new TgtSource(ports, { pollMs: section.pollMs, report });
  const redirections = new Redirections(source, { array, ports: served, holdMs: section.redirectMs, report });
  const effector = new SessionEffector(source, { timeoutMs: section.timeoutMs, redirections, report });
  actors.sources.push(source, effector);
  actors.effectors.push(effector);
  return source;
}

function addPorts(
  actors: RealActors,
  own: readonly string[],
  section: KernelSection,
  sessions: TgtSource | undefined,
  options: RealActorOptions,
): void {
  const sampled = own.filter((name) => section.ports[name] !== undefined);
  const onError = (error: Error) => options.report(`kernel counters: ${error.message}`);
  const ports = sampled.map((name) => ({ name, ...section.ports[name] }));
  const sampler = new KernelSampler(ports, { intervalMs: section.sampleMs, onError });
  const feed = new PortFeed(sampled, sampler, sessions);
  actors.sources.push(feed);
  addLinks(actors, ports, feed, options);
}

/** Links of ports as events of the kernel, beside what the samples find. */
function addLinks(
  actors: RealActors,
  ports: readonly { name: string; device?: string }[],
  feed: PortFeed,
  { report, run, wake }: RealActorOptions,
): void {
  const devices = [...new Set(ports.flatMap(({ device }) => device ?? []))];
  if (devices.length === 0) return;
  const onLink = (device: string, state: LinkState) => {
    for (const port of ports) if (port.device === device) feed.linkTold(port.name, state);
    wake?.();
  };
  const watch = new LinkWatch(devices, { pollMs: LINK_POLL_MS, onLink, report, ...(run === undefined ? {} : { run }) });
  actors.sources.push({
    attach: () => void watch.start(),
    beforeTick: () => undefined,
    close: () => watch.close(),
  });
}

function addRegistrations(
  actors: RealActors,
  array: ArrayDescription,
  section: IsnsSection,
  options: RealActorOptions,
): void {
  const { report } = options;
  const { socket, server: address, configuration, sourceName } = section;
  const place: IsnsServer = {
    sourceName,
    ...(socket === undefined ? {} : { socket }),
    ...(address === undefined ? {} : { address }),
    ...(configuration === undefined ? {} : { configuration }),
  };
  const queue = new CommandQueue(options.run ?? runCommand, ISNS_COMMANDS_MAX);
  const server = new Isnsadm(queue, place, section.timeoutMs);
  const wanted = new WantedRegistrations(array, options.controller);
  const effector = new RegistrationEffector(server, {
    entity: section.entity,
    wanted,
    observed: (target, groups) => source.observe(target, groups),
    report,
  });
  const source = new RegistrationSource(server, {
    array,
    pollMs: section.pollMs,
    report,
    inspect: (groups) => effector.inspect(groups),
    closed: () => server.close(),
  });
  actors.sources.push(effector, source);
  actors.effectors.push(effector);
}
