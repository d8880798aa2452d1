/** What a controller may do as time goes on, clocks are stepped, and the lease service answers, refuses or is silent. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Effects } from "../../../../host/coordination/effects.js";
import type { AcquireOptions, LeaseListener, LeaseService } from "../../../../host/coordination/lease/lease-service.js";
import { Tenure } from "../../../../host/coordination/lease/tenure.js";
import { ALL_RULES } from "../../../../host/coordination/rules.js";
import { VirtualClock, VirtualTime } from "../../../../host/coordination/simulated/time.js";

const TEND_MS = 100;
const TTL_MS = 3000;
const MARGIN_MS = 300;

/** A tenure over a lease service that says what the test says. */
class Ground {
  readonly time = new VirtualTime();
  readonly clock = new VirtualClock(this.time);
  readonly alarms: string[] = [];
  /** Fences by absolute end, as this machine's wall clock has it, and releases, in order. */
  readonly done: (number | "released")[] = [];
  /** How the lease was asked for, each time. */
  readonly acquired: AcquireOptions[] = [];
  reachable = true;
  /** Renewals that were asked for out of turn. */
  renewals = 0;
  /** End of what all others promise, when asked; undefined: one doesn't. */
  promisedEndMs: number | undefined;
  /** The service gives a lease only after this. */
  acquireMs = 0;
  session = 0;
  private listener: LeaseListener = {};
  readonly tenure = this.make();

  /** A renewal that was sent so long ago is answered now. */
  renew(sentAgoMs = 0): void {
    const sentMs = this.time.nowMs - sentAgoMs;
    this.listener.renewed?.({ session: this.session, sentMs, endMs: sentMs + TTL_MS - MARGIN_MS });
  }

  lose(): void {
    this.listener.lost?.(this.session);
  }

  async pass(ms: number): Promise<void> {
    await this.time.runTo(this.time.nowMs + ms);
  }

  /** Absolute end of the fence that was set last. */
  get fenceMs(): number {
    return this.done.filter((each) => typeof each === "number").at(-1) ?? Number.NaN;
  }

  /** The wall clock when the lease is over that was acquired or renewed so long ago. */
  wallEnd(agoMs = 0): number {
    return this.clock.wallMs() - agoMs + TTL_MS - MARGIN_MS;
  }

  private make(): Tenure {
    const { clock } = this;
    const effects: Effects = {
      carryOut: () => Promise.resolve(),
      holdings: () => Promise.resolve({ interfaces: [], units: [], active: false }),
      releaseAll: async () => void this.done.push("released"),
      releaseUnknown: () => Promise.resolve(),
      fenceUntil: async (wallMs) => void this.done.push(wallMs),
    };
    return new Tenure(
      {
        clock,
        lease: this.service(),
        effects,
        rules: ALL_RULES,
        askPromises: () => Promise.resolve(this.promisedEndMs),
        heldWithEffects: () => [],
        drain: () => Promise.resolve(),
        beforeOpen: () => Promise.resolve(),
        alarm: (line) => void this.alarms.push(line),
        changed: () => undefined,
      },
      TEND_MS,
    );
  }

