/** Holders and liveness as the keys of a store say, kept by reads and by events, whichever is newer. */

import type { Holder, Liveness } from "./lease-service.js";
import type { Entry, Snapshot, StoreEvent } from "./lease-store.js";

/** Folders of the keys. */
export const LIVE = "live/";
export const SCOPE = "scope/";
export const FIT = "fit/";

export class StoredView {
  holders: ReadonlyMap<string, Holder> = new Map();
  live: ReadonlyMap<string, Liveness> = new Map();
  asOfMs = Number.NEGATIVE_INFINITY;
  private readonly entries = new Map<string, Entry>();
  /** Own writes that reads sent before them don't show yet, and own deletions that they still show. */
  private readonly written = new Map<string, Entry>();
  private readonly deleted = new Map<string, number>();
  private revision = 0;
  /** What listeners have been told of. */
  private seen = "";

  entry(key: string): Entry | undefined {
    return this.entries.get(key);
  }

  /** @returns whether anything changed */
  noteSnapshot(snapshot: Snapshot, sentMs: number): boolean {
    const isFirst = this.asOfMs === Number.NEGATIVE_INFINITY;
    this.asOfMs = sentMs;
    // Events may have come while the read was under way.
    if (snapshot.revision < this.revision) return isFirst;
    this.revision = snapshot.revision;
    this.entries.clear();
    for (const entry of snapshot.entries) this.put(entry);
    for (const [key, entry] of this.written) {
      if (entry.modRevision <= snapshot.revision) this.written.delete(key);
      else this.entries.set(key, entry);
    }
    return this.rebuild() || isFirst;
  }

  noteEvents(events: readonly StoreEvent[]): boolean {
    let any = false;
    for (const event of events) {
      // Events of one transaction share a revision.
      if (event.revision < this.revision) continue;
      this.revision = event.revision;
      if ("put" in event) this.put(event.put);
      else this.delete(event.deleted, event.revision);
      any = true;
    }
    return any && this.rebuild();
  }

  noteCreated(entries: readonly { key: string; value: string }[], lease: string, revision: number): void {
    for (const { key, value } of entries) {
      this.notePut({ key, value, lease, createRevision: revision, modRevision: revision }, revision);
    }
  }

  /** What a write of one's own showed; events of later revisions that were seen already go before it. */
  notePut(entry: Entry, revision: number): void {
    const known = this.entries.get(entry.key);
    if (revision < this.revision && known?.createRevision !== entry.createRevision) return;
    this.entries.set(entry.key, entry);
    if (revision > this.revision) this.written.set(entry.key, entry);
    this.rebuild();
  }

  noteDeleted(key: string, createRevision: number): void {
    this.deleted.set(key, createRevision);
    if (this.entries.get(key)?.createRevision !== createRevision) return;
    this.entries.delete(key);
    this.written.delete(key);
    this.rebuild();
  }

  private put(entry: Entry): void {
    if (this.deleted.get(entry.key) === entry.createRevision) return;
    this.entries.set(entry.key, entry);
  }

  /** An event older than one's own write deletes what was there before it. */
  private delete(key: string, revision: number): void {
    const known = this.entries.get(key);
    if (known === undefined || known.createRevision > revision) return;
    this.entries.delete(key);
    this.written.delete(key);
  }

  private rebuild(): boolean {
    const live = new Map<string, Liveness>();
    const leases = new Map<string, string>();
    for (const { key, value, createRevision, lease } of this.entries.values()) {
      if (!key.startsWith(LIVE)) continue;
      const name = key.slice(LIVE.length);
      const fit = this.entries.get(FIT + name)?.lease === lease;
      live.set(name, { session: createRevision, continues: fieldsOf(value).continues, fit });
      leases.set(name, lease);
    }
    const holders = new Map<string, Holder>();
    for (const { key, value, createRevision, lease } of this.entries.values()) {
      if (!key.startsWith(SCOPE)) continue;
      const { controller } = fieldsOf(value);
      const session = leases.get(controller) === lease ? (live.get(controller)?.session ?? 0) : 0;
      holders.set(key.slice(SCOPE.length), { controller, session, epoch: createRevision });
    }
    const others = [...this.entries.values()].filter(({ key }) => !key.startsWith(LIVE) && !key.startsWith(SCOPE));
    const seen = JSON.stringify([[...live], [...holders], others.map(({ key, modRevision }) => [key, modRevision])]);
    const same = seen === this.seen;
    this.seen = seen;
    this.live = live;
    this.holders = holders;
    return !same;
  }
}

function fieldsOf(value: string): { controller: string; continues: number } {
  try {
    const fields = JSON.parse(value) as { controller?: unknown; continues?: unknown };
    return {
      controller: typeof fields.controller === "string" ? fields.controller : "",
      continues: typeof fields.continues === "number" ? fields.continues : 0,
    };
  } catch {
    return { controller: "", continues: 0 };
  }
}
