/**
 * A processor as it runs: `fairlead supervise` with its service and its restricted server, real processes. The service
 * is paused, killed and restarted; nothing can be written; the full server's thread hangs.
 */

import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { topFolder } from "../../../host/cli/exit.js";
import type { ProcessorStatus } from "../../../host/management/processors/own.js";
import { freePort } from "../../free-ports.js";
import { type Answer, type Asked, ask, freshKey } from "./fixture.js";

const entry = join(topFolder(), "host/cli/fairlead.js");
const PASSWORD = "a horse and a battery";
/** Nothing takes so long, however busy the machine. */
const START_MS = 180_000;

/** Processes whose parent is this one, by /proc. */
function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((id) => {
      try {
        return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1]) === parent;
      } catch {
        return false;
      }
    });
}

class Processor {
  readonly log: string[] = [];
  private child: ChildProcess | undefined;
  token = "";

  private constructor(
    readonly folder: string,
    readonly port: number,
    readonly restrictedPort: number,
  ) {}

  /** @param wrapped a shell's words before the command */
  static async start(wrapped = ""): Promise<Processor> {
    const folder = mkdtempSync(join(tmpdir(), "fairlead-supervised-"));
    const [port, restrictedPort] = [await freePort(), await freePort()];
    const fairlead = (args: string[], input = "") =>
      execFileSync(process.execPath, [entry, ...args], { input, cwd: folder });
    fairlead(["user", "key", "token.key"]);
    fairlead(["user", "set", "alice", "--role", "administrator", "--users", "users.json"], `${PASSWORD}\n`);
    const files = "users: users.json\ntokenKey: token.key\naudit: audit.jsonl\nfolder: .\n";
    writeFileSync(
      join(folder, "m.yaml"),
      `listen: 127.0.0.1:${port}\nrestricted: 127.0.0.1:${restrictedPort}\n${files}`,
    );
    const processor = new Processor(folder, port, restrictedPort);
    const args = [entry, "supervise", "--management", "m.yaml", "--controller", "controller"];
    const [program, all] =
      wrapped === ""
        ? [process.execPath, args]
        : ["/bin/sh", ["-c", `${wrapped} exec "$0" "$@"`, process.execPath, ...args]];
    processor.child = spawn(program, all, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    processor.child.stderr
      ?.setEncoding("utf8")
      .on("data", (text: string) => processor.log.push(...text.split("\n").filter(Boolean)));
    return processor;
  }

  at(asked: Asked, restricted = false): Promise<Answer> {
    const headers = { authorization: this.token === "" ? "" : `Bearer ${this.token}`, ...asked.headers };
    return ask({ port: restricted ? this.restrictedPort : this.port, secure: false }, { ...asked, headers });
  }

  async logIn(restricted = false): Promise<void> {
    const body = { user: "alice", password: PASSWORD };
    const answer = await this.at({ method: "POST", path: "/api/v1/session", body }, restricted);
    assert.equal(answer.status, 200, answer.text);
    this.token = (answer.body as { token: string }).token;
  }

  async status(restricted = true): Promise<ProcessorStatus> {
    const answer = await this.at({ path: "/api/v1/processors/controller/status" }, restricted);
    assert.equal(answer.status, 200, answer.text);
    return (answer.body as { status: ProcessorStatus }).status;
  }

  /** Waits until the servers say so. */
  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (const endMs = Date.now() + START_MS; Date.now() < endMs; ) {
      if (await holds().catch(() => false)) return;
      await sleep(100);
    }
    throw new Error(`not within ${START_MS} ms: ${what}\n${this.log.join("\n")}`);
  }

  untilServer(kind: "full" | "restricted"): Promise<void> {
    return this.until(`the ${kind} server has the address`, async () => {
      const { body } = await this.at({ path: "/healthz" });
      return (body as { server: string }).server === kind;
    });
  }

  service(): number {
    const found = childrenOf(this.child?.pid ?? 0).find((id) =>
      readFileSync(`/proc/${id}/cmdline`, "utf8").includes("\0run\0"),
    );
    assert.ok(found, "the service runs");
    return found;
  }

