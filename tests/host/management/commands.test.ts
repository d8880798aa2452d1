import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  type Command,
  includesRole,
  isRestricted,
  type Role,
  ROLES,
} from "../../../host/management/commands/command.js";
import { describe as describeApi } from "../../../host/management/commands/openapi.js";
import { problem as problemSchema } from "../../../host/management/commands/schemas.js";
import { commands } from "../../../host/management/commands/table.js";
import { compileAnswer, validatorsOf } from "../../../host/management/commands/validation.js";
import {
  type Answer,
  ask,
  BOOT_COUNT,
  freshKey,
  type Made,
  makeFull,
  type MadeFull,
  makeRestricted,
  tokenOf,
} from "./fixture.js";

const isProblem = compileAnswer(problemSchema);

describe("the table of commands", () => {
  test("names and ways are each there once", () => {
    const names = commands.map((command) => command.name);
    assert.equal(new Set(names).size, names.length);
    const ways = commands.map((command) => `${command.method} ${command.path.replaceAll(/\{\w+\}/g, "{}")}`);
    assert.equal(new Set(ways).size, ways.length);
  });

  test("the restricted set is a strict part of the full one, and holds what the restricted server is for", () => {
    const restricted = commands.filter(isRestricted).map((command) => command.name);
    assert.ok(restricted.length < commands.length);
    for (const name of ["getProcessorStatus", "getProcessorLogs", "testProcessor", "restartService"])
      assert.ok(restricted.includes(name), name);
    for (const command of commands.filter(isRestricted)) assert.notEqual(command.routing, "active", command.name);
  });

  test("parameters stand in the path; what changes something is no GET, and is audited unless it only checks", () => {
    for (const command of commands) {
      const inPath = [...command.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      assert.deepEqual(Object.keys(command.parameters ?? {}), inPath, command.name);
      if (command.writes) assert.notEqual(command.method, "GET", command.name);
      if (command.writes?.idempotencyKey) assert.ok(command.audited, command.name);
      if (command.writes?.condition === "array" || command.writes?.condition === "service")
        assert.ok(command.writes.idempotencyKey, command.name);
    }
  });

  test("all schemas compile, strictly, and bodies are closed", () => {
    for (const command of commands) {
      validatorsOf(command);
      compileAnswer(command.answer);
      if (command.body === undefined) continue;
      const validate = validatorsOf(command).body;
      assert.equal(validate?.({ ...sampleOf(command).body, somethingElse: 1 }), false, command.name);
    }
  });

  test("the description has every command, its refusals and who may", () => {
    const description = describeApi("1.2.3") as { paths: Record<string, Record<string, Record<string, unknown>>> };
    for (const command of commands) {
      const operation = description.paths[command.path]?.[command.method.toLowerCase()];
      assert.equal(operation?.["operationId"], command.name);
      const responses = Object.keys(operation?.["responses"] as object);
      assert.ok(responses.includes("200") && responses.includes("429"), command.name);
      assert.equal(responses.includes("503"), command.class === "full", command.name);
    }
    const count = Object.values(description.paths).flatMap((path) => Object.keys(path)).length;
    assert.equal(count, commands.length);
  });
});

/** A request that the command takes. */
function sampleOf(command: Command): { path: string; body?: Record<string, unknown> } {
  const path = command.path.replace("{processor}", "sp1").replace("{port}", "p1").replace("{controller}", "sp1");
  const bodies: Record<string, Record<string, unknown>> = {
    login: { user: "nobody", password: "not a password" },
    keepFact: { kind: "ended-session", session: "x", untilMs: 1 },
    setPortMaintenance: { maintenance: false },
    setControllerMaintenance: { maintenance: false },
    failBack: {},
    rebalance: {},
    switchOver: { processor: "sp1" },
    checkConfiguration: { text: "name: x" },
    commitConfiguration: { text: "name: x", confirmWithinMs: 60_000 },
    confirmConfiguration: { digest: "00" },
    returnConfiguration: { digest: "00" },
    installBundle: { bundle: "b1", attempts: 3, confirmMs: 1000 },
    confirmBundle: {},
    returnBundle: {},
  };
  const body = bodies[command.name];
  return { path, ...(body === undefined ? {} : { body }) };
}

/** What a request with enough rights may be answered with, where it isn't 200. */
const OTHERWISE: Readonly<Record<string, readonly [status: number, code: string]>> = {
  login: [401, "wrong_password"],
  failBack: [409, "nothing_to_place"],
  rebalance: [409, "nothing_to_place"],
  commitConfiguration: [409, "not_adopted"],
  confirmConfiguration: [409, "nothing_unconfirmed"],
  returnConfiguration: [409, "nothing_unconfirmed"],
  installBundle: [409, "no_slots"],
  confirmBundle: [409, "no_slots"],
  returnBundle: [409, "no_slots"],
};

async function tryCommand(made: Made, command: Command, role: Role | undefined, revision: string): Promise<Answer> {
  const { path, body } = sampleOf(command);
  const headers: Record<string, string> = {};
  // Logging out ends the session: it gets one of its own.
  if (role !== undefined)
    headers["authorization"] = `Bearer ${tokenOf(role, `of-${command.name.toLowerCase()}`.slice(0, 30))}`;
  if (command.writes?.idempotencyKey) headers["idempotency-key"] = freshKey();
  if (command.writes && command.writes.condition !== "none") {
    headers["if-match"] = command.writes.condition === "service" ? `"start-${made.own.boots}"` : revision;
  }
  return ask(made, { method: command.method, path, headers, ...(body === undefined ? {} : { body }) });
}

function code(answer: Answer): string {
  return (answer.body as { code: string }).code;
}

describe("each command on each server in each role", () => {
  let full: MadeFull;
  let restricted: Made;
  before(async () => {
    full = await makeFull();
    restricted = await makeRestricted();
  });
  after(async () => {
    await full.close();
    await restricted.close();
  });

  for (const command of commands) {
    if (command.name === "watchArray") continue;
    for (const role of [undefined, ...ROLES]) {
      const who = role ?? "nobody";
      test(`${command.name} as ${who}`, async () => {
        for (const made of [full, restricted]) {
          const revision = await full.array.revision();
          const answer = await tryCommand(made, command, role, revision);
          const where = `${command.name} as ${who} on the ${made.parts.kind} server: ${answer.text.slice(0, 200)}`;
          assert.equal(answer.headers["x-content-type-options"], "nosniff", where);
          if (command.audience === "processor") {
            assert.equal(answer.status, role === undefined ? 401 : 403, where);
          } else if (command.audience !== "anyone" && role === undefined) {
            assert.equal(answer.status, 401, where);
          } else if (command.audience !== "anyone" && !includesRole(role as Role, command.audience)) {
            assert.equal(answer.status, 403, where);
          } else if (made === restricted && command.class === "full") {
            assert.deepEqual([answer.status, code(answer)], [503, "restricted_server"], where);
            assert.equal((answer.body as { active: string }).active, "sp1", where);
          } else if (OTHERWISE[command.name] !== undefined) {
            assert.deepEqual([answer.status, code(answer)], OTHERWISE[command.name], where);
          } else {
            assert.equal(answer.status, 200, where);
            checkAnswer(command, answer, where);
          }
          if (answer.status !== 200) assert.ok(isProblem(answer.body), `${where} ${JSON.stringify(isProblem.errors)}`);
        }
      });
    }
  }

  test("the service was restarted once on each server, by the administrator alone", () => {
    for (const made of [full, restricted]) {
      assert.equal(made.own.restarts, 1);
      assert.equal(made.own.boots, BOOT_COUNT + 1);
    }
  });
});

function checkAnswer(command: Command, answer: Answer, where: string): void {
  if (command.produces === "text/plain") {
    assert.match(answer.text, /^fairlead_port_load_ratio\{port="p1"\} 0\.\d+$/m, where);
    return;
  }
  const validate = compileAnswer(command.answer);
  assert.ok(validate(answer.body), `${where} ${JSON.stringify(validate.errors)}`);
}
