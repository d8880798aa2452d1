/**
 * A lease service in virtual time: one store of keys with revisions and leases, and for each controller a way to it
 * that is slow, loses answers, is cut, or ends at a leader that no longer is one.
 */

import type { Random } from "../../sources/simulated/random.js";
import { LeaseUnreachable } from "../lease/lease-service.js";
import type { CreateResult, Entry, LeaseStore, Origin, Snapshot, StoreEvent } from "../lease/lease-store.js";
import type { ProcessPoints } from "./machine.js";
import type { VirtualClock, VirtualTime } from "./time.js";

interface SimulatedLease {
  ttlMs: number;
  expiresMs: number;
}

interface Watcher {
  tell(events: readonly StoreEvent[]): void;
  end(): void;
}

/** Leases end somewhat after they are due, never before. */
const EXPIRY_LATE_MAX_MS = 500;

/** The keys themselves. */
export class SimulatedLeaseServer {
  readonly entries = new Map<string, Entry>();
  readonly watchers = new Set<Watcher>();
  revision = 1;
  term = 1;
  private readonly leases = new Map<string, SimulatedLease>();
  private readonly history: StoreEvent[] = [];
  private nextLease = 1;

  constructor(
    readonly time: VirtualTime,
    readonly random: Random,
    readonly minTtlMs = 1000,
  ) {}

  grant(ttlMs: number): { lease: string; ttlMs: number } {
    const lease = String(this.nextLease++);
    const granted = Math.max(ttlMs, this.minTtlMs);
    this.leases.set(lease, { ttlMs: granted, expiresMs: 0 });
    this.extend(lease);
    return { lease, ttlMs: granted };
  }

  /** @returns milliseconds, 0 where there is no such lease */
  extend(lease: string): number {
    const known = this.leases.get(lease);
    if (known === undefined) return 0;
    known.expiresMs = this.time.nowMs + known.ttlMs;
    const lateMs = this.random.below(EXPIRY_LATE_MAX_MS);
    this.time.at(known.expiresMs + lateMs, () => this.expire(lease));
    return known.ttlMs;
  }

  ttlOf(lease: string): number {
    return this.leases.get(lease)?.ttlMs ?? 0;
  }

  revoke(lease: string): void {
    if (!this.leases.delete(lease)) return;
    const gone = [...this.entries.values()].filter((entry) => entry.lease === lease);
    if (gone.length === 0) return;
    this.revision++;
    for (const { key } of gone) this.entries.delete(key);
    this.tell(gone.map(({ key }) => ({ revision: this.revision, deleted: key })));
  }

  create(entries: readonly { key: string; value: string }[], lease: string): CreateResult {
    if (!this.leases.has(lease)) throw new LeaseUnreachable("the lease is gone");
    const present = entries.flatMap(({ key }) => this.entries.get(key) ?? []);
    if (present.length > 0) return { created: false, revision: this.revision, present };
    this.revision++;
    const { revision } = this;
    const made = entries.map((entry) => ({ ...entry, lease, createRevision: revision, modRevision: revision }));
    for (const entry of made) this.entries.set(entry.key, entry);
    this.tell(made.map((put) => ({ revision, put })));
    return { created: true, revision, present: [] };
  }

  remove(key: string, createRevision: number): void {
    if (this.entries.get(key)?.createRevision !== createRevision) return;
    this.revision++;
    this.entries.delete(key);
    this.tell([{ revision: this.revision, deleted: key }]);
  }

  write(key: string, value: string, modRevision: number): { written: boolean; revision: number } {
    const known = this.entries.get(key);
    if ((known?.modRevision ?? 0) !== modRevision) return { written: false, revision: this.revision };
    this.revision++;
    const { revision } = this;
    const put = { key, value, lease: "0", createRevision: known?.createRevision ?? revision, modRevision: revision };
    this.entries.set(key, put);
    this.tell([{ revision, put }]);
    return { written: true, revision };
  }

  /** Events from a revision on. */
  since(revision: number): StoreEvent[] {
    return this.history.filter((event) => event.revision >= revision);
  }

  /** Another leader: leases have their whole time again, and watches break. */
  elect(): void {
    this.term++;
    for (const lease of this.leases.keys()) this.extend(lease);
    for (const watcher of [...this.watchers]) watcher.end();
  }

  private expire(lease: string): void {
    const known = this.leases.get(lease);
    if (known !== undefined && known.expiresMs <= this.time.nowMs) this.revoke(lease);
  }

