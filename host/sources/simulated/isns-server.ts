/**
 * The simulated iSNS server: steps 201 to 205 of the seed.
 *
 *   request ── discovery query? (201) ── yes: list the target's portals (202)
 *              registration?    (203) ── yes: give the portal its portal group tag (204)
 *              deregistration?  (205) ── yes: set the tag to NULL (RFC 4171, section 3.4): the portal is no longer listed
 *
 * Requests travel, wait for the server and may stay without an answer while it is down.
 */

import type { DelayRange, ServerMemory } from "./settings.js";

/** A portal that isn't registered for the target. */
const ABSENT = -1;
/** The NULL portal group tag: registered, but not to be used. */
const NULL_TAG = 0;

export interface ServerSurroundings {
  readonly nowMs: number;
  /** Plans something in so many milliseconds. */
  after(delayMs: number, run: () => void): void;
  /** Draws a delay. */
  delay(range: DelayRange): number;
  /** Told of each change of what is listed. */
  registrationChanged(target: number, port: number, listed: boolean): void;
}

export interface ServerDelays {
  networkMs: DelayRange;
  serverMs: DelayRange;
  serverTimeoutMs: number;
}

export class IsnsServer {
  up = true;
  /** Requests answered since the start. */
  answered = 0;
  private readonly tags: number[][];
  private busyUntilMs = 0;
  /** Grows with each stop: requests of before are lost. */
  private life = 0;

  /**
   * @param configured the portal group tag of each port by target; `undefined` where the target isn't on the port
   * @param listingOrder ports in the order in which portals are listed
   */
  constructor(
    private readonly surroundings: ServerSurroundings,
    private readonly delays: ServerDelays,
    private readonly configured: readonly (readonly (number | undefined)[])[],
    private readonly listingOrder: readonly number[],
  ) {
    this.tags = configured.map((row) => row.map((tag) => tag ?? ABSENT));
  }

  /** Steps 201 and 202, as the answer is made: ports listed for a target with a tag that is not NULL. */
  portals(target: number): number[] {
    return this.listingOrder.filter((port) => this.lists(target, port));
  }

  lists(target: number, port: number): boolean {
    return (this.tags[target]?.[port] ?? ABSENT) > NULL_TAG;
  }

  /** Steps 203 and 204. */
  register(target: number, port: number): void {
    this.setTag(target, port, this.configured[target]?.[port] ?? 1);
  }

  /** Step 205. */
  deregister(target: number, port: number): void {
    this.setTag(target, port, NULL_TAG);
  }

  /** An entry is lost, as by a timed-out registration period. */
  forget(target: number, port: number): void {
    this.setTag(target, port, ABSENT);
  }

  /**
   * A client's request, from sending to answer.
   * @param work done by the server when it comes to the request
   * @param answered runs when the answer is back at the client
   * @param timedOut runs instead when none came in time
   */
  request<Answer>(work: () => Answer, answered: (answer: Answer) => void, timedOut: () => void): void {
    const { surroundings, delays } = this;
    let over = false;
    const finish = (run: () => void) => {
      if (over) return;
      over = true;
      run();
    };
    surroundings.after(delays.serverTimeoutMs, () => finish(timedOut));
    surroundings.after(surroundings.delay(delays.networkMs), () =>
      this.arrive(() => {
        const answer = work();
        this.answered++;
        surroundings.after(surroundings.delay(delays.networkMs), () => finish(() => answered(answer)));
      }),
    );
  }

  /** Stops the server for a time; it comes back with what `memory` says. */
  restart(downMs: number, memory: ServerMemory, cameBack: () => void): void {
    this.up = false;
    this.life++;
    const { life } = this;
    this.surroundings.after(downMs, () => {
      if (life !== this.life) return;
      this.up = true;
      this.busyUntilMs = this.surroundings.nowMs;
      this.remember(memory);
      cameBack();
    });
  }

  /** One request after the other; those in line when the server stops are lost. */
  private arrive(serve: () => void): void {
    if (!this.up) return;
    const { surroundings, life } = this;
    const begin = Math.max(this.busyUntilMs, surroundings.nowMs);
    this.busyUntilMs = begin + surroundings.delay(this.delays.serverMs);
    surroundings.after(this.busyUntilMs - surroundings.nowMs, () => {
      if (this.up && life === this.life) serve();
    });
  }

  private remember(memory: ServerMemory): void {
    if (memory === "kept") return;
    for (const [target, row] of this.configured.entries()) {
      for (const [port, tag] of row.entries()) {
        this.setTag(target, port, memory === "configured" && tag !== undefined ? tag : ABSENT);
      }
    }
  }

  private setTag(target: number, port: number, tag: number): void {
    const row = this.tags[target];
    if (row === undefined) return;
    const before = this.lists(target, port);
    row[port] = tag;
    const listed = this.lists(target, port);
    if (before !== listed) this.surroundings.registrationChanged(target, port, listed);
  }
}
