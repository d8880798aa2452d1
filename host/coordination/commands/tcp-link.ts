/** Requests between controllers over TCP: one connection from each controller to each other, opened when there is something to ask. */

import { createServer, type Server, Socket } from "node:net";
import type { Endpoint } from "../endpoint.js";
import { type CommandLink, LinkError, type Message, type RequestHandler } from "./link.js";
import { SecureStream, StreamRefused } from "./secure-stream.js";

export interface TcpLinkOptions {
  self: string;
  /** Where this one takes requests; undefined: it only asks. */
  listen: Endpoint | undefined;
  /** Where each other one takes them. */
  peers: ReadonlyMap<string, Endpoint>;
  /** 32 bytes, made for this use. */
  key: Uint8Array;
  /** A line for the operator, never with a secret in it. */
  report: (line: string) => void;
}

/** Callers that have not yet proved who they are, at one time. */
const STRANGERS_MAX = 32;
const STRANGER_MS_MAX = 3000;
/** Requests of one caller that are served at one time. */
const SERVED_MAX = 256;
/** The same line about the same stranger is not said more often. */
const REPORT_EVERY_MS = 10_000;

interface Envelope {
  id: number;
  message: Message;
}

export class TcpLink implements CommandLink {
  private readonly handlers = new Map<string, RequestHandler>();
  private readonly calls = new Map<string, Call>();
  private readonly accepted = new Set<Socket>();
  private readonly strangers = new Set<Socket>();
  private readonly reported = new Map<string, number>();
  private server: Server | undefined;
  private closed = false;
  private peers: ReadonlyMap<string, Endpoint>;
  /** Callers that have proved who they are. */
  private readonly callers = new Map<Socket, string>();
  /** Connections that were refused. */
  refused = 0;

  constructor(private readonly options: TcpLinkOptions) {
    this.peers = options.peers;
  }

  /** Others than before: whoever isn't among them any more is heard no longer. */
  follow(peers: ReadonlyMap<string, Endpoint>): void {
    const before = this.peers;
    this.peers = peers;
    for (const [name, call] of this.calls) {
      if (endpointsMatch(before.get(name), peers.get(name))) continue;
      call.end(new LinkError(`no way to ${name}`));
      this.calls.delete(name);
    }
    for (const [socket, name] of this.callers) if (!peers.has(name)) socket.destroy();
  }

  /** @throws Error where the address can't be bound */
  async open(): Promise<void> {
    const { listen } = this.options;
    if (listen === undefined) return;
    const server = createServer((socket) => this.accept(socket));
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: listen.address, port: listen.port }, () => {
        server.off("error", reject);
        resolve();
      });
    });
    server.on("error", (error) => this.options.report(`commands: ${error.message}`));
  }

  /** Port that it listens on. */
  get port(): number {
    const address = this.server?.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  request(controller: string, message: Message, timeoutMs: number): Promise<Message> {
    const endpoint = this.peers.get(controller);
    if (this.closed || endpoint === undefined) return Promise.reject(new LinkError(`no way to ${controller}`));
    let call = this.calls.get(controller);
    if (call === undefined || call.ended) {
      call = new Call(controller, endpoint, this.options, (error) => this.complain(`commands to ${controller}`, error));
      this.calls.set(controller, call);
    }
    return call.ask(message, timeoutMs);
  }

  serve(kind: string, handler: RequestHandler): void {
    this.handlers.set(kind, handler);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const call of this.calls.values()) call.end(new LinkError("closed"));
    for (const socket of this.accepted) socket.destroy();
    const { server } = this;
    if (server?.listening) await new Promise((resolve) => server.close(resolve));
  }

  private accept(socket: Socket): void {
    if (this.strangers.size >= STRANGERS_MAX) {
      this.refused++;
      socket.destroy();
      return;
    }
    this.accepted.add(socket);
    this.strangers.add(socket);
    const timer = setTimeout(() => socket.destroy(), STRANGER_MS_MAX);
    let from = "";
    let serving = 0;
    const stream = new SecureStream({
      key: this.options.key,
      self: this.options.self,
      calls: undefined,
      admits: (name) => this.peers.has(name),
      send: (bytes) => void socket.write(bytes),
      opened: (peer) => {
        from = peer;
        this.callers.set(socket, peer);
        clearTimeout(timer);
        this.strangers.delete(socket);
      },
      payload: (bytes) => {
        if (serving >= SERVED_MAX) throw new StreamRefused("too many requests at one time");
        serving++;
        void this.answer(from, readEnvelope(bytes)).then((answer) => {
          serving--;
          if (!socket.destroyed) stream.write(answer);
        });
      },
    });
    socket.setNoDelay(true);
    socket.on("data", (bytes) => this.take(socket, stream, bytes));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      this.accepted.delete(socket);
      this.callers.delete(socket);
      this.strangers.delete(socket);
    });
  }

  private take(socket: Socket, stream: SecureStream, bytes: Uint8Array): void {
    try {
      stream.receive(bytes);
    } catch (error) {
      this.refused++;
      this.complain(`commands from ${socket.remoteAddress}`, error as Error);
      socket.destroy();
    }
  }

  private async answer(from: string, envelope: Envelope): Promise<Uint8Array> {
    const handler = this.handlers.get(envelope.message.kind);
    if (handler === undefined) return writeEnvelope({ id: envelope.id, message: { kind: "unknown" } });
    try {
      return writeEnvelope({ id: envelope.id, message: await handler(from, envelope.message) });
    } catch (error) {
      this.options.report(`commands: ${envelope.message.kind} of ${from}: ${(error as Error).message}`);
      return writeEnvelope({ id: envelope.id, message: { kind: "failed" } });
    }
  }

  private complain(what: string, error: Error): void {
    const line = `${what}: ${error.message}`;
    const nowMs = performance.now();
    if (nowMs - (this.reported.get(line) ?? Number.NEGATIVE_INFINITY) < REPORT_EVERY_MS) return;
    if (this.reported.size > SERVED_MAX) this.reported.clear();
    this.reported.set(line, nowMs);
    this.options.report(line);
  }
}

