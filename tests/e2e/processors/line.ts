/** Connections of the client to one address, by TLS with the array's name. */

import { Agent, request } from "node:https";
import { FULL_PORT, MANAGEMENT_NAME } from "./plan.js";

export interface Reply {
  status: number;
  body: unknown;
  /** Of the answer: etag, and whether it is one that was given before. */
  headers?: Record<string, string>;
}

export interface Request {
  method: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  /** JSON. */
  body?: string;
  /** Told when all of it has left this process. */
  sent?(): void;
}

export interface Where {
  host: string;
  port: number;
  ca: Buffer;
  /** Of the one login; "" before it. */
  token(): string;
}

/** Connections that are used again, and let go after each failure, as browsers do. */
export class Line {
  private agent: Agent;

  constructor(
    private readonly where: Where,
    private readonly withinMs: number,
  ) {
    this.agent = this.newAgent();
  }

  /** Status 0: no answer, `why` says why. */
  async ask(request: Request): Promise<{ reply: Reply; why?: string }> {
    try {
      return { reply: await this.send(request) };
    } catch (error) {
      this.agent.destroy();
      this.agent = this.newAgent();
      return { reply: { status: 0, body: null }, why: (error as Error).message };
    }
  }

  close(): void {
    this.agent.destroy();
  }

  /** @throws Error where no answer comes in time */
  send({ method, path, headers = {}, body, sent }: Request): Promise<Reply> {
    const { agent, withinMs } = this;
    return new Promise((resolve, reject) => {
      const options = { ...target(this.where, path), method, agent };
      const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
      const asked = request({ ...options, headers: { ...options.headers, ...headers, ...length } }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          clearTimeout(timer);
          const text = Buffer.concat(chunks).toString("utf8");
          const kept = Object.fromEntries(
            Object.entries(answer.headers).flatMap(([name, value]) =>
              name === "etag" || name === "idempotency-replayed" ? [[name, String(value)]] : [],
            ),
          );
          resolve({ status: answer.statusCode ?? 0, body: parsed(text), headers: kept });
        });
      });
      const timer = setTimeout(() => asked.destroy(new Error(`no answer within ${withinMs} ms`)), withinMs);
      asked.on("finish", () => sent?.());
      asked.on("error", (error) => {
        clearTimeout(timer);
        reject(error);
      });
      asked.end(body);
    });
  }

  private newAgent(): Agent {
    return new Agent({ keepAlive: true, maxSockets: 1, ca: this.where.ca });
  }
}

/** Options of a request; `ca` for those that have no agent. */
export function target({ host, port, ca, token }: Where, path: string) {
  const authorization = token() === "" ? {} : { authorization: `Bearer ${token()}` };
  return { host, port, path, ca, servername: MANAGEMENT_NAME, headers: { host: MANAGEMENT_NAME, ...authorization } };
}

/** The one address. */
export function management(host: string, ca: Buffer, token: () => string): Where {
  return { host, port: FULL_PORT, ca, token };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(0, 200);
  }
}
