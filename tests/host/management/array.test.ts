import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get as httpGet } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parseArray } from "../../../host/array/description.js";
import { InputError } from "../../../host/cli/exit.js";
import { ConfigurationKeeper, digestOf } from "../../../host/management/array/configuration-keeper.js";
import { ArrayTables } from "../../../host/management/array/tables.js";
import { runSelfTests } from "../../../host/management/processors/self-test.js";
import { readManagementFile } from "../../../host/management/run/settings.js";
import { ARRAY_TEXT, ask, freshKey, type MadeFull, makeFull, tokenOf } from "./fixture.js";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "fairlead-managed-"));
});
after(() => rmSync(folder, { recursive: true }));

const CHANGED = ARRAY_TEXT.replace("seed: 1, sessions: 4", "seed: 1, sessions: 4").concat(
  "policy: {ports: {sampleMs: 200ms}}\n",
);

describe("the array file on trial", () => {
  function keeper(adopt = () => []) {
    const clock = { nowMs: 0 };
    const { array } = parseArray(ARRAY_TEXT, "x");
    assert.ok(array);
    const file = join(folder, `kept-${Math.random()}.yaml`);
    const lines: string[] = [];
    const adopted: string[] = [];
    const kept = new ConfigurationKeeper({
      text: ARRAY_TEXT,
      file,
      array,
      adopt: (next) => {
        adopted.push(String(next.policy.ports["sampleMs"]));
        return adopt();
      },
      namesAreFixed: true,
      report: (line) => lines.push(line),
      now: () => clock.nowMs,
    });
    return { kept, clock, file, lines, adopted };
  }

  test("confirmed in time it is written and stays", () => {
    const { kept, clock, file, adopted } = keeper();
    assert.deepEqual(kept.commit(CHANGED, 1000), { returnsInMs: 1000 });
    assert.ok(!existsSync(file), "before it is confirmed a restart is a way back");
    assert.deepEqual(kept.facts, { digest: digestOf(CHANGED), unconfirmed: true, returnsInMs: 1000 });
    assert.deepEqual(kept.confirm("00"), {
      refused: "conflict",
      code: "changed",
      detail: "things have changed since: look again",
    });
    assert.equal(kept.confirm(digestOf(CHANGED)), undefined);
    assert.equal(readFileSync(file, "utf8"), CHANGED);
    clock.nowMs = 5000;
    kept.afterTick();
    assert.deepEqual([kept.text, adopted], [CHANGED, ["200"]]);
  });

  test("not confirmed in time it is taken back by itself, and another one can be tried", () => {
    const { kept, clock, file, lines, adopted } = keeper();
    kept.commit(CHANGED, 1000);
    const second = kept.commit(CHANGED, 1000);
    assert.ok("refused" in second && second.code === "unconfirmed");
    clock.nowMs = 999;
    kept.afterTick();
    assert.equal(kept.text, CHANGED);
    clock.nowMs = 1000;
    kept.afterTick();
    assert.deepEqual(
      [kept.text, kept.facts.unconfirmed, existsSync(file), adopted.length],
      [ARRAY_TEXT, false, false, 2],
    );
    assert.match(lines[0] ?? "", /not confirmed in time/);
    assert.ok(!("refused" in kept.commit(CHANGED, 1000)));
  });

  test("what a run can't take without a restart is refused with its field, and so is what the module refuses", () => {
    const { kept, adopted } = keeper();
    const fields = (text: string) => kept.check(text).problems.map((problem) => problem.field);
    assert.deepEqual(fields(ARRAY_TEXT.replace("[p1, p2]", "[p1, p2, p3]")), ["ports"]);
    assert.deepEqual(fields(ARRAY_TEXT.replace("seed: 1", "seed: 2")), ["sources"]);
    assert.deepEqual(fields(ARRAY_TEXT.replace("profile: small", "profile: standard")), ["profile"]);
    assert.deepEqual(fields(CHANGED.replace("200ms", "soon")), ["policy.ports.sampleMs"]);
    assert.equal(adopted.length, 0, "checking changes nothing");
    const problem = { file: "x", line: 1, column: 1, field: "ports", message: "no", expected: "yes" };
    const refusing = keeper(() => [problem] as never).kept;
    const refused = refusing.commit(CHANGED, 1000);
    assert.ok("refused" in refused && refused.code === "not_adopted" && refused.problems?.length === 1);
    assert.equal(refusing.text, ARRAY_TEXT);
  });
});

