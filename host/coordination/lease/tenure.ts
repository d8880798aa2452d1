/**
 * What a controller may do under its lease, and until when.
 *
 *            acquired                    the end passed, or the service says: gone
 *   EMPTY ────────────► HELD ─────────────────────────────────────────► RELEASING ──► EMPTY
 *     ▲                  │ ▲                                              │
 *     │                  └─┘ renewed; promised by every other controller; │
 *     │                      gone, but promised and acquired anew in time │
 *     └───────────────────────────────────────────────────────────────────┘ nothing is left
 *
 * The gate (`mayAct`) closes by the clock alone, whether or not anything of this process ran since. The kernel's fence
 * does the same for what is in the kernel already, also while this process is paused.
 */

import { type Clock, Every, type Timer } from "../clock.js";
import type { Effects } from "../effects.js";
import type { CoordinationRules } from "../rules.js";
import { ClockWatch } from "./clock-watch.js";
import type { LeaseService, Term } from "./lease-service.js";

/** The year 2200: for the kernel, never. */
const WALL_MS_MAX = 7_258_118_400_000;
const LEASE_MS_MAX = 2 ** 31;

export interface TenureParts {
  clock: Clock;
  lease: LeaseService;
  effects: Effects;
  rules: CoordinationRules;
  /** Asks every other controller to take nothing over: monotonic end of the promise, or undefined. */
  askPromises(session: number): Promise<number | undefined>;
  /** Scopes whose effects go on only with their key. */
  heldWithEffects(): string[];
  /** Resolves when no order is being carried out any more. */
  drain(): Promise<void>;
  /** Before the gate opens for a session. */
  beforeOpen(): Promise<void>;
  alarm(line: string): void;
  changed(): void;
  /** Whether this controller takes part: without it no lease is taken, and one that is held is given up; yes if not given. */
  takesPart?(): boolean;
}

export type TenureState = "empty" | "held" | "releasing";

export class Tenure {
  private state: TenureState = "empty";
  private current = 0;
  private lost = 0;
  private leaseEndMs = Number.NEGATIVE_INFINITY;
  private promisedEndMs = Number.NEGATIVE_INFINITY;
  /** When the wall clock went forward, or the machine slept: only a renewal sent afterwards counts. */
  private doubtfulFromMs = Number.NEGATIVE_INFINITY;
  private sentMs = Number.NEGATIVE_INFINITY;
  private readonly wallClock: ClockWatch;
  private timer: Timer | undefined;
  private tending = false;
  private asking = false;
  private fencing: Promise<void> | undefined;
  private fenceEndMs = Number.NEGATIVE_INFINITY;
  private fenceWanted = false;
  private closed = false;
  /** The service may have a liveness key of this controller: also of an earlier run. */
  private hasKey = true;
  private inFailsafe = false;

  constructor(
    private readonly parts: TenureParts,
    private readonly tendMs: number,
  ) {
    this.wallClock = new ClockWatch(parts.clock);
    parts.lease.observe({
      renewed: (term) => this.renewed(term),
      lost: (session) => {
        this.lost = session;
        void this.tend();
      },
      changed: () => parts.changed(),
    });
  }

  /**
   * Nothing gets through before the first lease, and nothing is left of an earlier run. A kernel that refuses is asked
   * again at each look, as after a loss, and no lease is taken before.
   */
  async start(): Promise<void> {
    try {
      await this.parts.effects.fenceUntil(0, 0);
      await this.parts.effects.releaseAll();
    } catch (error) {
      this.state = "releasing";
      this.parts.alarm(`lease: not taken: ${(error as Error).message}`);
    }
    await this.parts.lease.start();
    this.timer = new Every(this.parts.clock, this.tendMs, () => void this.tend());
    await this.tend();
  }

  /** Session in force, or 0. It says nothing of the time: ask `mayAct`. */
  get session(): number {
    return this.state === "held" ? this.current : 0;
  }

  /** Whether effects may be begun: the lease is in force now, by the clock. */
  mayAct(): boolean {
    this.watchWallClock();
    if (this.state !== "held" || !this.takesPart) return false;
    return this.parts.clock.monotonicMs() < this.leaseEndMs && !this.isDoubtful;
  }

  /** Whether what one has may be kept: by the lease, or by what all others have promised. */
  mayKeep(): boolean {
    return this.state === "held" && this.takesPart && this.parts.clock.monotonicMs() < this.endMs;
  }

  /** What one has is kept by promises alone. */
  get failsafe(): boolean {
    return this.mayKeep() && this.parts.clock.monotonicMs() >= this.leaseEndMs;
  }

  get endMs(): number {
    return Math.max(this.leaseEndMs, this.promisedEndMs);
  }

  /** Ends it in order: what is held is given up first. */
  async close(): Promise<void> {
    this.closed = true;
    this.timer?.cancel();
    await this.release("closing");
    await this.parts.lease.close();
  }

  /** Whether it takes part may have changed. */
  look(): void {
    void this.tend();
  }

  private get takesPart(): boolean {
    return this.parts.takesPart?.() ?? true;
  }

  private get isDoubtful(): boolean {
    return this.sentMs < this.doubtfulFromMs;
  }

  private renewed(term: Term): void {
    this.watchWallClock();
    if (this.state !== "held" || term.session !== this.current) return;
    this.sentMs = Math.max(this.sentMs, term.sentMs);
    this.leaseEndMs = Math.max(this.leaseEndMs, term.endMs);
    this.moveFence();
    this.noteFailsafe();
  }

