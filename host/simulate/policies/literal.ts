/**
 * The flow chart of JP 4675664 to the letter (Figure 4, steps 101–112), one for each port:
 *
 *   101 overloaded? ── no ──► 110 load ≤ T_ok? ── yes ──► 111 registrations withdrawn? ── yes ──► 112 restore
 *        │ yes                      └ no: end                  └ no: end
 *   102 initiators logged in ► 103 their order ► 104 the initiator's target
 *   105 target on other ports? ── no ──► 109
 *   106 load of the port it would switch to ≤ T_ok? ── no ──► 109
 *   107 withdraw (target, port) from the iSNS server ► 108 log the initiator out ► 109 next initiator ► 101
 *
 * One initiator a pass, and a pass at each sample. Loads are what the last sample showed: step 106 doesn't add what
 * the move brings, nothing waits for a move's effect, and nothing keeps a session from being moved again.
 */

import type { World } from "../world.js";
import type { Policy, Thresholds } from "./policy.js";

/** Loads and disturbance as the processor of a port sees them, at its latest sample. */
export interface LiteralView {
  /** Takes a sample: what follows shows the time since the one before. */
  sample(nowMs: number): void;
  /** Load of a port, in the unit of the thresholds. */
  load(port: number): number;
  /** I/O of a session in its latest sample: the less, the less it is disturbed by a switch (step 103). */
  recentCost(session: number): number;
}

interface PortProcedure {
  /** Order of step 103 while the overload lasts, and the place that step 109 has come to. */
  order: number[];
  next: number;
  /** The server has not answered step 107 yet: the procedure stands there. */
  waiting: boolean;
}

export class LiteralPolicy implements Policy {
  private readonly procedures: PortProcedure[];
  private readonly withdrawn: Set<number>[];
  private nextPassMs: number;

  constructor(
    private readonly world: World,
    private readonly view: LiteralView,
    private readonly thresholds: Thresholds,
    private readonly sampleMs: number,
  ) {
    const { ports } = world.shape;
    this.procedures = Array.from({ length: ports }, () => ({ order: [], next: 0, waiting: false }));
    this.withdrawn = Array.from({ length: ports }, () => new Set());
    this.nextPassMs = sampleMs;
  }

  step(nowMs: number): void {
    if (nowMs < this.nextPassMs) return;
    this.nextPassMs = nowMs + this.sampleMs;
    this.view.sample(nowMs);
    for (let port = 0; port < this.procedures.length; port++) {
      if (!(this.procedures[port] as PortProcedure).waiting) this.pass(port);
    }
  }

  private pass(port: number): void {
    // 101: is the port overloaded?
    if (this.view.load(port) >= this.thresholds.over) this.relieve(port);
    else this.restore(port);
  }

  private relieve(port: number): void {
    const procedure = this.procedures[port] as PortProcedure;
    // 102, 103: the initiators logged in through the port, in the order of least disturbance, until 109 has gone
    // through all of them.
    if (procedure.next >= procedure.order.length) {
      procedure.order = this.switchingOrder(port);
      procedure.next = 0;
    }
    const session = procedure.order[procedure.next];
    if (session === undefined) return;
    // 109: the next pass takes the next initiator.
    procedure.next++;
    if (this.world.portOf[session] !== port || this.world.isMoving(session)) return;
    // 104: the target that the initiator is logged in to.
    const target = this.world.shape.targetOf[session] as number;
    // 105: can the target be reached through other ports?
    const to = this.world.destination(target, port);
    if (to < 0) return;
    // 106: is the load of the port it would switch to at or below the threshold, as it is before the move?
    if (this.view.load(to) > this.thresholds.ok) return;
    this.switchAway(procedure, session, target, port);
  }

  private switchAway(procedure: PortProcedure, session: number, target: number, port: number): void {
    // 107: ask the server to delete the registration, unless that is done already.
    if (this.withdrawn[port]?.has(target)) {
      this.world.logout(session, () => undefined);
      return;
    }
    procedure.waiting = true;
    this.withdrawn[port]?.add(target);
    this.world.register(target, port, false, () => {
      procedure.waiting = false;
      // 108: log the initiator out.
      this.world.logout(session, () => undefined);
    });
  }

  private restore(port: number): void {
    const procedure = this.procedures[port] as PortProcedure;
    procedure.order = [];
    procedure.next = 0;
    // 110: is the load at or below the threshold?
    if (this.view.load(port) > this.thresholds.ok) return;
    // 111: are there targets whose registration is deleted? 112: register them again.
    for (const target of this.withdrawn[port] as Set<number>) this.world.register(target, port, true, () => undefined);
    this.withdrawn[port]?.clear();
  }

  /** Steps 102 and 103: sessions on the port, least recent I/O first; ties by number. */
  private switchingOrder(port: number): number[] {
    const sessions: number[] = [];
    for (let session = 0; session < this.world.sessions; session++) {
      if (this.world.portOf[session] === port) sessions.push(session);
    }
    return sessions.sort((a, b) => this.view.recentCost(a) - this.view.recentCost(b) || a - b);
  }
}