  private service(): LeaseService {
    const ground = this;
    return {
      ttlMs: TTL_MS,
      get view() {
        return { reachable: ground.reachable, holders: new Map(), live: new Map(), asOfMs: 0 };
      },
      observe: (listener) => {
        this.listener = listener;
      },
      start: () => Promise.resolve(),
      acquire: async (options = { continues: 0, scopes: [] }) => {
        if (!this.reachable) throw new Error("out of reach");
        const sentMs = this.time.nowMs;
        this.acquired.push(options);
        if (this.acquireMs > 0) await new Promise<void>((go) => void this.clock.after(this.acquireMs, go));
        return { session: ++this.session, sentMs, endMs: sentMs + TTL_MS - MARGIN_MS };
      },
      campaign: () => assert.fail("nobody campaigns"),
      resign: () => assert.fail("nobody resigns"),
      sayFit: () => Promise.resolve(),
      renewNow: () => void this.renewals++,
      leave: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  }
}

async function held(): Promise<Ground> {
  const ground = new Ground();
  await ground.tenure.start();
  await ground.pass(10);
  assert.equal(ground.tenure.mayAct(), true);
  return ground;
}

describe("under a lease", () => {
  it("nothing may be begun, and nothing kept, from its end on, by the clock alone", async () => {
    const ground = await held();
    await ground.pass(TTL_MS - MARGIN_MS - 11);
    assert.deepEqual([ground.tenure.mayAct(), ground.tenure.mayKeep()], [true, true]);
    await ground.pass(1);
    assert.deepEqual([ground.tenure.mayAct(), ground.tenure.mayKeep()], [false, false]);
    assert.equal(ground.fenceMs, ground.clock.wallMs(), "and the kernel lets nothing through from the same moment on");
  });

  it("a renewal moves the kernel's end on as of when it was sent, however late its answer comes", async () => {
    const ground = await held();
    await ground.pass(1000);
    ground.renew(400);
    await ground.pass(0);
    assert.equal(ground.fenceMs, ground.wallEnd(400));
    await ground.pass(TTL_MS);
    ground.clock.pause();
    await ground.pass(5000);
    ground.clock.resume();
    ground.renew(6000);
    assert.equal(ground.tenure.mayAct(), false, "one that is over gives nothing");
  });

  it("that the service says is gone, all is given up behind the fence before another is asked for", async () => {
    const ground = await held();
    ground.done.splice(0);
    ground.lose();
    assert.equal(ground.acquired.length, 1);
    await ground.pass(10);
    assert.deepEqual(ground.done.slice(0, 2), [0, "released"]);
    assert.deepEqual(ground.acquired, [
      { continues: 0, scopes: [] },
      { continues: 0, scopes: [] },
    ]);
    assert.ok(ground.alarms.some((line) => line.includes("gone by the service")));
  });
});

describe("a wall clock that is stepped", () => {
  it("back: the kernel's end is set anew at once, to the same moment, and the operator told", async () => {
    const ground = await held();
    const endMs = ground.fenceMs;
    ground.clock.stepWall(-60_000);
    assert.equal(ground.tenure.mayAct(), true);
    await ground.pass(0);
    assert.equal(ground.fenceMs, endMs - 60_000);
    assert.deepEqual(ground.alarms, ["clock: the wall clock was stepped by -60000 ms"]);
  });

  it("forward: nothing may be begun, nor the kernel's end moved, before a renewal that was sent afterwards", async () => {
    const ground = await held();
    const endMs = ground.fenceMs;
    await ground.pass(500);
    ground.clock.stepWall(60_000);
    assert.equal(ground.tenure.mayAct(), false);
    assert.equal(ground.renewals, 1, "which is asked for at once");
    assert.deepEqual(ground.alarms, ["clock: the wall clock was stepped by 60000 ms"]);
    await ground.pass(200);
    ground.renew(300);
    await ground.pass(0);
    assert.equal(ground.tenure.mayAct(), false, "this one was sent before");
    assert.equal(ground.fenceMs, endMs);
    ground.renew(100);
    await ground.pass(0);
    assert.equal(ground.tenure.mayAct(), true);
    assert.equal(ground.fenceMs, ground.wallEnd(100));
  });
});

describe("with the lease service out of reach", () => {
  async function promised(forMs: number): Promise<Ground> {
    const ground = await held();
    ground.reachable = false;
    ground.promisedEndMs = ground.time.nowMs + forMs;
    await ground.pass(TTL_MS - MARGIN_MS);
    return ground;
  }

  it("what one has is kept by everyone's promises, nothing is begun, and the operator is told of both turns", async () => {
    const ground = await promised(5000);
    const { tenure } = ground;
    assert.deepEqual([tenure.mayKeep(), tenure.mayAct(), tenure.failsafe], [true, false, true]);
    assert.equal(ground.fenceMs, ground.clock.wallMs() + 5000 - (TTL_MS - MARGIN_MS));
    assert.equal(ground.alarms.filter((line) => line.includes("out of reach for every controller")).length, 1);
    ground.reachable = true;
    ground.renew();
    assert.deepEqual([tenure.mayAct(), tenure.failsafe], [true, false]);
    assert.match(ground.alarms.at(-1) ?? "", /no longer kept by promises/);
  });

  it("and one promise missing, nothing is kept past the lease, and all is given up", async () => {
    const ground = await held();
    ground.reachable = false;
    await ground.pass(TTL_MS - MARGIN_MS);
    assert.equal(ground.tenure.mayKeep(), false);
    ground.done.splice(0);
    await ground.pass(2 * TTL_MS);
    assert.equal(ground.done.includes("released"), true);
    assert.equal(ground.done[0], 0, "behind the fence");
  });

  it("a lost lease is gone on with while the promises last, under a session that says so", async () => {
    const ground = await promised(5000);
    ground.done.splice(0);
    ground.reachable = true;
    ground.lose();
    await ground.pass(10);
    assert.deepEqual(ground.acquired.at(-1), { continues: 1, scopes: [] });
    assert.deepEqual([ground.tenure.session, ground.tenure.mayAct()], [2, true]);
    assert.equal(ground.done.includes("released"), false);
  });

  it("but a lease that comes only after the promises have ended begins with nothing", async () => {
    const ground = await promised(3000);
    ground.done.splice(0);
    ground.reachable = true;
    ground.acquireMs = 1000;
    ground.lose();
    await ground.pass(1500);
    assert.deepEqual([ground.tenure.session, ground.done.includes("released")], [0, true]);
    await ground.pass(1000);
    assert.deepEqual(
      ground.acquired.map(({ continues }) => continues),
      [0, 1, 0],
    );
    assert.equal(ground.tenure.session, 3);
  });
});
