import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { problem as problemSchema } from "../../../host/management/commands/schemas.js";
import { compileAnswer } from "../../../host/management/commands/validation.js";
import type { ProcessorDirectory } from "../../../host/management/processors/directory.js";
import { SingleProcessor } from "../../../host/management/processors/directory.js";
import { badRequests } from "./bad-requests/all.js";
import type { BadRequest } from "./bad-requests/form.js";
import { type Answer, ask, type Made, makeFull, type MadeFull, makeRestricted } from "./fixture.js";

const isProblem = compileAnswer(problemSchema);

/** A processor that another one is active instead of. */
function passive(): ProcessorDirectory {
  const single = new SingleProcessor("sp1", ["sp2"]);
  return {
    own: "sp1",
    names: ["sp1", "sp2"],
    active: () => "sp2",
    epoch: () => 7,
    role: () => "passive",
    state: () => "healthy",
    rows: () => single.rows(),
  };
}

/** Sends bytes as they are; reads what comes back. */
function sendBytes(port: number, bytes: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(answerOf(Buffer.concat(chunks).toString("utf8"))));
    // The server closes after such a request; an ordinary one it would keep open.
    socket.on("data", () => setImmediate(() => socket.end()));
  });
}

function answerOf(text: string): Answer {
  const [head = "", body = ""] = text.split("\r\n\r\n");
  const status = Number(head.split(" ")[1]);
  return { status, headers: {}, text: body, body: JSON.parse(body) as unknown };
}

/** Everything that a request could change: the module's memory, sessions, keys, restarts, the array file. */
async function traces(made: Made, full: MadeFull): Promise<string> {
  const memory = new Uint8Array(full.engine.shim.core.memory.buffer);
  const { digest, unconfirmed } = await full.array.configuration();
  return JSON.stringify({
    memory: createHash("sha256").update(memory).digest("hex"),
    sessions: made.sessions.count,
    restarts: made.own.restarts,
    status: made.own.sequence,
    decisions: full.engine.ticks,
    digest,
    unconfirmed,
  });
}

describe("bad requests", () => {
  let full: MadeFull;
  let passiveFull: MadeFull;
  let restricted: Made;
  before(async () => {
    const limits = { headersMs: 1500, requestMs: 10_000 };
    full = await makeFull({ limits });
    restricted = await makeRestricted({ limits });
    passiveFull = await makeFull({ directory: passive() });
  });
  after(async () => {
    await Promise.all([full.close(), restricted.close(), passiveFull.close()]);
  });

  function serversOf(bad: BadRequest): [Made, MadeFull][] {
    if (bad.on === "passive") return [[passiveFull, passiveFull]];
    const both: [Made, MadeFull][] = [
      [full, full],
      [restricted, full],
    ];
    return both.filter(([made]) => bad.on === "both" || made.parts.kind === bad.on);
  }

  test("there are at least sixty", () => {
    assert.ok(badRequests.length >= 60, `${badRequests.length}`);
    assert.equal(new Set(badRequests.map((bad) => bad.name)).size, badRequests.length);
  });

  for (const bad of badRequests) {
    test(`${bad.name}: ${bad.status} ${bad.code}`, async () => {
      for (const [made, tracked] of serversOf(bad)) {
        const before = await traces(made, tracked);
        const entries = made.audit.count;
        const { send } = bad;
        const answer = typeof send === "string" ? await sendBytes(made.port, send) : await ask(made, send);
        const where = `on the ${made.parts.kind} server: ${answer.text.slice(0, 300)}`;
        assert.equal(answer.status, bad.status, where);
        const kept = made.audit.read(entries, 10).entries;
        const refused = kept.filter((entry) => entry.outcome === "refused");
        assert.deepEqual([refused.length, refused[0]?.status, refused[0]?.detail], [1, bad.status, bad.code], where);
        // What was admitted as far as the engine has an entry that it was begun, too.
        assert.ok(kept.length - refused.length <= 1 && kept.every((entry) => entry.outcome !== "ended"), where);
        if (answer.text !== "") {
          assert.ok(isProblem(answer.body), `${where} ${JSON.stringify(isProblem.errors)}`);
          assert.equal((answer.body as { code: string }).code, bad.code, where);
        }
        assert.equal(await traces(made, tracked), before, where);
        assert.ok(made.audit.read(0, 1).chain.intact, where);
      }
    });
  }
});
