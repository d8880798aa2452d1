/**
 * The lease service out of reach: what one has is kept past its lease while EVERY other configured controller confirms
 * that it doesn't reach the service either, and promises to take nothing over for a fixed time. The asker counts that
 * time from its request, the promiser from when it has promised; so the promise is always the longer.
 */

import type { Clock } from "../clock.js";
import type { CommandLink, Message } from "../commands/link.js";
import type { CoordinationMemory } from "../commands/memory.js";
import type { CoordinationRules } from "../rules.js";
import type { LeaseService } from "./lease-service.js";

export interface FailsafeParts {
  clock: Clock;
  lease: LeaseService;
  link: CommandLink;
  memory: CoordinationMemory;
  rules: CoordinationRules;
  /** All other configured controllers. */
  others(): readonly string[];
  /** How long a promise is kept, in milliseconds. */
  promiseMs: number;
  /** By how much sooner the asker counts it as over: clocks of different rates. */
  marginMs: number;
}

interface PromiseRequest {
  session: number;
  forMs: number;
}

export class Failsafe {
  private holdEndMs: number;

  constructor(private readonly parts: FailsafeParts) {
    const { clock, link, memory, promiseMs, rules } = parts;
    // A start: an earlier run may have promised right before its end.
    const longestMs = Math.max(promiseMs, memory.promisedForMs);
    this.holdEndMs = rules.keepPromisesOverRestart ? clock.monotonicMs() + longestMs : Number.NEGATIVE_INFINITY;
    link.serve("promise", (from, message) => this.promise(from, message));
  }

  /** Monotonic time until which this controller takes nothing over. */
  get holdsUntilMs(): number {
    return this.parts.rules.keepPromises ? this.holdEndMs : Number.NEGATIVE_INFINITY;
  }

  /** Whether something may be taken from a controller whose liveness key is gone: by a look at the keys after all promises. */
  mayTakeOver(): boolean {
    const { clock, lease } = this.parts;
    return clock.monotonicMs() >= this.holdsUntilMs && lease.view.asOfMs >= this.holdsUntilMs;
  }

  /** Leaves maintenance, or joins: as at a start. */
  holdAnew(): void {
    this.holdEndMs = Math.max(this.holdEndMs, this.parts.clock.monotonicMs() + this.parts.promiseMs);
  }

  /** Forgets promises that are over, so that a later start need not wait for a longer one than is set now. */
  async tidy(): Promise<void> {
    const { clock, memory } = this.parts;
    if (memory.promisedForMs > 0 && clock.monotonicMs() >= this.holdEndMs) await memory.promisesEnded();
  }

  /** @returns monotonic end of what all others promise, or undefined where one does not */
  async ask(session: number): Promise<number | undefined> {
    const { clock, link, promiseMs, marginMs, rules } = this.parts;
    const others = this.parts.others();
    const sentMs = clock.monotonicMs();
    const request = { kind: "promise", session, forMs: promiseMs };
    const answers = others.map((other) =>
      link.request(other, request, promiseMs / 4).then(
        (answer) => answer.promised === true,
        () => false,
      ),
    );
    const promised = (await Promise.all(answers)).filter(Boolean).length;
    const enough = rules.askEveryController ? others.length : Math.floor(others.length / 2);
    return promised >= enough ? sentMs + promiseMs - marginMs : undefined;
  }

  /** Promises, unless the service is in reach, or says that the asker's lease is gone already. */
  private async promise(from: string, message: Message): Promise<Message> {
    const request = readRequest(message);
    const { clock, lease, memory } = this.parts;
    const { view } = lease;
    const known = view.live.get(from)?.session;
    if (request === undefined || view.reachable || known !== request.session) {
      return { kind: "promise", promised: false, reaches: view.reachable };
    }
    const untilMs = clock.monotonicMs() + request.forMs;
    this.holdEndMs = Math.max(this.holdEndMs, untilMs);
    await memory.promise(request.forMs);
    return { kind: "promise", promised: true, reaches: false };
  }
}

/** Promises longer than this are not made. */
const PROMISE_MS_MAX = 600_000;

function readRequest({ session, forMs }: Message): PromiseRequest | undefined {
  if (typeof session !== "number" || typeof forMs !== "number") return undefined;
  return forMs > 0 && forMs <= PROMISE_MS_MAX ? { session, forMs } : undefined;
}
