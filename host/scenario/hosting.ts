/**
 * The servers of a scenario, in virtual time: their heartbeats, leases and links, the kernels that hold addresses, and
 * the shelf that admits one server for each unit. A server may be silent (alive, leased, not heard), or dead (its
 * addresses gone from the wire with it).
 */

import type { ArrayDescription } from "../array/description.js";
import { groupsOf, partnersOf } from "../array/interfaces.js";
import type { DecisionView } from "../shim/decision-view.js";
import {
  Acknowledged,
  DecisionKind,
  LeaseStatus,
  LinkState,
  MemberReport,
  OutcomeResult,
  ScopeRole,
  SelfTest,
  WebServerKind,
} from "../shim/generated/layout.js";
import { NONE } from "../shim/names.js";
import type { Shim } from "../shim/shim.js";
import type { HostingDoes } from "./description.js";
import type { Timeline } from "./timeline.js";

export interface ServerState {
  /** Its process runs, and sends status messages. */
  up: boolean;
  /** It is heard by this controller. */
  heard: boolean;
  lease: "leased" | "gone" | "unknown";
  /** It has stored the present epochs and reported what it holds. */
  acknowledged: boolean;
  /** Revision of its configuration. */
  configuration: number;
}

interface Server extends ServerState {
  beat: number;
  bootCount: number;
}

/** What the rules say of one command. */
export type HostingRule = (
  command: "move" | "unhost" | "unit",
  subject: string,
  to: string,
) => {
  does: HostingDoes;
  afterMs: number;
};

const SELF_TESTS =
  SelfTest.PROCESSOR | SelfTest.MEMORY | SelfTest.DISK | SelfTest.PROCESS | SelfTest.WEB_SERVER | SelfTest.CLOCK;
const LEASES = { leased: LeaseStatus.LEASED, gone: LeaseStatus.GONE, unknown: LeaseStatus.UNKNOWN } as const;
const ALL_SCOPES = Acknowledged.GROUP | Acknowledged.PAIR | Acknowledged.ARRAY;
const RESULTS: Readonly<Record<string, number>> = {
  apply: OutcomeResult.DONE,
  ignore: OutcomeResult.DONE,
  refuse: OutcomeResult.REFUSED,
  fail: OutcomeResult.FAILED,
  timeout: OutcomeResult.TIMED_OUT,
};
/** Time between two status messages of a server. */
export const BEAT_MS = 500;

/** Role of this controller for a scope, as the lease service has it. */
export interface HeldScope {
  role: "deciding" | "shadow" | "unknown";
  epoch: number;
  holder: string;
}

export class Hosting {
  readonly servers = new Map<string, Server>();
  readonly links = new Map<string, number>();
  /** Port whose kernel holds each address; absent: nobody. */
  readonly addresses = new Map<string, string>();
  readonly units = new Map<string, { admitted: string; serving: string }>();
  /** By row of the scope table. */
  readonly scopes = new Map<number, HeldScope>();
  /** Times that a kernel was told to take an address that another one held. */
  readonly held: { interface: string; ports: [string, string] }[] = [];
  private shim: Shim | undefined;
  private written = new Map<string, string>();
  private beatenMs = Number.NEGATIVE_INFINITY;

  constructor(
    private array: ArrayDescription,
    private readonly timeline: Timeline,
    private readonly rule: HostingRule,
  ) {
    this.reconfigured(array);
    for (const { name, home } of array.interfaces ?? []) this.addresses.set(name, home);
    for (const { name, owner } of array.units ?? []) this.units.set(name, { admitted: owner, serving: owner });
  }

  /** True for an array that says nothing of interfaces and units: nothing of this is told to the module then. */
  get isIdle(): boolean {
    return (this.array.networkPorts?.length ?? 0) === 0 && (this.array.units?.length ?? 0) === 0;
  }

  reconfigured(array: ArrayDescription): void {
    this.array = array;
    for (const { name } of array.controllers) if (!this.servers.has(name)) this.servers.set(name, newServer());
    for (const { name } of array.networkPorts ?? []) if (!this.links.has(name)) this.links.set(name, LinkState.UP);
    for (const { name, owner } of array.units ?? []) {
      if (!this.units.has(name)) this.units.set(name, { admitted: owner, serving: owner });
    }
    for (const row of [1, 2, ...this.pairRows()]) {
      if (!this.scopes.has(row)) this.scopes.set(row, { role: "deciding", epoch: 1, holder: this.holderOf(row) });
    }
    this.written.clear();
  }

  attach(shim: Shim): void {
    this.shim = shim;
    this.written.clear();
    this.beatenMs = Number.NEGATIVE_INFINITY;
    this.observe();
  }

  detach(): void {
    this.shim = undefined;
  }

