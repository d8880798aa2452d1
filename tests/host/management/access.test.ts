import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type AuditEvent, FileAudit, hashLine, verifyChain } from "../../../host/management/access/audit.js";
import { Idempotency } from "../../../host/management/access/idempotency.js";
import { Lockout, RateLimit } from "../../../host/management/access/limits.js";
import { hashPassword, isPassword, weakness } from "../../../host/management/access/passwords.js";
import { Refusal } from "../../../host/management/access/refusal.js";
import { UnsafeFile } from "../../../host/management/access/safe-file.js";
import { Sessions } from "../../../host/management/access/sessions.js";
import { makeTokenKey, readTokenKeys, Tokens } from "../../../host/management/access/tokens.js";
import { UserError, UserFile } from "../../../host/management/access/users.js";
import { ask, KEY, makeFull } from "./fixture.js";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "fairlead-access-"));
});
after(() => rmSync(folder, { recursive: true }));

/** The refusal that a work throws. */
async function refusal(work: () => unknown): Promise<[status: number, code: string]> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Refusal) return [error.status, error.code];
    throw error;
  }
  throw new Error("it was not refused");
}

describe("passwords and users", () => {
  test("a password fits its own hash alone; two hashes of one password differ", async () => {
    const [first, second] = await Promise.all([hashPassword("a long password"), hashPassword("a long password")]);
    assert.notEqual(first, second);
    assert.equal(await isPassword("a long password", first), true);
    assert.equal(await isPassword("a long passworD", first), false);
    assert.equal(await isPassword("", undefined), false);
    assert.equal(await isPassword("a long password", "scrypt$2$8$1$AAAA$AAAA"), false, "a cheap hash is none");
  });

  test("weak passwords are refused, and say why", () => {
    assert.match(weakness("short", "alice") ?? "", /12 characters/);
    assert.match(weakness("aaaaaaaaaaaaaa", "alice") ?? "", /different/);
    assert.match(weakness("alice is my name", "alice") ?? "", /name/);
    assert.equal(weakness("correct horse battery", "alice"), undefined);
  });

  test("the file of users is of safe mode, is read again when it changes, and one that others read is refused", async () => {
    const file = join(folder, "users.json");
    const users = new UserFile(file);
    assert.ok(users.isEmpty);
    await users.set("alice", "operator", "correct horse battery");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal((await users.check("alice", "correct horse battery"))?.role, "operator");
    assert.equal(await users.check("alice", "wrong horse battery"), undefined);
    assert.equal(await users.check("bob", "correct horse battery"), undefined);
    const other = new UserFile(file);
    await other.set("alice", "monitor", "another horse battery");
    assert.equal(users.find("alice")?.role, "monitor");
    writeFileSync(file, "{");
    assert.equal(users.find("alice")?.role, "monitor", "a broken file leaves the last good state in force");
    chmodSync(file, 0o640);
    assert.throws(() => new UserFile(file), UnsafeFile);
    await assert.rejects(users.set("Alice", "monitor", "correct horse battery"), UserError);
    await assert.rejects(users.set("carol", "monitor", "carol carol carol"), UserError);
  });
});

