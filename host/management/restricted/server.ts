/**
 * The restricted server: the restricted set over nothing but node:http, so that it works while everything larger does
 * not. What it has no command for it refuses, and names the active processor.
 */

import { createServer as createPlain, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTls } from "node:https";
import { parse as parseQuery } from "node:querystring";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Incoming, Principal } from "../access/gate.js";
import { Refusal } from "../access/refusal.js";
import type { Command } from "../commands/command.js";
import { BODY_BYTES_MAX, findCommand } from "../commands/table.js";
import type { FullServerTls } from "../full/server.js";
import { ownHandlers, serviceTag } from "../handlers/own.js";
import { Pipeline, type Reply, type ServerParts } from "../pipeline.js";
import {
  certificateName,
  HANDSHAKE_MS,
  PROBLEM_TYPE,
  SECURITY_HEADERS,
  serverOptions,
  sourceOf,
  WIRE_LIMITS,
  type WireLimits,
} from "../wire.js";
import { noticeHtml } from "./notice.js";

const CONNECTIONS_MAX = 64;
const HANDSHAKE_TIMEOUT = "ERR_TLS_HANDSHAKE_TIMEOUT";

interface Asking {
  incoming: Incoming;
  command?: Command;
  principal?: Principal;
}

export class RestrictedServer {
  readonly pipeline: Pipeline;
  /** Each with its connections, of which node:https knows those only that have shaken hands. */
  private readonly servers = new Map<Server, Set<Socket>>();

  constructor(
    private readonly parts: ServerParts,
    private readonly tls: FullServerTls | undefined,
    private readonly limits: WireLimits = WIRE_LIMITS,
  ) {
    this.pipeline = new Pipeline(parts, ownHandlers(parts), () => Promise.resolve(serviceTag(parts.own.bootCount())));
  }

  /** Listens on one address more. @returns the port @throws NodeJS.ErrnoException such as EADDRINUSE */
  listen(host: string, port: number): Promise<{ port: number; close(): Promise<void> }> {
    const server = this.create();
    const connections = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
      connections.add(socket);
      socket.once("close", () => connections.delete(socket));
    });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        this.servers.set(server, connections);
        const address = server.address();
        const actual = typeof address === "object" && address !== null ? address.port : port;
        resolve({ port: actual, close: () => this.closeOne(server) });
      });
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.servers.keys()].map((server) => this.closeOne(server)));
  }

  private create(): Server {
    const limits = serverOptions(this.limits);
    const answer = (request: IncomingMessage, response: ServerResponse) => void this.answer(request, response);
    const { tls } = this;
    const server =
      tls === undefined
        ? createPlain(limits, answer)
        : createTls(
            {
              ...limits,
              key: tls.key,
              cert: tls.certificate,
              ca: tls.authority,
              requestCert: true,
              rejectUnauthorized: false,
              minVersion: "TLSv1.2",
              handshakeTimeout: HANDSHAKE_MS,
            },
            answer,
          );
    server.maxConnections = CONNECTIONS_MAX;
    server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
      this.refuse(unexpected(), { incoming: incomingOf(request) }, response);
    });
    server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => this.refuseBytes(error, socket));
    return server;
  }

  private closeOne(server: Server): Promise<void> {
    const connections = this.servers.get(server);
    if (connections === undefined) return Promise.resolve();
    this.servers.delete(server);
    return new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of connections) socket.destroy();
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asking: Asking = { incoming: incomingOf(request) };
    try {
      const { gate } = this.parts;
      gate.checkRate(asking.incoming);
      gate.checkTarget(asking.incoming);
      if (request.method === "GET" && asking.incoming.path === "/") return this.sendNotice(response);
      this.send(response, await this.carryOut(request, asking));
    } catch (error) {
      this.refuse(error, asking, response);
    }
  }

  private async carryOut(request: IncomingMessage, asking: Asking): Promise<Reply> {
    const { incoming } = asking;
    const found = findCommand(incoming.method, incoming.path);
    if (found === undefined) throw new Refusal(404, "no_such_path", "no such path");
    if ("allowed" in found) {
      const allow = found.allowed.join(", ");
      throw new Refusal(405, "other_method", `${allow} would be right`, { headers: { allow } });
    }
    asking.command = found.command;
    asking.principal = this.pipeline.admit(incoming, found.command);
    const body = await readBody(request, found.command);
    const search = new URL(request.url ?? "/", "http://local").search;
    const query: Record<string, unknown> = { ...parseQuery(search.slice(1)) };
    const { parameters } = found;
    return this.pipeline.run({
      command: found.command,
      incoming,
      principal: asking.principal,
      parameters,
      query,
      body,
      search,
    });
  }

  private send(response: ServerResponse, { status, body, headers }: Reply): void {
    const text = JSON.stringify(body);
    response.writeHead(status, {
      ...SECURITY_HEADERS,
      "cache-control": "no-store",
      "content-type": "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(text),
      ...headers,
    });
    response.end(text);
  }

  private sendNotice(response: ServerResponse): void {
    const html = noticeHtml(this.parts.directory.own, this.parts.directory.active());
    response.writeHead(503, {
      ...SECURITY_HEADERS,
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      "cache-control": "no-store",
      "content-type": "text/html; charset=utf-8",
      "retry-after": "2",
      refresh: "5",
    });
    response.end(html);
  }

  private refuse(error: unknown, { incoming, command, principal }: Asking, response: ServerResponse): void {
    const refusal = error instanceof Refusal ? error : new Refusal(500, "failed", "it failed; the log says why");
    if (!(error instanceof Refusal))
      process.stderr.write(`${JSON.stringify({ level: "error", msg: String(error) })}\n`);
    this.pipeline.refused(incoming, command?.name ?? `${incoming.method} ${incoming.path}`, principal, refusal);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const text = JSON.stringify(this.pipeline.problem(refusal));
    const isUnread = refusal.status === 413 || refusal.status === 408;
    response.writeHead(refusal.status, {
      ...SECURITY_HEADERS,
      "content-type": PROBLEM_TYPE,
      "content-length": Buffer.byteLength(text),
      ...refusal.details.headers,
      ...(isUnread ? { connection: "close" } : {}),
    });
    response.end(text);
  }

  private refuseBytes(error: NodeJS.ErrnoException, socket: Socket): void {
    refuseBytes(error, socket, this.pipeline);
  }
}

