/**
 * Commands by their idempotency keys: the first request with a key is carried out, a retry gets the same answer, also
 * from another processor. All commands say a wished state, so one that a dead processor had begun is begun again.
 *
 *   new ──begin──► begun ──done──► done ──(a day)──► forgotten
 *                    │ the processor that began it is gone, or refused it
 *                    └──────────► new
 */

import { createHash } from "node:crypto";
import { Refusal } from "./refusal.js";

export interface Answer {
  status: number;
  /** The body as JSON. */
  body: string;
}

export interface CommandFact {
  kind: "command";
  /** User and key: keys of two users are not the same. */
  key: string;
  /** Digest of what was asked. */
  request: string;
  state: "begun" | "done";
  /** Processor that began it. */
  by: string;
  /** Wall clock, milliseconds since 1970. */
  untilMs: number;
  status?: number;
  answer?: string;
}

const KEPT_MS = 24 * 3_600_000;
const KEYS_MAX = 4096;
export const KEY_PATTERN = /^[A-Za-z0-9_-]{16,64}$/;

/** Digest of a request: the same key for anything else is refused. */
export function digestRequest(method: string, path: string, condition: string, body: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify([method, path, condition, body ?? null]))
    .digest("hex");
}

export class Idempotency {
  private readonly facts = new Map<string, CommandFact>();

  constructor(
    private readonly processor: string,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * @returns the answer that was given before, or the fact to tell the others before the command is carried out
   * @throws Refusal 422 for a key of another request, 409 for one under way, 503 when too many are kept
   */
  begin(key: string, request: string): { answer: Answer } | { fact: CommandFact } {
    this.forgetOld();
    const known = this.facts.get(key);
    if (known !== undefined) {
      if (known.request !== request) {
        throw new Refusal(422, "key_reused", "this idempotency key was used for another request: take a new one");
      }
      if (known.state === "done") return { answer: { status: known.status ?? 200, body: known.answer ?? "{}" } };
      if (known.by === this.processor) throw new Refusal(409, "under_way", "the same command is under way: ask again");
    }
    if (this.facts.size >= KEYS_MAX) {
      throw new Refusal(503, "too_many_keys", "too many idempotency keys are kept: try again later");
    }
    const fact: CommandFact = {
      kind: "command",
      key,
      request,
      state: "begun",
      by: this.processor,
      untilMs: this.now() + KEPT_MS,
    };
    this.facts.set(key, fact);
    return { fact };
  }

  /** Whether another processor had begun the command of this key: its condition held then. */
  wasBegunElsewhere(key: string, request: string): boolean {
    const known = this.facts.get(key);
    return known !== undefined && known.state === "begun" && known.request === request && known.by !== this.processor;
  }

  /** The fact to tell the others. */
  done(fact: CommandFact, answer: Answer): CommandFact {
    const done: CommandFact = { ...fact, state: "done", status: answer.status, answer: answer.body };
    this.facts.set(fact.key, done);
    return done;
  }

  /** It was refused and changed nothing: the key may be used again. */
  withdraw(fact: CommandFact): void {
    this.facts.delete(fact.key);
  }

  /** What another processor tells; what is done is not undone. */
  keep(fact: CommandFact): void {
    if (this.facts.get(fact.key)?.state === "done" || this.facts.size >= KEYS_MAX) return;
    this.facts.set(fact.key, fact);
  }

  get size(): number {
    return this.facts.size;
  }

  private forgetOld(): void {
    const nowMs = this.now();
    for (const [key, fact] of this.facts) if (fact.untilMs <= nowMs) this.facts.delete(key);
  }
}
