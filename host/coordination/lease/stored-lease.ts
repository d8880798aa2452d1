/** A lease kept by a store: renewed in time, with an end that is counted from when each request was sent. */

import type { Clock, Timer } from "../clock.js";
import { Every } from "../clock.js";
import { ALL_RULES, type CoordinationRules } from "../rules.js";
import type { AcquireOptions, CampaignResult, LeaseListener, LeaseService, LeaseView, Term } from "./lease-service.js";
import { LeaseUnreachable } from "./lease-service.js";
import type { Entry, LeaseStore, Origin } from "./lease-store.js";
import { FIT, LIVE, StoredView, SCOPE } from "./stored-view.js";

export interface StoredLeaseOptions {
  controller: string;
  ttlMs: number;
  /** By how much sooner the holder counts its lease as over than the service may: clocks of different rates. */
  marginMs: number;
  /** Between two renewals. */
  renewMs: number;
  rules?: CoordinationRules;
}

/** Without an answer for so many intervals the service counts as out of reach. */
const SILENT_INTERVALS = 2;

export class StoredLease implements LeaseService {
  readonly ttlMs: number;
  private readonly stored = new StoredView();
  private readonly listeners: LeaseListener[] = [];
  private readonly rules: CoordinationRules;
  private lease: string | undefined;
  private session = 0;
  private answeredMs = Number.NEGATIVE_INFINITY;
  private latest: Origin = { term: -1, connection: -1 };
  private timer: Timer | undefined;
  private underWay = false;
  private again = false;
  private wasReachable = false;
  private closed = false;
  private cancelWatch: (() => void) | undefined;

  constructor(
    private readonly store: LeaseStore,
    private readonly clock: Clock,
    private readonly options: StoredLeaseOptions,
  ) {
    this.ttlMs = options.ttlMs;
    this.rules = options.rules ?? ALL_RULES;
  }

  get view(): LeaseView {
    const { holders, live, asOfMs } = this.stored;
    return { reachable: this.isReachable(), holders, live, asOfMs };
  }

  observe(listener: LeaseListener): void {
    this.listeners.push(listener);
  }

  async start(): Promise<void> {
    this.timer = new Every(this.clock, this.options.renewMs, () => this.renewNow());
    await this.cycle();
  }

  /** A key that hangs on no lease, as last seen. */
  entry(key: string): Entry | undefined {
    return this.stored.entry(key);
  }

  /** Writes such a key over what was read (`modRevision`; 0: nothing). @throws LeaseUnreachable */
  async write(key: string, value: string, modRevision: number): Promise<boolean> {
    const { written, revision } = await this.store.write(key, value, modRevision);
    if (written)
      this.stored.notePut({ key, value, lease: "0", createRevision: revision, modRevision: revision }, revision);
    this.tellChanged();
    return written;
  }

  renewNow(): void {
    this.noteReach();
    if (this.underWay) this.again = true;
    else void this.cycle();
  }

  async acquire(options: AcquireOptions = { continues: 0, scopes: [] }): Promise<Term | undefined> {
    if (options.continues === 0) await this.revokeEarlier();
    const sentMs = this.clock.monotonicMs();
    const { lease, ttlMs } = await this.store.grant(this.options.ttlMs);
    const entries = [
      { key: LIVE + this.options.controller, value: this.valueOf(options.continues) },
      ...options.scopes.map((scope) => ({ key: SCOPE + scope, value: this.valueOf(0) })),
    ];
    const made = await this.store.create(entries, lease);
    if (!made.created) {
      await this.store.revoke(lease);
      return undefined;
    }
    this.lease = lease;
    this.session = made.revision;
    this.stored.noteCreated(entries, lease, made.revision);
    this.tellChanged();
    return { session: this.session, sentMs, endMs: sentMs + ttlMs - this.options.marginMs };
  }

  async campaign(scope: string): Promise<CampaignResult> {
    const { lease } = this;
    if (lease === undefined) throw new LeaseUnreachable("no lease to campaign with");
    const entry = { key: SCOPE + scope, value: this.valueOf(0) };
    const made = await this.store.create([entry], lease);
    if (made.created) {
      if (lease === this.lease) this.stored.noteCreated([entry], lease, made.revision);
      this.tellChanged();
      return { won: true, epoch: made.revision, holder: this.options.controller };
    }
    const present = made.present[0];
    const own = present !== undefined && present.lease === lease;
    if (present !== undefined) this.stored.notePut(present, made.revision);
    this.tellChanged();
    const holder = this.stored.holders.get(scope)?.controller ?? "";
    return { won: own, epoch: present?.createRevision ?? 0, holder };
  }

  async resign(scope: string): Promise<void> {
    const holder = this.stored.holders.get(scope);
    if (holder === undefined || holder.controller !== this.options.controller) return;
    await this.store.remove(SCOPE + scope, holder.epoch);
    this.stored.noteDeleted(SCOPE + scope, holder.epoch);
    this.tellChanged();
  }