describe("tokens and sessions", () => {
  test("a key file has safe mode; a second key signs, and the first is accepted further on", () => {
    const file = join(folder, "token.key");
    makeTokenKey(file);
    const old = new Tokens(readTokenKeys(file)).issue("alice", "monitor", 3_600_000).token;
    makeTokenKey(file);
    const keys = readTokenKeys(file);
    assert.equal(keys.length, 2);
    assert.equal(new Tokens(keys).verify(old)?.user, "alice");
    assert.equal(new Tokens([keys[0] as Buffer]).verify(old), undefined);
    chmodSync(file, 0o604);
    assert.throws(() => readTokenKeys(file), /lets others at it/);
    chmodSync(file, 0o600);
    writeFileSync(file, "hello\n");
    assert.throws(() => readTokenKeys(file), /64 hex digits/);
  });

  test("a printed token logs in once; the one printed later replaces it", async () => {
    const sessions = new Sessions(new Tokens([KEY]), undefined);
    const first = sessions.makeOneTimeToken();
    const second = sessions.makeOneTimeToken();
    assert.deepEqual(await refusal(() => sessions.logInOnce(first, "a")), [401, "token_used"]);
    const { token, session } = sessions.logInOnce(second, "a");
    assert.deepEqual([session.role, sessions.find(token)?.id], ["administrator", session.id]);
    assert.deepEqual(await refusal(() => sessions.logInOnce(second, "a")), [401, "token_used"]);
    sessions.end(session);
    assert.equal(sessions.find(token), undefined, "an ended session's token is refused");
  });

  test("five failures lock a user out from that source, for a minute that doubles; success forgets", async () => {
    let nowMs = 0;
    const users = new UserFile(join(folder, "locked.json"));
    await users.set("alice", "operator", "correct horse battery");
    const sessions = new Sessions(new Tokens([KEY]), users, Date.now, () => nowMs);
    const attempt = (password: string, source = "10.0.0.1") => sessions.logIn("alice", password, source);
    for (let failure = 0; failure < 5; failure++) {
      assert.deepEqual(await refusal(() => attempt("wrong")), [401, "wrong_password"]);
    }
    assert.deepEqual(await refusal(() => attempt("correct horse battery")), [429, "locked_out"]);
    assert.equal((await attempt("correct horse battery", "10.0.0.2")).session.user, "alice");
    nowMs += 60_001;
    assert.deepEqual(await refusal(() => attempt("wrong")), [401, "wrong_password"]);
    nowMs += 60_001;
    assert.deepEqual(await refusal(() => attempt("correct horse battery")), [429, "locked_out"], "twice as long now");
    nowMs += 60_001;
    assert.equal((await attempt("correct horse battery")).session.role, "operator");
  });

  test("many failures at one time lock as well", async () => {
    const users = new UserFile(join(folder, "many.json"));
    await users.set("alice", "operator", "correct horse battery");
    const sessions = new Sessions(new Tokens([KEY]), users);
    const codes = await Promise.all(
      Array.from({ length: 12 }, () => refusal(() => sessions.logIn("alice", "wrong", "10.0.0.1"))),
    );
    assert.equal(codes.filter(([, code]) => code === "wrong_password").length, 5);
    assert.equal(codes.filter(([, code]) => code === "locked_out").length, 7);
  });

  test("sessions are bounded, by user and in all; who is taken out of the file is out at once", async () => {
    const users = new UserFile(join(folder, "bounded.json"));
    await users.set("alice", "operator", "correct horse battery");
    let nowMs = 1_000_000;
    const sessions = new Sessions(new Tokens([KEY], () => nowMs), users, () => nowMs);
    const tokens: string[] = [];
    for (let count = 0; count < 16; count++) {
      tokens.push((await sessions.logIn("alice", "correct horse battery", "a")).token);
    }
    assert.deepEqual(await refusal(() => sessions.logIn("alice", "correct horse battery", "a")), [
      503,
      "too_many_sessions",
    ]);
    assert.equal(sessions.count, 16);
    assert.ok(sessions.find(tokens[0] as string));
    await users.set("alice", "monitor", "correct horse battery");
    assert.equal(sessions.find(tokens[0] as string), undefined, "another role is another session");
    nowMs += 8 * 3_600_000 + 1;
    assert.equal(sessions.count, 0);
  });
});

describe("limits", () => {
  test("a source has its rate and its burst, another one its own; a burst of refusals is told once", () => {
    let nowMs = 0;
    const rate = new RateLimit(10, 3, () => nowMs);
    for (let count = 0; count < 3; count++) assert.equal(rate.take("a").granted, true);
    assert.deepEqual(rate.take("a"), { granted: false, retryAfterS: 1, first: true });
    assert.deepEqual(rate.take("a"), { granted: false, retryAfterS: 1, first: false });
    assert.equal(rate.take("b").granted, true);
    nowMs += 100;
    assert.equal(rate.take("a").granted, true);
    assert.equal(rate.take("a").granted, false);
  });

  test("the memory of both is bounded, whoever asks", () => {
    const [rate, lockout] = [new RateLimit(1, 1, () => 0), new Lockout(() => 0)];
    for (let source = 0; source < 10_000; source++) {
      rate.take(`s${source}`);
      lockout.failed(`s${source}`);
    }
    assert.equal(rate.take("s9999").granted, false);
    assert.equal(rate.take("s0").granted, true, "the longest silent is forgotten");
  });

  test("a server refuses what is beyond the rate, with one entry for the burst", async () => {
    const made = await makeFull({ rate: [1e-6, 3] });
    const statuses: number[] = [];
    for (let count = 0; count < 6; count++) statuses.push((await ask(made, { path: "/healthz" })).status);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429, 429]);
    assert.deepEqual(
      made.audit.read(0, 10).entries.map((entry) => entry.detail),
      ["too_many_requests"],
    );
    await made.close();
  });
});

