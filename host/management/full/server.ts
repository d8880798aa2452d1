/** The full management server: every command of the table, the event stream and the page, over fastify. */

import Fastify, {
  LogController,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from "fastify";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Incoming, Principal } from "../access/gate.js";
import { Refusal } from "../access/refusal.js";
import type { Command } from "../commands/command.js";
import { BODY_BYTES_MAX, commands, findCommand } from "../commands/table.js";
import { type ArrayParts, arrayHandlers } from "../handlers/array.js";
import { ownHandlers, serviceTag } from "../handlers/own.js";
import { Pipeline, type Reply } from "../pipeline.js";
import { refuseBytes, unexpected } from "../restricted/server.js";
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
import { EventStreams } from "./event-streams.js";
import { Metrics } from "./metrics.js";
import { OverviewSource } from "./overview-source.js";
import { PageFiles } from "./page-files.js";

export interface FullServerTls {
  key: string | Buffer;
  certificate: string | Buffer;
  /** Signs the certificates of the other processors. */
  authority: string | Buffer;
}

export interface FullServerOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  tls?: FullServerTls;
  /** JSON logs go here; none where not given. */
  log?: { write(line: string): void };
  limits?: WireLimits;
  /** Told how many requests are under way, with each change; streams don't count. */
  underWay?: (count: number) => void;
}

export type FullParts = Omit<ArrayParts, "kind" | "overviews" | "metrics">;

declare module "fastify" {
  interface FastifyRequest {
    incoming: Incoming | undefined;
    principal: Principal | undefined;
    beganMs: number;
  }
}

const CONNECTIONS_MAX = 256;

export class FullServer {
  readonly pipeline: Pipeline;
  private readonly app: FastifyInstance;
  private readonly overviews: OverviewSource;
  private readonly metrics: Metrics;
  private readonly streams: EventStreams;
  private readonly page = new PageFiles();
  private underWay = 0;

  constructor(
    private readonly parts: FullParts,
    private readonly options: FullServerOptions,
  ) {
    this.overviews = new OverviewSource(parts.array, parts.directory);
    this.metrics = new Metrics(parts, this.overviews);
    const all: ArrayParts = { ...parts, kind: "full", overviews: this.overviews, metrics: () => this.metrics.text() };
    this.pipeline = new Pipeline(all, { ...ownHandlers(all), ...arrayHandlers(all) }, (kind) =>
      kind === "service" ? Promise.resolve(serviceTag(parts.own.bootCount())) : parts.array.revision(),
    );
    this.streams = new EventStreams(all, parts.array, this.overviews);
    this.app = Fastify(this.fastifyOptions());
    this.addHooks();
    for (const command of commands) this.addCommand(command);
    for (const path of this.page.paths) this.app.get(path, (request, reply) => this.sendPage(path, request, reply));
  }

  /** Address that it listens on, such as `http://127.0.0.1:8420`. */
  async listen(): Promise<string> {
    const { host, port, tls } = this.options;
    await this.app.listen({ host, port });
    this.app.server.maxConnections = CONNECTIONS_MAX;
    const address = this.app.server.address();
    const actual = typeof address === "object" && address !== null ? address.port : port;
    return `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${actual}`;
  }

  async close(): Promise<void> {
    this.streams.close();
    this.overviews.close();
    this.metrics.close();
    this.app.server.closeAllConnections();
    await this.app.close();
  }

  private fastifyOptions(): FastifyServerOptions {
    const { tls, log, limits = WIRE_LIMITS } = this.options;
    const wire = serverOptions(limits);
    const https = tls && {
      key: tls.key,
      cert: tls.certificate,
      ca: tls.authority,
      requestCert: true,
      // People have no certificate; one that is not the array's is as none.
      rejectUnauthorized: false,
      minVersion: "TLSv1.2" as const,
      handshakeTimeout: HANDSHAKE_MS,
      ...wire,
    };
    return {
      ...(https ? { https } : { http: wire }),
      logger: log === undefined ? false : { level: "info", stream: log, base: { processor: this.parts.directory.own } },
      logController: new LogController({ disableRequestLogging: true }),
      exposeHeadRoutes: false,
      bodyLimit: BODY_BYTES_MAX,
      requestTimeout: limits.requestMs,
      connectionTimeout: 0,
      routerOptions: { maxParamLength: 256 },
      forceCloseConnections: true,
      frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
        this.refuse(error, request, reply),
      clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => refuseBytes(error, socket, this.pipeline),
    } as unknown as FastifyServerOptions;
  }

