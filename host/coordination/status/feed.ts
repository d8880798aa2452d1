/** What peers say of themselves, into the module's tables; and what this controller holds, beside it. */

import { LeaseStatus, layouts, MemberReport } from "../../shim/generated/layout.js";
import type { HeartbeatFields } from "../../shim/latched-rows.js";
import { NONE } from "../../shim/names.js";
import type { Shim } from "../../shim/shim.js";
import type { Membership } from "./channel.js";
import { Claims, NOBODY } from "./claims.js";
import { NOWHERE, Places } from "./places.js";
import {
  type HeldRange,
  HEARS_WORDS,
  type ReceivedStatus,
  type RegistrationWords,
  type StatusFacts,
  type UnitWords,
} from "./status.js";

/** What a controller holds, by its own kernel and its own services: names of interfaces with their ports, and units. */
export interface HeldThings {
  interfaces: readonly { name: string; port: string }[];
  units: readonly string[];
}

export interface FeedOptions {
  shim: Shim;
  /** Name of this controller. */
  own: string;
  /** A line for the operator. */
  report: (line: string) => void;
}

/** Words of a peer's registrations of one port, to find what has changed. */
type KnownWords = Uint32Array;

export class StatusFeed {
  private readonly shim: Shim;
  private currentPlaces: Places;
  private interfaces: Claims;
  private units: Claims;
  /** Server that the shelf admits to each unit, by place: `NOBODY`; -2 before the shelf was asked. */
  private admitted: Int32Array;
  /** By place of the target port. */
  private registrations: (KnownWords | undefined)[] = [];
  private readonly epochs = new Map<string, number>();
  private readonly beat: HeartbeatFields;
  /** Whether each controller has another configuration: said once. */
  private otherConfiguration: Uint8Array;
  /** Whether the liveness key of each controller is gone, and nothing has come from it since. */
  private goneControllers: Uint8Array;
  private readonly hears = new Uint32Array(HEARS_WORDS);

  constructor(private readonly options: FeedOptions) {
    this.shim = options.shim;
    this.beat = emptyBeat();
    this.currentPlaces = new Places(this.shim, requireArray(this.shim), options.own);
    const { controllers } = this.currentPlaces;
    this.interfaces = this.interfaceClaims();
    this.units = this.unitClaims();
    this.admitted = new Int32Array(this.currentPlaces.units.length).fill(UNASKED);
    this.otherConfiguration = new Uint8Array(controllers.length);
    this.goneControllers = new Uint8Array(controllers.length);
  }

  get places(): Places {
    return this.currentPlaces;
  }

  /** Another configuration is in force: nothing is known by its places yet. Returns what the channel is to follow. */
  reconfigured(): Membership {
    this.currentPlaces = new Places(this.shim, requireArray(this.shim), this.options.own);
    this.interfaces = this.interfaceClaims();
    this.units = this.unitClaims();
    this.admitted = new Int32Array(this.currentPlaces.units.length).fill(UNASKED);
    this.registrations = [];
    this.epochs.clear();
    this.otherConfiguration = new Uint8Array(this.currentPlaces.controllers.length);
    this.goneControllers = new Uint8Array(this.currentPlaces.controllers.length);
    return this.currentPlaces.membership();
  }

  /** Takes a part of a message that the channel has found good. Parts may come in any order, or some never. */
  take(status: ReceivedStatus): void {
    const { controller } = status;
    this.heartbeat(controller, status, status);
    this.noteConfiguration(status);
    if (!status.sameConfiguration) return;
    this.goneControllers[controller] = 0;
    for (const port of status.networkPorts) this.networkPort(controller, port.place, port.link, port.errors);
    for (const port of status.targetPorts) this.targetPort(controller, port);
    for (const words of status.registrations) this.takeRegistrations(controller, words);
    for (const range of status.held) this.takeHeld(controller, range);
    for (const words of status.units) this.takeUnits(controller, words);
    for (const { kind, subject, epoch } of status.epochs) this.epochs.set(`${controller}/${kind}/${subject}`, epoch);
  }

  /** This controller's own heartbeat: its module judges itself as it judges others. */
  takeOwn(facts: StatusFacts, boot: number, sequence: number, hears: Uint32Array): void {
    this.heartbeat(this.currentPlaces.own, facts, { boot, sequence, hears });
  }

