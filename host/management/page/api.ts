/**
 * Asks the server. What is lost on the way is asked again: reads at once, commands under the same idempotency key, so
 * that a processor that fails in between makes a pause and nothing else.
 */

export interface Problem {
  title: string;
  status: number;
  code: string;
  detail: string;
  processor: string;
  active?: string | null;
  problems?: { field: string; message: string; line?: number; expected?: string }[];
}

/** A refusal of the server. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** No server has answered. */
export class Unreached extends Error {}

const TRIES_MS = 30_000;
const BETWEEN_MS = 700;
const ANSWER_MS = 8000;
/** The server, or the processor, that was asked can't now, but another may soon. */
const PASSING: ReadonlySet<number> = new Set([502, 503, 504]);

export interface Asked<T> {
  body: T;
  etag: string | null;
  replayed: boolean;
}

async function once<T>(
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string | undefined,
): Promise<Asked<T>> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      signal: AbortSignal.timeout(ANSWER_MS),
      credentials: "same-origin",
      ...(body === undefined ? {} : { body }),
    });
  } catch (error) {
    throw new Unreached(error instanceof Error ? error.message : String(error));
  }
  const answer = (await response.json().catch(() => undefined)) as unknown;
  if (answer === undefined) throw new Unreached(`answer ${response.status} without JSON`);
  if (!response.ok) throw new Refused(answer as Problem);
  const { headers: got } = response;
  return { body: answer as T, etag: got.get("etag"), replayed: got.get("idempotency-replayed") === "true" };
}

/** Reads. @throws Refused, Unreached */
export async function get<T>(path: string): Promise<Asked<T>> {
  return once<T>("GET", path, {}, undefined);
}

/** Posts what is no command of the array: a login. @throws Refused, Unreached */
export async function post<T>(path: string, body?: unknown, method = "POST"): Promise<Asked<T>> {
  const headers: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  return once<T>(method, path, headers, body === undefined ? undefined : JSON.stringify(body));
}

export interface Command {
  method: "POST" | "PUT";
  path: string;
  body?: unknown;
  /** What was seen when it was decided; the server refuses it when things have changed since. */
  revision?: string;
  /** Commands that the server knows by a key. */
  keyed?: boolean;
}

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}

/** Has a command carried out; a lost answer is asked for again. @throws Refused, Unreached after half a minute */
export async function command<T>({ method, path, body, revision, keyed = true }: Command): Promise<Asked<T>> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (revision !== undefined) headers["if-match"] = revision;
  if (keyed) headers["idempotency-key"] = newKey();
  const untilMs = performance.now() + TRIES_MS;
  for (;;) {
    try {
      return await once<T>(method, path, headers, body === undefined ? undefined : JSON.stringify(body));
    } catch (error) {
      const passes = error instanceof Unreached || (error instanceof Refused && PASSING.has(error.problem.status));
      if (!passes || performance.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
  }
}
