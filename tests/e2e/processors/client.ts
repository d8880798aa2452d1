/**
 * The client, in a process and a namespace of its own: `node client.js AUTHORITY PROCESSOR…`. It logs in once, then keeps
 * asking the one address who is there, and for the status of each processor. Each answer is a line of JSON on its output;
 * lines on its input are single questions to other addresses.
 */

import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { FULL_PORT, MANAGEMENT_ADDRESS, MANAGEMENT_NAME, nowUs, PASSWORD, USER } from "./plan.js";

/** A single question. */
export interface Question {
  id: number;
  host: string;
  port: number;
  method: string;
  path: string;
}

export interface Reply {
  status: number;
  body: unknown;
}

/** What the client tells. Times in microseconds of CLOCK_MONOTONIC; status 0: no answer, `why` says why. */
export type Told =
  | { told: "health"; sentUs: number; doneUs: number; reply: Reply; why?: string }
  | { told: "status"; subject: string; sentUs: number; doneUs: number; reply: Reply; why?: string }
  | { told: "login"; atUs: number }
  | { told: "session"; sentUs: number; doneUs: number; reply: Reply; why?: string }
  | { told: "answer"; id: number; reply: Reply; why?: string };

const HEALTH_EVERY_MS = 150;
const HEALTH_WITHIN_MS = 700;
const STATUS_EVERY_MS = 450;
/** A processor that is asked for by another one may take its time. */
const STATUS_WITHIN_MS = 6500;
const SESSION_EVERY_MS = 2000;

const [authorityFile = "", ...processors] = process.argv.slice(2);
const ca = readFileSync(authorityFile);
let token = "";

function tell(told: Told): void {
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

/** Connections that are used again, and let go after each failure, as browsers do. */
class Line {
  private agent = new Agent({ keepAlive: true, maxSockets: 1, ca });

  constructor(
    private readonly host: string,
    private readonly port: number,
    private readonly withinMs: number,
  ) {}

  async ask(method: string, path: string, body?: unknown): Promise<{ reply: Reply; why?: string }> {
    try {
      return { reply: await this.send(method, path, body === undefined ? undefined : JSON.stringify(body)) };
    } catch (error) {
      this.agent.destroy();
      this.agent = new Agent({ keepAlive: true, maxSockets: 1, ca });
      return { reply: { status: 0, body: null }, why: (error as Error).message };
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private send(method: string, path: string, body: string | undefined): Promise<Reply> {
    const { host, port, agent } = this;
    const headers = {
      host: MANAGEMENT_NAME,
      ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
    };
    return new Promise((resolve, reject) => {
      const options = { host, port, method, path, headers, agent, servername: MANAGEMENT_NAME };
      const sent = request(options, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          clearTimeout(timer);
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({ status: answer.statusCode ?? 0, body: parsed(text) });
        });
      });
      const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${this.withinMs} ms`)), this.withinMs);
      sent.on("error", (error) => {
        clearTimeout(timer);
        reject(error);
      });
      sent.end(body);
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(0, 200);
  }
}

async function logIn(): Promise<void> {
  const line = new Line(MANAGEMENT_ADDRESS, FULL_PORT, STATUS_WITHIN_MS);
  while (token === "") {
    const { reply } = await line.ask("POST", "/api/v1/session", { user: USER, password: PASSWORD });
    if (reply.status === 200) token = (reply.body as { token: string }).token;
    else await delay(1000);
  }
  line.close();
  tell({ told: "login", atUs: nowUs() });
}

async function repeat(everyMs: number, withinMs: number, path: string, take: (told: Timed) => void): Promise<never> {
  const line = new Line(MANAGEMENT_ADDRESS, FULL_PORT, withinMs);
  for (;;) {
    const sentUs = nowUs();
    const answer = await line.ask("GET", path);
    const doneUs = nowUs();
    take({ sentUs, doneUs, ...answer });
    await delay(Math.max(20, everyMs - (doneUs - sentUs) / 1000));
  }
}

interface Timed {
  sentUs: number;
  doneUs: number;
  reply: Reply;
  why?: string;
}

async function answer({ id, host, port, method, path }: Question): Promise<void> {
  const line = new Line(host, port, STATUS_WITHIN_MS);
  tell({ told: "answer", id, ...(await line.ask(method, path)) });
  line.close();
}

createInterface({ input: process.stdin }).on("line", (text) => void answer(JSON.parse(text) as Question));
process.stdin.on("end", () => process.exit());
void repeat(HEALTH_EVERY_MS, HEALTH_WITHIN_MS, "/healthz", (timed) => tell({ told: "health", ...timed }));
await logIn();
for (const subject of processors) {
  const path = `/api/v1/processors/${subject}/status`;
  void repeat(STATUS_EVERY_MS, STATUS_WITHIN_MS, path, (timed) => tell({ told: "status", subject, ...timed }));
}
void repeat(SESSION_EVERY_MS, STATUS_WITHIN_MS, "/api/v1/session", (timed) => tell({ told: "session", ...timed }));
