import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Term } from "../../../../host/coordination/lease/lease-service.js";
import { StoredLease } from "../../../../host/coordination/lease/stored-lease.js";
import { SimulatedLeaseServer, SimulatedLeaseStore } from "../../../../host/coordination/simulated/lease.js";
import { VirtualClock, VirtualTime } from "../../../../host/coordination/simulated/time.js";
import { Random } from "../../../../host/sources/simulated/random.js";

const TTL_MS = 3000;
const MARGIN_MS = 300;
const RENEW_MS = 500;

class Ground {
  readonly time = new VirtualTime();
  readonly server = new SimulatedLeaseServer(this.time, new Random(1, "lease"));

  lease(controller: string) {
    const clock = new VirtualClock(this.time);
    const points = { issue: (_: string, act: () => void) => void clock.after(0, act) };
    const store = new SimulatedLeaseStore(this.server, clock, points);
    const lease = new StoredLease(store, clock, { controller, ttlMs: TTL_MS, marginMs: MARGIN_MS, renewMs: RENEW_MS });
    const [renewals, lost]: [Term[], number[]] = [[], []];
    lease.observe({ renewed: (term) => void renewals.push(term), lost: (session) => void lost.push(session) });
    return { clock, store, lease, renewals, lost };
  }

  pass(ms: number): Promise<void> {
    return this.time.runTo(this.time.nowMs + ms);
  }

  /** What a promise comes to while time goes on. */
  async during<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    await this.pass(100);
    return (await settled)();
  }

  async taken(controller: string) {
    const made = this.lease(controller);
    await this.during(made.lease.start());
    const term = (await this.during(made.lease.acquire())) as Term;
    return { ...made, term };
  }
}