/** What is no HTTP at all: answered by hand, and told in the audit log as everything else. */
export function refuseBytes(error: NodeJS.ErrnoException, socket: Socket, pipeline: Pipeline): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = refusalOfBytes(error.code);
  const incoming: Incoming = { method: "", path: "", headers: {}, source: sourceOf(socket), secure: false };
  pipeline.refused(incoming, "unreadable", undefined, refusal);
  if (error.code === HANDSHAKE_TIMEOUT) {
    // Nothing can be said to it: it would wait for the handshake for ever.
    socket.destroy();
    return;
  }
  const body = JSON.stringify(pipeline.problem(refusal));
  const head = [
    `HTTP/1.1 ${refusal.status} Refused`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** An `Expect` that is not `100-continue`. */
export function unexpected(): Refusal {
  return new Refusal(417, "not_expected", "the header Expect asks for what there is not");
}

function refusalOfBytes(code: string | undefined): Refusal {
  if (code === "HPE_HEADER_OVERFLOW") return new Refusal(431, "headers_too_large", "the headers are too large");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new Refusal(408, "too_slow", "the request took too long to arrive");
  return new Refusal(400, "no_http", "this is not HTTP");
}

/** The body as JSON; nothing for a command that has none. @throws Refusal 413, 415, 400 */
async function readBody(request: IncomingMessage, command: Command): Promise<unknown> {
  const most = command.bodyBytesMax ?? BODY_BYTES_MAX;
  const length = Number(request.headers["content-length"] ?? "0");
  if (length > most) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > most) throw tooLarge();
    chunks.push(chunk);
  }
  const type = request.headers["content-type"];
  if (bytes === 0) {
    if (type === undefined) return undefined;
    throw new Refusal(400, "empty_body", "the body is empty");
  }
  if (type === undefined || !/^application\/json(; *charset=utf-8)?$/i.test(type)) {
    throw new Refusal(415, "not_json", "Content-Type: application/json would be right");
  }
  return parseJson(Buffer.concat(chunks).toString("utf8"));
}

function tooLarge(): Refusal {
  return new Refusal(413, "body_too_large", "the body is too large");
}

/** A name such as `__proto__` becomes a field like any other, which the closed schemas refuse. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refusal(400, "malformed_json", "the body is not JSON");
  }
}

function incomingOf(request: IncomingMessage): Incoming {
  const { socket } = request;
  const secure = "encrypted" in socket;
  const certificate = secure ? certificateName(socket as TLSSocket) : undefined;
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  return {
    method: request.method ?? "",
    path,
    headers: request.headers,
    source: sourceOf(socket),
    secure,
    ...(certificate === undefined ? {} : { certificate }),
  };
}
