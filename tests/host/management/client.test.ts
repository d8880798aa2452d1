import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { type Command, command, read, Refused } from "../../../host/management/page/api.js";
import { ask, makeFull } from "./fixture.js";

const WISH: Command = { method: "POST", path: "/api/v1/operations/rebalance", body: {}, revision: '"1"' };

/** What comes back for one try: an answer, or nothing at all. */
type Try = { status: number; code?: string; active?: string | null } | "lost";

/** The page's own requests, answered one after the other from a list; waits between tries pass at once. */
describe("the page's client", () => {
  const surroundings = globalThis.fetch;
  const keys: string[] = [];
  let tries: Try[] = [];

  beforeEach(() => {
    keys.length = 0;
    mock.method(globalThis, "setTimeout", (work: () => void) => setImmediate(work));
    globalThis.fetch = async (_path, init = {}) => {
      keys.push((init.headers as Record<string, string>)["idempotency-key"] ?? "");
      const next = tries.shift();
      assert.ok(next !== undefined, "asked more often than it should");
      if (next === "lost") throw new TypeError("connection reset");
      const { status, ...problem } = next;
      const body = status === 200 ? { operation: "rebalance" } : { ...problem, status, detail: "no", title: "no" };
      return new Response(JSON.stringify(body), { status });
    };
  });
  afterEach(() => {
    mock.restoreAll();
    globalThis.fetch = surroundings;
  });

  async function outcome(list: Try[]): Promise<string> {
    tries = [...list];
    const result = await command(WISH).then(
      () => "done",
      (error: Error) => error.constructor.name,
    );
    assert.equal(tries.length, 0, "all tries were made");
    assert.ok(new Set(keys).size === 1 && keys[0] !== "", "one key for all tries");
    return result;
  }

  const stale = { status: 409, code: "stale_epoch" };
  const done = { status: 200 };
  for (const { what, list, comes } of [
    { what: "a lost answer is asked for again", list: ["lost", "lost", done], comes: "done" },
    {
      what: "the successor that is not active yet is asked again",
      list: ["lost", { status: 421, code: "not_active", active: "a" }, done],
      comes: "done",
    },
    {
      what: "another processor than the active one refuses at once, and names it",
      list: [{ status: 421, code: "not_active", active: "b" }],
      comes: "Refused",
    },
    {
      what: "with nobody active one is waited for",
      list: [{ status: 421, code: "not_active", active: null }, done],
      comes: "done",
    },
    {
      what: "a command that is under way is asked for again",
      list: ["lost", { status: 409, code: "under_way" }, done],
      comes: "done",
    },
    { what: "one whose time was over carried nothing out: the next is asked", list: [stale, done], comes: "done" },
    {
      what: "things that have changed are a refusal",
      list: [{ status: 412, code: "changed" }],
      comes: "Refused",
    },
    {
      what: "things that have changed after a lost answer leave it open",
      list: ["lost", { status: 412, code: "changed" }],
      comes: "Unsure",
    },
    {
      what: "another conflict is a refusal",
      list: [{ status: 409, code: "bundle_refused" }],
      comes: "Refused",
    },
  ] satisfies { what: string; list: Try[]; comes: string }[]) {
    test(what, async () => {
      assert.equal(await outcome(list), comes);
    });
  }

  test("a read whose answer was lost is asked for again", async () => {
    tries = ["lost", { status: 503, code: "restricted_server" }, { status: 200 }];
    assert.deepEqual((await read("/api/v1/decisions")).body, { operation: "rebalance" });
    tries = [{ status: 404, code: "no_such_path" }];
    await assert.rejects(read("/api/v1/nothing"), Refused);
  });
});

test("a request is under way until its answer has left; one for a switch-over doesn't wait for itself", async () => {
  const counts: number[] = [];
  const made = await makeFull({ underWay: (count) => counts.push(count) });
  try {
    await ask(made, { path: "/api/v1/overview", role: "monitor" });
    await ask(made, {
      method: "POST",
      path: "/api/v1/operations/switch-over",
      body: { processor: "sp1" },
      role: "operator",
      headers: { "if-match": made.array.revisionNow(), "idempotency-key": "key-of-a-switch-over" },
    });
  } finally {
    await made.close();
  }
  assert.deepEqual(counts, [1, 0]);
});
