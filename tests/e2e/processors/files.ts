/** The files of the run: keys, users, certificates, a signed bundle, the array file, and a management file for each processor. */

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { command } from "../common/commands.js";
import { ETCD_PORT } from "../common/etcd.js";
import { makeAuthority, makeCertificate } from "../../host/management/certificates.js";
import {
  backAddress,
  COMMAND_PORT,
  ETCD_SERVERS,
  etcdAddress,
  FALL_COUNT,
  FRONT_DEVICE,
  FULL_PORT,
  frontAddress,
  inUrl,
  INTERVAL_MS,
  LEASE_MS,
  MANAGEMENT_NAME,
  PASSWORD,
  type Plan,
  RESTRICTED_PORT,
  STATUS_PORT,
  USER,
} from "./plan.js";

export interface Files {
  bundle: string;
  trust: string;
  authority: string;
  /** Where each processor finds its own disk. */
  disk: string;
  management(processor: string): string;
  /** Each has its own, since each keeps in it what is confirmed. */
  array(processor: string): string;
}

/** Well-kept machines come back at once: what a failed one waits for is no part of this run. */
const HOLD_DOWN_MS = 1000;
const GRACE_MS = 1000;

/** @param fairlead path of the command */
export function makeFiles(folder: string, plan: Plan, fairlead: string): Files {
  const path = (name: string) => join(folder, name);
  const call = (...words: string[]) => command(process.execPath, fairlead, ...words);
  const files: Files = {
    bundle: path("bundle"),
    trust: path("trust.json"),
    authority: path("authority.pem"),
    disk: path("disk"),
    management: (processor) => path(`${processor}.yaml`),
    array: (processor) => path(`array-${processor}.yaml`),
  };
  mkdirSync(files.disk);
  writeFileSync(path("array.key"), randomBytes(32).toString("hex"), { mode: 0o600 });
  call("user", "key", path("token.key"));
  const user = ["user", "set", USER, "--role", "administrator", "--users", path("users.json")];
  execFileSync(process.execPath, [fairlead, ...user], { input: `${PASSWORD}\n`, stdio: ["pipe", "ignore", "pipe"] });
  const signer = path("signer");
  call("trust", "key", "--out", signer);
  const store = ["--out", files.trust, "--key", `${signer}.pub`, "--threshold", "1"];
  call("trust", "store", ...store, "--product", "fairlead", "--hardware-class", "generic");
  call("bundle", "--out", files.bundle, "--profile", "standard", "--key", `${signer}.key`);
  const authority = makeAuthority();
  writeFileSync(files.authority, authority.certificate);
  for (const name of plan.processors) {
    const pair = makeCertificate(authority, name, [name, MANAGEMENT_NAME]);
    writeFileSync(path(`${name}.key`), pair.key, { mode: 0o600 });
    writeFileSync(path(`${name}.pem`), pair.certificate);
    writeFileSync(files.management(name), managementText(plan, name, path, files));
    writeFileSync(files.array(name), arrayText(plan, path("array.key"), files.disk));
    call("validate", files.array(name));
  }
  return files;
}

/** YAML is JSON too. It listens on all addresses: the management one comes and goes. */
function managementText(plan: Plan, name: string, path: (name: string) => string, { authority, disk }: Files): string {
  const others = plan.processors.filter((each) => each !== name);
  const any = plan.management.includes(":") ? "[::]" : "0.0.0.0";
  const management = {
    listen: `${any}:${FULL_PORT}`,
    restricted: `${any}:${RESTRICTED_PORT}`,
    hosts: [MANAGEMENT_NAME, inUrl(plan.management), frontAddress(name)],
    tls: { key: path(`${name}.key`), certificate: path(`${name}.pem`), authority },
    users: path("users.json"),
    tokenKey: path("token.key"),
    audit: join(disk, "audit.jsonl"),
    folder: disk,
    processors: others.map((other) => ({
      name: other,
      servers: [FULL_PORT, RESTRICTED_PORT].map((port) => `${backAddress(other)}:${port}`),
    })),
  };
  return `${JSON.stringify(management, null, 2)}\n`;
}

function arrayText(plan: Plan, keyFile: string, disk: string): string {
  const array = {
    name: "array-1",
    profile: "standard",
    controllers: plan.processors.map((name) => ({
      name,
      control: [`${backAddress(name)}:${STATUS_PORT}`],
      command: `${backAddress(name)}:${COMMAND_PORT}`,
    })),
    // Target ports are no part of this run, but an array has one.
    ports: [{ name: "p1", controller: plan.processors[0] }],
    policy: {
      common: { graceMs: GRACE_MS },
      health: { processor: { holdDownMs: HOLD_DOWN_MS, holdDownMaxMs: HOLD_DOWN_MS } },
    },
    coordination: {
      keyFile,
      stateFolder: join(disk, "state"),
      intervalMs: INTERVAL_MS,
      fallCount: FALL_COUNT,
      leaseMs: LEASE_MS,
      etcd: { endpoints: ETCD_SERVERS.map((number) => `${etcdAddress(number)}:${ETCD_PORT}`) },
      management: { address: `${plan.management}/${plan.prefixLength}`, device: FRONT_DEVICE },
    },
  };
  return `${JSON.stringify(array, null, 2)}\n`;
}