  /**
   * What a controller holds, this one by its kernel or another one by its answer to a command: all of it, now.
   * Names that the configuration doesn't have are passed over.
   */
  holdings(name: string, held: HeldThings): void {
    const { controllers, array, interfaces, units } = this.currentPlaces;
    const controller = controllers.indexOf(name);
    if (controller < 0) return;
    this.goneControllers[controller] = 0;
    const ports = new Map((array.networkPorts ?? []).map((port, place) => [port.name, place]));
    const at = new Map(held.interfaces.map((each) => [each.name, ports.get(each.port) ?? NOBODY]));
    for (let place = 0; place < interfaces.length; place++) {
      this.interfaces.say(controller, place, at.get((array.interfaces ?? [])[place]?.name ?? "") ?? NOBODY);
    }
    const served = new Set(held.units);
    for (let place = 0; place < units.length; place++) {
      const serves = served.has((array.units ?? [])[place]?.name ?? "");
      this.units.say(controller, place, serves ? controller : NOBODY);
    }
  }

  /** Server that the shelf admits to a unit; undefined: none. */
  admits(unit: string, server: string | undefined): void {
    const { array, controllers } = this.currentPlaces;
    const place = (array.units ?? []).findIndex((each) => each.name === unit);
    if (place < 0) return;
    this.admitted[place] = server === undefined ? NOBODY : controllers.indexOf(server);
    this.writeUnit(place);
  }

  /** The lease service says of a controller that its liveness key is gone: what it said of itself is void. */
  gone(name: string): void {
    const controller = this.currentPlaces.controllers.indexOf(name);
    if (controller < 0) return;
    this.goneControllers[controller] = 1;
    this.interfaces.forget(controller);
    this.units.forget(controller);
    // What nobody holds, and of which this one alone had not spoken, is known to be free now.
    for (let place = 0; place < this.currentPlaces.interfaces.length; place++) this.writeInterface(place);
  }

  /** The highest epoch that a controller says it has stored of a scope; 0: none. */
  storedEpoch(name: string, kind: number, subject: number): number {
    return this.epochs.get(`${this.currentPlaces.controllers.indexOf(name)}/${kind}/${subject}`) ?? 0;
  }

  /** What this controller holds, for its own status. */
  get ownInterfaces(): Claims {
    return this.interfaces;
  }

  get ownUnits(): Claims {
    return this.units;
  }

  private heartbeat(
    controller: number,
    facts: StatusFacts,
    beat: { boot: number; sequence: number; hears: Uint32Array },
  ): void {
    const fields = this.beat;
    fields.beat = beat.sequence >>> 0;
    fields.bootCount = beat.boot;
    fields.selfTests = facts.selfTests;
    fields.role = facts.role;
    fields.configuration = facts.configuration;
    fields.penalty = facts.penalty;
    fields.flags = facts.reachesLeaseService ? MemberReport.REACHES_LEASE_SERVICE : 0;
    fields.carried = facts.carried;
    const { servers, processors } = this.currentPlaces;
    this.write(servers, controller, beat.hears, layouts[this.shim.core.profile].limits.MEMBER_SERVERS ?? 0);
    this.write(processors, controller, beat.hears, 0);
  }

  /** One row, under the bits of its kind's rows. */
  private write(rows: Int32Array, controller: number, hears: Uint32Array, first: number): void {
    const row = rows[controller] as number;
    if (row === NOWHERE) return;
    const bits = this.hears;
    bits.fill(0);
    for (let place = 0; place < rows.length; place++) {
      const at = (rows[place] as number) - first;
      if (at < 0 || (((hears[place >> 5] as number) >>> (place & 31)) & 1) === 0) continue;
      bits[at >> 5] = (bits[at >> 5] as number) | (1 << (at & 31));
    }
    this.beat.hears0 = bits[0] as number;
    this.beat.hears1 = bits[1] as number;
    this.beat.hears2 = bits[2] as number;
    this.beat.hears3 = bits[3] as number;
    this.shim.membership.heartbeat(row, this.beat);
  }

  /** A peer of another revision keeps what it has; its places may mean other things here. */
  private noteConfiguration({ controller, sameConfiguration }: ReceivedStatus): void {
    const other = sameConfiguration ? 0 : 1;
    if (this.otherConfiguration[controller] === other) return;
    this.otherConfiguration[controller] = other;
    const name = this.currentPlaces.controllers[controller];
    this.options.report(`controller ${name} has ${sameConfiguration ? "this" : "another"} configuration`);
  }

  /** A controller speaks of its own ports only. */
  private networkPort(controller: number, place: number, link: number, errors: number): void {
    const { networkPortOwners, networkPorts } = this.currentPlaces;
    const row = networkPorts[place] as number;
    if (networkPortOwners[place] === controller && row !== NOWHERE) this.shim.networkPort(row, link, errors);
  }

