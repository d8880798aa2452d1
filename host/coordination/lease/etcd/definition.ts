/**
 * The part of etcd's API, version 3, that a lease needs (etcd's `rpc.proto` and `kv.proto`, 3.4 and later): messages with
 * the fields that are used here, under their own numbers. Others are passed over by the encoding.
 */

type Fields = Record<string, [number: number, type: string]>;

function message(fields: Fields, repeated: readonly string[] = [], oneof: readonly string[] = []) {
  const described = Object.entries(fields).map(([name, [id, type]]) => {
    return [name, repeated.includes(name) ? { id, type, rule: "repeated" } : { id, type }] as const;
  });
  const oneofs = oneof.length === 0 ? {} : { oneofs: { choice: { oneof: [...oneof] } } };
  return { fields: Object.fromEntries(described), ...oneofs };
}

function call(requestType: string, responseType: string, isStream = false) {
  return { requestType, responseType, ...(isStream ? { requestStream: true, responseStream: true } : {}) };
}

const MESSAGES = {
  ResponseHeader: message({ member_id: [2, "uint64"], revision: [3, "int64"], raft_term: [4, "uint64"] }),
  RangeRequest: message({ key: [1, "bytes"], range_end: [2, "bytes"] }),
  RangeResponse: message({ header: [1, "ResponseHeader"], kvs: [2, "mvccpb.KeyValue"] }, ["kvs"]),
  PutRequest: message({ key: [1, "bytes"], value: [2, "bytes"], lease: [3, "int64"] }),
  PutResponse: message({ header: [1, "ResponseHeader"] }),
  DeleteRangeRequest: message({ key: [1, "bytes"] }),
  DeleteRangeResponse: message({ header: [1, "ResponseHeader"], deleted: [2, "int64"] }),
  RequestOp: message(
    {
      request_range: [1, "RangeRequest"],
      request_put: [2, "PutRequest"],
      request_delete_range: [3, "DeleteRangeRequest"],
    },
    [],
    ["request_range", "request_put", "request_delete_range"],
  ),
  ResponseOp: message({ response_range: [1, "RangeResponse"] }),
  /** `result` 0: equal. `target` 1: by `create_revision`, 2: by `mod_revision`. */
  Compare: message(
    {
      result: [1, "int32"],
      target: [2, "int32"],
      key: [3, "bytes"],
      create_revision: [5, "int64"],
      mod_revision: [6, "int64"],
    },
    [],
    ["create_revision", "mod_revision"],
  ),
  TxnRequest: message({ compare: [1, "Compare"], success: [2, "RequestOp"], failure: [3, "RequestOp"] }, [
    "compare",
    "success",
    "failure",
  ]),
  TxnResponse: message({ header: [1, "ResponseHeader"], succeeded: [2, "bool"], responses: [3, "ResponseOp"] }, [
    "responses",
  ]),
  LeaseGrantRequest: message({ TTL: [1, "int64"], ID: [2, "int64"] }),
  LeaseGrantResponse: message({ header: [1, "ResponseHeader"], ID: [2, "int64"], TTL: [3, "int64"] }),
  LeaseRevokeRequest: message({ ID: [1, "int64"] }),
  LeaseRevokeResponse: message({ header: [1, "ResponseHeader"] }),
  LeaseKeepAliveRequest: message({ ID: [1, "int64"] }),
  LeaseKeepAliveResponse: message({ header: [1, "ResponseHeader"], ID: [2, "int64"], TTL: [3, "int64"] }),
  WatchCreateRequest: message({ key: [1, "bytes"], range_end: [2, "bytes"], start_revision: [3, "int64"] }),
  WatchRequest: message({ create_request: [1, "WatchCreateRequest"] }, [], ["create_request"]),
  WatchResponse: message(
    {
      header: [1, "ResponseHeader"],
      canceled: [4, "bool"],
      cancel_reason: [6, "string"],
      events: [11, "mvccpb.Event"],
    },
    ["events"],
  ),
  AuthenticateRequest: message({ name: [1, "string"], password: [2, "string"] }),
  AuthenticateResponse: message({ header: [1, "ResponseHeader"], token: [2, "string"] }),
};

const SERVICES = {
  KV: {
    methods: {
      Range: call("RangeRequest", "RangeResponse"),
      Txn: call("TxnRequest", "TxnResponse"),
    },
  },
  Lease: {
    methods: {
      LeaseGrant: call("LeaseGrantRequest", "LeaseGrantResponse"),
      LeaseRevoke: call("LeaseRevokeRequest", "LeaseRevokeResponse"),
      LeaseKeepAlive: call("LeaseKeepAliveRequest", "LeaseKeepAliveResponse", true),
    },
  },
  Watch: { methods: { Watch: call("WatchRequest", "WatchResponse", true) } },
  Auth: { methods: { Authenticate: call("AuthenticateRequest", "AuthenticateResponse") } },
};

const KEY_VALUES = {
  KeyValue: message({
    key: [1, "bytes"],
    create_revision: [2, "int64"],
    mod_revision: [3, "int64"],
    value: [5, "bytes"],
    lease: [6, "int64"],
  }),
  /** `type` 0: put, 1: delete. */
  Event: message({ type: [1, "int32"], kv: [2, "KeyValue"] }),
};

/** As `protobufjs` reads descriptions. */
export const ETCD_API = {
  nested: {
    etcdserverpb: { nested: { ...MESSAGES, ...SERVICES } },
    mvccpb: { nested: KEY_VALUES },
  },
};

export interface Header {
  member_id: string;
  revision: string;
  raft_term: string;
}

export interface KeyValue {
  key: Buffer;
  value: Buffer;
  create_revision: string;
  mod_revision: string;
  lease: string;
}

export interface TxnResponse {
  header: Header;
  succeeded: boolean;
  responses: { response_range?: { kvs: KeyValue[] } }[];
}

export interface WatchResponse {
  header: Header;
  canceled: boolean;
  cancel_reason: string;
  events: { type: number; kv: KeyValue }[];
}
