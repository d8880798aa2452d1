/** The section `coordination` of an array file: keys, status messages, the lease, the management address. */

import type { Path } from "../array/checked-yaml.js";
import type { ArrayDescription } from "../array/description.js";
import { NAME_SCHEMA, quantitySchema, type Schema } from "../array/schema.js";
import { quantity } from "../array/units.js";
import { ENDPOINT_EXPECTED, parseEndpoint } from "./endpoint.js";
import { FALL_COUNT, INTERVAL_MS } from "./status/check.js";

export interface EtcdSection {
  /** `address:port` of each server. */
  endpoints: string[];
  /** Files of the authority, and of this controller's certificate and key; without `ca` the connection is in the clear. */
  ca?: string;
  certificate?: string;
  key?: string;
  user?: string;
  passwordFile?: string;
}

export interface CoordinationSection {
  /** The key that all controllers share; undefined with one controller. */
  keyFile: string | undefined;
  /** Where each controller keeps its boot count, epochs and promises. */
  stateFolder: string;
  intervalMs: number;
  fallCount: number;
  /** Undefined: in-process, for one controller. */
  etcd: EtcdSection | undefined;
  leaseMs: number;
  /** By how much sooner a holder counts its lease as over than the service may. */
  marginMs: number;
  promiseMs: number;
  orderTimeoutMs: number;
  /** Where the active processor is, with its prefix, and the device it belongs on. */
  management: { address: string; device: string } | undefined;
}

const DEFAULTS = {
  stateFolder: "/var/lib/fairlead",
  intervalMs: INTERVAL_MS,
  fallCount: FALL_COUNT,
  leaseMs: 3000,
  orderTimeoutMs: 1000,
} as const;

/** etcd gives no lease shorter than this with its usual election time-out; and in less than this no pause is bridged. */
const LEASE_MS_MIN = 2000;
/** Share of the lease that is kept back for clocks of different rates, and its least. */
const MARGIN_PERCENT = 10;
const MARGIN_MS_MIN = 100;
const DEVICE_NAME_MAX = 15;

function object(properties: Schema, required: readonly string[], description: string): Schema {
  return { type: "object", additionalProperties: false, properties, required: [...required], description };
}

function ms(least: number, most: number, standard: number | undefined, description: string): Schema {
  return {
    ...quantitySchema("ms", least, most, description),
    ...(standard === undefined ? {} : { default: standard }),
  };
}

function path(description: string): Schema {
  return { type: "string", pattern: "^/[^\\0]*$", description, "x-expected": "a path that begins with /" };
}

function etcdSchema(): Schema {
  const endpoint = { type: "string", pattern: "^\\S+:\\d+$", "x-expected": ENDPOINT_EXPECTED };
  const properties = {
    endpoints: { type: "array", minItems: 1, items: endpoint, description: "etcd's servers: three, in three places." },
    ca: path("Certificates of the authority that signed the servers'; without it the connection is in the clear."),
    certificate: path("This controller's certificate, for servers that ask for one."),
    key: path("Its private key; readable by its owner only."),
    user: { type: "string", minLength: 1, description: "User, where etcd asks for one." },
    passwordFile: path("File with the user's password; readable by its owner only."),
  };
  return object(properties, ["endpoints"], "The lease service of several controllers.");
}

export function coordinationSchema(): Schema {
  const management = object(
    {
      address: { type: "string", description: "With its prefix: 192.0.2.254/24." },
      device: {
        ...NAME_SCHEMA,
        maxLength: DEVICE_NAME_MAX,
        description: "Network device that it belongs on, on each.",
      },
    },
    ["address", "device"],
    "The address at which the active processor is.",
  );
  const properties = {
    keyFile: path("File with the key that all controllers share: 32 bytes or more, readable by its owner only."),
    stateFolder: {
      ...path("Folder in which a controller keeps epochs, promises and its boot count."),
      default: DEFAULTS.stateFolder,
    },
    intervalMs: ms(10, 60_000, DEFAULTS.intervalMs, "Between two status messages."),
    fallCount: {
      type: "integer",
      minimum: 2,
      maximum: 100,
      default: DEFAULTS.fallCount,
      description: "Intervals of silence that make a failure.",
    },
    etcd: etcdSchema(),
    leaseMs: ms(
      LEASE_MS_MIN,
      60_000,
      DEFAULTS.leaseMs,
      "Time of a lease, in whole seconds: how long a dead controller keeps what it has.",
    ),
    marginMs: ms(
      MARGIN_MS_MIN,
      10_000,
      undefined,
      "By how much sooner its holder counts a lease as over; a tenth of it if not given.",
    ),
    promiseMs: ms(
      LEASE_MS_MIN,
      600_000,
      undefined,
      "How long nothing is taken over after a promise, and after each start; as the lease if not given.",
    ),
    orderTimeoutMs: ms(50, 60_000, DEFAULTS.orderTimeoutMs, "For another controller's answer."),
    management,
  };
  return object(
    properties,
    [],
    "Status messages between controllers, the lease, and what is done when the lease service is out of reach.",
  );
}

