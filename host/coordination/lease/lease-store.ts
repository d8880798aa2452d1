/** What a lease needs of the service that keeps it: etcd, or a simulated one. */

/** A key with its value. */
export interface Entry {
  key: string;
  value: string;
  createRevision: number;
  modRevision: number;
  /** Lease on which it hangs; "0": none. */
  lease: string;
}

/** Where an answer came from. Terms of one connection only grow. */
export interface Origin {
  /** Election term of the server that answered. */
  term: number;
  /** Grows with each connection that the store opens. */
  connection: number;
}

export interface Snapshot extends Origin {
  revision: number;
  entries: Entry[];
}

export type StoreEvent = { revision: number } & ({ put: Entry } | { deleted: string });

export interface CreateResult {
  created: boolean;
  revision: number;
  /** Where it wasn't: those of the keys that are there. */
  present: Entry[];
}

/** Keys are the store's own, without its prefix. All methods reject with `LeaseUnreachable` where no answer came in time. */
export interface LeaseStore {
  /** A new lease, of at least the time asked for. */
  grant(ttlMs: number): Promise<{ lease: string; ttlMs: number }>;
  /** Renews a lease; `ttlMs` 0: there is none. */
  keepAlive(lease: string): Promise<Origin & { ttlMs: number }>;
  /** Ends a lease and all keys on it; one that is gone already is no error. */
  revoke(lease: string): Promise<void>;
  /** All keys, confirmed by a majority of the servers after the call. */
  snapshot(): Promise<Snapshot>;
  /** Creates all keys on the lease, or none where one of them exists. */
  create(entries: readonly { key: string; value: string }[], lease: string): Promise<CreateResult>;
  /** Deletes a key if it is still the one created at that revision. */
  remove(key: string, createRevision: number): Promise<void>;
  /** Writes a key that hangs on no lease, if its last change was at that revision; 0: if it is not there. */
  write(key: string, value: string, modRevision: number): Promise<{ written: boolean; revision: number }>;
  /** Events from a revision on, in order, until cancelled; `ended` when the stream broke. */
  watch(fromRevision: number, onEvents: (events: readonly StoreEvent[]) => void, ended: () => void): () => void;
  close(): Promise<void>;
}
