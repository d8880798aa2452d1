/** The stream of what happens (server-sent events): overviews now and then, decisions and events as they come. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import { Refusal } from "../access/refusal.js";
import type { Sessions } from "../access/sessions.js";
import type { ManagedArray } from "../array/managed-array.js";
import { validate } from "../commands/validation.js";
import type { Call, ServerParts } from "../pipeline.js";
import { SECURITY_HEADERS } from "../wire.js";
import type { OverviewSource } from "./overview-source.js";

const STREAMS_MAX = 32;
/** A reader that is so far behind is let go: it comes back and goes on from the last decision it has seen. */
const BEHIND_BYTES_MAX = 1 << 20;
/** Decisions that a reader who comes back is told of. */
const MISSED_MAX = 200;
/** A client that has lost the stream asks again after this. */
const RETRY_MS = 1000;

interface Stream {
  call: Call;
  response: ServerResponse;
  timer: NodeJS.Timeout;
  unwatch: () => void;
}

export class EventStreams {
  private readonly streams = new Set<Stream>();

  constructor(
    private readonly parts: ServerParts,
    private readonly array: ManagedArray,
    private readonly overviews: OverviewSource,
  ) {}

  get count(): number {
    return this.streams.size;
  }

  /** Takes the response over; ends with the client, the session or the server. @throws Refusal */
  async open(call: Call, request: IncomingMessage, reply: FastifyReply): Promise<FastifyReply> {
    validate(call.command, call);
    if (this.streams.size >= STREAMS_MAX) {
      throw new Refusal(503, "too_many_streams", `at most ${STREAMS_MAX} event streams`, {
        headers: { "retry-after": "5" },
      });
    }
    const after = seenBefore(request.headers["last-event-id"]);
    reply.hijack();
    const response = reply.raw;
    response.writeHead(200, {
      ...SECURITY_HEADERS,
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    const { directory, kind } = this.parts;
    write(response, "hello", { processor: directory.own, server: kind, retryMs: RETRY_MS }, undefined, RETRY_MS);
    const stream = this.start(call, response);
    response.on("close", () => this.end(stream));
    if (after !== undefined) await this.catchUp(stream, after);
    await this.tellOverview(stream);
    return reply;
  }

  close(): void {
    for (const stream of [...this.streams]) this.end(stream);
  }

  private start(call: Call, response: ServerResponse): Stream {
    const everyMs = Number(call.query["everyMs"] ?? 1000);
    const stream: Stream = {
      call,
      response,
      timer: setInterval(() => void this.tellOverview(stream), everyMs),
      unwatch: this.array.watch({
        decision: (record) => this.tell(stream, "decision", record, String(record.sequence)),
        event: (event) => this.tell(stream, "event", event),
      }),
    };
    this.streams.add(stream);
    return stream;
  }

  private async catchUp(stream: Stream, after: number): Promise<void> {
    const { items } = await this.array.decisions(after, Number.MAX_SAFE_INTEGER);
    for (const record of items.slice(-MISSED_MAX)) this.tell(stream, "decision", record, String(record.sequence));
  }

  private async tellOverview(stream: Stream): Promise<void> {
    if (!isStillAllowed(this.parts.sessions, stream.call)) {
      write(stream.response, "ended", { reason: "session" });
      this.end(stream);
      return;
    }
    try {
      this.tell(stream, "overview", await this.overviews.overview());
    } catch (error) {
      this.tell(stream, "trouble", { detail: error instanceof Error ? error.message : String(error) });
    }
  }

  private tell(stream: Stream, name: string, data: unknown, id?: string): void {
    if (!this.streams.has(stream)) return;
    if (stream.response.writableLength > BEHIND_BYTES_MAX) this.end(stream);
    else write(stream.response, name, data, id);
  }

  private end(stream: Stream): void {
    if (!this.streams.delete(stream)) return;
    clearInterval(stream.timer);
    stream.unwatch();
    stream.response.end();
  }
}

function write(response: ServerResponse, name: string, data: unknown, id?: string, retryMs?: number): void {
  const lines = [`event: ${name}`, `data: ${JSON.stringify(data)}`];
  if (id !== undefined) lines.push(`id: ${id}`);
  if (retryMs !== undefined) lines.push(`retry: ${retryMs}`);
  response.write(`${lines.join("\n")}\n\n`);
}

/** Sequence of the last decision that a client has seen; one it can't have is as none. */
function seenBefore(id: string | string[] | undefined): number | undefined {
  return typeof id === "string" && /^\d{1,10}$/.test(id) ? Number(id) : undefined;
}

/** A session that was ended or has expired ends its streams. */
function isStillAllowed(sessions: Sessions, call: Call): boolean {
  const { session } = call.principal;
  return session === undefined || (session.expiresMs > Date.now() && sessions.isOpen(session));
}
