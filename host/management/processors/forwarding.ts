/**
 * Commands for another processor: the active one asks it over mutual TLS, it carries them out itself and answers. First
 * the server that it is known to run is asked, then the other one; one that is out of reach is told of from memory.
 */

import { Agent, type RequestOptions, request as requestTls } from "node:https";
import { request as requestPlain } from "node:http";
import type { CommandFact } from "../access/idempotency.js";
import { BEHALF_HEADER, EPOCH_HEADER } from "../access/gate.js";
import { Refusal } from "../access/refusal.js";
import type { EndedFact } from "../access/sessions.js";
import type { ServerKind } from "./directory.js";
import type { ProcessorStatus } from "./own.js";

/** A server of another processor. */
export interface PeerAddress {
  host: string;
  port: number;
}

export interface Peer {
  name: string;
  /** Where its servers listen: the full one first. */
  servers: readonly PeerAddress[];
}

export interface PeerTls {
  key: string | Buffer;
  certificate: string | Buffer;
  authority: string | Buffer;
}

export interface PeerRequest {
  method: string;
  /** With the query. */
  path: string;
  user: string;
  role: string;
  epoch: number | undefined;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
}

export interface PeerAnswer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

export type Fact = CommandFact | EndedFact;

/** How long a server has to answer what it is asked, and what it is only told. */
const ANSWER_MS = 2500;
const FACT_MS = 600;
/** What is heard of is only slow: going on without it would let a retry be carried out a second time. */
const HEARD_FACT_MS = 4000;
const ANSWER_BYTES_MAX = 4 << 20;

export class Peers {
  private readonly agent: Agent | undefined;
  private readonly known = new Map<string, { status: ProcessorStatus; atMs: number }>();

  /** @param tls undefined: no processor can be asked, as in a run of its own */
  constructor(
    private readonly peers: readonly Peer[],
    tls: PeerTls | undefined,
    /** The other server of this processor: it is told what the others are told. */
    private readonly siblings: readonly Peer[] = [],
    private readonly now: () => number = () => performance.now(),
    private readonly deadlines = { answerMs: ANSWER_MS, factMs: FACT_MS },
  ) {
    if (tls === undefined) return;
    const { key, certificate, authority } = tls;
    this.agent = new Agent({
      key,
      cert: certificate,
      ca: authority,
      keepAlive: true,
      maxSockets: 8,
      minVersion: "TLSv1.3",
    });
  }

  get names(): string[] {
    return this.peers.map(({ name }) => name);
  }

  /**
   * Asks a processor. A server that does not answer is passed over for its other one; a refusal is an answer.
   * @param first the server that it is to run, by its state: that one is asked first
   * @throws Refusal 504 when none answers
   */
  async ask(name: string, request: PeerRequest, first: ServerKind = "full"): Promise<PeerAnswer> {
    const peer = this.peers.find((each) => each.name === name);
    const servers = [...(peer?.servers ?? [])];
    if (first === "restricted") servers.reverse();
    const reasons: string[] = [];
    for (const server of servers) {
      try {
        return await this.send(server, name, request, this.deadlines.answerMs);
      } catch (error) {
        reasons.push(`${server.port}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    const why = reasons.length === 0 ? "no address of it is known" : reasons.join("; ");
    throw new Refusal(504, "out_of_reach", `${name} is out of reach (${why})`);
  }

  /**
   * Tells all processors, those that don't answer in time go without.
   * @param epoch of the active role for a command's fact: @returns false when a processor has seen a higher one
   * @param heard processors that are there, each with the server that it runs: their answer is waited for longer
   */
  async tell(fact: Fact, epoch?: number, heard: ReadonlyMap<string, ServerKind> = new Map()): Promise<boolean> {
    const request: PeerRequest = { method: "PUT", path: "/api/v1/peer/facts", user: "", role: "", epoch, body: fact };
    const { factMs } = this.deadlines;
    const told = [...this.peers, ...this.siblings].flatMap((peer) =>
      peer.servers.map((server, index) => {
        const runs = heard.get(peer.name) === (index === 0 ? "full" : "restricted");
        return this.send(server, peer.name, request, runs ? Math.max(HEARD_FACT_MS, factMs) : factMs).catch(
          () => undefined,
        );
      }),
    );
    const answers = await Promise.all(told);
    return !answers.some((answer) => answer?.status === 409);
  }

  /** Keeps what a processor has said of itself, for when it is out of reach. */
  keep(status: ProcessorStatus): void {
    this.known.set(status.processor, { status, atMs: this.now() });
  }

  /** The last known status with its age; undefined for none. */
  lastKnown(name: string): { status: ProcessorStatus; ageMs: number } | undefined {
    const known = this.known.get(name);
    return known && { status: known.status, ageMs: Math.round(this.now() - known.atMs) };
  }

  close(): void {
    this.agent?.destroy();
  }

  private send(server: PeerAddress, name: string, request: PeerRequest, deadlineMs: number): Promise<PeerAnswer> {
    const { agent } = this;
    if (agent === undefined) return Promise.reject(new Error("no key to ask it with"));
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const behalf = request.user === "" ? {} : { [BEHALF_HEADER]: `${request.user} ${request.role}` };
    const headers: Record<string, string> = {
      host: name,
      ...behalf,
      ...(request.epoch === undefined ? {} : { [EPOCH_HEADER]: String(request.epoch) }),
      ...request.headers,
    };
    if (body !== undefined) {
      headers["content-type"] = "application/json";
      headers["content-length"] = String(Buffer.byteLength(body));
    }
    const { method, path } = request;
    const { host, port } = server;
    return exchange({ agent, host, port, method, path, headers, servername: name }, body, deadlineMs);
  }
}

/** One request over TLS; `servername` is the name that the server's certificate has to carry. */
function exchange(options: RequestOptions, body: string | undefined, deadlineMs: number): Promise<PeerAnswer> {
  return new Promise((resolve, reject) => {
    const sent = requestTls(options, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > ANSWER_BYTES_MAX) sent.destroy(new Error("the answer is too large"));
        else chunks.push(chunk);
      });
      answer.on("end", () => {
        clearTimeout(timer);
        try {
          const text = Buffer.concat(chunks).toString("utf8");
          const headers = Object.fromEntries(
            Object.entries(answer.headers).map(([key, value]) => [key, String(value)]),
          );
          resolve({ status: answer.statusCode ?? 0, headers, body: JSON.parse(text) as unknown });
        } catch {
          reject(new Error("the answer is no JSON"));
        }
      });
      answer.on("error", reject);
    });
    // One deadline for all of it: a hung server accepts connections, too.
    const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs);
    sent.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    sent.end(body);
  });
}

/** Whether a server on this machine answers: its path `/healthz`, without a check of whose certificate it is. */
export function askHealth(address: PeerAddress, secure: boolean, deadlineMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { ...address, path: "/healthz", headers: { host: "localhost" }, rejectUnauthorized: false };
    const send = secure ? requestTls : requestPlain;
    const sent = send(options, (answer) => {
      answer.resume();
      answer.on("end", () => {
        clearTimeout(timer);
        if (answer.statusCode === 200) resolve("answers");
        else reject(new Error(`answers ${answer.statusCode}`));
      });
    });
    const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs);
    sent.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    sent.end();
  });
}