  private addHooks(): void {
    const { app } = this;
    app.server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
      this.refuseExpectation(request, response);
    });
    app.decorateRequest("incoming", undefined);
    app.decorateRequest("principal", undefined);
    app.decorateRequest("beganMs", 0);
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("application/json", { parseAs: "string" }, app.getDefaultJsonParser("error", "error"));
    app.addHook("onRequest", async (request, reply) => this.receive(request, reply));
    app.addHook("onResponse", async (request, reply) => this.answered(request, reply));
    app.setErrorHandler((error: Error, request, reply) => this.refuse(error, request, reply));
    app.setNotFoundHandler((request) => {
      const found = findCommand(request.method, pathOf(request));
      if (found !== undefined && "allowed" in found) {
        const allow = found.allowed.join(", ");
        throw new Refusal(405, "other_method", `${allow} would be right`, { headers: { allow } });
      }
      throw new Refusal(404, "no_such_path", "no such path");
    });
  }

  /** What is checked before the body is read. */
  private receive(request: FastifyRequest, reply: FastifyReply): void {
    request.beganMs = performance.now();
    request.incoming = incomingOf(request);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) reply.header(name, value);
    if (request.incoming.secure) reply.header("strict-transport-security", "max-age=31536000");
    const { gate } = this.parts;
    gate.checkRate(request.incoming);
    gate.checkTarget(request.incoming);
    const command = commandOf(request);
    if (command !== undefined) request.principal = this.pipeline.admit(request.incoming, command);
  }

  private addCommand(command: Command): void {
    this.app.route({
      method: command.method,
      url: command.path.replaceAll(/\{(\w+)\}/g, ":$1"),
      config: { command } as never,
      bodyLimit: command.bodyBytesMax ?? BODY_BYTES_MAX,
      handler: async (request, reply) => {
        const call = {
          command,
          incoming: request.incoming as Incoming,
          principal: request.principal as Principal,
          parameters: { ...(request.params as Record<string, unknown>) },
          query: { ...(request.query as Record<string, unknown>) },
          body: request.body,
          search: request.url.includes("?") ? request.url.slice(request.url.indexOf("?")) : "",
        };
        if (command.name === "watchArray") return this.streams.open(call, request.raw, reply);
        // A switch-over waits for requests under way, but not for the one that asks for it.
        if (command.name !== "switchOver") this.count(reply.raw);
        return send(reply, await this.pipeline.run(call), command);
      },
    });
  }

  /** Under way until its answer has left: the address may be given up right after the last one. */
  private count(response: ServerResponse): void {
    this.options.underWay?.(++this.underWay);
    response.once("close", () => this.options.underWay?.(--this.underWay));
  }

  private sendPage(path: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const file = this.page.file(path);
    reply.headers({ "content-type": file.type, etag: file.etag, "cache-control": "no-cache", ...PageFiles.policy });
    if (request.headers["if-none-match"] === file.etag) return reply.code(304).send();
    return reply.send(file.bytes);
  }

  private refuse(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const refusal = refusalOf(error);
    const incoming = request.incoming ?? incomingOf(request);
    const name = commandOf(request)?.name ?? `${request.method} ${pathOf(request)}`;
    if (refusal.status >= 500 && !(error instanceof Refusal)) request.log.error({ err: error }, "failed");
    this.pipeline.refused(incoming, name, request.principal, refusal);
    for (const [key, value] of Object.entries({ ...SECURITY_HEADERS, ...refusal.details.headers }))
      reply.header(key, value);
    const isUnread = refusal.status === 413 || refusal.status === 408;
    if (isUnread) reply.header("connection", "close");
    return reply
      .code(refusal.status)
      .type(PROBLEM_TYPE)
      .send(JSON.stringify(this.pipeline.problem(refusal)));
  }

  /** Node would answer it by itself, without an entry. */
  private refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
    const refusal = unexpected();
    const { method = "", headers } = request;
    const path = (request.url ?? "").split("?")[0] ?? "";
    const incoming = { method, path, headers, source: sourceOf(request.socket), secure: "encrypted" in request.socket };
    this.pipeline.refused(incoming, `${method} ${path}`, undefined, refusal);
    response.writeHead(refusal.status, { ...SECURITY_HEADERS, "content-type": PROBLEM_TYPE, connection: "close" });
    response.end(JSON.stringify(this.pipeline.problem(refusal)));
  }

  private answered(request: FastifyRequest, reply: FastifyReply): void {
    const command = commandOf(request)?.name ?? "page";
    const tookMs = performance.now() - request.beganMs;
    this.metrics.answered(command, reply.statusCode, tookMs);
    const { source = "" } = request.incoming ?? {};
    const entry = {
      command,
      status: reply.statusCode,
      source,
      user: request.principal?.name ?? "",
      tookMs: Math.round(tookMs),
    };
    request.log.info(entry, "answered");
  }
}

function send(reply: FastifyReply, { status, body, headers }: Reply, command: Command): FastifyReply {
  reply.code(status).header("cache-control", "no-store");
  for (const [name, value] of Object.entries(headers ?? {})) reply.header(name, value);
  if (command.produces === "text/plain") return reply.type("text/plain; version=0.0.4; charset=utf-8").send(body);
  return reply.type("application/json; charset=utf-8").send(JSON.stringify(body));
}

function commandOf(request: FastifyRequest): Command | undefined {
  return (request.routeOptions?.config as { command?: Command } | undefined)?.command;
}

function pathOf(request: FastifyRequest): string {
  const path = request.url.split("?")[0] ?? "";
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

function incomingOf(request: FastifyRequest): Incoming {
  const socket = request.raw.socket;
  const secure = "encrypted" in socket;
  const certificate = secure ? certificateName(socket as TLSSocket) : undefined;
  return {
    method: request.method,
    path: pathOf(request),
    headers: request.headers,
    source: sourceOf(socket),
    secure,
    ...(certificate === undefined ? {} : { certificate }),
  };
}

/** What fastify refuses, in our words. */
const FASTIFY: Readonly<Record<string, [status: number, code: string, detail: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [413, "body_too_large", "the body is too large"],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, "not_json", "Content-Type: application/json would be right"],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, "bad_length", "the body is not as long as Content-Length says"],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, "empty_body", "the body is empty"],
  FST_ERR_CTP_INVALID_JSON_BODY: [400, "malformed_json", "the body is not JSON"],
  FST_ERR_BAD_URL: [400, "bad_path", "the path is malformed"],
  FST_ERR_MAX_PARAM_LENGTH: [414, "path_too_long", "a name in the path is too long"],
};

function refusalOf(error: Error & { code?: string; statusCode?: number }): Refusal {
  if (error instanceof Refusal) return error;
  const known = FASTIFY[error.code ?? ""];
  if (known !== undefined) return new Refusal(...known);
  if (error.statusCode === 400 || error instanceof SyntaxError)
    return new Refusal(400, "malformed_json", "the body is not JSON");
  return new Refusal(500, "failed", "it failed; the log says why");
}