  private targetPort(
    controller: number,
    port: { place: number; link: number; loadPermille: number; plannedPermille: number },
  ): void {
    const { targetPortOwners, targetPorts } = this.currentPlaces;
    const row = targetPorts[port.place] as number;
    if (targetPortOwners[port.place] !== controller || row === NOWHERE) return;
    this.shim.setLink(row, port.link);
    this.shim.setRemoteLoad(row, port.loadPermille, port.plannedPermille);
  }

  private takeRegistrations(controller: number, { port, first, words }: RegistrationWords): void {
    const { targetPortOwners, targetPorts, targets } = this.currentPlaces;
    const row = targetPorts[port] as number;
    if (targetPortOwners[port] !== controller || row === NOWHERE) return;
    const known = this.registrations[port] ?? new Uint32Array(Math.ceil(targets.length / 32)).fill(ALL);
    this.registrations[port] = known;
    for (let each = 0; each < words.length; each++) {
      const word = (first >> 5) + each;
      let changed = ((known[word] as number) ^ (words[each] as number)) >>> 0;
      known[word] = words[each] as number;
      for (; changed !== 0; changed = (changed & (changed - 1)) >>> 0) {
        const bit = 31 - Math.clz32(changed & -changed);
        const target = targets[32 * word + bit];
        const kept = (((words[each] as number) >>> bit) & 1) === 1;
        if (target !== undefined && target !== NOWHERE) this.shim.setRemoteWithdrawn(target, row, !kept);
      }
    }
  }

  private takeHeld(controller: number, { first, last, held }: HeldRange): void {
    let next = 0;
    for (let place = first; place <= last; place++) {
      const address = held[next];
      const names = address?.interface === place;
      if (names) next++;
      const own = names && this.currentPlaces.networkPortOwners[address.port] === controller;
      this.interfaces.say(controller, place, own ? address.port : NOBODY);
    }
  }

  private takeUnits(controller: number, { first, words }: UnitWords): void {
    const count = Math.min(this.currentPlaces.units.length, first + 32 * words.length);
    for (let place = first; place < count; place++) {
      const serves = (((words[(place - first) >> 5] as number) >>> (place & 31)) & 1) === 1;
      this.units.say(controller, place, serves ? controller : NOBODY);
    }
  }

  private interfaceClaims(): Claims {
    const { controllers, interfaces } = this.currentPlaces;
    return new Claims(controllers.length, interfaces.length, (place) => this.writeInterface(place));
  }

  private unitClaims(): Claims {
    const { controllers, units } = this.currentPlaces;
    return new Claims(controllers.length, units.length, (place) => this.writeUnit(place));
  }

  /** That nobody holds an address is known only once all have said so, or are gone. */
  private writeInterface(place: number): void {
    const { interfaces, networkPorts } = this.currentPlaces;
    const row = interfaces[place] as number;
    if (row === NOWHERE) return;
    const port = this.interfaces.place(place);
    if (port !== NOBODY) this.shim.interfaceAt(row, networkPorts[port] as number);
    else if (this.allHaveSaid(place)) this.shim.interfaceAt(row, NONE);
  }

  private allHaveSaid(place: number): boolean {
    const { servers } = this.currentPlaces;
    for (let controller = 0; controller < servers.length; controller++) {
      if (!this.interfaces.hasSaid(controller, place) && !this.isGone(controller)) return false;
    }
    return true;
  }

  private isGone(controller: number): boolean {
    if (this.goneControllers[controller] === 1) return true;
    const { memberInput } = this.shim.core.views;
    const server = this.currentPlaces.servers[controller] as number;
    if (server === NOWHERE || memberInput.incarnation(server) !== this.shim.incarnation) return false;
    return memberInput.lease(server) === LeaseStatus.GONE;
  }

  private writeUnit(place: number): void {
    const { units, servers } = this.currentPlaces;
    const row = units[place] as number;
    const admitted = this.admitted[place] as number;
    if (row === NOWHERE || admitted === UNASKED) return;
    const serving = this.units.claimant(place);
    const server = (controller: number) => (controller < 0 ? NONE : (servers[controller] as number));
    this.shim.unitAt(row, server(admitted), server(serving));
  }
}

/** The shelf was not asked yet. */
const UNASKED = -2;
/** Before a peer has said anything of a port's registrations, what the server lists counts. */
const ALL = 0xffff_ffff;

function requireArray(shim: Shim) {
  if (shim.array === undefined) throw new Error("no configuration is in force");
  return shim.array;
}

function emptyBeat(): HeartbeatFields {
  return {
    beat: 0,
    bootCount: 0,
    selfTests: 0,
    role: 0,
    configuration: 0,
    hears0: 0,
    hears1: 0,
    hears2: 0,
    hears3: 0,
    penalty: 0,
    flags: 0,
    carried: 0,
  };
}
