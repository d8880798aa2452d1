/** One controller's part in the coordination, over a lease service that says what the test says. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CommandLink, RequestHandler } from "../../../host/coordination/commands/link.js";
import { CoordinationMemory } from "../../../host/coordination/commands/memory.js";
import { Coordinator } from "../../../host/coordination/coordinator.js";
import type { Effects } from "../../../host/coordination/effects.js";
import type { Holder, LeaseService, Liveness } from "../../../host/coordination/lease/lease-service.js";
import { VirtualClock, VirtualTime } from "../../../host/coordination/simulated/time.js";

const TTL_MS = 60_000;
const PROMISE_MS = 3000;
const TEND_MS = 100;
const OWN_SESSION = 7;

class Ground {
  readonly time = new VirtualTime();
  readonly clock = new VirtualClock(this.time);
  readonly holders = new Map<string, Holder>();
  readonly live = new Map<string, Liveness>();
  /** What was asked of the lease service, and what was carried out, in order. */
  readonly calls: string[] = [];
  /** The service doesn't answer when a scope is given back. */
  losesResigns = false;
  reachable = true;
  readonly handlers = new Map<string, RequestHandler>();
  coordinator!: Coordinator;

  static async make(holders: Readonly<Record<string, Holder>> = {}): Promise<Ground> {
    const ground = new Ground();
    for (const [scope, holder] of Object.entries(holders)) ground.holders.set(scope, holder);
    ground.live.set("b", { session: 3, continues: 0, fit: false });
    const { clock } = ground;
    const link: CommandLink = {
      request: () => Promise.reject(new Error("no answer")),
      serve: (kind, handler) => void ground.handlers.set(kind, handler),
      close: () => Promise.resolve(),
    };
    const store = { read: () => Promise.resolve(undefined), write: () => Promise.resolve() };
    const memory = await CoordinationMemory.open(store, assert.fail);
    ground.coordinator = new Coordinator(
      {
        clock,
        lease: ground.service(),
        link,
        memory,
        effects: ground.effects(),
        configuration: () => 1,
        alarm: () => undefined,
        changed: () => undefined,
      },
      {
        self: "a",
        controllers: ["a", "b"],
        scopes: [
          { name: "group/0", members: ["a", "b"], effectsWithKey: false },
          { name: "array", members: ["a", "b"], effectsWithKey: true },
        ],
        tendMs: TEND_MS,
        orderTimeoutMs: 500,
        promiseMs: PROMISE_MS,
        marginMs: 300,
      },
    );
    await ground.coordinator.start();
    await ground.pass(TEND_MS);
    return ground;
  }

  pass(ms: number): Promise<void> {
    return this.time.runTo(this.time.nowMs + ms);
  }

  own(scope: string, epoch: number): void {
    this.holders.set(scope, { controller: "a", session: OWN_SESSION, epoch });
  }

  /** The other controller asks for a promise. */
  async promise(): Promise<void> {
    this.reachable = false;
    const answer = await this.handlers.get("promise")?.("b", { kind: "promise", session: 3, forMs: PROMISE_MS });
    assert.equal(answer?.promised, true);
    this.reachable = true;
  }

  private effects(): Effects {
    return {
      carryOut: async ({ kind }) => void this.calls.push(kind),
      holdings: () => Promise.resolve({ interfaces: [], units: [], active: false }),
      releaseAll: () => Promise.resolve(),
      releaseUnknown: () => Promise.resolve(),
      fenceUntil: () => Promise.resolve(),
    };
  }

  private service(): LeaseService {
    const ground = this;
    return {
      ttlMs: TTL_MS,
      get view() {
        const { reachable, holders, live, time } = ground;
        return { reachable, holders, live, asOfMs: time.nowMs };
      },
      observe: () => undefined,
      start: () => Promise.resolve(),
      acquire: async () => {
        this.live.set("a", { session: OWN_SESSION, continues: 0, fit: false });
        return { session: OWN_SESSION, sentMs: this.time.nowMs, endMs: this.time.nowMs + TTL_MS };
      },
      campaign: async (scope) => {
        this.calls.push(`campaign ${scope}`);
        this.own(scope, 20);
        return { won: true, epoch: 20, holder: "a" };
      },
      resign: async (scope) => {
        this.calls.push(`resign ${scope}`);
        if (this.losesResigns) throw new Error("no answer");
        this.holders.delete(scope);
      },
      sayFit: () => Promise.resolve(),
      renewNow: () => undefined,
      leave: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }
}

