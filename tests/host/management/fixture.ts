/** A small array that ticks when a test says so, and both servers over it, each on a free port. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type IncomingHttpHeaders, request as requestPlain } from "node:http";
import { request as requestTls, type RequestOptions } from "node:https";
import { parseArray } from "../../../host/array/description.js";
import { Engine } from "../../../host/cli/run/engine.js";
import { MemoryAudit } from "../../../host/management/access/audit.js";
import { Gate } from "../../../host/management/access/gate.js";
import { Idempotency } from "../../../host/management/access/idempotency.js";
import { RateLimit } from "../../../host/management/access/limits.js";
import { Sessions } from "../../../host/management/access/sessions.js";
import { Tokens } from "../../../host/management/access/tokens.js";
import type { BundleKeeper } from "../../../host/management/array/bundle-keeper.js";
import { EngineArray } from "../../../host/management/array/engine-array.js";
import type { Role } from "../../../host/management/commands/command.js";
import { FullServer, type FullServerTls } from "../../../host/management/full/server.js";
import type { ServerParts } from "../../../host/management/pipeline.js";
import { type ProcessorDirectory, SingleProcessor } from "../../../host/management/processors/directory.js";
import { type Peer, Peers } from "../../../host/management/processors/forwarding.js";
import { LogRing, type OwnProcessor, type ProcessorStatus } from "../../../host/management/processors/own.js";
import { SELF_TESTS } from "../../../host/management/processors/self-test.js";
import { RestrictedServer } from "../../../host/management/restricted/server.js";
import type { WireLimits } from "../../../host/management/wire.js";
import { startShim } from "../../../host/shim/start.js";
import { SimulatedArray } from "../../../host/sources/simulated/array.js";
import { simulatedSettings } from "../../../host/sources/simulated/section.js";
import { World } from "../../../host/sources/simulated/world.js";
import { readModule } from "../../../host/cli/exit.js";

export const ARRAY_TEXT = `name: small
profile: small
controllers: [sp1]
portDefaults: {capacity: {processor: 1cpu, bandwidth: 10Gbit/s}}
ports: [p1, p2]
targets: [vol1, vol2]
initiators: ["host{1..4}"]
sources:
  simulated: {seed: 1, sessions: 4, load: {meanPermille: 30%}}
`;

export const KEY = Buffer.alloc(32, 7);
export const BOOT_COUNT = 4;

/** The engine of the array, after ten ticks. */
export function makeEngine(text = ARRAY_TEXT): Engine {
  const { array, problems } = parseArray(text, "small.yaml");
  assert.deepEqual(problems, []);
  assert.ok(array);
  const { shim } = startShim({
    module: readModule(array.profile, false),
    controller: array.controllers[0]?.name ?? "",
    snapshot: undefined,
    nowMs: Date.now(),
    maxAgeMs: 0,
  });
  assert.deepEqual(shim.configure(array), []);
  const world = new World(array, simulatedSettings(array));
  const simulated = new SimulatedArray(world);
  const engine = new Engine({ shim, sources: [simulated], effectors: [simulated], world });
  for (let tick = 1; tick <= 10; tick++) engine.step(tick * 100);
  return engine;
}

/** What a processor says of itself; its sequence shows that it was asked. */
export class FakeOwn implements OwnProcessor {
  readonly ring = new LogRing();
  sequence = 0;
  restarts = 0;
  boots = BOOT_COUNT;

  constructor(
    private readonly directory: ProcessorDirectory,
    private readonly server: "full" | "restricted",
  ) {
    this.ring.add(`${directory.own} was started`);
  }

  bootCount(): number {
    return this.boots;
  }

  async status(): Promise<ProcessorStatus> {
    const { own } = this.directory;
    return {
      processor: own,
      server: this.server,
      role: this.directory.role(),
      state: this.directory.state(),
      active: this.directory.active() ?? null,
      epoch: this.directory.epoch(),
      producedAt: new Date().toISOString(),
      sequence: ++this.sequence,
      bootCount: this.boots,
      version: "0.0.0",
      configuration: "",
      service: { running: true, processId: 1, upMs: 1, ticks: 10, lastTickAgeMs: 5, tickMeanUs: 1.5, tickLongestUs: 9 },
      machine: { upMs: 1, loadPermille: 1, memoryBytes: 1, freeMemoryBytes: 1 },
      selfTests: await this.selfTest(),
      tracked:
        this.server === "full"
          ? [{ kind: "script", name: "gateway", weight: 50, state: "down", detail: "exit code 1" }]
          : null,
    };
  }

  async logs(lines: number) {
    return this.ring.latest(lines);
  }

  async selfTest() {
    return SELF_TESTS.map((name) => ({ name, passed: true, detail: "well" }));
  }

  readonly restart = async (): Promise<number> => {
    this.restarts++;
    return ++this.boots;
  };
}