  async sayFit(fit: boolean): Promise<void> {
    const { lease } = this;
    if (lease === undefined) return;
    const key = FIT + this.options.controller;
    const known = this.stored.entry(key);
    if ((known?.lease === lease) === fit) return;
    if (known !== undefined) {
      // It may also hang on an earlier lease, which this one goes on with.
      await this.store.remove(key, known.createRevision);
      this.stored.noteDeleted(key, known.createRevision);
    }
    if (fit && lease === this.lease) {
      const entries = [{ key, value: this.valueOf(0) }];
      const made = await this.store.create(entries, lease);
      if (made.created && lease === this.lease) this.stored.noteCreated(entries, lease, made.revision);
      // The view was behind: what is there is seen now, and the next time it is said the difference is known.
      for (const present of made.created ? [] : made.present) this.stored.notePut(present, made.revision);
    }
    this.tellChanged();
  }

  async leave(): Promise<void> {
    await this.revokeEarlier();
    await this.read();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.timer?.cancel();
    this.cancelWatch?.();
    const { lease } = this;
    this.lease = undefined;
    if (lease !== undefined) await this.store.revoke(lease).catch(() => undefined);
    await this.store.close();
  }

  private valueOf(continues: number): string {
    return JSON.stringify({ controller: this.options.controller, ...(continues === 0 ? {} : { continues }) });
  }

  /** A lease of an earlier run, or one whose renewal was given up: nothing hangs on it any more that counts. */
  private async revokeEarlier(): Promise<void> {
    this.lease = undefined;
    this.session = 0;
    const snapshot = await this.read();
    const earlier = snapshot.entries.find((entry) => entry.key === LIVE + this.options.controller);
    if (earlier !== undefined && earlier.lease !== "0") await this.store.revoke(earlier.lease);
  }

  /** One round: renew, then a read that a majority confirms. */
  private async cycle(): Promise<void> {
    this.underWay = true;
    try {
      if (this.lease === undefined) await this.read();
      else await this.renew(this.lease);
    } catch (error) {
      if (!(error instanceof LeaseUnreachable)) throw error;
    } finally {
      this.underWay = false;
    }
    this.noteReach();
    if (!this.again || this.closed) return;
    this.again = false;
    await this.cycle();
  }

  /**
   * A renewal counts only when the server that gave it was of the term that reads confirmed before and after on the
   * same connection: a leader that was paused or cut off may renew a lease which its successor has already ended.
   */
  private async renew(lease: string): Promise<void> {
    const before = this.latest;
    const sentMs = this.clock.monotonicMs();
    const renewed = await this.store.keepAlive(lease);
    const answeredMs = this.clock.monotonicMs();
    if (this.lease !== lease) return;
    if (renewed.ttlMs <= 0) return this.lose();
    if (!this.rules.confirmRenewals) this.count(sentMs, answeredMs, renewed.ttlMs);
    const after = await this.read();
    if (this.lease !== lease) return;
    const own = after.entries.find((entry) => entry.key === LIVE + this.options.controller);
    if (own?.lease !== lease) return this.lose();
    if (isSame(before, renewed) && isSame(renewed, after)) this.count(sentMs, answeredMs, renewed.ttlMs);
    else this.again = true;
  }

  private count(sentMs: number, answeredMs: number, ttlMs: number): void {
    const countsFromMs = this.rules.countFromSent ? sentMs : answeredMs;
    const term = { session: this.session, sentMs, endMs: countsFromMs + ttlMs - this.options.marginMs };
    for (const listener of this.listeners) listener.renewed?.(term);
  }

  private async read() {
    const sentMs = this.clock.monotonicMs();
    const snapshot = await this.store.snapshot();
    this.answeredMs = this.clock.monotonicMs();
    this.latest = { term: snapshot.term, connection: snapshot.connection };
    const changed = this.stored.noteSnapshot(snapshot, sentMs);
    if (this.cancelWatch === undefined && !this.closed) this.watch(snapshot.revision + 1);
    this.noteReach();
    if (changed) this.tellChanged();
    return snapshot;
  }

  private watch(fromRevision: number): void {
    const cancel = this.store.watch(
      fromRevision,
      (events) => {
        if (this.stored.noteEvents(events)) this.tellChanged();
      },
      // The next read begins a new one where that read ended.
      () => {
        this.cancelWatch = undefined;
      },
    );
    this.cancelWatch = cancel;
  }

  private lose(): void {
    const { session } = this;
    this.lease = undefined;
    this.session = 0;
    for (const listener of this.listeners) listener.lost?.(session);
  }

  private isReachable(): boolean {
    return this.clock.monotonicMs() - this.answeredMs <= this.options.renewMs * SILENT_INTERVALS;
  }

  private noteReach(): void {
    const reachable = this.isReachable();
    if (reachable === this.wasReachable) return;
    this.wasReachable = reachable;
    this.tellChanged();
  }

  private tellChanged(): void {
    for (const listener of this.listeners) listener.changed?.();
  }
}

function isSame(one: Origin, other: Origin): boolean {
  return one.term === other.term && one.connection === other.connection;
}
