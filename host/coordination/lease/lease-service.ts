/**
 * The lease service: one lease a controller, on which its liveness key and the keys of all scopes that it holds hang,
 * so that they end together. An epoch of a scope is the revision at which its key was created: it only grows.
 */

/** Who holds a scope. */
export interface Holder {
  controller: string;
  /** Session of the lease on which the key hangs; 0 where that controller's liveness key hangs on another. */
  session: number;
  epoch: number;
}

/** A controller's liveness key. */
export interface Liveness {
  /** Names one lease of one controller: the revision at which its liveness key was created. */
  session: number;
  /** Session whose effects this one goes on with without a break, or 0: it began with none. */
  continues: number;
  /** Its processor says that it may be active: a key beside the liveness key, on the same lease. */
  fit: boolean;
}

/** What the service is known to hold. */
export interface LeaseView {
  /** It has answered lately. */
  readonly reachable: boolean;
  readonly holders: ReadonlyMap<string, Holder>;
  readonly live: ReadonlyMap<string, Liveness>;
  /** Monotonic time at which the read was sent that confirmed all of this; -Infinity before the first. */
  readonly asOfMs: number;
}

/** A lease in force. */
export interface Term {
  session: number;
  /** Monotonic time at which the request was sent that gave it, or renewed it. */
  sentMs: number;
  /** Monotonic time at which it is over for its holder: counted from when the request was SENT, less the margin. */
  endMs: number;
}

export interface LeaseListener {
  /** The lease goes on. A renewal that comes late does no harm, since its end is absolute. */
  renewed?(term: Term): void;
  /** The service says that the lease is gone: whatever hung on it may be another's now. */
  lost?(session: number): void;
  /** Holders, liveness or reachability have changed. */
  changed?(): void;
}

export interface AcquireOptions {
  /** Session that this one goes on with without a break; others are told. Without it nothing may be held. */
  continues: number;
  /** Scopes that must be free, and are taken together with the lease, or none is. */
  scopes: readonly string[];
}

export interface CampaignResult {
  won: boolean;
  /** Epoch of the scope: own or, where it was lost, the holder's. */
  epoch: number;
  holder: string;
}

/** The service can't be reached, or has not answered in time: what was asked may have happened or not. */
export class LeaseUnreachable extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LeaseUnreachable";
  }
}

export interface LeaseService {
  readonly view: LeaseView;
  /** Lease time in milliseconds. */
  readonly ttlMs: number;
  observe(listener: LeaseListener): void;
  /** Begins to look at the service, and goes on to do so, reachable or not. Takes no lease yet. */
  start(): Promise<void>;
  /**
   * Takes a lease and puts the liveness key on it. An earlier lease of this controller is revoked first, unless it is to
   * be continued, so its effects must be gone.
   * @returns undefined where a scope asked for, or the liveness key to be continued, is there already
   * @throws LeaseUnreachable
   */
  acquire(options?: AcquireOptions): Promise<Term | undefined>;
  /** Asks for a scope's key. The view says who holds it afterwards. @throws LeaseUnreachable */
  campaign(scope: string): Promise<CampaignResult>;
  /** Gives a scope's key back, if it is this session's. Only after all effects of the scope are gone. @throws LeaseUnreachable */
  resign(scope: string): Promise<void>;
  /** Has the others know, heard or not, whether the own processor may be active. @throws LeaseUnreachable */
  sayFit(fit: boolean): Promise<void>;
  /** Renews now rather than at the next interval. */
  renewNow(): void;
  /** Gives the lease back and takes no other before `acquire`. The effects must be gone. @throws LeaseUnreachable */
  leave(): Promise<void>;
  /** Gives the lease back and ends. The effects must be gone. */
  close(): Promise<void>;
}
