/**
 * Asks the server. What is lost on the way is asked again, commands under the same idempotency key, so that a processor
 * that fails in between makes a pause and nothing else.
 */

export interface Problem {
  title: string;
  status: number;
  code: string;
  detail: string;
  processor: string;
  active?: string | null;
  problems?: { field: string; message: string; line?: number; expected?: string; controller?: string }[];
}

/** A refusal of the server. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** No server has answered. */
export class Unreached extends Error {}

/** An answer was lost, and things have changed since: by this very command, or by another one. */
export class Unsure extends Error {}

const TRIES_MS = 30_000;
const BETWEEN_MS = 700;
const ANSWER_MS = 8000;
/** The server, or the processor, that was asked can't now, but another may soon. */
const PASSING: ReadonlySet<number> = new Set([502, 503, 504]);
/** Of 409: the same command is being carried out; the processor's time as the active one was over before it began. */
const PASSING_CODES: ReadonlySet<string> = new Set(["under_way", "stale_epoch"]);
const NOT_ACTIVE = 421;
const CHANGED = 412;

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

/** Reads, once. @throws Refused, Unreached */
export async function get<T>(path: string): Promise<Asked<T>> {
  return once<T>("GET", path, {}, undefined);
}

/** Reads; a lost answer is asked for again. @throws Refused, Unreached after half a minute */
export function read<T>(path: string): Promise<Asked<T>> {
  return retried(() => get<T>(path), TRIES_MS);
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

/**
 * Has a command carried out; a lost answer is asked for again.
 * @param triesMs how long it is tried
 * @throws Refused, Unreached where nobody answered in all that time, Unsure where only the state shows whether it was done
 */
export async function command<T>(
  { method, path, body, revision, keyed = true }: Command,
  triesMs = TRIES_MS,
): Promise<Asked<T>> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (revision !== undefined) headers["if-match"] = revision;
  if (keyed) headers["idempotency-key"] = newKey();
  return retried(() => once<T>(method, path, headers, body === undefined ? undefined : JSON.stringify(body)), triesMs);
}

async function retried<T>(work: () => Promise<T>, triesMs: number): Promise<T> {
  const untilMs = performance.now() + triesMs;
  let isLost = false;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      isLost ||= error instanceof Unreached;
      // A processor that never knew the key can only tell that things aren't as they were.
      if (isLost && error instanceof Refused && error.problem.status === CHANGED) throw new Unsure(error.message);
      if (!passes(error, isLost) || performance.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
  }
}

/** Whether another try may be answered. @param isLost an answer was lost, so that the next processor is about to take over */
function passes(error: unknown, isLost: boolean): boolean {
  if (error instanceof Unreached) return true;
  if (!(error instanceof Refused)) return false;
  const { status, code, active } = error.problem;
  if (status === NOT_ACTIVE) return isLost || active == null;
  return PASSING.has(status) || PASSING_CODES.has(code);
}