export interface MadeOptions {
  directory?: ProcessorDirectory;
  tls?: FullServerTls;
  peers?: readonly Peer[];
  /** Requests in a second, and at once. */
  rate?: [perSecond: number, burst: number];
  hosts?: readonly string[];
  limits?: WireLimits;
  bundles?: BundleKeeper;
  /** Told how many requests are under way. */
  underWay?: (count: number) => void;
}

export interface Made {
  parts: ServerParts;
  own: FakeOwn;
  audit: MemoryAudit;
  sessions: Sessions;
  port: number;
  secure: boolean;
  close(): Promise<void>;
}

export interface MadeFull extends Made {
  engine: Engine;
  array: EngineArray;
  server: FullServer;
}

function makeParts(
  kind: "full" | "restricted",
  options: MadeOptions,
): { parts: ServerParts; own: FakeOwn; audit: MemoryAudit } {
  const directory = options.directory ?? new SingleProcessor("sp1");
  const sessions = new Sessions(new Tokens([KEY]), undefined);
  const [perSecond, burst] = options.rate ?? [10_000, 10_000];
  const audit = new MemoryAudit(directory.own);
  const own = new FakeOwn(directory, kind);
  const gate = new Gate({
    processor: directory.own,
    hosts: ["127.0.0.1", "localhost", ...directory.names, ...(options.hosts ?? [])],
    processors: directory.names,
    rate: new RateLimit(perSecond, burst),
    sessions,
  });
  const { tls } = options;
  const peerTls = tls && { key: tls.key, certificate: tls.certificate, authority: tls.authority };
  // Both ends of every handshake are here, so a busy machine takes longer than two that have nothing else to do.
  const deadlines = { answerMs: 6000, factMs: 30_000 };
  const peers = new Peers(options.peers ?? [], peerTls, [], () => performance.now(), deadlines);
  const idempotency = new Idempotency(directory.own);
  return { parts: { kind, gate, sessions, idempotency, audit, directory, own, peers, version: "0.0.0" }, own, audit };
}

export async function makeFull(options: MadeOptions = {}, engine = makeEngine()): Promise<MadeFull> {
  const { parts, own, audit } = makeParts("full", options);
  const { bundles, underWay } = options;
  const array = new EngineArray({
    engine,
    controller: parts.directory.own,
    text: ARRAY_TEXT,
    file: undefined,
  });
  array.bundleKeeper = bundles;
  array.afterTick();
  const server = new FullServer(
    { ...parts, array },
    {
      host: "127.0.0.1",
      port: 0,
      ...(options.tls ? { tls: options.tls } : {}),
      ...(options.limits ? { limits: options.limits } : {}),
      ...(underWay ? { underWay } : {}),
    },
  );
  const port = Number(new URL(await server.listen()).port);
  const close = async () => {
    parts.peers.close();
    await server.close();
    await engine.close();
  };
  return {
    parts,
    own,
    audit,
    sessions: parts.sessions,
    engine,
    array,
    server,
    port,
    secure: options.tls !== undefined,
    close,
  };
}

export async function makeRestricted(options: MadeOptions = {}): Promise<Made> {
  const { parts, own, audit } = makeParts("restricted", options);
  const server = new RestrictedServer(parts, options.tls, options.limits);
  const { port } = await server.listen("127.0.0.1", 0);
  const close = async () => {
    parts.peers.close();
    await server.close();
  };
  return { parts, own, audit, sessions: parts.sessions, port, secure: options.tls !== undefined, close };
}

export function tokenOf(role: Role, user = `a-${role}`): string {
  return new Tokens([KEY]).issue(user, role, 60_000).token;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  body: unknown;
}

export interface Asked {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** Bytes as they are, instead of a body as JSON. */
  raw?: string | Buffer;
  role?: Role;
  tls?: Pick<RequestOptions, "key" | "cert" | "ca" | "servername" | "rejectUnauthorized">;
}

/** One request on a connection of its own. */
export function ask(made: { port: number; secure: boolean }, asked: Asked): Promise<Answer> {
  const { method = "GET", path, body, raw, role, tls } = asked;
  const headers: Record<string, string> = { host: "127.0.0.1", connection: "close" };
  if (role !== undefined) headers["authorization"] = `Bearer ${tokenOf(role)}`;
  const bytes = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  if (bytes !== undefined) {
    headers["content-type"] = "application/json";
    headers["content-length"] = String(Buffer.byteLength(bytes));
  }
  Object.assign(headers, asked.headers);
  for (const [name, value] of Object.entries(headers)) if (value === "") delete headers[name];
  const options: RequestOptions = {
    host: "127.0.0.1",
    port: made.port,
    method,
    path,
    headers,
    agent: false,
    setHost: false,
    ...tls,
  };
  return new Promise((resolve, reject) => {
    const sent = (made.secure ? requestTls : requestPlain)(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, body: parsed(text) });
      });
    });
    sent.on("error", reject);
    sent.end(bytes);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

let keys = 0;

/** An idempotency key that no other request of the tests has. */
export function freshKey(): string {
  return `key-of-a-test-${String(++keys).padStart(6, "0")}`;
}

export const readText = (file: string): string => readFileSync(file, "utf8");