function endpointsMatch(one: Endpoint | undefined, other: Endpoint | undefined): boolean {
  return one !== undefined && one.address === other?.address && one.port === other.port;
}

interface Asked {
  resolve(message: Message): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/** One connection to another controller. Once it has ended, another takes its place. */
class Call {
  ended = false;
  private readonly socket = new Socket();
  private readonly stream: SecureStream;
  private readonly asked = new Map<number, Asked>();
  private waiting: Uint8Array[] = [];
  private nextId = 1;
  private heardMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly peer: string,
    endpoint: Endpoint,
    options: TcpLinkOptions,
    private readonly complain: (error: Error) => void,
  ) {
    this.socket.connect({ host: endpoint.address, port: endpoint.port });
    this.socket.unref();
    this.stream = new SecureStream({
      key: options.key,
      self: options.self,
      calls: peer,
      admits: () => false,
      send: (bytes) => void this.socket.write(bytes),
      opened: () => {
        for (const payload of this.waiting) this.stream.write(payload);
        this.waiting = [];
      },
      payload: (bytes) => this.settle(readEnvelope(bytes)),
    });
    this.socket.setNoDelay(true);
    this.socket.on("data", (bytes) => this.take(bytes));
    this.socket.on("error", (error) => this.end(new LinkError(`${peer}: ${error.message}`)));
    this.socket.on("close", () => this.end(new LinkError(`${peer}: connection closed`)));
  }

  ask(message: Message, timeoutMs: number): Promise<Message> {
    const id = this.nextId++;
    const payload = writeEnvelope({ id, message });
    const askedMs = performance.now();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.late(id, askedMs), timeoutMs);
      this.asked.set(id, { resolve, reject, timer });
      if (this.stream.isOpen) this.stream.write(payload);
      else this.waiting.push(payload);
    });
  }

  end(error: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.socket.destroy();
    for (const { reject, timer } of this.asked.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.asked.clear();
  }

  /** Nothing at all has come since: the network swallows it, and TCP would take long to notice. A new connection is tried. */
  private late(id: number, askedMs: number): void {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    asked?.reject(new LinkError(`${this.peer}: no answer in time`));
    if (this.heardMs < askedMs) this.end(new LinkError(`${this.peer}: silent`));
  }

  private take(bytes: Uint8Array): void {
    this.heardMs = performance.now();
    try {
      this.stream.receive(bytes);
    } catch (error) {
      this.complain(error as Error);
      this.end(new LinkError(`${this.peer}: ${(error as Error).message}`));
    }
  }

  private settle({ id, message }: Envelope): void {
    const asked = this.asked.get(id);
    if (asked === undefined) return;
    this.asked.delete(id);
    clearTimeout(asked.timer);
    asked.resolve(message);
  }
}

function writeEnvelope(envelope: Envelope): Uint8Array {
  return Buffer.from(JSON.stringify(envelope), "utf8");
}

/** @throws StreamRefused */
function readEnvelope(bytes: Buffer): Envelope {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new StreamRefused("a frame that is no JSON");
  }
  const { id, message } = (value ?? {}) as Partial<Envelope>;
  if (typeof id !== "number" || typeof message?.kind !== "string")
    throw new StreamRefused("a frame that is no request");
  return { id, message };
}
