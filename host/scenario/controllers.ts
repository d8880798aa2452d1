/**
 * The other controllers of a scenario, and the lease service, around the one module that runs: heartbeats of all members,
 * who is leased, who holds which scope; and what comes of the module's decisions about its own processor and about scopes.
 */

import type { DecisionView } from "../shim/decision-view.js";
import {
  Acknowledged,
  DecisionKind,
  LeaseStatus,
  MemberReport,
  MemberTold,
  ProcessorRole,
  ScopeFlag,
  ScopeRole,
  SelfTest,
  WebServerKind,
} from "../shim/generated/layout.js";
import type { HeartbeatFields } from "../shim/latched-rows.js";
import { NONE } from "../shim/names.js";
import type { Shim } from "../shim/shim.js";

/** Time between two heartbeats of a controller. */
export const BEAT_MS = 100;
const ALL_TESTS = 63;
const SCOPE_ARRAY = 3;
const EVERY_SCOPE = Acknowledged.GROUP | Acknowledged.PAIR | Acknowledged.ARRAY;

/** Changes to a controller; what is left out stays as it is. */
export interface ControllerChange {
  /** Its heartbeats come. */
  beats?: boolean;
  /** Self-tests that fail, by name. */
  failing?: string[];
  lease?: "unknown" | "leased" | "gone";
  /** It says through the lease service that it may be active. */
  fit?: boolean;
  reachesLeaseService?: boolean;
  /** Controllers that it doesn't hear. */
  deafTo?: string[];
  penalty?: number;
  role?: "passive" | "active" | "caretaker";
  webServer?: "none" | "restricted" | "full";
  /** It started anew. */
  restarted?: boolean;
  acknowledged?: boolean;
  /** False: its own decisions have no effect any more. */
  obeys?: boolean;
}

/** Changes to a scope. */
export interface ScopeChange {
  /** Controller that holds the key; "" for nobody. */
  holder?: string;
  epoch?: number;
  reached?: boolean;
  failsafe?: boolean;
}

interface Controller {
  beats: boolean;
  lease: number;
  fit: boolean;
  deafTo: Set<string>;
  acknowledged: boolean;
  obeys: boolean;
  fields: HeartbeatFields;
}

interface ScopeState {
  holder: string;
  nominee: string;
  epoch: number;
  flags: number;
}

const LEASES = { unknown: LeaseStatus.UNKNOWN, leased: LeaseStatus.LEASED, gone: LeaseStatus.GONE } as const;
const PROCESSOR_ROLES = {
  passive: ProcessorRole.PASSIVE,
  active: ProcessorRole.ACTIVE,
  caretaker: ProcessorRole.CARETAKER,
} as const;
const WEB_SERVERS = {
  none: WebServerKind.NONE,
  restricted: WebServerKind.RESTRICTED,
  full: WebServerKind.FULL,
} as const;

export class Controllers {
  private readonly controllers = new Map<string, Controller>();
  private readonly scopes = new Map<number, ScopeState>();
  private revision = 1;

  /** Controllers beat, well and leased, from the first of these changes on. */
  constructor(
    private readonly names: readonly string[],
    private readonly own: string,
  ) {
    for (const name of names) {
      this.controllers.set(name, {
        beats: true,
        lease: LeaseStatus.LEASED,
        fit: false,
        deafTo: new Set(),
        acknowledged: true,
        obeys: true,
        fields: wellController(),
      });
    }
  }

  /** A controller has changed; whoever runs a full server and doesn't say otherwise goes on with it. */
  change(name: string, change: ControllerChange): void {
    const controller = this.controllers.get(name);
    if (controller === undefined) return;
    const { fields } = controller;
    controller.beats = change.beats ?? controller.beats;
    controller.obeys = change.obeys ?? controller.obeys;
    controller.acknowledged = change.acknowledged ?? controller.acknowledged;
    controller.fit = change.fit ?? controller.fit;
    if (change.lease !== undefined) controller.lease = LEASES[change.lease];
    if (change.deafTo !== undefined) controller.deafTo = new Set(change.deafTo);
    if (change.failing !== undefined) fields.selfTests = ALL_TESTS & ~bitsOf(change.failing);
    if (change.penalty !== undefined) fields.penalty = change.penalty;
    if (change.reachesLeaseService !== undefined) {
      fields.flags = change.reachesLeaseService ? MemberReport.REACHES_LEASE_SERVICE : 0;
    }
    if (change.restarted === true) fields.bootCount++;
    if (change.role !== undefined) fields.role = (fields.role & 0xff) | (PROCESSOR_ROLES[change.role] << 8);
    if (change.webServer !== undefined) fields.role = (fields.role & ~0xff) | WEB_SERVERS[change.webServer];
  }

