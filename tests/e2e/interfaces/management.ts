/** The management interface of the controllers, each on loopback in its namespace. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { command } from "../common/commands.js";
import { waitFor } from "../common/processes.js";
import type { Undo } from "../common/undo.js";
import { ADDED_PAIR } from "./additions.js";
import type { Network } from "./network.js";
import { CONTROLLERS } from "./plan.js";

export interface Reply {
  status: number;
  body: unknown;
}

interface Wish {
  method: "GET" | "POST" | "PUT";
  path: string;
  body?: object;
  token?: string;
  revision?: string;
  /** Changes something: under a key, and only where the array is as it was seen. */
  changes?: boolean;
}

interface Place {
  token: string;
  socket: string;
}

const ANSWER_MS = 30_000;
const NOT_ACTIVE = 421;
const CHANGED = 412;
/** Who is active may change meanwhile, and with it the array's revision; one under way is asked for again. */
const TRIES = 40;
const BETWEEN_MS = 500;
const PASSING = new Set([0, NOT_ACTIVE, CHANGED, 502, 503, 504]);

const PORT = 8420;
const USER = "admin";
const PASSWORD = "correct-horse-battery-staple";

/** Of a controller, in the run's folder. */
export function managementFile(folder: string, controller: string): string {
  return join(folder, `management-${controller}.yaml`);
}

/** Files of management, with one user. YAML is JSON too. @param fairlead path of the command */
export function makeManagementFiles(folder: string, fairlead: string): void {
  const [users, tokenKey] = [join(folder, "users.json"), join(folder, "token.key")];
  command(process.execPath, fairlead, "user", "key", tokenKey);
  const user = [fairlead, "user", "set", USER, "--role", "administrator", "--users", users];
  execFileSync(process.execPath, user, { input: `${PASSWORD}\n`, stdio: ["pipe", "ignore", "pipe"] });
  for (const { name } of [...CONTROLLERS, ...ADDED_PAIR]) {
    const audit = join(folder, `audit-${name}.jsonl`);
    const text = JSON.stringify({ listen: `127.0.0.1:${PORT}`, users, tokenKey, audit });
    writeFileSync(managementFile(folder, name), text);
  }
}

export class Management {
  /** By controller. */
  private readonly places = new Map<string, Place>();
  private readonly bridges: ChildProcess[] = [];
  /** The one that is asked: the active one, once it is known. */
  private asked: string;

  /** @param names of the controllers @param folder for sockets */
  constructor(
    private readonly names: readonly string[],
    private readonly network: Network,
    private readonly folder: string,
    private readonly undo: Undo,
  ) {
    this.asked = names[0] ?? "";
  }

  /** A table, as the active processor shows it. */
  async rows<T>(table: string): Promise<T[]> {
    const { body } = await this.wish({ method: "GET", path: `/api/v1/${table}?limit=200` });
    return (body as { items?: T[] }).items ?? [];
  }

  /** Carried out by the active processor. */
  async wish(wish: Wish): Promise<Reply> {
    let reply: Reply = { status: 0, body: null };
    for (let tries = TRIES; tries > 0; tries--) {
      reply = await this.wishOnce(wish).catch((error: Error) => ({ status: 0, body: { detail: error.message } }));
      if (!PASSING.has(reply.status)) break;
      const { active } = reply.body as { active?: string | null };
      if (reply.status === NOT_ACTIVE && typeof active === "string") this.asked = active;
      if (reply.status === 0) this.asked = this.after(this.asked);
      await delay(BETWEEN_MS);
    }
    return reply;
  }

  close(): void {
    for (const bridge of this.bridges) bridge.kill();
  }

  private async wishOnce(wish: Wish): Promise<Reply> {
    const { token, socket } = this.places.get(this.asked) ?? (await this.open(this.asked));
    if (wish.changes !== true) return ask(socket, { ...wish, token });
    const overview = await ask(socket, { method: "GET", path: "/api/v1/overview", token });
    const { revision } = overview.body as { revision?: string };
    return ask(socket, { ...wish, token, ...(revision === undefined ? {} : { revision }) });
  }

  private after(controller: string): string {
    return this.names[(this.names.indexOf(controller) + 1) % this.names.length] ?? "";
  }

  /** Through a socket in the file system: those are of no network namespace. */
  private async open(controller: string): Promise<Place> {
    const socket = join(this.folder, `management-${controller}.socket`);
    if (!existsSync(socket)) {
      const words = ["socat", `UNIX-LISTEN:${socket},fork`, `TCP:127.0.0.1:${PORT}`];
      const namespace = this.network.controller(controller);
      const bridge = spawn("ip", ["netns", "exec", namespace, ...words], { stdio: "ignore" });
      this.bridges.push(bridge);
      this.undo.add(`way to the management of ${controller}`, () => void bridge.kill());
      await waitFor(`the way to the management of ${controller}`, () => existsSync(socket));
    }
    const body = { user: USER, password: PASSWORD };
    const answer = await ask(socket, { method: "POST", path: "/api/v1/session", body });
    if (answer.status !== 200) throw new Error(`no session at ${controller}: ${answer.status}`);
    const place = { socket, token: (answer.body as { token: string }).token };
    this.places.set(controller, place);
    return place;
  }
}

/** @throws Error where no answer comes */
function ask(socketPath: string, { method, path, body, revision, token, changes }: Wish): Promise<Reply> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    host: "127.0.0.1",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    ...(changes !== true ? {} : { "idempotency-key": randomBytes(18).toString("base64url") }),
    ...(revision === undefined ? {} : { "if-match": revision }),
  };
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, headers, agent: false, timeout: ANSWER_MS }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const read = parsed(Buffer.concat(chunks).toString("utf8"));
        resolve({ status: answer.statusCode ?? 0, body: read });
      });
    });
    asked.on("timeout", () => asked.destroy(new Error(`${method} ${path}: no answer`)));
    asked.on("error", reject);
    asked.end(text);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { detail: text.slice(0, 200) };
  }
}
