/** What the client has seen: who answered at the address, how long nobody did, each processor's status, the login. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { ProcessorStatus } from "../../../host/management/processors/own.js";
import type { Undo } from "../common/undo.js";
import type { Question, Reply, Told } from "./client.js";
import type { Network } from "./network.js";
import type { Plan } from "./plan.js";

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

/** Shorter ones are this machine's, whose processors everything shares. */
const SILENCE_MIN_US = 700_000;
const ANSWER_MS = 10_000;

export class ClientWatch {
  readonly healths: Health[] = [];
  readonly statuses = new Map<string, SeenStatus[]>();
  readonly silences: Silence[] = [];
  /** Answers that were neither what was asked for nor a refusal that another processor heals. */
  readonly wrong: string[] = [];
  logins = 0;
  sessions = 0;
  asked = 0;
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly waiting = new Map<number, (told: { reply: Reply; why?: string }) => void>();
  private lastId = 0;

  constructor(network: Network, plan: Plan, authority: string, undo: Undo, complain: (line: string) => void) {
    const words = [process.execPath, join(import.meta.dirname, "client.js"), authority, ...plan.processors];
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
  ask(host: string, port: number, method: string, path: string): Promise<{ reply: Reply; why?: string }> {
    const id = ++this.lastId;
    this.child.stdin.write(`${JSON.stringify({ id, host, port, method, path } satisfies Question)}\n`);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the client doesn't say what ${host} answered`)), ANSWER_MS);
      this.waiting.set(id, (told) => {
        clearTimeout(timer);
        resolve(told);
      });
    });
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

  private take(told: Told): void {
    this.asked++;
    if (told.told === "answer") {
      this.waiting.get(told.id)?.(told);
      this.waiting.delete(told.id);
    } else if (told.told === "login") this.logins++;
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
