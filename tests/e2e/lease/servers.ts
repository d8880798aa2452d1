/** Real etcd servers on loopback, with their data in a folder that goes away with them. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../free-ports.js";

const HOST = "127.0.0.1";

export interface EtcdOptions {
  servers: number;
  /** TLS with client certificates. */
  tls?: Certificates;
}

export interface Certificates {
  ca: string;
  serverCertificate: string;
  serverKey: string;
  clientCertificate: string;
  clientKey: string;
}

interface Server {
  args: string[];
  endpoint: string;
  process: ChildProcess | undefined;
}

/** A throw-away authority, and certificates of it, made by `openssl`. */
export function makeCertificates(folder: string): Certificates {
  const path = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
  const key = (name: string) => [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-keyout",
    path(name),
  ];
  openssl("req", "-x509", ...key("ca.key"), "-out", path("ca.crt"), "-days", "2", "-subj", "/CN=test authority");
  writeFileSync(path("server.ext"), `subjectAltName=IP:${HOST}\nextendedKeyUsage=serverAuth,clientAuth\n`);
  writeFileSync(path("client.ext"), "extendedKeyUsage=clientAuth\n");
  for (const name of ["server", "client"]) {
    openssl("req", "-new", ...key(`${name}.key`), "-out", path(`${name}.csr`), "-subj", "/CN=fairlead");
    openssl(
      ...[
        "x509",
        "-req",
        "-in",
        path(`${name}.csr`),
        "-CA",
        path("ca.crt"),
        "-CAkey",
        path("ca.key"),
        "-CAcreateserial",
      ],
      ...["-days", "2", "-extfile", path(`${name}.ext`), "-out", path(`${name}.crt`)],
    );
  }
  return {
    ca: path("ca.crt"),
    serverCertificate: path("server.crt"),
    serverKey: path("server.key"),
    clientCertificate: path("client.crt"),
    clientKey: path("client.key"),
  };
}

export class EtcdServers {
  private readonly list: Server[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), "fairlead-etcd-"));

  private constructor(private readonly options: EtcdOptions) {}

  static async start(options: EtcdOptions): Promise<EtcdServers> {
    const servers = new EtcdServers(options);
    await servers.plan();
    for (let at = 0; at < options.servers; at++) servers.run(at);
    await servers.healthy();
    return servers;
  }

  get endpoints(): string[] {
    return this.list.map(({ endpoint }) => endpoint);
  }

  run(at: number): void {
    const server = this.list[at] as Server;
    server.process = spawn("etcd", server.args, { stdio: "ignore" });
  }

  /** @returns when the process is gone */
  async kill(at: number): Promise<void> {
    const { process } = this.list[at] as Server;
    if (process === undefined || process.exitCode !== null) return;
    const ended = new Promise((resolve) => process.once("exit", resolve));
    process.kill("SIGCONT");
    process.kill("SIGKILL");
    await ended;
  }

  pause(at: number): void {
    (this.list[at] as Server).process?.kill("SIGSTOP");
  }

  resume(at: number): void {
    (this.list[at] as Server).process?.kill("SIGCONT");
  }

  /** Index of the leader. */
  leader(): number {
    const status = JSON.parse(this.ctl("endpoint", "status", "-w", "json")) as {
      Endpoint: string;
      Status: { header: { member_id: number }; leader: number };
    }[];
    const leading = status.find(({ Status }) => Status.leader === Status.header.member_id);
    return this.endpoints.indexOf((leading?.Endpoint ?? "").replace(/^https?:\/\//, ""));
  }

  /** etcdctl against all servers. @returns what it printed */
  ctl(...args: string[]): string {
    const { tls } = this.options;
    const scheme = tls === undefined ? "http" : "https";
    const secure =
      tls === undefined ? [] : ["--cacert", tls.ca, "--cert", tls.clientCertificate, "--key", tls.clientKey];
    const endpoints = this.endpoints.map((endpoint) => `${scheme}://${endpoint}`).join();
    return execFileSync("etcdctl", ["--endpoints", endpoints, ...secure, ...args], {
      env: { ...process.env, ETCDCTL_API: "3" },
      stdio: ["ignore", "pipe", "pipe"],
    }).toString();
  }

  async close(): Promise<void> {
    for (let at = 0; at < this.list.length; at++) await this.kill(at);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async plan(): Promise<void> {
    const { tls, servers } = this.options;
    const scheme = tls === undefined ? "http" : "https";
    const ports = await Promise.all(Array.from({ length: servers * 2 }, () => freePort(HOST)));
    const peers = Array.from({ length: servers }, (_, at) => `http://${HOST}:${ports[servers + at]}`);
    const cluster = peers.map((peer, at) => `s${at}=${peer}`).join();
    for (let at = 0; at < servers; at++) {
      const endpoint = `${HOST}:${ports[at]}`;
      const client = `${scheme}://${endpoint}`;
      const secure =
        tls === undefined
          ? []
          : [
              "--cert-file",
              tls.serverCertificate,
              "--key-file",
              tls.serverKey,
              "--client-cert-auth",
              "--trusted-ca-file",
              tls.ca,
            ];
      const args = [
        ...["--name", `s${at}`, "--data-dir", join(this.folder, `s${at}`), "--log-level", "error"],
        ...["--listen-client-urls", client, "--advertise-client-urls", client],
        ...["--listen-peer-urls", peers[at] as string, "--initial-advertise-peer-urls", peers[at] as string],
        ...["--initial-cluster", cluster, "--heartbeat-interval", "50", "--election-timeout", "500", ...secure],
      ];
      this.list.push({ args, endpoint, process: undefined });
    }
  }

  private async healthy(): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      try {
        this.ctl("endpoint", "health");
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    throw new Error("etcd does not come up");
  }
}
