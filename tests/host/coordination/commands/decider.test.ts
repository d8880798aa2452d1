import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Decider } from "../../../../host/coordination/commands/decider.js";
import type { Message } from "../../../../host/coordination/commands/link.js";
import type { Holdings, Order } from "../../../../host/coordination/effects.js";
import type { Liveness } from "../../../../host/coordination/lease/lease-service.js";
import { ALL_RULES } from "../../../../host/coordination/rules.js";

const SUBJECT = "interface/data";
const EMPTY: Holdings = { interfaces: [], units: [], active: false };

/** A decider of two members whose answers the test gives. */
class Ground {
  readonly live = new Map<string, Liveness>();
  readonly asked: { to: string; message: Message; answer(message: Message | undefined): Promise<void> }[] = [];
  mayTakeOver = true;
  mayDecide = true;
  strangers = false;
  configuration = 5;
  readonly decider: Decider;

  constructor(members: readonly string[] = ["a", "b"], orders = { latest: 0 }) {
    for (const [at, name] of members.entries()) this.live.set(name, { session: at + 1, continues: 0, fit: false });
    this.decider = new Decider(
      {
        rules: ALL_RULES,
        self: "a",
        members: () => members,
        strangers: () => this.strangers,
        view: () => ({ reachable: true, holders: new Map(), live: this.live, asOfMs: 0 }),
        mayTakeOver: () => this.mayTakeOver,
        mayDecide: () => this.mayDecide,
        configuration: () => this.configuration,
        orders,
        send: (to, message) =>
          new Promise((resolve, reject) => {
            const answer = async (given: Message | undefined) => {
              if (given === undefined) reject(new Error("no answer"));
              else resolve(given);
              await turn();
            };
            this.asked.push({ to, message, answer });
          }),
        reported: () => undefined,
        changed: () => undefined,
      },
      "group/0",
      9,
    );
  }

  /** The next request that waits for an answer of a member. */
  next(to: string) {
    const at = this.asked.findIndex((each) => each.to === to);
    assert.notEqual(at, -1, `nothing was asked of ${to}`);
    return (this.asked.splice(at, 1) as [(typeof this.asked)[number]])[0];
  }

  report(to: string, holdings: Partial<Holdings> = {}, configuration = 5): Promise<void> {
    const { message, answer } = this.next(to);
    assert.equal(message.kind, "raise");
    return answer({ kind: "report", session: message.session, configuration, holdings: { ...EMPTY, ...holdings } });
  }