describe("while a promise holds", () => {
  it("a liveness key that is gone is as good as unknown, and gone only afterwards", async () => {
    const ground = await Ground.make();
    await ground.pass(PROMISE_MS);
    assert.equal(ground.coordinator.standing("b"), "leased");
    await ground.promise();
    ground.live.delete("b");
    assert.equal(ground.coordinator.standing("b"), "unknown");
    await ground.pass(PROMISE_MS);
    assert.equal(ground.coordinator.standing("b"), "gone");
  });

  it("the active role is neither asked for nor taken, also not under a key that was asked for before", async () => {
    const ground = await Ground.make();
    await ground.pass(PROMISE_MS);
    const { coordinator } = ground;
    await ground.promise();
    assert.equal(await coordinator.campaign("array"), "refused");
    ground.own("array", 9);
    assert.equal(await coordinator.activate("array", 9), "refused");
    assert.equal(coordinator.isActive, false);
    assert.deepEqual(ground.calls, []);
    assert.equal(await coordinator.campaign("group/0"), "done", "who decides takes nothing by that");
    await ground.pass(PROMISE_MS);
    assert.equal(await coordinator.activate("array", 9), "done");
    assert.deepEqual(ground.calls, ["campaign group/0", "activate"]);
  });
});

describe("an epoch", () => {
  it("that the service lists at the start is remembered before an order is accepted: of a lower one none is", async () => {
    const ground = await Ground.make({ "group/0": { controller: "b", session: 3, epoch: 12 } });
    const order = { kind: "host", subject: "data", port: "p", scope: "group/0" };
    const ask = (epoch: number) =>
      ground.handlers.get("order")?.("b", {
        kind: "order",
        order: { ...order, epoch },
        session: OWN_SESSION,
        sequence: 1,
        configuration: 1,
      });
    assert.deepEqual(await ask(11), { kind: "outcome", result: "refused", why: "epoch" });
    assert.deepEqual(ground.calls, []);
    assert.deepEqual(await ask(12), { kind: "outcome", result: "done" });
  });

  it("under which the scope is not held any more activates nothing", async () => {
    const ground = await Ground.make();
    await ground.pass(PROMISE_MS);
    ground.own("array", 9);
    assert.equal(await ground.coordinator.activate("array", 8), "refused");
    assert.deepEqual(ground.calls, []);
  });
});

describe("a scope that is given back", () => {
  it("is never used again under that epoch, and given back again until its key is gone", async () => {
    const ground = await Ground.make();
    ground.own("group/0", 9);
    ground.losesResigns = true;
    assert.equal(ground.coordinator.scope("group/0").deciding, true);
    assert.equal(await ground.coordinator.resign("group/0"), "failed");
    assert.equal(ground.coordinator.scope("group/0").deciding, false);
    await ground.pass(3 * TEND_MS);
    assert.ok(ground.calls.filter((line) => line === "resign group/0").length > 2);
    ground.losesResigns = false;
    await ground.pass(TEND_MS);
    assert.equal(ground.holders.has("group/0"), false);
    ground.own("group/0", 10);
    assert.equal(ground.coordinator.scope("group/0").deciding, true);
  });

  it("takes its effects away first; and they end also where its key is gone by itself", async () => {
    const ground = await Ground.make();
    await ground.pass(PROMISE_MS);
    const { coordinator, calls } = ground;
    ground.own("array", 9);
    assert.equal(await coordinator.activate("array", 9), "done");
    assert.equal(await coordinator.resign("array"), "done");
    // Giving up twice does no harm.
    assert.deepEqual([...new Set(calls.splice(0))], ["activate", "passivate", "resign array"]);
    ground.own("array", 10);
    assert.equal(await coordinator.activate("array", 10), "done");
    ground.holders.delete("array");
    await ground.pass(2 * TEND_MS);
    assert.deepEqual(calls, ["activate", "passivate"]);
    assert.equal(coordinator.isActive, false);
  });
});
