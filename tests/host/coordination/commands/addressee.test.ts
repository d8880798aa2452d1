import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { Addressee } from "../../../../host/coordination/commands/addressee.js";
import type { CommandLink, Message, RequestHandler } from "../../../../host/coordination/commands/link.js";
import { CoordinationMemory } from "../../../../host/coordination/commands/memory.js";
import type { Effects, Holdings, Order } from "../../../../host/coordination/effects.js";
import type { Tenure } from "../../../../host/coordination/lease/tenure.js";
import { ALL_RULES } from "../../../../host/coordination/rules.js";

const SCOPE = "group/0";
const SESSION = 7;
const CONFIGURATION = 5;
const EMPTY: Holdings = { interfaces: [], units: [], active: false };

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** An addressee whose disk and kernel answer when the test says so; what happens is written down in order. */
class Ground {
  readonly done: string[] = [];
  readonly tenure = { session: SESSION, acts: true, mayAct: () => this.tenure.acts };
  /** What waits for the disk, for the kernel, and for the own status messages. */
  readonly waiting: Record<"disk" | "kernel" | "status", (() => void)[]> = { disk: [], kernel: [], status: [] };
  private readonly handlers = new Map<string, RequestHandler>();

  static async make(stored = ""): Promise<Ground> {
    const ground = new Ground();
    const memory = await CoordinationMemory.open(
      {
        read: () => Promise.resolve(stored === "" ? undefined : stored),
        write: async (text) => {
          await ground.held("disk");
          ground.done.push(`stored ${JSON.parse(text).epochs[SCOPE]}`);
        },
      },
      assert.fail,
    );
    const link: CommandLink = {
      request: () => assert.fail("it asks nobody"),
      serve: (kind, handler) => void ground.handlers.set(kind, handler),
      close: () => Promise.resolve(),
    };
    const parts = {
      tenure: ground.tenure as unknown as Tenure,
      memory,
      effects: ground.effects(),
      rules: ALL_RULES,
      configuration: () => CONFIGURATION,
      alarm: assert.fail,
      changed: () => undefined,
      settled: () => ground.held("status"),
    };
    new Addressee(parts, link);
    return ground;
  }

  raise(epoch: number, over: object = {}): Promise<Message> {
    return this.ask({ kind: "raise", scope: SCOPE, epoch, session: SESSION, barrier: 0, ...over });
  }

  order(epoch: number, sequence: number, over: object = {}, subject = "data"): Promise<Message> {
    const order: Order = { kind: "host", subject, port: "p", scope: SCOPE, epoch };
    return this.ask({ kind: "order", order, session: SESSION, sequence, configuration: CONFIGURATION, ...over });
  }

  /** Lets what waits go on, and what follows from it. */
  async release(what: "disk" | "kernel" | "status"): Promise<void> {
    for (const go of this.waiting[what].splice(0)) go();
    await turn();
  }

  /** Lets everything go on until nothing waits. */
  async releaseAll(): Promise<void> {
    await turn();
    while (Object.values(this.waiting).some(({ length }) => length > 0)) {
      for (const what of ["disk", "kernel", "status"] as const) await this.release(what);
    }
  }

  private ask(message: Message): Promise<Message> {
    return (this.handlers.get(message.kind) as RequestHandler)("b", message);
  }

  private held(what: "disk" | "kernel" | "status"): Promise<void> {
    return new Promise((resolve) => this.waiting[what].push(resolve));
  }

  private effects(): Effects {
    const never = () => assert.fail("it was not asked to");
    return {
      carryOut: async ({ subject }) => {
        await this.held("kernel");
        this.done.push(`hosts ${subject}`);
      },
      holdings: () => {
        this.done.push("asked what it holds");
        return Promise.resolve(EMPTY);
      },
      releaseAll: never,
      releaseUnknown: never,
      fenceUntil: never,
    };
  }
}

const why = async (answer: Promise<Message>) => (await answer).why;

