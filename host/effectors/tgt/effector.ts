/**
 * Sessions of a tgt target: ended on LOGOUT_SESSION (step 108 of JP 4675664), ended and sent elsewhere on
 * REDIRECT_SESSION. tgt (1.0.85, and up to 1.0.97) never sends an Async Message, so it can't ask an initiator to log
 * out: the connection is closed at once, whatever time the decision gives.
 */

import { setTimeout as delay } from "node:timers/promises";
import type { DecisionView, Effector, Source } from "../../shim/actor.js";
import { DecisionKind, OutcomeResult } from "../../shim/generated/layout.js";
import { NONE } from "../../shim/names.js";
import type { Shim } from "../../shim/shim.js";
import { sessionKey } from "../../sources/tgt/parse.js";
import type { TgtSession, TgtSource } from "../../sources/tgt/source.js";
import { TgtError } from "../../sources/tgt/tgtadm.js";
import { EpochGuard } from "../epoch-guard.js";
import type { Redirections } from "./redirections.js";

export interface SessionEffectorOptions {
  /** From the decision to the outcome, at most. */
  timeoutMs: number;
  redirections: Redirections;
  report: (line: string) => void;
}

/** Between two looks whether a closed session is gone. */
const LOOK_MS = 100;

/** What the effector keeps of a decision. */
interface Job {
  incarnation: number;
  sequence: number;
  session: TgtSession;
  initiator: string;
  target: string;
  /** Port to redirect to; "" for a logout. */
  to: string;
}

export class SessionEffector implements Source, Effector {
  private shim: Shim | undefined;
  private readonly guard = new EpochGuard();
  private readonly underWay = new Set<Promise<void>>();
  private readonly stop = new AbortController();

  constructor(
    private readonly source: TgtSource,
    private readonly options: SessionEffectorOptions,
  ) {}

  attach(shim: Shim): void {
    this.shim = shim;
    this.options.redirections.start();
  }

  beforeTick(): void {
    // Acts on decisions, not on time.
  }

  handle(decision: DecisionView): void {
    const { LOGOUT_SESSION, REDIRECT_SESSION } = DecisionKind;
    if (decision.kind !== LOGOUT_SESSION && decision.kind !== REDIRECT_SESSION) return;
    const shim = this.shim as Shim;
    const { incarnation, sequence } = decision;
    if (!this.guard.admits(decision)) {
      shim.outcome(incarnation, sequence, OutcomeResult.REFUSED);
      return;
    }
    const session = this.source.session(decision.subject, decision.subjectGeneration);
    if (session === undefined) {
      // It has ended by itself: what was wanted is there.
      shim.outcome(incarnation, sequence, OutcomeResult.DONE);
      return;
    }
    const { initiator, target } = shim.names.session(decision.subject);
    const redirects = decision.kind === REDIRECT_SESSION && decision.to !== NONE;
    const to = redirects ? shim.names.port(decision.to) : "";
    const work = this.carryOut({ incarnation, sequence, session, initiator, target, to });
    this.underWay.add(work);
    void work.finally(() => this.underWay.delete(work));
  }

  async close(): Promise<void> {
    this.stop.abort();
    await Promise.all(this.underWay);
    await this.options.redirections.close();
  }

  private async carryOut(job: Job): Promise<void> {
    let result: number;
    try {
      const deadlineMs = performance.now() + this.options.timeoutMs;
      if (job.to !== "") await this.options.redirections.begin(job.target, job.initiator, job.to);
      result = (await this.end(job.session, deadlineMs)) ? OutcomeResult.DONE : OutcomeResult.TIMED_OUT;
    } catch (error) {
      result = error instanceof TgtError && error.fault === "timeout" ? OutcomeResult.TIMED_OUT : OutcomeResult.FAILED;
      this.options.report(`port ${job.session.port}: ${(error as Error).message}`);
    }
    if (this.stop.signal.aborted) return;
    await this.source.refresh(job.session.port);
    (this.shim as Shim).outcome(job.incarnation, job.sequence, result);
  }

  /** Closes all connections of a session and waits until tgtd counts it no more. False: still there at the deadline. */
  private async end(session: TgtSession, deadlineMs: number): Promise<boolean> {
    const tgtadm = this.source.tgtadm(session.port);
    if (tgtadm === undefined) throw new Error("no tgtd for this port");
    try {
      for (const connection of session.connections) await tgtadm.closeConnection(connection);
      const key = sessionKey(session.tid, session.sid);
      for (;;) {
        // Late or not: only a look tells.
        const isLast = performance.now() >= deadlineMs || this.stop.signal.aborted;
        if (!(await tgtadm.statistics()).has(key)) return true;
        if (isLast) return false;
        await delay(LOOK_MS, undefined, { signal: this.stop.signal }).catch(() => undefined);
      }
    } catch (error) {
      // Without tgtd there is no session either.
      if (error instanceof TgtError && error.fault === "absent") return true;
      throw error;
    }
  }
}