describe("commands on a running array", () => {
  let made: MadeFull;
  before(async () => {
    made = await makeFull();
  });
  after(() => made.close());

  const put = (
    path: string,
    body: unknown,
    revision: string,
    key = freshKey(),
    role: "operator" | "administrator" = "operator",
  ) => ask(made, { method: "PUT", path, body, role, headers: { "if-match": revision, "idempotency-key": key } });

  test("a drained port loses its registrations and sessions, by what the module decides", async () => {
    const overview = await ask(made, { path: "/api/v1/overview", role: "monitor" });
    const revision = overview.headers.etag as string;
    assert.equal(revision, (overview.body as { revision: string }).revision);
    const answer = await put("/api/v1/ports/p1/maintenance", { maintenance: true }, revision);
    assert.deepEqual([answer.status, (answer.body as { state: string }).state], [200, "under-way"]);
    for (let ms = 1100; ms < 60_000; ms += 100) made.engine.step(ms);
    const after = (await ask(made, { path: "/api/v1/ports", role: "monitor" })).body as {
      items: { state: string; sessions: number }[];
    };
    assert.deepEqual([after.items[0]?.state, after.items[0]?.sessions], ["drained", 0]);
    const decisions = (await ask(made, { path: "/api/v1/decisions", role: "monitor" })).body as {
      items: { kind: string }[];
    };
    assert.ok(decisions.items.some((each) => each.kind === "DRAINED"));
    assert.equal(
      (await put("/api/v1/ports/p1/maintenance", { maintenance: false }, revision)).status,
      412,
      "seen too long ago",
    );
    assert.equal(
      (await put("/api/v1/ports/p1/maintenance", { maintenance: false }, made.array.revisionNow())).status,
      200,
    );
  });

  test("two at the same time with one revision: one is carried out, the other one has to look again", async () => {
    const revision = made.array.revisionNow();
    const answers = await Promise.all([
      put("/api/v1/ports/p1/maintenance", { maintenance: true }, revision),
      put("/api/v1/ports/p2/maintenance", { maintenance: true }, revision),
    ]);
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 412]);
    await put("/api/v1/controllers/sp1/maintenance", { maintenance: false }, made.array.revisionNow());
    assert.deepEqual(
      made.engine.shim.array?.ports.map((port) => port.maintenance),
      [false, false],
    );
  });

  test("an array file is adopted on trial, shown so, and confirmed", async () => {
    const revision = made.array.revisionNow();
    const body = { text: CHANGED, confirmWithinMs: 60_000 };
    const adopted = await put("/api/v1/configuration", body, revision, freshKey(), "administrator");
    assert.equal(adopted.status, 200, adopted.text);
    const { digest } = adopted.body as { digest: string };
    const shown = (await ask(made, { path: "/api/v1/configuration", role: "monitor" })).body as {
      unconfirmed: boolean;
      text: string;
    };
    assert.deepEqual([shown.unconfirmed, shown.text], [true, CHANGED]);
    const headers = { "if-match": made.array.revisionNow(), "idempotency-key": freshKey() };
    const confirm = {
      method: "POST",
      path: "/api/v1/configuration/confirm",
      role: "administrator",
      body: { digest },
      headers,
    } as const;
    assert.equal((await ask(made, confirm)).status, 200);
    assert.equal((await made.array.configuration()).unconfirmed, false);
  });

  test("the stream brings an overview, then decisions as they come; one who comes back is told what was missed", async () => {
    const read = (headers: Record<string, string>, until: RegExp) =>
      new Promise<string>((resolve, reject) => {
        const all = { host: "127.0.0.1", authorization: `Bearer ${tokenOf("monitor")}`, ...headers };
        const request = httpGet(
          { host: "127.0.0.1", port: made.port, path: "/api/v1/events", headers: all, agent: false },
          (answer) => {
            let text = "";
            answer.setEncoding("utf8").on("data", (chunk: string) => {
              text += chunk;
              if (!until.test(text)) return;
              request.destroy();
              resolve(text);
            });
          },
        );
        request.on("error", (error: NodeJS.ErrnoException) => error.code === "ECONNRESET" || reject(error));
      });
    assert.match(await read({}, /event: overview\n/), /^event: hello\ndata: \{"processor":"sp1","server":"full"/);
    const { items } = await made.array.decisions(0, 1000);
    const last = items.at(-1)?.sequence as number;
    const missed = await read({ "last-event-id": String(last - 1) }, /event: overview\n/);
    assert.deepEqual(
      [...missed.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)),
      [last],
    );
  });

  test("a copy is not changed by later ticks", async () => {
    const tables = new ArrayTables(await made.array.snapshot());
    const before = JSON.stringify([tables.moduleMs, tables.ports(), tables.sessions()]);
    for (let ms = 70_000; ms < 71_000; ms += 100) made.engine.step(ms);
    assert.equal(JSON.stringify([tables.moduleMs, tables.ports(), tables.sessions()]), before);
    assert.notEqual(new ArrayTables(await made.array.snapshot()).moduleMs, tables.moduleMs);
  });
});