describe("an epoch that is raised", () => {
  let ground: Ground;
  beforeEach(async () => {
    ground = await Ground.make();
  });

  it("is on disk before it is answered, and before anything is reported", async () => {
    let answered = false;
    const answer = ground.raise(9).then((given) => {
      answered = true;
      return given;
    });
    await turn();
    assert.deepEqual([answered, ground.done], [false, []]);
    await ground.release("disk");
    assert.deepEqual(await answer, { kind: "report", session: SESSION, configuration: CONFIGURATION, holdings: EMPTY });
    assert.deepEqual(ground.done, ["stored 9", "asked what it holds"]);
  });

  it("waits for what is under way, so that its report has it", async () => {
    const earlier = ground.order(8, 1);
    await turn();
    const answer = ground.raise(9);
    await ground.release("disk");
    assert.deepEqual(ground.done, ["stored 9"]);
    await ground.releaseAll();
    await Promise.all([earlier, answer]);
    assert.deepEqual(ground.done, ["stored 9", "hosts data", "asked what it holds"]);
  });

  it("is refused below the highest, for another session, and without a lease", async () => {
    const raised = ground.raise(9);
    await ground.releaseAll();
    await raised;
    assert.deepEqual(await ground.raise(8), { kind: "outcome", result: "refused", why: "epoch", epoch: 9 });
    assert.equal(await why(ground.raise(10, { session: 6 })), "session");
    ground.tenure.session = 0;
    assert.equal(await why(ground.raise(10, { session: 0 })), "session");
    assert.equal(await why(ground.raise(10, { epoch: "10" })), "malformed");
  });

  it("is no report where the lease was lost while what is held was asked for", async () => {
    const answer = ground.raise(9);
    await turn();
    ground.tenure.session = SESSION + 1;
    await ground.releaseAll();
    assert.equal(await why(answer), "session");
  });
});

describe("an order", () => {
  let ground: Ground;
  beforeEach(async () => {
    ground = await Ground.make();
    const raised = ground.raise(9, { barrier: 4 });
    await ground.releaseAll();
    await raised;
    ground.done.splice(0);
  });

  it("is carried out, and answered once the own status messages say what is held", async () => {
    let answered = false;
    const answer = ground.order(9, 5).then((given) => {
      answered = true;
      return given;
    });
    await turn();
    await ground.release("kernel");
    assert.deepEqual([ground.done, answered], [["hosts data"], false]);
    await ground.release("status");
    assert.deepEqual(await answer, { kind: "outcome", result: "done" });
  });

  for (const [what, epoch, sequence, over, refused] of [
    ["of a lower epoch", 8, 5, {}, "epoch"],
    ["that a later raise has made void", 9, 4, {}, "void"],
    ["for another session", 9, 5, { session: SESSION - 1 }, "session"],
    ["of another configuration", 9, 5, { configuration: CONFIGURATION + 1 }, "configuration"],
    ["that is none", 9, 5, { order: { kind: "format" } }, "malformed"],
  ] as const) {
    it(`${what} is refused, and touches nothing`, async () => {
      const answer = ground.order(epoch, sequence, over);
      await ground.releaseAll();
      assert.deepEqual(await answer, { kind: "outcome", result: "refused", ...(refused && { why: refused }) });
      assert.deepEqual(ground.done, []);
    });
  }

  it("is refused once the lease is over by the clock, also where it has waited for its turn until then", async () => {
    const first = ground.order(9, 5);
    const second = ground.order(9, 6);
    await turn();
    ground.tenure.acts = false;
    await ground.releaseAll();
    assert.equal((await first).result, "failed", "what was begun under the lease is nothing to count on");
    assert.deepEqual(await second, { kind: "outcome", result: "refused", why: "lease" });
    assert.deepEqual(ground.done, ["hosts data"]);
  });

  it("of an epoch lower than what an earlier run has stored is refused before any raise", async () => {
    const stored = JSON.stringify({ version: 1, epochs: { [SCOPE]: 12 }, promisedForMs: 0 });
    const restarted = await Ground.make(stored);
    const answer = restarted.order(11, 1);
    await restarted.releaseAll();
    assert.equal(await why(answer), "epoch");
    assert.deepEqual(restarted.done, []);
  });
});
