/** What the client has seen: who answered at the address, how long nobody did, each processor's status, the login. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { ProcessorStatus } from "../../../host/management/processors/own.js";
import type { Undo } from "../common/undo.js";
import type { Reply } from "./line.js";
import type { Network } from "./network.js";
import { nowUs, type Plan } from "./plan.js";
import type { Commanded, StreamTold, Told, Wish } from "./told.js";

export interface Health {
  sentUs: number;
  doneUs: number;
  processor: string;
  server: string;
  /** Whom it calls active. */
  active: string | null;
}

export interface SeenStatus {
  sentUs: number;
  doneUs: number;
  status: ProcessorStatus;
  answeredBy: string;
  fresh: boolean;
  ageMs: number;
}

/** From the last question that was answered to the next one. */
export interface Silence {
  fromUs: number;
  toUs: number;
}

export interface Answer {
  reply: Reply;
  why: string | undefined;
  /** When the harness was told of it. */
  atUs: number;
}

/** One try of a request, when all of it had left the client. */
export interface Sending {
  atUs: number;
  /** Idempotency key; "" for a read. */
  key: string;
}

export interface Requested {
  sent: readonly Sending[];
  /** Once the first try has left the client. */
  begun: Promise<void>;
  answer: Promise<Answer>;
}

/** Shorter ones are this machine's, whose processors everything shares. */
const SILENCE_MIN_US = 700_000;
const ONCE_MS = 20_000;
/** Longer than a command is tried. */
const COMMANDED_MS = 120_000;

export class ClientWatch {
  readonly healths: Health[] = [];
  readonly statuses = new Map<string, SeenStatus[]>();
  readonly silences: Silence[] = [];
  /** Of the event stream. */
  readonly streamed: StreamTold[] = [];
  /** Answers that were neither what was asked for nor a refusal that another processor heals. */
  readonly wrong: string[] = [];
  logins = 0;
  sessions = 0;
  asked = 0;
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private readonly sendings = new Map<number, (sending: Sending) => void>();
  private lastId = 0;

  constructor(network: Network, plan: Plan, authority: string, undo: Undo, complain: (line: string) => void) {
    const words = [
      process.execPath,
      join(import.meta.dirname, "client.js"),
      authority,
      plan.management,
      ...plan.processors,
    ];
    this.child = spawn("ip", ["netns", "exec", network.client, ...words], { stdio: ["pipe", "pipe", "pipe"] });
    undo.add("client", () => void this.child.kill("SIGKILL"));
    for (const name of plan.processors) this.statuses.set(name, []);
    this.child.stdin.on("error", () => undefined);
    createInterface({ input: this.child.stdout }).on("line", (line) => this.take(JSON.parse(line) as Told));
    createInterface({ input: this.child.stderr }).on("line", complain);
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Who answered last at the address. */
  get latest(): Health | undefined {
    return this.healths.at(-1);
  }

  statusOf(subject: string): SeenStatus | undefined {
    return this.statuses.get(subject)?.at(-1);
  }

  /** A single question of the client's to any address. */
  ask(host: string, port: number, method: string, path: string): Promise<Answer> {
    const id = ++this.lastId;
    return this.answerTo({ wish: "once", id, host, port, method, path }, id, ONCE_MS);
  }

  /** A request at the one address, asked again by the client's own rule; `sent` grows with each try. */
  request(wish: Omit<Commanded, "id">): Requested {
    const id = ++this.lastId;
    const sent: Sending[] = [];
    const begun = new Promise<void>((resolve) => {
      this.sendings.set(id, (sending) => {
        sent.push(sending);
        resolve();
      });
    });
    return { sent, begun, answer: this.answerTo({ ...wish, id }, id, COMMANDED_MS) };
  }

  /** No more questions for the status of these; none: all are asked for again. */
  keepQuiet(subjects: readonly string[]): void {
    this.wish({ wish: "quiet", subjects });
  }

  /** The latest that came by the event stream. */
  get stream(): StreamTold | undefined {
    return this.streamed.at(-1);
  }

  /** The longest silence within a span, one that still lasts included, in milliseconds. */
  silenceMs(fromUs: number, toUs: number): number {
    const within = this.silences.filter((each) => each.toUs > fromUs && each.fromUs < toUs);
    const lasting = toUs - (this.latest?.sentUs ?? 0);
    const longest = Math.max(0, ...within.map((each) => each.toUs - each.fromUs), lasting);
    return longest < SILENCE_MIN_US ? 0 : Math.round(longest / 1000);
  }

  stop(): void {
    this.child.kill("SIGKILL");
  }

  private wish(wish: Wish): void {
    this.child.stdin.write(`${JSON.stringify(wish)}\n`);
  }

  private answerTo(wish: Wish, id: number, withinMs: number): Promise<Answer> {
    this.wish(wish);
    return new Promise((resolve, reject) => {
      const silent = () => reject(new Error(`the client doesn't say what was answered: ${JSON.stringify(wish)}`));
      const timer = setTimeout(silent, withinMs);
      this.waiting.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
  }

  private take(told: Told): void {
    this.asked++;
    if (told.told === "answer") {
      this.waiting.get(told.id)?.({ reply: told.reply, why: told.why, atUs: nowUs() });
      this.waiting.delete(told.id);
    } else if (told.told === "sent") this.sendings.get(told.id)?.(told);
    else if (told.told === "stream") this.streamed.push(told);
    else if (told.told === "login") this.logins++;
    else if (told.told === "health") this.takeHealth(told);
    else if (told.told === "status") this.takeStatus(told);
    else this.takeSession(told);
  }

  private takeHealth({ sentUs, doneUs, reply }: Extract<Told, { told: "health" }>): void {
    if (reply.status !== 200) return;
    const { processor, server, active } = reply.body as Omit<Health, "sentUs" | "doneUs">;
    const before = this.latest;
    this.healths.push({ sentUs, doneUs, processor, server, active });
    if (before !== undefined && sentUs - before.sentUs > SILENCE_MIN_US) {
      this.silences.push({ fromUs: before.sentUs, toUs: sentUs });
    }
  }

  private takeStatus({ subject, sentUs, doneUs, reply, why }: Extract<Told, { told: "status" }>): void {
    this.judge(`status of ${subject}`, reply, why);
    if (reply.status !== 200) return;
    const seen = { sentUs, doneUs, ...(reply.body as Omit<SeenStatus, "sentUs" | "doneUs">) };
    if (seen.status.processor !== subject) this.wrong.push(`status of ${subject}: that of ${seen.status.processor}`);
    this.statuses.get(subject)?.push(seen);
  }

  private takeSession({ reply, why }: Extract<Told, { told: "session" }>): void {
    this.judge("session", reply, why);
    if (reply.status === 200) this.sessions++;
  }

  /** A login that is refused did not live on. Silence, and refusals of one that isn't active, pass. */
  private judge(what: string, { status, body }: Reply, why: string | undefined): void {
    const isPassing = status === 200 || [0, 409, 421, 503, 504].includes(status);
    if (!isPassing) this.wrong.push(`${what}: ${status} ${JSON.stringify(body)} ${why ?? ""}`);
  }
}