  /** Changes what is given of a server. A dead one's kernel and exports are gone with it. */
  setServer(name: string, change: Partial<ServerState>): void {
    const server = this.servers.get(name);
    if (server === undefined) return;
    if (change.up === true && !server.up) server.bootCount++;
    Object.assign(server, change);
    // A lease that is gone has the kernel's own rule drop what comes for its addresses.
    if (change.up !== false && change.lease !== "gone") return;
    for (const [address, port] of this.addresses) if (this.controllerOf(port) === name) this.addresses.delete(address);
    for (const unit of this.units.values()) if (unit.serving === name) unit.serving = "";
  }

  /** Puts an address where it is by itself: an earlier holder, or nobody. */
  place(address: string, port: string): void {
    if (port === "") this.addresses.delete(address);
    else this.addresses.set(address, port);
  }

  /** Everything as it is now, written into the shim where it has changed. */
  observe(): void {
    const { shim } = this;
    if (shim === undefined || this.isIdle) return;
    this.beat(shim);
    for (const [name, server] of this.servers) {
      const row = shim.names.members.row(name);
      if (row < 0) continue;
      const acknowledged = server.acknowledged ? ALL_SCOPES : 0;
      this.write(`lease ${name}`, `${server.lease} ${acknowledged}`, () =>
        shim.membership.memberInput(row, LEASES[server.lease], acknowledged),
      );
    }
    for (const [row, { role, epoch, holder }] of this.scopes) {
      const held = shim.names.members.row(holder);
      const roles = { deciding: ScopeRole.DECIDING, shadow: ScopeRole.SHADOW, unknown: ScopeRole.UNKNOWN } as const;
      this.write(`scope ${row}`, `${role} ${epoch} ${holder}`, () =>
        shim.membership.scope(row, roles[role], held < 0 ? NONE : held, epoch),
      );
    }
    this.observePorts(shim);
  }

  /** Links, addresses and units by the reports of servers that are heard; of the others what was heard last. */
  private observePorts(shim: Shim): void {
    for (const [name, link] of this.links) {
      const row = shim.names.networkPorts.row(name);
      if (row >= 0 && this.isHeard(this.controllerOf(name))) shim.networkPort(row, link);
    }
    for (const { name } of this.array.interfaces ?? []) {
      const row = shim.names.interfaces.row(name);
      if (row < 0) continue;
      const known = this.written.get(`address ${name}`);
      const port = this.addresses.get(name) ?? "";
      // Who isn't heard reports neither that it has taken an address nor that it has given it up.
      if (port !== "" && !this.isHeard(this.controllerOf(port)) && known !== undefined) continue;
      if (known !== undefined && known !== "" && known !== port && !this.isHeard(this.controllerOf(known))) {
        if (port === "") continue;
      }
      this.write(`address ${name}`, port, () =>
        shim.interfaceAt(row, port === "" ? NONE : shim.names.networkPorts.row(port)),
      );
    }
    for (const [name, { admitted, serving }] of this.units) {
      const row = shim.names.units.row(name);
      const member = (controller: string) => (controller === "" ? NONE : shim.names.members.row(controller));
      if (row >= 0)
        this.write(`unit ${name}`, `${admitted} ${serving}`, () => shim.unitAt(row, member(admitted), member(serving)));
    }
  }

  private beat(shim: Shim): void {
    if (this.timeline.nowMs < this.beatenMs + BEAT_MS) return;
    this.beatenMs = this.timeline.nowMs;
    for (const [name, server] of this.servers) {
      const row = shim.names.members.row(name);
      if (row < 0 || !this.isHeard(name)) continue;
      server.beat++;
      const hears = this.hears(shim, name);
      const status = {
        beat: server.beat,
        bootCount: server.bootCount,
        selfTests: SELF_TESTS,
        role: WebServerKind.FULL,
        configuration: server.configuration,
        hears0: hears[0] ?? 0,
        hears1: hears[1] ?? 0,
        hears2: hears[2] ?? 0,
        hears3: hears[3] ?? 0,
        penalty: 0,
        flags: MemberReport.REACHES_LEASE_SERVICE,
        carried: 0,
      };
      shim.membership.heartbeat(row, status);
      const processor = this.processorOf(shim, row - shim.serverRow(0));
      if (processor >= 0) shim.membership.heartbeat(processor, status);
    }
  }

  /** Member row of the processor that runs on a controller; -1 for none. */
  private processorOf(shim: Shim, controller: number): number {
    const { memberConfig } = shim.core.views;
    for (let row = 0; row < shim.serverRow(0); row++) {
      if (memberConfig.id(row) !== 0 && memberConfig.controller(row) === controller) return row;
    }
    return -1;
  }