  private tell(events: StoreEvent[]): void {
    this.history.push(...events);
    for (const watcher of this.watchers) watcher.tell(events);
  }
}

export interface StoreConditions {
  /** Nothing passes. */
  cut: boolean;
  /** Share of requests lost, and of answers lost, 0 to 1. */
  loss: number;
  delayMs: readonly [least: number, most: number];
  /** Term of a leader that was, and still renews what it no longer keeps; reads there get no answer. */
  staleTerm: number | undefined;
}

/** A controller's way to the server. */
export class SimulatedLeaseStore implements LeaseStore {
  readonly conditions: StoreConditions = { cut: false, loss: 0, delayMs: [1, 3], staleTerm: undefined };
  private closed = false;

  constructor(
    private readonly server: SimulatedLeaseServer,
    private readonly clock: VirtualClock,
    private readonly points: ProcessPoints,
    private readonly timeoutMs = 400,
  ) {}

  grant(ttlMs: number): Promise<{ lease: string; ttlMs: number }> {
    return this.call(() => this.server.grant(ttlMs));
  }

  keepAlive(lease: string): Promise<Origin & { ttlMs: number }> {
    const { staleTerm } = this.conditions;
    if (staleTerm !== undefined) {
      return this.call(() => ({ ttlMs: this.server.ttlOf(lease) || 3000, term: staleTerm, connection: 1 }), true);
    }
    return this.call(() => ({ ttlMs: this.server.extend(lease), term: this.server.term, connection: 1 }));
  }

  revoke(lease: string): Promise<void> {
    return this.call(() => this.server.revoke(lease));
  }

  snapshot(): Promise<Snapshot> {
    const { server } = this;
    return this.call(() => ({
      revision: server.revision,
      term: server.term,
      connection: 1,
      entries: [...server.entries.values()],
    }));
  }

  create(entries: readonly { key: string; value: string }[], lease: string): Promise<CreateResult> {
    return this.call(() => this.server.create(entries, lease));
  }

  remove(key: string, createRevision: number): Promise<void> {
    return this.call(() => this.server.remove(key, createRevision));
  }

  write(key: string, value: string, modRevision: number): Promise<{ written: boolean; revision: number }> {
    return this.call(() => this.server.write(key, value, modRevision));
  }

  watch(fromRevision: number, onEvents: (events: readonly StoreEvent[]) => void, ended: () => void): () => void {
    let cancelled = false;
    let arrivesMs = 0;
    const deliver = (work: () => void) => {
      // In order, whatever the delays.
      arrivesMs = Math.max(arrivesMs, this.server.time.nowMs + this.delay());
      this.server.time.at(arrivesMs, () => {
        this.clock.deliver(() => {
          if (!cancelled && !this.closed) work();
        });
      });
    };
    const end = () => {
      this.server.watchers.delete(watcher);
      deliver(() => {
        cancelled = true;
        ended();
      });
    };
    const watcher: Watcher = {
      tell: (events) => {
        if (this.conditions.cut || this.conditions.staleTerm !== undefined) end();
        else deliver(() => onEvents(events));
      },
      end,
    };
    const earlier = this.server.since(fromRevision);
    if (earlier.length > 0) deliver(() => onEvents(earlier));
    this.server.watchers.add(watcher);
    return () => {
      cancelled = true;
      this.server.watchers.delete(watcher);
    };
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  private delay(): number {
    const [least, most] = this.conditions.delayMs;
    return this.server.random.below(most - least + 1) + least;
  }

  private passes(stale: boolean): boolean {
    const { cut, loss, staleTerm } = this.conditions;
    return !cut && (staleTerm === undefined || stale) && this.server.random.next() >= loss;
  }

  /** There, and back: each way takes time, and may be lost. A paused process gets its answer when it goes on. */
  private call<T>(work: () => T, stale = false): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => this.clock.deliver(() => reject(new LeaseUnreachable(why)));
      this.clock.after(this.timeoutMs, () => reject(new LeaseUnreachable("no answer in time")));
      this.points.issue("lease", () => {
        if (!this.passes(stale)) return;
        this.server.time.after(this.delay(), () => {
          if (!this.passes(stale)) return;
          try {
            const answer = work();
            if (!this.passes(stale)) return;
            this.server.time.after(this.delay(), () => this.points.issue("answer", () => resolve(answer)));
          } catch (error) {
            fail((error as Error).message);
          }
        });
      });
    });
  }
}