  async close(): Promise<void> {
    const { child } = this;
    if (child !== undefined && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function testNamed(status: ProcessorStatus, name: string): boolean | null | undefined {
  return status.selfTests.find((each) => each.name === name)?.passed;
}

describe("a supervised processor", () => {
  let processor: Processor;
  before(async () => {
    processor = await Processor.start();
    await processor.untilServer("full");
    await processor.logIn();
  });
  after(() => processor.close());

  test("both servers tell of the same service, each by itself; the token holds for both", async () => {
    // A busy disk may take longer than a self-test has.
    const passes = (status: ProcessorStatus) => status.selfTests.every(({ passed }) => passed === true);
    let [full, restricted] = [await processor.status(false), await processor.status(true)];
    await processor.until("all self-tests pass", async () => {
      [full, restricted] = [await processor.status(false), await processor.status(true)];
      return passes(full) && passes(restricted);
    });
    assert.deepEqual(
      [full.server, restricted.server, full.bootCount, restricted.bootCount],
      ["full", "restricted", 1, 1],
    );
    assert.equal(full.configuration, restricted.configuration);
    for (const status of [full, restricted]) {
      assert.ok(status.service.running && status.service.ticks > 0);
      for (const name of ["processor", "memory", "disk", "process", "web-server", "clock"])
        assert.equal(testNamed(status, name), true, name);
    }
  });

  test("with the service paused the restricted server answers, says so, and refuses the rest naming the active one", async () => {
    const service = processor.service();
    process.kill(service, "SIGSTOP");
    try {
      await processor.until("it is silent", async () => (await processor.status()).state === "service silent");
      await processor.until("its self-tests tell of the service, and of nothing else", async () => {
        const status = await processor.status();
        const named = ["process", "web-server", "disk", "memory"].map((name) => testNamed(status, name));
        return named.join() === "false,false,true,true";
      });
      const logs = await processor.at({ path: "/api/v1/processors/controller/logs" }, true);
      assert.ok(
        (logs.body as { lines: { text: string }[] }).lines.some(({ text }) => text.startsWith("management: http")),
      );
      const tested = await processor.at({ method: "POST", path: "/api/v1/processors/controller/self-test" }, true);
      assert.deepEqual([tested.status, (tested.body as { passed: boolean }).passed], [200, false]);
      const refused = await processor.at({ path: "/api/v1/overview" }, true);
      assert.deepEqual([refused.status, (refused.body as { code: string }).code], [503, "restricted_server"]);
    } finally {
      process.kill(service, "SIGCONT");
    }
    await processor.until("it is back", async () => (await processor.status()).state === "healthy");
  });

  test("a paused service is restarted by the restricted server, once; the full server comes back at the address", async () => {
    const { bootCount } = await processor.status();
    process.kill(processor.service(), "SIGSTOP");
    const headers = { "idempotency-key": freshKey(), "if-match": `"start-${bootCount}"` };
    const restart: Asked = { method: "POST", path: "/api/v1/processors/controller/restart", headers };
    const answer = await processor.at(restart, true);
    assert.deepEqual(
      [answer.status, (answer.body as { bootCount: number }).bootCount],
      [200, bootCount + 1],
      answer.text,
    );
    const again = { ...restart, headers: { ...headers, "idempotency-key": freshKey() } };
    assert.equal((await processor.at(again, true)).status, 412, "that start is over");
    await processor.untilServer("full");
    assert.equal((await processor.status(false)).bootCount, bootCount + 1);
  });

  test("with the service killed the restricted server has the address at once, until the full one is back", async () => {
    const { bootCount } = await processor.status();
    process.kill(processor.service(), "SIGKILL");
    await processor.untilServer("restricted");
    // The full server may take the address back at this very moment.
    await processor.until("the login goes on", async () => {
      const session = await processor.at({ path: "/api/v1/session" });
      return (session.body as { session: { user: string } }).session.user === "alice";
    });
    await processor.untilServer("full");
    assert.equal((await processor.status(false)).bootCount, bootCount + 1);
    assert.equal((await processor.at({ path: "/api/v1/session" })).status, 200);
  });

  test("the restricted server is started again, too", async () => {
    const id = childrenOf(
      Number(readFileSync(`/proc/${processor.service()}/status`, "utf8").match(/^PPid:\s+(\d+)/m)?.[1]),
    ).find((each) => each !== processor.service());
    assert.ok(id);
    process.kill(id, "SIGKILL");
    await processor.until("it answers again", async () => (await processor.status()).service.running);
  });

  test("the audit log holds what was done, and its chain", () => {
    const file = join(processor.folder, "audit.jsonl");
    const told = execFileSync(process.execPath, [entry, "audit", file], { encoding: "utf8" });
    const head = /the chain holds; head ([0-9a-f]{64})/.exec(told)?.[1];
    assert.ok(head, told);
    writeFileSync(file, readFileSync(file, "utf8").replaceAll('"user":"alice"', '"user":"mallo"'));
    const check = () => execFileSync(process.execPath, [entry, "audit", file, "--head", head], { encoding: "utf8" });
    assert.throws(check, (error: { status: number; stdout: string }) => {
      return error.status === 1 && error.stdout.startsWith("broken");
    });
  });
});

describe("a supervised processor that can't write a byte", () => {
  let processor: Processor;
  before(async () => {
    // As on a full disk: every write to a file fails, and the signal that would tell of it is passed over.
    processor = await Processor.start("trap '' XFSZ; ulimit -f 0;");
    await processor.until(
      "the restricted server answers",
      async () => (await processor.at({ path: "/healthz" }, true)).status === 200,
    );
  });
  after(() => processor.close());

  test("its restricted server has all of its set: login, status, logs, self-test, restart", async () => {
    await processor.logIn(true);
    await processor.until("the service has been started", async () => (await processor.status()).bootCount > 0);
    const status = await processor.status();
    assert.equal(testNamed(status, "disk"), false);
    assert.equal((await processor.at({ path: "/api/v1/processors/controller/logs" }, true)).status, 200);
    const { bootCount } = status;
    const headers = { "idempotency-key": freshKey(), "if-match": `"start-${bootCount}"` };
    const answer = await processor.at({ method: "POST", path: "/api/v1/processors/controller/restart", headers }, true);
    assert.equal(answer.status, 200, answer.text);
    await processor.until("it was started again", async () => (await processor.status()).bootCount > bootCount);
  });

  test("its full server reads, and changes nothing, since no entry could be kept", async () => {
    await processor.untilServer("full");
    const overview = await processor.at({ path: "/api/v1/overview" });
    assert.equal(overview.status, 200);
    const headers = { "idempotency-key": freshKey(), "if-match": overview.headers.etag as string };
    const body = { maintenance: true };
    const drain = await processor.at({ method: "PUT", path: "/api/v1/ports/a1/maintenance", body, headers });
    assert.deepEqual([drain.status, (drain.body as { code: string }).code], [503, "no_audit"], drain.text);
    const after = await processor.at({ path: "/api/v1/overview" });
    assert.equal(after.headers.etag, overview.headers.etag);
  });
});

describe("fairlead user", () => {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-user-"));
  after(() => rmSync(folder, { recursive: true }));
  const run = (args: string[], input = ""): { status: number; text: string } => {
    try {
      return {
        status: 0,
        text: execFileSync(process.execPath, [entry, "user", ...args], {
          input,
          cwd: folder,
          encoding: "utf8",
          stdio: "pipe",
        }),
      };
    } catch (error) {
      const { status, stderr } = error as { status: number; stderr: string };
      return { status, text: stderr };
    }
  };

  test("adds, lists and removes; weak passwords, unknown roles and open files are exit code 2", () => {
    assert.equal(run(["set", "alice", "--role", "operator", "--users", "u.json"], `${PASSWORD}\n`).status, 0);
    assert.equal(run(["list", "--users", "u.json"]).text, "alice\toperator\n");
    for (const [args, input, pattern] of [
      [["set", "bob", "--users", "u.json"], "short\n", /at least 12 characters/],
      [["set", "bob", "--users", "u.json"], "", /no password/],
      [["set", "bob", "--role", "king", "--users", "u.json"], `${PASSWORD}\n`, /monitor, operator, administrator/],
      [["remove", "bob", "--users", "u.json"], "", /no user bob/],
      [["token", "prometheus", "--key", "none.key"], "", /none.key: no such file/],
    ] as const) {
      const { status, text } = run([...args], input);
      assert.equal(status, 2, text);
      assert.match(text, pattern);
    }
    chmodSync(join(folder, "u.json"), 0o644);
    const open = run(["list", "--users", "u.json"]);
    assert.deepEqual([open.status, /chmod 600/.test(open.text)], [2, true], open.text);
    chmodSync(join(folder, "u.json"), 0o600);
    assert.equal(run(["remove", "alice", "--users", "u.json"]).status, 0);
    assert.equal(run(["list", "--users", "u.json"]).text, "");
  });

  test("a token for a program is good for its role", async () => {
    assert.equal(run(["key", "t.key"]).status, 0);
    const { readTokenKeys, Tokens } = await import("../../../host/management/access/tokens.js");
    const { text } = run(["token", "prometheus", "--key", "t.key", "--days", "2"]);
    const session = new Tokens(readTokenKeys(join(folder, "t.key"))).verify(text.trim());
    assert.deepEqual([session?.user, session?.role], ["token:prometheus", "monitor"]);
    assert.match(run(["token", "x", "--key", "t.key", "--days", "0"]).text, /1 to 3650/);
  });
});