describe("a lease", () => {
  it("ends by its holder's count when the latest answered renewal was sent, plus its time, less the margin", async () => {
    const ground = new Ground();
    const { renewals, store } = await ground.taken("a");
    store.conditions.delayMs = [150, 150];
    await ground.pass(3000);
    assert.ok(renewals.length > 2);
    for (const { sentMs, endMs } of renewals) assert.equal(endMs, sentMs + TTL_MS - MARGIN_MS);
    const { sentMs } = renewals.at(-1) as Term;
    assert.ok(ground.time.nowMs - sentMs >= 300, "sent well before it was answered");
  });

  it("is lost when it was not renewed in time, and its keys go with it", async () => {
    const ground = new Ground();
    const [a, b] = [await ground.taken("a"), await ground.taken("b")];
    await ground.during(a.lease.campaign("array"));
    await ground.pass(100);
    assert.equal(b.lease.view.holders.get("array")?.controller, "a");
    a.clock.pause();
    await ground.pass(TTL_MS + 1000);
    assert.equal(b.lease.view.live.has("a"), false);
    assert.equal(b.lease.view.holders.has("array"), false);
    a.clock.resume();
    await ground.pass(RENEW_MS * 2);
    assert.deepEqual(a.lost, [a.term.session]);
  });

  it("of an earlier process is revoked when the next one takes its own, and the session is another", async () => {
    const ground = new Ground();
    const first = await ground.taken("a");
    first.clock.end();
    const second = await ground.taken("a");
    assert.ok(second.term.session > first.term.session);
    assert.equal(second.lease.view.live.get("a")?.session, second.term.session);
  });

  it("is not renewed by a leader that no longer is one", async () => {
    const ground = new Ground();
    const { renewals, store } = await ground.taken("a");
    await ground.pass(RENEW_MS * 2);
    store.conditions.staleTerm = ground.server.term;
    ground.server.elect();
    await ground.pass(50);
    const before = renewals.length;
    await ground.pass(RENEW_MS * 3);
    assert.equal(renewals.length, before);
    store.conditions.staleTerm = undefined;
    await ground.pass(RENEW_MS * 3);
    assert.ok(renewals.length > before);
  });

  it("goes on without a break only together with the scopes that it needs, or not at all", async () => {
    const ground = new Ground();
    const [a, b] = [await ground.taken("a"), await ground.taken("b")];
    for (const lease of [...ground.server.entries.values()].filter(({ key }) => key === "live/a")) {
      ground.server.revoke(lease.lease);
    }
    await ground.pass(RENEW_MS * 2);
    assert.equal(a.lost.length, 1);
    await ground.during(b.lease.campaign("array"));
    const continues = a.term.session;
    assert.equal(await ground.during(a.lease.acquire({ continues, scopes: ["array"] })), undefined);
    assert.equal(ground.server.entries.has("live/a"), false);
    await ground.during(b.lease.resign("array"));
    assert.ok(await ground.during(a.lease.acquire({ continues, scopes: ["array"] })));
    await ground.pass(100);
    assert.equal(b.lease.view.live.get("a")?.continues, continues);
    assert.equal(b.lease.view.holders.get("array")?.controller, "a");
  });

  it("carries its holder's word that its processor may be active, and takes it along when it ends", async () => {
    const ground = new Ground();
    const [a, b] = [await ground.taken("a"), await ground.taken("b")];
    const seen = () => b.lease.view.live.get("a")?.fit;
    const told: number[] = [];
    b.lease.observe({ changed: () => void told.push(ground.time.nowMs) });
    assert.equal(seen(), false);
    await ground.during(a.lease.sayFit(true));
    await ground.pass(50);
    assert.deepEqual([seen(), told.length > 0], [true, true]);
    const { revision } = ground.server;
    await ground.during(a.lease.sayFit(true));
    assert.equal(ground.server.revision, revision, "what is there already is not written again");
    await ground.during(a.lease.sayFit(false));
    await ground.pass(50);
    assert.equal(seen(), false);
    assert.ok(b.lease.view.live.has("a"));
    await ground.during(a.lease.sayFit(true));
    await ground.pass(50);
    assert.equal(seen(), true);
    a.store.conditions.cut = true;
    await ground.pass(2 * TTL_MS);
    assert.equal(ground.server.entries.has("fit/a"), false);
    assert.equal(seen(), undefined);
  });

  it("that goes on from an earlier one has its holder's word only once it is given under it", async () => {
    const ground = new Ground();
    const [a, b] = [await ground.taken("a"), await ground.taken("b")];
    await ground.during(a.lease.sayFit(true));
    // Its liveness key is lost, and the earlier lease with the other keys is still there.
    ground.server.remove("live/a", a.term.session);
    await ground.pass(RENEW_MS * 2);
    await ground.during(a.lease.acquire({ continues: a.term.session, scopes: [] }));
    await ground.pass(50);
    assert.ok(ground.server.entries.has("fit/a"));
    assert.equal(b.lease.view.live.get("a")?.fit, false);
    await ground.during(a.lease.sayFit(true));
    await ground.pass(50);
    assert.equal(b.lease.view.live.get("a")?.fit, true);
  });

  it("tells whether the service is in reach, by its answers", async () => {
    const ground = new Ground();
    const { lease, store } = await ground.taken("a");
    store.conditions.cut = true;
    await ground.pass(RENEW_MS * 4);
    assert.equal(lease.view.reachable, false);
    store.conditions.cut = false;
    await ground.pass(RENEW_MS * 2);
    assert.equal(lease.view.reachable, true);
  });
});

describe("a scope", () => {
  it("has one holder, and each one's epoch is higher than the one before", async () => {
    const ground = new Ground();
    const [a, b] = [await ground.taken("a"), await ground.taken("b")];
    const won = await ground.during(a.lease.campaign("group/0"));
    const lost = await ground.during(b.lease.campaign("group/0"));
    assert.deepEqual([won.won, lost.won, lost.holder, lost.epoch], [true, false, "a", won.epoch]);
    await ground.during(a.lease.resign("group/0"));
    const next = await ground.during(b.lease.campaign("group/0"));
    assert.ok(next.won && next.epoch > won.epoch);
    // Late, and not its own any more: nothing happens.
    await ground.during(a.lease.resign("group/0"));
    assert.equal(ground.server.entries.get("scope/group/0")?.createRevision, next.epoch);
  });

  it("is known to its new holder at once, whatever older reads and events come afterwards", async () => {
    const ground = new Ground();
    const a = await ground.taken("a");
    a.store.conditions.delayMs = [1, 60];
    for (let round = 0; round < 20; round++) {
      const won = await campaignOf(ground, a.lease);
      await ground.pass(37);
      assert.equal(a.lease.view.holders.get("array")?.epoch, won);
      void a.lease.resign("array");
      await ground.pass(200);
      assert.equal(a.lease.view.holders.has("array"), false);
    }
  });
});

async function campaignOf(ground: Ground, lease: StoredLease): Promise<number> {
  const asked = lease.campaign("array");
  await ground.pass(150);
  return (await asked).epoch;
}
