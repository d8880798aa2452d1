/** The management file of one processor: where its servers listen, and the files of keys, users and the audit log. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { compileSchema, readCheckedYaml } from "../../array/checked-yaml.js";
import type { Problem } from "../../array/description.js";
import { InputError, readInput, UsageError } from "../../cli/exit.js";
import { readSecret, UnsafeFile } from "../access/safe-file.js";
import { isLoopback } from "../wire.js";

export interface Address {
  host: string;
  port: number;
}

/** Plain data: it is also handed to the server's thread. PEM texts, not paths. */
export interface ManagementSettings {
  /** Where the management interface is: the full server, or else the restricted one. */
  listen: Address;
  /** Where the restricted server always is; undefined without a supervisor. */
  restricted?: Address;
  /** Another free port is taken where this one is not. */
  anyPort: boolean;
  /** Names and addresses under which clients call it, besides those that it listens on. */
  hosts: readonly string[];
  tls?: { key: string; certificate: string; authority: string };
  users?: string;
  tokenKey?: string;
  audit?: string;
  /** Folder that the disk's self-test writes to. */
  folder?: string;
  waitingBundles?: string;
  others: readonly { name: string; servers: readonly Address[] }[];
}

export const DEFAULT_ADDRESS: Address = { host: "127.0.0.1", port: 8420 };

const ADDRESS = "^(\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9.-]+):([0-9]{1,5})$";
const address = { type: "string", pattern: ADDRESS, "x-expected": "host:port, such as 127.0.0.1:8420 or [::1]:8420" };
const path = { type: "string", minLength: 1 };

const schema = {
  type: "object",
  additionalProperties: false,
  required: ["listen"],
  properties: {
    listen: address,
    restricted: address,
    hosts: { type: "array", items: { type: "string", pattern: "^(\\[[0-9a-f:.]+\\]|[a-z0-9.-]+)$" } },
    tls: {
      type: "object",
      additionalProperties: false,
      required: ["key", "certificate", "authority"],
      properties: { key: path, certificate: path, authority: path },
    },
    users: path,
    tokenKey: path,
    audit: path,
    folder: path,
    waitingBundles: path,
    processors: {
      type: "array",
      maxItems: 64,
      items: {
        type: "object",
        additionalProperties: false,
        required: ["name", "servers"],
        properties: {
          name: { type: "string", minLength: 1 },
          servers: { type: "array", minItems: 1, maxItems: 2, items: address },
        },
      },
    },
  },
};

interface Written {
  listen: string;
  restricted?: string;
  hosts?: string[];
  tls?: { key: string; certificate: string; authority: string };
  users?: string;
  tokenKey?: string;
  audit?: string;
  folder?: string;
  waitingBundles?: string;
  processors?: { name: string; servers: string[] }[];
}

/** For the embedded array: loopback, one session at a time from the printed token, nothing kept on a disk. */
export function embeddedSettings(listen: string | undefined): ManagementSettings {
  const given = listen === undefined ? undefined : parseAddress(listen);
  if (listen !== undefined && given === undefined) {
    throw new UsageError(`--page ${listen}: host:port, such as 127.0.0.1:8420 or [::1]:8420`);
  }
  if (given !== undefined && !isLoopback(given.host)) {
    throw new UsageError(
      `--page ${listen}: only loopback; beyond it a management file with TLS is needed (--management)`,
    );
  }
  return { listen: given ?? DEFAULT_ADDRESS, anyPort: given === undefined, hosts: [], others: [] };
}

/** @throws InputError, UsageError */
export function readManagementFile(file: string): ManagementSettings {
  const text = readInput(file).toString("utf8");
  const yaml = readCheckedYaml(text, file, compileSchema(schema));
  if (yaml.problems.length > 0) throw new InputError(yaml.problems);
  const written = yaml.value as Written;
  const listen = parseAddress(written.listen) as Address;
  const problems = meaningOf(written, listen, yaml.problem);
  if (problems.length > 0) throw new InputError(problems);
  const at = (name: string) => resolve(dirname(file), name);
  const files = Object.fromEntries(
    (["users", "tokenKey", "audit", "folder", "waitingBundles"] as const).flatMap((field) => {
      const name = written[field];
      return name === undefined ? [] : [[field, at(name)]];
    }),
  );
  return {
    listen,
    ...(written.restricted === undefined ? {} : { restricted: parseAddress(written.restricted) as Address }),
    anyPort: false,
    hosts: written.hosts ?? [],
    ...(written.tls === undefined ? {} : { tls: readTls(written.tls, at) }),
    ...files,
    others: (written.processors ?? []).map(({ name, servers }) => ({
      name,
      servers: servers.map((server) => parseAddress(server) as Address),
    })),
  };
}

type ProblemAt = (path: readonly (string | number)[], message: string, expected: string) => Problem;

/** What the schema can't say: beyond loopback nobody gets in without TLS and a login. */
function meaningOf(written: Written, listen: Address, problem: ProblemAt): Problem[] {
  const problems: Problem[] = [];
  const own = [listen, ...(written.restricted === undefined ? [] : [parseAddress(written.restricted) as Address])];
  const isOpen = own.some(({ host }) => !isLoopback(host));
  if (isOpen && written.tls === undefined) {
    problems.push(
      problem(["listen"], "an address beyond loopback without TLS", "a section tls, or a loopback address"),
    );
  }
  if ((written.processors ?? []).length > 0 && written.tls === undefined) {
    problems.push(
      problem(["processors"], "other processors without TLS", "a section tls: they prove by certificate who they are"),
    );
  }
  for (const field of ["users", "tokenKey", "audit"] as const) {
    if (written[field] === undefined)
      problems.push(problem([], `no ${field}`, `${field}: a file (see host/management)`));
  }
  return problems;
}

function readTls(tls: { key: string; certificate: string; authority: string }, at: (name: string) => string) {
  try {
    return {
      key: readSecret(at(tls.key)),
      certificate: readPublic(at(tls.certificate)),
      authority: readPublic(at(tls.authority)),
    };
  } catch (error) {
    if (error instanceof UnsafeFile) throw new UsageError(error.message);
    throw error;
  }
}

function readPublic(file: string): string {
  if (!existsSync(file)) throw new UnsafeFile(file, "no such file");
  return readFileSync(file, "utf8");
}

export function parseAddress(text: string): Address | undefined {
  const match = new RegExp(ADDRESS).exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65535) return undefined;
  return { host: (match[1] as string).replace(/^\[|\]$/g, ""), port };
}

/** Where a server that listens on every address is reached from its own machine. */
export function connectable(host: string): string {
  return host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
}

/** Names by which a server that listens here may be called. */
export function hostNames(settings: ManagementSettings, own: string, others: readonly string[]): string[] {
  const listening = [settings.listen, ...(settings.restricted === undefined ? [] : [settings.restricted])];
  const hosts = listening.flatMap(({ host }) => (host.includes(":") ? [`[${host}]`] : [host]));
  const loopback = ["localhost", "127.0.0.1", "[::1]"];
  return [
    ...new Set([
      ...loopback,
      ...hosts,
      ...settings.hosts,
      own.toLowerCase(),
      ...others.map((name) => name.toLowerCase()),
    ]),
  ];
}
