/** `npm run e2e:lease`: leases on real etcd servers: elections, pauses, TLS, users. Needs `etcd-server` and `etcd-client`. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SystemClock } from "../../../host/coordination/clock.js";
import type { EtcdConnectionOptions } from "../../../host/coordination/lease/etcd/connection.js";
import { EtcdStore } from "../../../host/coordination/lease/etcd/store.js";
import type { Term } from "../../../host/coordination/lease/lease-service.js";
import { StoredLease } from "../../../host/coordination/lease/stored-lease.js";
import { type Certificates, EtcdServers, makeCertificates } from "./servers.js";

const TTL_MS = 3000;
const MARGIN_MS = 300;
const RENEW_MS = 400;

interface Watched {
  lease: StoredLease;
  renewals: Term[];
  lost: number[];
  lines: string[];
}

const open: StoredLease[] = [];

function leaseOf(controller: string, endpoints: readonly string[], more: Partial<EtcdConnectionOptions> = {}): Watched {
  const lines: string[] = [];
  const store = new EtcdStore({
    endpoints,
    prefix: "/fairlead/test/",
    timeoutMs: 600,
    report: (line) => void lines.push(line),
    ...more,
  });
  const options = { controller, ttlMs: TTL_MS, marginMs: MARGIN_MS, renewMs: RENEW_MS };
  const lease = new StoredLease(store, new SystemClock(), options);
  const watched: Watched = { lease, renewals: [], lost: [], lines };
  lease.observe({
    renewed: (term) => void watched.renewals.push(term),
    lost: (session) => void watched.lost.push(session),
  });
  open.push(lease);
  return watched;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what: string, holds: () => boolean, withinMs = 15_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(20);
  }
}

async function taken(watched: Watched): Promise<Term> {
  await watched.lease.start();
  const term = await watched.lease.acquire();
  assert.ok(term, "a lease");
  return term;
}

/** Holders, epochs, liveness; and one that goes on after a restart. */
async function keys(endpoints: readonly string[]): Promise<void> {
  const [a, b] = [leaseOf("a", endpoints), leaseOf("b", endpoints)];
  const [termA, termB] = [await taken(a), await taken(b)];
  assert.ok(termB.session > termA.session);
  const won = await a.lease.campaign("group/0");
  const lost = await b.lease.campaign("group/0");
  assert.deepEqual([won.won, lost.won, lost.holder, lost.epoch], [true, false, "a", won.epoch]);
  await until("b sees who is there", () => b.lease.view.live.get("a")?.session === termA.session);
  assert.deepEqual(b.lease.view.holders.get("group/0"), { controller: "a", session: termA.session, epoch: won.epoch });
  await a.lease.resign("group/0");
  await until("b sees that the scope is free", () => !b.lease.view.holders.has("group/0"));
  const after = await b.lease.campaign("group/0");
  assert.ok(after.won && after.epoch > won.epoch, "a later epoch");
  const again = leaseOf("b", endpoints);
  const termAgain = await taken(again);
  assert.ok(termAgain.session > termB.session);
  await until("the earlier lease of b is gone, and all on it", () => !a.lease.view.holders.has("group/0"));
  await until("the earlier process of b is told", () => b.lost.includes(termB.session));
  await until("renewals", () => a.renewals.length > 2);
  for (const { sentMs, endMs } of a.renewals) assert.equal(endMs, sentMs + TTL_MS - MARGIN_MS);
}

/** The lease outlives its servers' leader; a renewal by one that no longer leads does not count. */
async function leaders(servers: EtcdServers): Promise<void> {
  const first = servers.leader();
  // Asks the leader first, which is paused: what it answers afterwards is no proof of anything.
  const endpoints = [...servers.endpoints.slice(first), ...servers.endpoints.slice(0, first)];
  const a = leaseOf("c", endpoints);
  const term = await taken(a);
  await until("a renewal", () => a.renewals.length > 0);
  servers.pause(first);
  await sleep(TTL_MS / 2);
  servers.resume(first);
  await until("renewals after the pause", () => (a.renewals.at(-1)?.sentMs ?? 0) > performance.now() - RENEW_MS * 2);
  assert.deepEqual(a.lost, [], "the lease goes on over an election");
  const second = servers.leader();
  await servers.kill(second);
  const killedMs = performance.now();
  await until("renewals by another leader", () => (a.renewals.at(-1)?.sentMs ?? 0) > killedMs);
  assert.equal(a.lease.view.live.get("c")?.session, term.session);
  servers.run(second);
  for (let at = 0; at < 3; at++) await servers.kill(at);
  await until("out of reach", () => !a.lease.view.reachable);
  for (let at = 0; at < 3; at++) servers.run(at);
  await until("in reach again", () => a.lease.view.reachable, 30_000);
}

async function secured(certificates: Certificates): Promise<void> {
  const servers = await EtcdServers.start({ servers: 1, tls: certificates });
  try {
    const tls = {
      ca: readFileSync(certificates.ca),
      certificate: readFileSync(certificates.clientCertificate),
      key: readFileSync(certificates.clientKey),
    };
    await taken(leaseOf("a", servers.endpoints, { tls }));
    const bare = leaseOf("x", servers.endpoints, { tls: { ca: tls.ca } });
    await bare.lease.start();
    assert.equal(bare.lease.view.reachable, false, "no certificate, no answer");
    servers.ctl("user", "add", "root:secret");
    servers.ctl("user", "add", "fairlead:words");
    servers.ctl("user", "grant-role", "root", "root");
    servers.ctl("role", "add", "coordination");
    servers.ctl("role", "grant-permission", "coordination", "--prefix=true", "readwrite", "/fairlead/test/");
    servers.ctl("user", "grant-role", "fairlead", "coordination");
    servers.ctl("auth", "enable");
    await taken(leaseOf("b", servers.endpoints, { tls, user: { name: "fairlead", password: "words" } }));
    const wrong = leaseOf("y", servers.endpoints, { tls, user: { name: "fairlead", password: "guess" } });
    await wrong.lease.start();
    assert.equal(wrong.lease.view.reachable, false);
    assert.match(wrong.lines.join(), /authentication failed/);
    assert.doesNotMatch(wrong.lines.join(), /guess/);
  } finally {
    await closeLeases();
    await servers.close();
  }
}

async function closeLeases(): Promise<void> {
  for (const lease of open.splice(0)) await lease.close();
}

function checkRequirements(): void {
  for (const [command, args, pack] of [
    ["etcd", ["--version"], "etcd-server"],
    ["etcdctl", ["version"], "etcd-client"],
    ["openssl", ["version"], "openssl"],
  ] as const) {
    try {
      execFileSync(command, args, { stdio: "ignore" });
    } catch {
      process.stderr.write(`e2e:lease needs ${command}: apt-get install -y ${pack}\n`);
      process.exit(1);
    }
  }
}

async function main(): Promise<void> {
  checkRequirements();
  const servers = await EtcdServers.start({ servers: 3 });
  try {
    await keys(servers.endpoints);
    process.stdout.write("ok keys, epochs, liveness, restart\n");
    await leaders(servers);
    process.stdout.write("ok leader paused, leader killed, all gone and back\n");
  } finally {
    await closeLeases();
    await servers.close();
  }
  const folder = mkdtempSync(join(tmpdir(), "fairlead-tls-"));
  try {
    await secured(makeCertificates(folder));
    process.stdout.write("ok TLS with client certificates, user and password\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