  /** Words of the bitmap of servers that a server hears: all that are up and not silent. */
  private hears(shim: Shim, name: string): number[] {
    const words = [0, 0, 0, 0];
    for (const [other, server] of this.servers) {
      const index = shim.names.members.row(other) - shim.serverRow(0);
      if (index < 0 || (other !== name && !(server.up && server.heard))) continue;
      words[index >> 5] = ((words[index >> 5] as number) | (1 << (index & 31))) >>> 0;
    }
    return words;
  }

  private isHeard(name: string): boolean {
    const server = this.servers.get(name);
    return server?.up === true && server.heard;
  }

  private write(key: string, value: string, write: () => void): void {
    if (this.written.get(key) === value) return;
    this.written.set(key, value);
    write();
  }

  /** Carries a decision about an interface or a unit out; false for any other. */
  handle(decision: DecisionView): boolean {
    const shim = this.shim;
    if (shim === undefined) return false;
    const { kind, incarnation, sequence, from, to, subject } = decision;
    const { names } = shim;
    const answer = (afterMs: number, does: HostingDoes, apply: () => boolean) =>
      this.carryOut(afterMs, does, apply, (result) => this.shim?.outcome(incarnation, sequence, result));
    if (kind === DecisionKind.MOVE_INTERFACE || kind === DecisionKind.UNHOST_INTERFACE) {
      const name = names.interfaces.name(subject);
      const isMove = kind === DecisionKind.MOVE_INTERFACE;
      const port = names.networkPorts.name(isMove ? to : from);
      const { does, afterMs } = this.rule(isMove ? "move" : "unhost", name, port);
      answer(afterMs, does, () => (isMove ? this.take(name, port) : this.giveUp(name, port)));
    } else if (kind === DecisionKind.TAKE_OVER_UNIT || kind === DecisionKind.RETURN_UNIT) {
      const name = names.units.name(subject);
      const server = names.members.name(to);
      const { does, afterMs } = this.rule("unit", name, server);
      answer(afterMs, does, () => {
        if (this.servers.get(server)?.up !== true) return false;
        this.units.set(name, { admitted: server, serving: server });
        return true;
      });
    } else return false;
    return true;
  }

  private carryOut(afterMs: number, does: HostingDoes, apply: () => boolean, report: (result: number) => void): void {
    this.timeline.after(afterMs, () => {
      // A dead server carries nothing out, and answers nothing.
      if (does === "apply" && !apply()) return;
      const result = RESULTS[does];
      if (result !== undefined) report(result);
    });
  }

  private take(address: string, port: string): boolean {
    if (this.servers.get(this.controllerOf(port))?.up !== true) return false;
    const holder = this.addresses.get(address);
    if (holder !== undefined && holder !== port) this.held.push({ interface: address, ports: [holder, port] });
    this.addresses.set(address, port);
    return true;
  }

  private giveUp(address: string, port: string): boolean {
    if (this.servers.get(this.controllerOf(port))?.up !== true) return false;
    if (this.addresses.get(address) === port) this.addresses.delete(address);
    return true;
  }

  controllerOf(port: string): string {
    return this.array.networkPorts?.find(({ name }) => name === port)?.controller ?? "";
  }

  /** Row of a pair's scope, by the name of one of the two; -1 for a controller without a partner. */
  pairRow(controller: string): number {
    const order = this.array.controllers.map(({ name }) => name);
    const partner = partnersOf(this.array.controllers).get(controller);
    return partner === undefined ? -1 : 5 + Math.min(order.indexOf(controller), order.indexOf(partner));
  }

  /** Controller that a scope is for: the first of the group, or of the pair. This one module decides for all of them. */
  holderOf(row: number): string {
    const names = this.array.controllers.map(({ name }) => name);
    const groups = this.groups();
    return names.find((name) => (row < 3 ? groups.get(name) === row - 1 : this.pairRow(name) === row)) ?? "";
  }

  private pairRows(): number[] {
    const rows = this.array.controllers.map(({ name }) => this.pairRow(name));
    return [...new Set(rows)].filter((row) => row >= 0);
  }

  /** Where addresses are: port by interface, "" for nobody. */
  interfacesState(): Record<string, string> {
    return Object.fromEntries((this.array.interfaces ?? []).map(({ name }) => [name, this.addresses.get(name) ?? ""]));
  }

  /** Server that each unit's shelf admits; `admitted/serving` where the two differ. */
  unitsState(): Record<string, string> {
    return Object.fromEntries(
      [...this.units].map(([name, { admitted, serving }]) => [
        name,
        admitted === serving ? admitted : `${admitted}/${serving}`,
      ]),
    );
  }

  /** Groups by controller, as the array says. */
  groups(): Map<string, number> {
    return groupsOf(this.array.controllers);
  }
}

function newServer(): Server {
  return { up: true, heard: true, lease: "leased", acknowledged: true, configuration: 1, beat: 0, bootCount: 1 };
}