  /** One look at everything; never two at a time. */
  private async tend(): Promise<void> {
    if (this.tending || this.closed) return;
    this.tending = true;
    try {
      this.watchWallClock();
      if (this.state === "held") await this.tendHeld();
      if (this.state === "releasing") await this.empty();
      if (this.state !== "empty" || this.closed) return;
      if (this.takesPart) await this.acquire(0);
      else await this.leave();
    } catch (error) {
      // Out of reach, or the kernel refused: tried again at the next look, and nothing is let through until then.
      if (this.state !== "held") this.parts.alarm(`lease: not taken: ${(error as Error).message}`);
    } finally {
      this.tending = false;
    }
  }

  /** The liveness key goes last: while it is there, nothing that this controller may have had is given to another. */
  private async leave(): Promise<void> {
    if (!this.hasKey) return;
    await this.parts.lease.leave();
    this.hasKey = false;
  }

  private async tendHeld(): Promise<void> {
    if (!this.takesPart) return this.release("no part to take any more");
    const nowMs = this.parts.clock.monotonicMs();
    this.noteFailsafe();
    if (this.lost === this.current) {
      if (nowMs < this.promisedEndMs && (await this.goOn())) return;
      return this.release("gone by the service");
    }
    const isLate = nowMs > this.leaseEndMs - this.parts.lease.ttlMs / 2;
    if (isLate && nowMs < this.endMs) void this.ask();
    // An unconfirmed loss: a renewal may still come, and the fence is up. After as long again it is given up.
    if (nowMs > this.endMs + this.parts.lease.ttlMs) await this.release("over, and out of reach");
  }

  /** Everyone else promised to take nothing over: a new lease before that ends goes on with what is held. */
  private async goOn(): Promise<boolean> {
    const acquired = await this.acquire(this.current).catch(() => false);
    return acquired;
  }

  private async acquire(continues: number): Promise<boolean> {
    const scopes = continues === 0 ? [] : this.parts.heldWithEffects();
    this.hasKey = true;
    const term = await this.parts.lease.acquire({ continues, scopes });
    if (term === undefined) return false;
    await this.parts.beforeOpen();
    // Found out by the first look at the service: the key goes at the next look.
    if (!this.takesPart) return false;
    // Too late to go on: what is held must be given up first.
    if (continues !== 0 && this.parts.clock.monotonicMs() >= this.promisedEndMs) return false;
    this.state = "held";
    this.current = term.session;
    this.sentMs = term.sentMs;
    this.leaseEndMs = term.endMs;
    this.moveFence();
    this.noteFailsafe();
    this.parts.changed();
    return true;
  }

  private async ask(): Promise<void> {
    if (this.asking || this.parts.lease.view.reachable) return;
    this.asking = true;
    try {
      const { session } = this;
      const endMs = await this.parts.askPromises(session);
      if (endMs === undefined || session !== this.session) return;
      this.promisedEndMs = Math.max(this.promisedEndMs, endMs);
      this.moveFence();
      this.noteFailsafe();
    } finally {
      this.asking = false;
    }
  }

  private async release(why: string): Promise<void> {
    if (this.state === "held") this.parts.alarm(`lease: ${why}; giving up all that is held`);
    this.state = "releasing";
    this.current = 0;
    this.leaseEndMs = Number.NEGATIVE_INFINITY;
    this.promisedEndMs = Number.NEGATIVE_INFINITY;
    this.parts.changed();
    await this.empty();
  }

  /** Nothing is let through, nothing is being done, nothing is left: in that order. */
  private async empty(): Promise<void> {
    if (this.parts.rules.emptyBeforeLease) {
      await this.fence(Number.NEGATIVE_INFINITY);
      await this.parts.drain();
      await this.parts.effects.releaseAll();
    }
    this.state = "empty";
  }

  /**
   * Back: the kernel would let through for too long; its end is set anew at once. Forward: perhaps the machine slept, and
   * the monotonic clock with it; the end stays and the gate is closed until a renewal that was sent afterwards.
   */
  private watchWallClock(): void {
    const byMs = this.wallClock.step();
    if (byMs === 0) return;
    this.parts.alarm(`clock: the wall clock was stepped by ${Math.round(byMs)} ms`);
    if (byMs > 0) {
      this.doubtfulFromMs = this.parts.clock.monotonicMs();
      this.parts.lease.renewNow();
    } else this.moveFence();
  }

  private noteFailsafe(): void {
    if (this.failsafe === this.inFailsafe) return;
    this.inFailsafe = !this.inFailsafe;
    this.parts.alarm(
      this.inFailsafe
        ? "lease: the service is out of reach for every controller; what is held is kept by their promises"
        : "lease: no longer kept by promises",
    );
    this.parts.changed();
  }

  private moveFence(): void {
    if (this.state !== "held" || this.isDoubtful) return;
    this.fence(this.endMs).catch((error: Error) => {
      this.parts.alarm(`fence: not moved: ${error.message}`);
    });
  }

  /** One at a time; only the latest end waits. */
  private fence(endMs: number): Promise<void> {
    this.fenceEndMs = endMs;
    this.fenceWanted = true;
    this.fencing ??= this.setFences().finally(() => {
      this.fencing = undefined;
    });
    return this.fencing;
  }

  private async setFences(): Promise<void> {
    while (this.fenceWanted) {
      this.fenceWanted = false;
      const endMs = this.fenceEndMs;
      const leftMs = Math.max(0, Math.min(LEASE_MS_MAX, Math.floor(endMs - this.parts.clock.monotonicMs())));
      await this.parts.effects.fenceUntil(this.wallEnd(endMs), leftMs);
    }
  }

  /** A lease without end is one until long after; one that is over, one that always was. */
  private wallEnd(endMs: number): number {
    if (endMs === Number.POSITIVE_INFINITY) return WALL_MS_MAX;
    return endMs === Number.NEGATIVE_INFINITY ? 0 : this.wallClock.wallAt(endMs);
  }
}
