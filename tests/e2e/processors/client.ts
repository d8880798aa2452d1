/**
 * The client, in a process and a namespace of its own: `node client.js AUTHORITY ADDRESS PROCESSOR…`. It logs in once,
 * then keeps asking the one address who is there, and for the status of each processor, and holds the event stream. Each
 * answer is a line of JSON on its output; lines on its input are wishes. What is said both ways is in `told.ts`.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { command, Refused, Unsure } from "../../../host/management/page/api.js";
import { EventLine } from "./event-line.js";
import { Line, management, type Reply } from "./line.js";
import { nowUs, PASSWORD, USER } from "./plan.js";
import type { Commanded, Once, Timed, Told, Wish } from "./told.js";

const HEALTH_EVERY_MS = 150;
const HEALTH_WITHIN_MS = 700;
const STATUS_EVERY_MS = 450;
/** A processor that is asked for by another one may take its time. */
const STATUS_WITHIN_MS = 6500;
const SESSION_EVERY_MS = 2000;
/** The page gives up after half a minute, and its user tries again: here nobody would. */
const COMMAND_WITHIN_MS = 90_000;
const AGAIN_MS = 700;
const CHANGED = 412;

const [authorityFile = "", address = "", ...processors] = process.argv.slice(2);
const ca = readFileSync(authorityFile);
let token = "";
const place = management(address, ca, () => token);
let quiet: readonly string[] = [];

function tell(told: Told): void {
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

async function logIn(): Promise<void> {
  const line = new Line(place, STATUS_WITHIN_MS);
  const body = JSON.stringify({ user: USER, password: PASSWORD });
  const headers = { "content-type": "application/json" };
  while (token === "") {
    const { reply } = await line.ask({ method: "POST", path: "/api/v1/session", headers, body });
    if (reply.status === 200) token = (reply.body as { token: string }).token;
    else await delay(1000);
  }
  line.close();
  tell({ told: "login", atUs: nowUs() });
}

async function repeat(
  everyMs: number,
  withinMs: number,
  path: string,
  take: (timed: Timed) => void,
  isQuiet = () => false,
): Promise<never> {
  const line = new Line(place, withinMs);
  for (;;) {
    const sentUs = nowUs();
    if (!isQuiet()) {
      const answer = await line.ask({ method: "GET", path });
      take({ sentUs, doneUs: nowUs(), ...answer });
    }
    await delay(Math.max(20, everyMs - (nowUs() - sentUs) / 1000));
  }
}

async function once({ id, host, port, method, path }: Once): Promise<void> {
  const line = new Line({ ...place, host, port }, STATUS_WITHIN_MS);
  tell({ told: "answer", id, ...(await line.ask({ method, path })) });
  line.close();
}

const wished = new AsyncLocalStorage<Commanded>();

/** The `fetch` that the page's code finds in its surroundings: over a connection of its own for each try. */
globalThis.fetch = async (path, init = {}) => {
  const { id, key } = wished.getStore() as Commanded;
  const given = init.headers as Record<string, string>;
  const headers = key === undefined ? given : { ...given, "idempotency-key": key };
  const line = new Line(place, STATUS_WITHIN_MS);
  const sent = () => tell({ told: "sent", id, atUs: nowUs(), key: headers["idempotency-key"] ?? "" });
  const body = typeof init.body === "string" ? { body: init.body } : {};
  try {
    const reply = await line.send({ method: init.method ?? "GET", path: String(path), headers, sent, ...body });
    return new Response(JSON.stringify(reply.body), { status: reply.status, headers: reply.headers ?? {} });
  } finally {
    line.close();
  }
};

/** Carried out by the page's own code. */
async function commanded(wish: Commanded): Promise<void> {
  const { id, path, body, revision, keyed = true } = wish;
  const method = wish.method === "PUT" ? "PUT" : "POST";
  const asked = { method, path, body, keyed, ...(revision === undefined ? {} : { revision }) } as const;
  try {
    const { body: answer, replayed } = await wished.run(wish, () => command(asked, COMMAND_WITHIN_MS));
    tell({ told: "answer", id, reply: { status: 200, body: answer, headers: { replayed: String(replayed) } } });
  } catch (error) {
    const why = (error as Error).message;
    const problem = error instanceof Refused ? error.problem : undefined;
    const status = problem?.status ?? (error instanceof Unsure ? CHANGED : 0);
    tell({ told: "answer", id, reply: { status, body: problem ?? null }, why });
  }
}

/** Asked until one answers. */
async function read({ id, path }: Commanded): Promise<void> {
  const line = new Line(place, STATUS_WITHIN_MS);
  const sent = () => tell({ told: "sent", id, atUs: nowUs(), key: "" });
  let answer: { reply: Reply; why?: string };
  do {
    answer = await line.ask({ method: "GET", path, sent });
    if (answer.reply.status === 200) break;
    await delay(AGAIN_MS);
  } while ([0, 421, 503, 504].includes(answer.reply.status));
  line.close();
  tell({ told: "answer", id, ...answer });
}

function fulfil(wish: Wish): void {
  if (wish.wish === "quiet") quiet = wish.subjects;
  else if (wish.wish === "once") void once(wish);
  else if (wish.wish === "read") void read(wish);
  else void commanded(wish);
}

createInterface({ input: process.stdin }).on("line", (text) => fulfil(JSON.parse(text) as Wish));
process.stdin.on("end", () => process.exit());
void repeat(HEALTH_EVERY_MS, HEALTH_WITHIN_MS, "/healthz", (timed) => tell({ told: "health", ...timed }));
await logIn();
new EventLine(place, tell).start();
for (const subject of processors) {
  const path = `/api/v1/processors/${subject}/status`;
  const take = (timed: Timed) => tell({ told: "status", subject, ...timed });
  void repeat(STATUS_EVERY_MS, STATUS_WITHIN_MS, path, take, () => quiet.includes(subject));
}
void repeat(SESSION_EVERY_MS, STATUS_WITHIN_MS, "/api/v1/session", (timed) => tell({ told: "session", ...timed }));