/** What the schema can't see. */
export function checkCoordination(
  array: ArrayDescription,
  report: (path: Path, message: string, expected: string) => void,
): void {
  const at = ["coordination"];
  const { controllers, coordination } = array;
  if (coordination === undefined) return;
  const section = coordination as Partial<Record<string, unknown>>;
  const etcd = section.etcd as Partial<EtcdSection> | undefined;
  if (controllers.length > 1) {
    if (section.keyFile === undefined)
      report([...at, "keyFile"], "no key, and several controllers", "a file with the key that they share");
    if (etcd === undefined)
      report([...at, "etcd"], "no lease service, and several controllers", "the endpoints of etcd");
    for (const [index, { name, control, command }] of controllers.entries()) {
      const where = ["controllers", index];
      if (command === undefined) report([...where, "command"], `${name} takes no commands`, ENDPOINT_EXPECTED);
      if (control === undefined)
        report([...where, "control"], `${name} takes no status messages`, `a list of ${ENDPOINT_EXPECTED}`);
    }
  }
  checkEndpoints(array, etcd, report);
  checkEtcd(etcd, report);
  const leaseMs = quantity(section.leaseMs, "ms") ?? DEFAULTS.leaseMs;
  const marginMs = quantity(section.marginMs, "ms") ?? 0;
  if (leaseMs % 1000 !== 0) report([...at, "leaseMs"], `${leaseMs} ms are no whole seconds`, "2s, 3s, …");
  if (marginMs > leaseMs / 2)
    report([...at, "marginMs"], `${marginMs} ms are more than half of the lease`, `at most ${leaseMs / 2} ms`);
}

function checkEndpoints(
  { controllers }: ArrayDescription,
  etcd: Partial<EtcdSection> | undefined,
  report: (path: Path, message: string, expected: string) => void,
): void {
  const check = (path: Path, text: unknown) => {
    if (typeof text === "string" && parseEndpoint(text) === undefined)
      report(path, `"${text}" is no endpoint`, ENDPOINT_EXPECTED);
  };
  for (const [index, { control, command }] of controllers.entries()) {
    check(["controllers", index, "command"], command);
    for (const [link, text] of (control ?? []).entries()) check(["controllers", index, "control", link], text);
  }
  const endpoints = Array.isArray(etcd?.endpoints) ? etcd.endpoints : [];
  for (const [index, text] of endpoints.entries()) check(["coordination", "etcd", "endpoints", index], text);
}

function checkEtcd(
  etcd: Partial<EtcdSection> | undefined,
  report: (path: Path, message: string, expected: string) => void,
): void {
  if (etcd === undefined) return;
  const at = ["coordination", "etcd"];
  const { ca, certificate, key, user, passwordFile } = etcd;
  if ((certificate === undefined) !== (key === undefined)) {
    report(
      [...at, certificate === undefined ? "certificate" : "key"],
      "a certificate and its key go together",
      "both or neither",
    );
  }
  if (certificate !== undefined && ca === undefined)
    report([...at, "ca"], "a certificate without an authority", "the authority's certificates");
  if ((user === undefined) !== (passwordFile === undefined)) {
    report(
      [...at, user === undefined ? "user" : "passwordFile"],
      "a user and a password go together",
      "both or neither",
    );
  }
  if (user !== undefined && ca === undefined)
    report([...at, "ca"], "a password would go over the network in the clear", "TLS: the authority's certificates");
}

/** The section of a checked array, with defaults; undefined where it has none. */
export function coordinationSection(array: ArrayDescription): CoordinationSection | undefined {
  const fields = array.coordination;
  if (fields === undefined) return undefined;
  const time = (name: string, standard: number) => quantity(fields[name], "ms") ?? standard;
  const leaseMs = time("leaseMs", DEFAULTS.leaseMs);
  return {
    keyFile: fields.keyFile as string | undefined,
    stateFolder: (fields.stateFolder as string | undefined) ?? DEFAULTS.stateFolder,
    intervalMs: time("intervalMs", DEFAULTS.intervalMs),
    fallCount: (fields.fallCount as number | undefined) ?? DEFAULTS.fallCount,
    etcd: fields.etcd as EtcdSection | undefined,
    leaseMs,
    marginMs: time("marginMs", Math.max(MARGIN_MS_MIN, (leaseMs * MARGIN_PERCENT) / 100)),
    promiseMs: time("promiseMs", leaseMs),
    orderTimeoutMs: time("orderTimeoutMs", DEFAULTS.orderTimeoutMs),
    management: fields.management as CoordinationSection["management"],
  };
}
