/** The client: it has the one address, the array's authority and a login, and asks again when an answer is lost. */

import { readFileSync } from "node:fs";
import { type RequestOptions, request } from "node:https";

/** Runs inside the client's namespace, as a process of its own; speaks lines of JSON. */
export interface Line {
  atMs: number;
  subject: string;
  status: number;
  answeredBy?: string;
  producer?: string;
  server?: string;
  fresh?: boolean;
  sequence?: number;
  detail?: string;
}

const [, , host = "", port = "0", authorityFile = "", servername = "", user = "", password = "", names = ""] =
  process.argv;
const ANSWER_MS = 1500;
const EVERY_MS = 100;
let token = "";

function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers: Record<string, string> = { host: servername };
  if (token !== "") headers["authorization"] = `Bearer ${token}`;
  if (text !== undefined) headers["content-type"] = "application/json";
  const ca = readFileSync(authorityFile);
  const options: RequestOptions = { host, port: Number(port), method, path, headers, ca, servername, agent: false };
  return new Promise((resolve, reject) => {
    const sent = request(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        clearTimeout(timer);
        try {
          resolve({
            status: answer.statusCode ?? 0,
            body: JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>,
          });
        } catch (error) {
          reject(error as Error);
        }
      });
    });
    const timer = setTimeout(() => sent.destroy(new Error("no answer")), ANSWER_MS);
    sent.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    sent.end(text);
  });
}

function tell(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function logIn(): Promise<void> {
  while (token === "") {
    try {
      const { status, body } = await ask("POST", "/api/v1/session", { user, password });
      tell({ atMs: Date.now(), subject: "login", status });
      if (status === 200) token = String(body["token"]);
    } catch {
      // Nobody is there yet.
    }
    if (token === "") await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function askOne(subject: string): Promise<void> {
  const atMs = Date.now();
  try {
    const { status, body } = await ask("GET", `/api/v1/processors/${subject}/status`);
    const made = (body["status"] ?? {}) as Record<string, unknown>;
    if (status !== 200)
      return tell({ atMs, subject, status, detail: String(body["code"]), answeredBy: String(body["processor"]) });
    tell({
      atMs,
      subject,
      status,
      answeredBy: String(body["answeredBy"]),
      producer: String(made["processor"]),
      server: String(made["server"]),
      fresh: body["fresh"] === true,
      sequence: Number(made["sequence"]),
    });
  } catch (error) {
    tell({ atMs, subject, status: 0, detail: (error as Error).message });
  }
}

await logIn();
for (let turn = 0; ; turn++) {
  const subjects = names.split(",");
  await askOne(subjects[turn % subjects.length] ?? "");
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
}
