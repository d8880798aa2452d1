/** The lease of an array with one controller: always held, by nobody else, without end. */

import type { Clock } from "../clock.js";
import type {
  CampaignResult,
  Holder,
  LeaseListener,
  LeaseService,
  LeaseView,
  Liveness,
  Term,
} from "./lease-service.js";

/** Epochs of one start; a later start's are all higher. */
const EPOCHS_PER_BOOT = 2 ** 20;

export class InProcessLease implements LeaseService {
  readonly ttlMs = Number.POSITIVE_INFINITY;
  private readonly holders = new Map<string, Holder>();
  private readonly live = new Map<string, Liveness>();
  private readonly listeners: LeaseListener[] = [];
  private revision: number;

  /** @param boot count of this start: larger than those before it, so that epochs only grow */
  constructor(
    private readonly clock: Clock,
    private readonly controller: string,
    boot: number,
  ) {
    this.revision = boot * EPOCHS_PER_BOOT;
  }

  get view(): LeaseView {
    return { reachable: true, holders: this.holders, live: this.live, asOfMs: this.clock.monotonicMs() };
  }

  observe(listener: LeaseListener): void {
    this.listeners.push(listener);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  acquire(): Promise<Term> {
    const session = ++this.revision;
    this.holders.clear();
    this.live.set(this.controller, { session, continues: 0, fit: false });
    this.changed();
    return Promise.resolve({ session, sentMs: this.clock.monotonicMs(), endMs: Number.POSITIVE_INFINITY });
  }

  campaign(scope: string): Promise<CampaignResult> {
    const { controller } = this;
    const session = this.live.get(controller)?.session ?? 0;
    const known = this.holders.get(scope);
    const epoch = known?.epoch ?? ++this.revision;
    this.holders.set(scope, { controller, session, epoch });
    if (known === undefined) this.changed();
    return Promise.resolve({ won: true, epoch, holder: controller });
  }

  resign(scope: string): Promise<void> {
    if (this.holders.delete(scope)) this.changed();
    return Promise.resolve();
  }

  /** There is nobody else to be told. */
  sayFit(): Promise<void> {
    return Promise.resolve();
  }

  /** Never in doubt: a step of the clock takes nothing from a lease without end. */
  renewNow(): void {
    const session = this.live.get(this.controller)?.session;
    if (session === undefined) return;
    const term = { session, sentMs: this.clock.monotonicMs(), endMs: Number.POSITIVE_INFINITY };
    for (const listener of this.listeners) listener.renewed?.(term);
  }

  leave(): Promise<void> {
    this.live.clear();
    this.holders.clear();
    this.changed();
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.live.clear();
    this.holders.clear();
    return Promise.resolve();
  }

  private changed(): void {
    for (const listener of this.listeners) listener.changed?.();
  }
}