  host(to: string): Promise<string> {
    return this.decider.order(to, order("host"));
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const order = (kind: Order["kind"]): Order => ({ kind, subject: "data", port: "p", scope: "group/0", epoch: 9 });
const held = { interfaces: [{ name: "data", port: "b-e0" }] };
const outcome = (result: string): Message => ({ kind: "outcome", result });

describe("a new decider", () => {
  it("gives nothing before every member has reported under its epoch", async () => {
    const ground = new Ground();
    assert.deepEqual(
      ground.asked.map(({ to, message }) => [to, message.kind, message.epoch, message.session]),
      [
        ["a", "raise", 9, 1],
        ["b", "raise", 9, 2],
      ],
    );
    await ground.report("a");
    assert.equal(await ground.host("a"), "refused");
    await ground.report("b");
    const hosting = ground.host("a");
    await ground.next("a").answer(outcome("done"));
    assert.equal(await hosting, "done");
    assert.ok(ground.decider.holds("a", SUBJECT));
  });

  it("of the same epoch makes all orders of the one before it void, and none of its own", async () => {
    const orders = { latest: 0 };
    const earlier = new Ground(["b"], orders);
    assert.equal(earlier.asked[0]?.message.barrier, 0);
    await earlier.report("b");
    void earlier.host("b");
    const before = Number(earlier.next("b").message.sequence);
    earlier.decider.end();
    const later = new Ground(["b"], orders);
    const barrier = Number(later.asked[0]?.message.barrier);
    assert.ok(barrier >= before, "an order of the earlier one would be carried out after the report");
    await later.report("b");
    void later.host("b");
    assert.ok(Number(later.next("b").message.sequence) > barrier, "refused by whoever knows the earlier barrier");
  });

  it("takes a member whose liveness key is gone as one that holds nothing, but not while promises hold", async () => {
    const ground = new Ground();
    await ground.report("a");
    ground.live.delete("b");
    ground.mayTakeOver = false;
    assert.equal(await ground.host("a"), "refused");
    ground.mayTakeOver = true;
    void ground.host("a");
    assert.equal(ground.next("a").message.kind, "order");
  });

  it("gives nothing to anybody while one is live that the configuration doesn't have: it was never asked", async () => {
    const ground = new Ground();
    await ground.report("a", { interfaces: [{ name: "other", port: "a-e0" }] });
    await ground.report("b");
    ground.strangers = true;
    assert.equal(await ground.host("a"), "refused");
    void ground.decider.order("a", { ...order("unhost"), subject: "other" });
    assert.equal(ground.next("a").message.kind, "order", "what is given up can harm nobody");
    ground.strangers = false;
    void ground.host("a");
    await turn();
    assert.equal(ground.next("a").message.kind, "order");
  });

  it("counts nobody as ready to be told who has reported in another configuration, but knows what it holds", async () => {
    const ground = new Ground();
    await ground.report("a");
    await ground.report("b", held);
    ground.configuration = 6;
    assert.equal(ground.decider.acknowledged("a"), false);
    assert.ok(ground.decider.holds("b", SUBJECT));
    ground.decider.tend();
    await ground.report("a", {}, 6);
    assert.equal(ground.decider.acknowledged("a"), true);
    assert.equal(ground.decider.acknowledged("b"), false);
    assert.equal(await ground.host("a"), "refused", "b has it, in the earlier configuration too");
    await ground.report("b", held, 6);
    assert.equal(ground.decider.acknowledged("b"), true);
  });

  it("asks again whoever has another session: what it reported is void", async () => {
    const ground = new Ground();
    await ground.report("a");
    await ground.report("b", held);
    assert.ok(ground.decider.holds("b", SUBJECT));
    ground.live.set("b", { session: 12, continues: 0, fit: false });
    assert.equal(ground.decider.acknowledged("b"), false);
    assert.equal(await ground.host("a"), "refused");
    ground.decider.tend();
    assert.equal(ground.asked[0]?.message.session, 12);
    await ground.report("b");
    void ground.host("a");
    assert.equal(ground.next("a").message.kind, "order");
  });
});

describe("a decider", () => {
  async function reported(holdings: Partial<Holdings> = {}): Promise<Ground> {
    const ground = new Ground();
    await ground.report("a");
    await ground.report("b", holdings);
    return ground;
  }

  it("has a holder give up before another takes", async () => {
    const ground = await reported(held);
    assert.equal(await ground.host("a"), "refused");
    const releasing = ground.decider.order("b", order("unhost"));
    // That it has given up may be seen before it answers: what follows from it waits for the answer.
    const hosting = ground.host("a");
    await turn();
    assert.deepEqual(
      ground.asked.map(({ to }) => to),
      ["b"],
    );
    await ground.next("b").answer(outcome("done"));
    assert.equal(await releasing, "done");
    await ground.next("a").answer(outcome("done"));
    assert.equal(await hosting, "done");
  });

  for (const [what, answer] of [
    ["is not answered", undefined],
    ["fails", outcome("failed")],
  ] as const) {
    it(`counts a take that ${what} as held, until its addressee has reported anew`, async () => {
      const ground = await reported();
      const hosting = ground.host("b");
      await ground.next("b").answer(answer);
      assert.notEqual(await hosting, "done");
      assert.equal(await ground.host("a"), "refused");
      // The report makes void what was sent before it.
      assert.equal(ground.asked[0]?.message.barrier, 1);
      await ground.report("b");
      void ground.host("a");
      assert.equal(ground.next("a").message.kind, "order");
    });
  }

  it("passes over an answer that is older than its sender's report", async () => {
    const ground = await reported(held);
    const unhosting = ground.decider.order("b", order("unhost"));
    const late = ground.next("b");
    ground.decider.doubt("b");
    await ground.report("b", held);
    await late.answer(outcome("done"));
    assert.equal(await unhosting, "unknown");
    assert.ok(ground.decider.holds("b", SUBJECT));
  });

  it("gives one order about a subject at a time, and none without its key", async () => {
    const ground = await reported();
    const [first, second] = [ground.host("a"), ground.host("a")];
    await turn();
    assert.equal(ground.asked.length, 1);
    await ground.next("a").answer(outcome("done"));
    assert.equal(await first, "done");
    await ground.next("a").answer(outcome("done"));
    assert.equal(await second, "done");
    const failing = ground.host("a");
    const refused = ground.host("b");
    await ground.next("a").answer(outcome("failed"));
    assert.deepEqual([await failing, await refused], ["failed", "refused"]);
    await ground.report("a");
    ground.mayDecide = false;
    assert.equal(await ground.decider.order("a", order("unhost")), "refused");
    ground.mayDecide = true;
    ground.decider.end();
    assert.equal(await ground.decider.order("a", order("unhost")), "refused");
  });

  it("places nothing on a member of another configuration, and takes nothing from it", async () => {
    const ground = new Ground();
    await ground.report("a");
    await ground.report("b", held, 6);
    assert.equal(await ground.decider.order("b", order("unhost")), "refused");
    assert.equal(await ground.host("b"), "refused");
    assert.equal(await ground.host("a"), "refused");
  });
});