describe("the audit log", () => {
  const event: AuditEvent = {
    command: "x",
    user: "u",
    role: "monitor",
    source: "s",
    status: 200,
    outcome: "ended",
    detail: "",
  };

  test("a changed, missing, exchanged or added entry is found", () => {
    const file = join(folder, "audit.jsonl");
    const audit = new FileAudit(file, "sp1");
    for (let count = 0; count < 5; count++) audit.write({ ...event, detail: `${count}` }, count === 2);
    const text = readFileSync(file, "utf8");
    assert.deepEqual(verifyChain(text), { intact: true, entries: 5, head: audit.head });
    assert.equal(statSync(file).mode & 0o077, 0);
    const lines = text.trimEnd().split("\n");
    const joined = (list: readonly (string | undefined)[]) => list.map((line) => `${line}\n`).join("");
    assert.equal(verifyChain(text.replace('"detail":"1"', '"detail":"7"')).intact, false);
    assert.equal(verifyChain(joined([...lines.slice(0, 2), ...lines.slice(3)])).intact, false);
    assert.equal(verifyChain(joined([lines[0], lines[2], lines[1], ...lines.slice(3)])).intact, false);
    assert.equal(verifyChain(joined([...lines, lines[4]])).intact, false);
    assert.equal(verifyChain(text.slice(0, -5)).intact, false);
    assert.notEqual(verifyChain(joined(lines.slice(0, 4))).head, audit.head, "a cut end shows against the head");
  });

  test("it is gone on with after a restart, also after half a line; a broken one is not", () => {
    const file = join(folder, "again.jsonl");
    const first = new FileAudit(file, "sp1");
    first.write(event);
    first.write(event);
    writeFileSync(file, `${readFileSync(file, "utf8")}{"number":3,`);
    const second = new FileAudit(file, "sp1");
    assert.deepEqual([second.head, second.count], [first.head, 2]);
    second.write(event);
    assert.deepEqual(verifyChain(readFileSync(file, "utf8")), { intact: true, entries: 3, head: second.head });
    writeFileSync(file, readFileSync(file, "utf8").replace('"user":"u"', '"user":"v"'));
    assert.throws(() => new FileAudit(file, "sp1"), /does not follow/);
  });

  test("a large file is put aside, its hash going on in the next; control characters are cleaned", () => {
    const file = join(folder, "large.jsonl");
    const audit = new FileAudit(file, "sp1", 600);
    for (let count = 0; count < 6; count++) audit.write({ ...event, user: "\u001b[31mroot\n" });
    const [old, now] = [readFileSync(`${file}.1`, "utf8"), readFileSync(file, "utf8")];
    const chain = verifyChain(old);
    assert.ok(chain.intact);
    assert.ok(verifyChain(now, chain.head).intact);
    assert.equal(verifyChain(now).head, audit.head);
    assert.ok(!now.includes("\\u001b"));
    assert.equal(hashLine(now.trimEnd().split("\n").at(-1) as string), audit.head);
  });
});

describe("idempotency keys", () => {
  test("the first is carried out; then under way, answered, another request, forgotten after a day", async () => {
    let nowMs = 0;
    const keys = new Idempotency("sp1", () => nowMs);
    const begun = keys.begin("k", "r");
    assert.ok("fact" in begun);
    assert.deepEqual(await refusal(() => keys.begin("k", "r")), [409, "under_way"]);
    assert.deepEqual(await refusal(() => keys.begin("k", "other")), [422, "key_reused"]);
    keys.done(begun.fact, { status: 200, body: "{}" });
    assert.deepEqual(keys.begin("k", "r"), { answer: { status: 200, body: "{}" } });
    nowMs += 25 * 3_600_000;
    assert.ok("fact" in keys.begin("k", "other"));
  });

  test("what another one has begun may be carried out here; what is done is not undone by a late word", () => {
    const [one, two] = [new Idempotency("sp1"), new Idempotency("sp2")];
    const begun = one.begin("k", "r");
    assert.ok("fact" in begun);
    two.keep(begun.fact);
    assert.equal(two.wasBegunElsewhere("k", "r"), true);
    assert.equal(one.wasBegunElsewhere("k", "r"), false);
    const taken = two.begin("k", "r");
    assert.ok("fact" in taken);
    two.done(taken.fact, { status: 200, body: "1" });
    two.keep(begun.fact);
    assert.deepEqual(two.begin("k", "r"), { answer: { status: 200, body: "1" } });
  });

  test("their number is bounded", async () => {
    const keys = new Idempotency("sp1");
    for (let count = 0; count < 4096; count++) keys.begin(`k${count}`, "r");
    assert.deepEqual(await refusal(() => keys.begin("one more", "r")), [503, "too_many_keys"]);
  });
});
