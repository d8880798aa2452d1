/** What each processor has on its disk: array file, management file, keys, users, certificates, and a signed bundle. */

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { topFolder } from "../../../host/cli/exit.js";
import { makeAuthority, makeCertificate } from "../../host/management/certificates.js";
import { ADDRESS, ETCD, type Network } from "./network.js";

export const entry = join(topFolder(), "host/cli/fairlead.js");
export const USER = "olivia";
export const PASSWORD = "a horse and a battery";
/** By this name the one address proves who it is. */
export const ADDRESS_NAME = "array.example";
export const PORT = 8443;
const RESTRICTED_PORT = 8444;
const ETCD_PORTS = [2379, 2389, 2399] as const;
const LEASE_MS = 3000;

export interface Deployment {
  folder: string;
  authority: string;
  etcdCommands: string[][];
  /** Words behind `ip netns exec` that start a processor. */
  commandOf(name: string): string[];
}

function fairlead(folder: string, args: readonly string[], input = ""): void {
  execFileSync(process.execPath, [entry, ...args], { cwd: folder, input, stdio: ["pipe", "ignore", "pipe"] });
}

export function deploy(folder: string, network: Network): Deployment {
  const authority = makeAuthority();
  writeFileSync(join(folder, "authority.pem"), authority.certificate);
  writeFileSync(join(folder, "array.key"), "k".repeat(48), { mode: 0o600 });
  fairlead(folder, ["user", "key", "token.key"]);
  fairlead(folder, ["user", "set", USER, "--role", "administrator", "--users", "users.json"], `${PASSWORD}\n`);
  makeBundle(folder);
  writeFileSync(join(folder, "array.yaml"), arrayText(folder, network));
  for (const name of network.names) {
    mkdirSync(join(folder, name));
    const names = [name, ADDRESS_NAME];
    const { key, certificate } = makeCertificate(authority, name, names);
    writeFileSync(join(folder, `${name}.key`), key, { mode: 0o600 });
    writeFileSync(join(folder, `${name}.pem`), certificate);
    writeFileSync(join(folder, `${name}.yaml`), managementText(name, network));
  }
  return {
    folder,
    authority: authority.certificate,
    etcdCommands: ETCD_PORTS.map((port) => etcdCommand(folder, port)),
    commandOf: (name) => commandOf(folder, name),
  };
}

function makeBundle(folder: string): void {
  fairlead(folder, ["trust", "key", "--out", "release"]);
  const device = ["--product", "fairlead", "--hardware-class", "test"];
  fairlead(folder, [
    "trust",
    "store",
    "--out",
    "trust.json",
    "--key",
    "release.pub",
    "--threshold",
    "1",
    ...device,
    "--minimum-security-counter",
    "1",
  ]);
  fairlead(folder, ["bundle", "--out", "bundle", ...device, "--security-counter", "1"]);
  fairlead(folder, ["sign", "bundle", "--key", "release.key"]);
}

function arrayText(folder: string, network: Network): string {
  const controllers = network.names.map((name) => {
    const back = network.backOf(name);
    return `  - {name: ${name}, control: ["${back}:7801"], command: "${back}:7901"}`;
  });
  const endpoints = ETCD_PORTS.map((port) => `"${ETCD}:${port}"`).join(", ");
  return `name: processors
profile: small
controllers:
${controllers.join("\n")}
coordination:
  keyFile: ${join(folder, "array.key")}
  stateFolder: ${join(folder, "state")}
  intervalMs: 100ms
  leaseMs: ${LEASE_MS}
  etcd: {endpoints: [${endpoints}]}
  management: {address: ${ADDRESS}/24, device: e0}
`;
}

function managementText(name: string, network: Network): string {
  const others = network.names
    .filter((each) => each !== name)
    .map((each) => {
      const back = network.backOf(each);
      return `  - {name: ${each}, servers: ["${back}:${PORT}", "${back}:${RESTRICTED_PORT}"]}`;
    });
  return `listen: 0.0.0.0:${PORT}
restricted: ${network.backOf(name)}:${RESTRICTED_PORT}
hosts: [${ADDRESS_NAME}, ${ADDRESS}]
tls: {key: ${name}.key, certificate: ${name}.pem, authority: authority.pem}
users: users.json
tokenKey: token.key
audit: ${name}/audit.jsonl
folder: ${name}
processors:
${others.join("\n")}
`;
}

function etcdCommand(folder: string, port: number): string[] {
  const own = ETCD_PORTS.indexOf(port as (typeof ETCD_PORTS)[number]);
  const cluster = ETCD_PORTS.map((each, index) => `s${index}=http://${ETCD}:${each + 1}`).join(",");
  const options = {
    name: `s${own}`,
    "data-dir": join(folder, `etcd${own}`),
    "listen-client-urls": `http://${ETCD}:${port}`,
    "advertise-client-urls": `http://${ETCD}:${port}`,
    "listen-peer-urls": `http://${ETCD}:${port + 1}`,
    "initial-advertise-peer-urls": `http://${ETCD}:${port + 1}`,
    "initial-cluster": cluster,
  };
  return ["etcd", ...Object.entries(options).flatMap(([option, value]) => [`--${option}`, value])];
}

function commandOf(folder: string, name: string): string[] {
  const run = [
    "--config",
    join(folder, "array.yaml"),
    "--bundle",
    join(folder, "bundle"),
    "--trust",
    join(folder, "trust.json"),
    "--json",
  ];
  const management = join(folder, `${name}.yaml`);
  return [process.execPath, entry, "supervise", "--management", management, "--controller", name, "--", ...run];
}
