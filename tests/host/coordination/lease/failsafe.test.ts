/** Promises to take nothing over: who gives one, for how long, and what it costs the giver. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CommandLink, Message, RequestHandler } from "../../../../host/coordination/commands/link.js";
import { CoordinationMemory } from "../../../../host/coordination/commands/memory.js";
import { Failsafe } from "../../../../host/coordination/lease/failsafe.js";
import type { LeaseService, LeaseView, Liveness } from "../../../../host/coordination/lease/lease-service.js";
import { ALL_RULES } from "../../../../host/coordination/rules.js";

const PROMISE_MS = 3000;
const MARGIN_MS = 300;
const SESSION_OF_B = 42;

/** One controller, `a`, with others whose answers the test gives. */
class Ground {
  nowMs = 10_000;
  stored = "";
  readonly view: LeaseView & { reachable: boolean; asOfMs: number } = {
    reachable: false,
    holders: new Map(),
    live: new Map<string, Liveness>([["b", { session: SESSION_OF_B, continues: 0, fit: false }]]),
    asOfMs: Number.NEGATIVE_INFINITY,
  };
  readonly asked: { to: string; message: Message; timeoutMs: number }[] = [];
  /** What each other one answers; nothing: it doesn't. */
  readonly answers = new Map<string, Message>();
  /** Between a question and its answer. */
  takesMs = 0;
  failsafe!: Failsafe;
  private handler: RequestHandler | undefined;

  static async make(stored = ""): Promise<Ground> {
    const ground = new Ground();
    ground.stored = stored;
    await ground.start();
    return ground;
  }

  /** As the process begins, with the disk as it is. */
  async start(): Promise<void> {
    const store = {
      read: () => Promise.resolve(this.stored === "" ? undefined : this.stored),
      write: async (text: string) => {
        await Promise.resolve();
        this.stored = text;
      },
    };
    const link: CommandLink = {
      request: (to, message, timeoutMs) => {
        this.asked.push({ to, message, timeoutMs });
        this.nowMs += this.takesMs;
        const answer = this.answers.get(to);
        return answer === undefined ? Promise.reject(new Error("no answer")) : Promise.resolve(answer);
      },
      serve: (_, handler) => {
        this.handler = handler;
      },
      close: () => Promise.resolve(),
    };
    this.failsafe = new Failsafe({
      clock: {
        monotonicMs: () => this.nowMs,
        wallMs: () => this.nowMs,
        after: () => assert.fail("it waits for nothing"),
      },
      lease: { view: this.view } as unknown as LeaseService,
      link,
      memory: await CoordinationMemory.open(store, assert.fail),
      rules: ALL_RULES,
      others: () => ["b", "c"],
      promiseMs: PROMISE_MS,
      marginMs: MARGIN_MS,
    });
  }

  /** Another controller asks this one. */
  promise(session: unknown = SESSION_OF_B, forMs: unknown = PROMISE_MS, from = "b"): Promise<Message> {
    return (this.handler as RequestHandler)(from, { kind: "promise", session, forMs });
  }

  /** The wait after a start is over, by the clock and by a look at the keys. */
  settle(): void {
    this.nowMs += PROMISE_MS;
    this.view.asOfMs = this.nowMs;
  }

  get promisedForMs(): number {
    return this.stored === "" ? 0 : JSON.parse(this.stored).promisedForMs;
  }
}

const promised = { kind: "promise", promised: true, reaches: false };