  changeScope(row: number, change: ScopeChange): void {
    const scope = this.scopes.get(row) ?? { holder: "", nominee: "", epoch: this.revision, flags: 0 };
    if (change.holder !== undefined) {
      scope.nominee = "";
      if (change.holder !== "" && change.holder !== scope.holder) scope.epoch = ++this.revision;
      scope.holder = change.holder;
    }
    if (change.epoch !== undefined) scope.epoch = this.revision = change.epoch;
    if (change.reached !== undefined) scope.flags = withFlag(scope.flags, ScopeFlag.UNREACHABLE, !change.reached);
    if (change.failsafe !== undefined) scope.flags = withFlag(scope.flags, ScopeFlag.FAILSAFE, change.failsafe);
    this.scopes.set(row, scope);
  }

  /** Heartbeats of a moment, and what the lease service says. */
  tell(shim: Shim): void {
    for (const name of this.names) {
      const controller = this.controllers.get(name) as Controller;
      const members = [shim.names.processors.row(name), shim.names.members.row(name)];
      for (const member of members) {
        if (member < 0) continue;
        const told = controller.fit && shim.names.processors.name(member) !== "" ? MemberTold.FIT : 0;
        shim.membership.memberInput(member, controller.lease, controller.acknowledged ? EVERY_SCOPE : 0, told);
        if (!controller.beats) continue;
        controller.fields.hears0 = this.hears(controller, shim, member);
        shim.membership.heartbeat(member, controller.fields);
      }
      controller.fields.beat += controller.beats ? 1 : 0;
    }
    this.tellScopes(shim);
  }

  tellScopes(shim: Shim): void {
    for (const [row, scope] of this.scopes) {
      const rowOf = (name: string) => (row === SCOPE_ARRAY ? shim.names.processors : shim.names.members).row(name);
      const holder = scope.holder === "" ? NONE : rowOf(scope.holder);
      const nominee = scope.nominee === "" ? 0 : rowOf(scope.nominee) + 1;
      const role = scope.holder === this.own ? ScopeRole.DECIDING : ScopeRole.SHADOW;
      shim.core.views.scope.setNominee(row, nominee);
      shim.membership.scope(row, role, holder, scope.epoch, scope.flags);
    }
  }

  /** What comes of a decision of the module: at the next telling its effect is seen. */
  handle(decision: DecisionView, shim: Shim): void {
    const own = this.controllers.get(this.own);
    if (own === undefined || !own.obeys) return;
    const { kind, subject, detail } = decision;
    if (kind === DecisionKind.SET_WEB_SERVER) own.fields.role = (own.fields.role & ~0xff) | detail;
    else if (kind === DecisionKind.ACTIVATE_PROCESSOR) own.fields.role = (own.fields.role & 0xff) | (detail << 8);
    else if (kind === DecisionKind.PASSIVATE_PROCESSOR) own.fields.role &= 0xff;
    else if (kind === DecisionKind.CAMPAIGN && this.scopes.get(subject)?.holder === "") {
      this.changeScope(subject, { holder: this.own });
    } else if (kind === DecisionKind.RESIGN && this.scopes.get(subject)?.holder === this.own) {
      this.changeScope(subject, { holder: "" });
      const scope = this.scopes.get(subject);
      if (scope !== undefined && decision.to !== NONE) scope.nominee = shim.names.processors.name(decision.to);
    }
  }

  private hears(controller: Controller, shim: Shim, member: number): number {
    const isProcessor = shim.names.processors.name(member) !== "";
    let bits = 0;
    for (const [other, { beats }] of this.controllers) {
      if (!beats || controller.deafTo.has(other)) continue;
      const row = isProcessor ? shim.names.processors.row(other) : shim.names.controllers.row(other);
      if (row >= 0 && row < 32) bits |= 1 << row;
    }
    return bits;
  }
}

function wellController(): HeartbeatFields {
  return {
    beat: 1,
    bootCount: 1,
    selfTests: ALL_TESTS,
    role: WebServerKind.FULL,
    configuration: 1,
    hears0: 0,
    hears1: 0,
    hears2: 0,
    hears3: 0,
    penalty: 0,
    flags: MemberReport.REACHES_LEASE_SERVICE,
    carried: 0,
  };
}

function bitsOf(tests: readonly string[]): number {
  const bits: Record<string, number> = SelfTest;
  return tests.reduce((sum, name) => sum | (bits[name] ?? 0), 0);
}

function withFlag(flags: number, flag: number, on: boolean): number {
  return on ? flags | flag : flags & ~flag;
}

/** Row of a scope by its name in a scenario: `array`, `group 0`, `pair NAME` of its lower server; -1 for none. */
export function scopeRow(name: string, shim: Shim): number {
  const fixed = ["ports", "group 0", "group 1", "array", "transfers"].indexOf(name);
  if (fixed >= 0) return fixed;
  const server = shim.names.controllers.row(name.replace(/^pair /, ""));
  return name.startsWith("pair ") && server >= 0 ? 5 + server : -1;
}
