/**
 * Registrations in the iSNS server: every (target, portal) of the own controller at start and after a restart of the
 * server, each withdrawal (step 107 of JP 4675664) and each restoration (step 112).
 */

import type { DecisionView, Effector, Source } from "../../shim/actor.js";
import { DecisionKind, layouts, OutcomeResult } from "../../shim/generated/layout.js";
import type { Shim } from "../../shim/shim.js";
import type { TaggedPortal } from "../../sources/isns/isnsadm.js";
import { IsnsError } from "../../sources/isns/isnsadm.js";
import type { PortalGroup } from "../../sources/isns/parse.js";
import { EpochGuard } from "../epoch-guard.js";
import type { WantedRegistrations } from "./wanted.js";

/** What the effector needs of the server. */
export interface Registrar {
  register(entity: string, target: string, portals: readonly TaggedPortal[]): Promise<void>;
  portalGroups(target?: string): Promise<PortalGroup[]>;
}

export interface RegistrationEffectorOptions {
  /** The network entity of the whole array: a target node can belong to only one (RFC 4171, section 2.2). */
  entity: string;
  wanted: WantedRegistrations;
  /** Told what the server lists of a target right after a change, before the outcome is reported. */
  observed: (target: string, groups: readonly PortalGroup[]) => void;
  report: (line: string) => void;
}

/** A decision that waits for its target's message. */
interface Job {
  incarnation: number;
  sequence: number;
  port: string;
}

/** Portals of one message: 8 KiB hold some 27 with the longest names that iSCSI allows (223 bytes). */
export const PORTALS_PER_MESSAGE = 16;
/** Targets whose messages are under way at one time. */
const TARGETS_UNDER_WAY_MAX = 2;

export class RegistrationEffector implements Source, Effector {
  private shim: Shim | undefined;
  private readonly guard = new EpochGuard();
  /** Decisions by target; a message says all that is wanted of its target, so several share one. */
  private readonly waiting = new Map<string, Job[]>();
  private readonly underWay = new Map<string, Promise<void>>();
  private registeredOnce = false;
  private closed = false;

  constructor(
    private readonly server: Registrar,
    private readonly options: RegistrationEffectorOptions,
  ) {}

  /** Takes over what an earlier host had withdrawn, where the module kept it. */
  attach(shim: Shim): void {
    this.shim = shim;
    const { registrationState } = shim.core.views;
    const words = layouts[shim.core.profile].limits.TARGET_PORT_WORDS ?? 1;
    for (const target of shim.names.targets.rows()) {
      for (const port of shim.names.ports.rows()) {
        const bits = registrationState.withdrawn(target * words + (port >> 5));
        if (((bits >>> (port & 31)) & 1) === 0) continue;
        this.options.wanted.withdraw(shim.names.targets.name(target), shim.names.ports.name(port));
      }
    }
  }

  beforeTick(): void {
    // Acts on decisions and listings, not on time.
  }

  handle(decision: DecisionView): void {
    const { WITHDRAW_REGISTRATION, RESTORE_REGISTRATION } = DecisionKind;
    if (decision.kind !== WITHDRAW_REGISTRATION && decision.kind !== RESTORE_REGISTRATION) return;
    const shim = this.shim as Shim;
    const withdraws = decision.kind === WITHDRAW_REGISTRATION;
    const target = shim.names.targets.name(decision.subject);
    const port = shim.names.ports.name(withdraws ? decision.from : decision.to);
    const { incarnation, sequence } = decision;
    if (!this.guard.admits(decision) || target === "" || !this.options.wanted.owns(port)) {
      shim.outcome(incarnation, sequence, OutcomeResult.REFUSED);
      return;
    }
    if (withdraws) this.options.wanted.withdraw(target, port);
    else this.options.wanted.restore(target, port);
    const jobs = this.waiting.get(target);
    const job = { incarnation, sequence, port };
    if (jobs === undefined) this.waiting.set(target, [job]);
    else jobs.push(job);
    this.proceed();
  }

  /**
   * Looks at a listing before the module sees it. Registers everything if the server knows nothing of this controller,
   * as at start and after a restart without its database, and whatever has a wrong tag; what is withdrawn stays so.
   * @returns whether the server was changed
   */
  async inspect(groups: readonly PortalGroup[]): Promise<boolean> {
    const { wanted, report } = this.options;
    const forgotten = wanted.isForgotten(groups);
    const targets = forgotten || !this.registeredOnce ? wanted.targets : wanted.wrongTags(groups);
    if (targets.length === 0 || this.closed) return false;
    if (forgotten && this.registeredOnce) report("iSNS server: has forgotten this array; registering it again");
    for (const target of targets) await this.register(target);
    this.registeredOnce = true;
    return true;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.waiting.clear();
    await Promise.all(this.underWay.values());
  }

  private proceed(): void {
    for (const [target, jobs] of this.waiting) {
      if (this.closed || this.underWay.size >= TARGETS_UNDER_WAY_MAX) return;
      if (this.underWay.has(target)) continue;
      this.waiting.delete(target);
      const work = this.carryOut(target, jobs).finally(() => {
        this.underWay.delete(target);
        this.proceed();
      });
      this.underWay.set(target, work);
    }
  }

  /** Says what is wanted of a target, reads back what came of it, and reports each decision's outcome. */
  private async carryOut(target: string, jobs: readonly Job[]): Promise<void> {
    let groups: readonly PortalGroup[];
    try {
      await this.register(target);
      groups = await this.server.portalGroups(target);
    } catch (error) {
      this.options.report(`iSNS server: ${target}: ${(error as Error).message}`);
      for (const job of jobs) this.report(job, resultOf(error));
      return;
    }
    this.options.observed(target, groups);
    for (const job of jobs) {
      // A decision that a later one took back while it was under way is judged by what is wanted now.
      const done = this.options.wanted.isAsWanted(groups, target, job.port);
      this.report(job, done ? OutcomeResult.DONE : OutcomeResult.FAILED);
    }
  }

  private async register(target: string): Promise<void> {
    const portals = this.options.wanted.portals(target);
    for (let from = 0; from < portals.length; from += PORTALS_PER_MESSAGE) {
      await this.server.register(this.options.entity, target, portals.slice(from, from + PORTALS_PER_MESSAGE));
    }
  }

  private report(job: Job, result: number): void {
    (this.shim as Shim).outcome(job.incarnation, job.sequence, result);
  }
}

function resultOf(error: unknown): number {
  if (!(error instanceof IsnsError)) return OutcomeResult.FAILED;
  if (error.fault === "timeout") return OutcomeResult.TIMED_OUT;
  return error.fault === "refused" ? OutcomeResult.REFUSED : OutcomeResult.FAILED;
}