describe("who is asked for a promise", () => {
  it("gives it where the service is out of reach too, has it on disk first, and takes nothing over until it is over", async () => {
    const ground = await Ground.make();
    ground.settle();
    assert.equal(ground.failsafe.mayTakeOver(), true);
    assert.deepEqual(await ground.promise(), promised);
    assert.equal(ground.promisedForMs, PROMISE_MS);
    assert.equal(ground.failsafe.mayTakeOver(), false);
    ground.view.reachable = true;
    ground.nowMs += PROMISE_MS - 1;
    ground.view.asOfMs = ground.nowMs;
    assert.equal(ground.failsafe.mayTakeOver(), false, "also when the service is back");
    ground.nowMs += 1;
    assert.equal(ground.failsafe.mayTakeOver(), false, "nor by what was seen of the keys before it was over");
    ground.view.asOfMs = ground.nowMs;
    assert.equal(ground.failsafe.mayTakeOver(), true);
    await ground.failsafe.tidy();
    assert.equal(ground.promisedForMs, 0);
  });

  it("gives none while it reaches the service, to an asker whose session is another or unknown, or for no sane time", async () => {
    const ground = await Ground.make();
    ground.settle();
    const refused = { kind: "promise", promised: false, reaches: false };
    assert.deepEqual(await ground.promise(SESSION_OF_B - 1), refused);
    assert.deepEqual(await ground.promise(SESSION_OF_B, PROMISE_MS, "c"), refused);
    assert.deepEqual(await ground.promise("42"), refused);
    for (const forMs of [0, -1, 1e12, "3000"]) assert.deepEqual(await ground.promise(SESSION_OF_B, forMs), refused);
    ground.view.reachable = true;
    assert.deepEqual(await ground.promise(), { ...refused, reaches: true });
    assert.equal(ground.failsafe.mayTakeOver(), true);
    assert.equal(ground.promisedForMs, 0);
  });

  it("keeps to the longest: a shorter one that comes later doesn't end it", async () => {
    const ground = await Ground.make();
    await ground.promise(SESSION_OF_B, 5000);
    const untilMs = ground.failsafe.holdsUntilMs;
    await ground.promise(SESSION_OF_B, 100);
    assert.equal(ground.failsafe.holdsUntilMs, untilMs);
    await ground.failsafe.tidy();
    assert.equal(ground.promisedForMs, 5000, "what may be in force is not forgotten");
  });

  it("keeps to it over a restart, counted from the start; and whoever starts, joins or comes back waits anyway", async () => {
    const ground = await Ground.make();
    assert.equal(ground.failsafe.holdsUntilMs, 10_000 + PROMISE_MS);
    await ground.promise(SESSION_OF_B, 8000);
    ground.nowMs = 20_000;
    await ground.start();
    assert.equal(ground.failsafe.holdsUntilMs, 28_000);
    ground.nowMs = 40_000;
    ground.failsafe.holdAnew();
    assert.equal(ground.failsafe.holdsUntilMs, 40_000 + PROMISE_MS);
  });
});

describe("who asks for promises", () => {
  it("counts them from when it asked, less the margin, and asks for no longer than it leaves time to act on", async () => {
    const ground = await Ground.make();
    for (const other of ["b", "c"]) ground.answers.set(other, promised);
    ground.takesMs = 200;
    assert.equal(await ground.failsafe.ask(7), 10_000 + PROMISE_MS - MARGIN_MS);
    assert.deepEqual(
      ground.asked.map(({ to, message }) => [to, message]),
      ["b", "c"].map((to) => [to, { kind: "promise", session: 7, forMs: PROMISE_MS }]),
    );
    for (const { timeoutMs } of ground.asked) assert.ok(timeoutMs < PROMISE_MS / 2, `${timeoutMs} ms`);
  });

  it("has none unless every other one promises: one that refuses, or doesn't answer, is enough", async () => {
    const ground = await Ground.make();
    ground.answers.set("b", promised);
    assert.equal(await ground.failsafe.ask(7), undefined);
    ground.answers.set("c", { ...promised, promised: false, reaches: true });
    assert.equal(await ground.failsafe.ask(7), undefined);
    ground.answers.set("c", { kind: "unknown" });
    assert.equal(await ground.failsafe.ask(7), undefined);
    ground.answers.set("c", promised);
    assert.notEqual(await ground.failsafe.ask(7), undefined);
  });
});