describe("self-tests", () => {
  /** However long a busy disk takes. */
  const patiently = { deadlineMs: 3_600_000, lastTickAgeMs: () => 50 };

  test("a disk that can't be written, a silent service and a web server that fails are told; the others pass", async () => {
    const failing = await runSelfTests({
      ...patiently,
      folder: join(folder, "nowhere"),
      lastTickAgeMs: () => null,
      webServer: () => Promise.reject(new Error("refused")),
    });
    const passed = Object.fromEntries(failing.map((each) => [each.name, each.passed]));
    assert.deepEqual(passed, {
      processor: true,
      memory: true,
      disk: false,
      process: false,
      "web-server": false,
      clock: true,
    });
    const well = await runSelfTests({ ...patiently, folder, webServer: async () => "answers" });
    assert.ok(well.every((each) => each.passed === true));
    const none = await runSelfTests({ ...patiently, folder: undefined, webServer: undefined });
    assert.deepEqual(
      none.filter((each) => each.passed === null).map((each) => each.name),
      ["disk", "web-server"],
    );
  });

  test("a test that hangs has failed", async () => {
    const results = await runSelfTests({ folder, lastTickAgeMs: () => 50, webServer: () => new Promise(() => {}) });
    assert.match(results.find((each) => each.name === "web-server")?.detail ?? "", /no result within/);
  });
});

describe("the management file", () => {
  function problems(text: string): string[] {
    const file = join(folder, "management.yaml");
    writeFileSync(file, text);
    try {
      readManagementFile(file);
      return [];
    } catch (error) {
      assert.ok(error instanceof InputError, String(error));
      return error.problems.map((problem) => `${problem.line}: ${problem.field}: ${problem.message}`);
    }
  }
  const files = "users: users.json\ntokenKey: token.key\naudit: audit.jsonl\n";

  test("beyond loopback there is no server without TLS, and no other processor either", () => {
    assert.deepEqual(problems(`listen: 127.0.0.1:8420\n${files}`), []);
    assert.deepEqual(problems(`listen: "[::1]:8420"\n${files}`), []);
    assert.match(
      problems(`listen: 0.0.0.0:8420\n${files}`)[0] ?? "",
      /1: listen: an address beyond loopback without TLS/,
    );
    const restricted = `listen: 127.0.0.1:1\nrestricted: 192.0.2.1:8421\n${files}`;
    assert.match(problems(restricted)[0] ?? "", /beyond loopback without TLS/);
    const others = `listen: 127.0.0.1:1\n${files}processors:\n  - {name: b, servers: ["127.0.0.1:2"]}\n`;
    assert.match(problems(others)[0] ?? "", /other processors without TLS/);
  });

  test("wrong and missing fields are named", () => {
    assert.match(problems(`listen: here\n${files}`)[0] ?? "", /1: listen/);
    assert.match(problems(`listen: 127.0.0.1:1\n${files}colour: red\n`)[0] ?? "", /colour/);
    assert.equal(problems("listen: 127.0.0.1:1\n").length, 3);
  });
});
