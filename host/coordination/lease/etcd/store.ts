/** etcd as the store of leases. */

import type { ClientDuplexStream } from "@grpc/grpc-js";
import type { CreateResult, Entry, LeaseStore, Origin, Snapshot, StoreEvent } from "../lease-store.js";
import { EtcdConnection, type EtcdConnectionOptions } from "./connection.js";
import type { Header, KeyValue, TxnResponse, WatchResponse } from "./definition.js";

export interface EtcdStoreOptions extends EtcdConnectionOptions {
  /** Before all keys, such as `/fairlead/array1/`; another array has another. */
  prefix: string;
}

const BY_CREATE_REVISION = 1;
const BY_MOD_REVISION = 2;
const DELETED = 1;
const SECOND_MS = 1000;

export class EtcdStore implements LeaseStore {
  private readonly connection: EtcdConnection;
  private readonly all: { key: Buffer; range_end: Buffer };

  constructor(private readonly options: EtcdStoreOptions) {
    this.connection = new EtcdConnection(options);
    const key = Buffer.from(options.prefix, "utf8");
    // Keys with a prefix: up to the prefix with its last byte one more (it is a slash, so there is one).
    const end = Buffer.from(key);
    end[end.length - 1] = (end[end.length - 1] as number) + 1;
    this.all = { key, range_end: end };
  }

  async grant(ttlMs: number): Promise<{ lease: string; ttlMs: number }> {
    const TTL = String(Math.ceil(ttlMs / SECOND_MS));
    const granted = await this.connection.ask<{ ID: string; TTL: string }>("Lease", "LeaseGrant", { TTL });
    return { lease: granted.ID, ttlMs: Number(granted.TTL) * SECOND_MS };
  }

  async keepAlive(lease: string): Promise<Origin & { ttlMs: number }> {
    const connection = this.connection.number;
    const kept = await this.connection.askStream<{ header: Header; TTL: string }>("Lease", "LeaseKeepAlive", {
      ID: lease,
    });
    return { ttlMs: Number(kept.TTL) * SECOND_MS, term: Number(kept.header.raft_term), connection };
  }

  async revoke(lease: string): Promise<void> {
    try {
      await this.connection.ask("Lease", "LeaseRevoke", { ID: lease });
    } catch (error) {
      if (!/lease not found/.test((error as Error).message)) throw error;
    }
  }

  /** etcd's reads are confirmed by a majority unless they are asked to be `serializable`. */
  async snapshot(): Promise<Snapshot> {
    const connection = this.connection.number;
    const { header, kvs } = await this.connection.ask<{ header: Header; kvs: KeyValue[] }>("KV", "Range", this.all);
    const entries = kvs.map((each) => this.entryOf(each));
    return { revision: Number(header.revision), term: Number(header.raft_term), connection, entries };
  }

  async create(entries: readonly { key: string; value: string }[], lease: string): Promise<CreateResult> {
    const compare = entries.map(({ key }) => ({
      target: BY_CREATE_REVISION,
      key: this.keyOf(key),
      create_revision: "0",
    }));
    const success = entries.map(({ key, value }) => ({
      request_put: { key: this.keyOf(key), value: Buffer.from(value, "utf8"), lease },
    }));
    const failure = entries.map(({ key }) => ({ request_range: { key: this.keyOf(key) } }));
    const answer = await this.transact({ compare, success, failure });
    const revision = Number(answer.header.revision);
    if (answer.succeeded) return { created: true, revision, present: [] };
    const present = answer.responses.flatMap((each) => each.response_range?.kvs ?? []);
    return { created: false, revision, present: present.map((each) => this.entryOf(each)) };
  }

  async remove(key: string, createRevision: number): Promise<void> {
    await this.transact({
      compare: [{ target: BY_CREATE_REVISION, key: this.keyOf(key), create_revision: String(createRevision) }],
      success: [{ request_delete_range: { key: this.keyOf(key) } }],
      failure: [],
    });
  }

  async write(key: string, value: string, modRevision: number): Promise<{ written: boolean; revision: number }> {
    const answer = await this.transact({
      compare: [{ target: BY_MOD_REVISION, key: this.keyOf(key), mod_revision: String(modRevision) }],
      success: [{ request_put: { key: this.keyOf(key), value: Buffer.from(value, "utf8") } }],
      failure: [],
    });
    return { written: answer.succeeded, revision: Number(answer.header.revision) };
  }

  watch(fromRevision: number, onEvents: (events: readonly StoreEvent[]) => void, ended: () => void): () => void {
    let stream: ClientDuplexStream<object, WatchResponse> | undefined;
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      stream?.cancel();
      ended();
    };
    const begin = async () => {
      stream = await this.connection.stream<WatchResponse>("Watch", "Watch");
      stream.on("error", end);
      stream.once("end", end);
      stream.on("data", (answer: WatchResponse) => {
        if (answer.canceled) end();
        else if (!over && answer.events.length > 0) onEvents(answer.events.map((event) => this.eventOf(event)));
      });
      if (over) stream.cancel();
      else stream.write({ create_request: { ...this.all, start_revision: String(fromRevision) } });
    };
    begin().catch(end);
    return () => {
      over = true;
      stream?.cancel();
    };
  }

  close(): Promise<void> {
    this.connection.close();
    return Promise.resolve();
  }

  private transact(request: object): Promise<TxnResponse> {
    return this.connection.ask<TxnResponse>("KV", "Txn", request);
  }

  private keyOf(key: string): Buffer {
    return Buffer.from(this.options.prefix + key, "utf8");
  }

  private entryOf({ key, value, create_revision, mod_revision, lease }: KeyValue): Entry {
    return {
      key: key.toString("utf8").slice(this.options.prefix.length),
      value: value.toString("utf8"),
      createRevision: Number(create_revision),
      modRevision: Number(mod_revision),
      lease,
    };
  }

  private eventOf({ type, kv }: WatchResponse["events"][number]): StoreEvent {
    const revision = Number(kv.mod_revision);
    const entry = this.entryOf(kv);
    return type === DELETED ? { revision, deleted: entry.key } : { revision, put: entry };
  }
}
