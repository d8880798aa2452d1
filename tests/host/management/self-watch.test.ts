/** What a processor tells of itself: self-tests as they come out, its carrier and its ticks as they are now. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  SelfWatch,
  type SelfWatchOptions,
  type WatchedServer,
} from "../../../host/management/processors/self-watch.js";
import { runSelfTests, type SelfTestParts } from "../../../host/management/processors/self-test.js";
import { SelfTest, WebServerKind } from "../../../host/shim/generated/layout.js";
import { until } from "../sources/support.js";

const ALL = 63;
const HOUR_MS = 3_600_000;

class Server implements WatchedServer {
  readonly served: string[] = [];
  answer: Promise<string> | undefined = Promise.resolve("answers");

  serve(kind: "full" | "none"): Promise<void> {
    this.served.push(kind);
    return Promise.resolve();
  }

  ask(): Promise<string> | undefined {
    return this.answer;
  }
}

describe("the own processor", () => {
  let folder = "";
  let lines: string[] = [];
  let nowMs = 0;
  const open: SelfWatch[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fairlead-self-"));
    lines = [];
    nowMs = 1000;
  });
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function watch(more: Partial<SelfWatchOptions> = {}): SelfWatch {
    const report = (line: string) => void lines.push(line);
    // However long a busy disk takes: no time passes, and no test is given up.
    const run = (parts: SelfTestParts) => runSelfTests({ ...parts, deadlineMs: HOUR_MS });
    const made = new SelfWatch({ everyMs: HOUR_MS, report, nowMs: () => nowMs, run, ...more });
    made.beforeTick();
    open.push(made);
    return made;
  }

  function managed(more: Partial<SelfWatchOptions> = {}, server = new Server()): SelfWatch {
    const made = watch(more);
    made.manage(server, folder);
    return made;
  }

  test("passes real self-tests with a disk that it can write", async () => {
    const own = managed();
    await own.look();
    assert.equal(own.selfTests(), ALL);
    assert.deepEqual(lines, []);
  });

  test("fails the disk's test where nothing can be written, and says so once; passes again afterwards", async () => {
    const own = watch();
    own.manage(new Server(), join(folder, "gone"));
    await own.look();
    await own.look();
    assert.equal(own.selfTests(), ALL & ~SelfTest.DISK);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /^self-test disk fails: ENOENT/);
    own.manage(new Server(), folder);
    await own.look();
    assert.equal(own.selfTests(), ALL);
    assert.match(lines[1] ?? "", /^self-test disk passes again/);
  });

  test("fails the web server's test while the full server doesn't answer, not while there is none", async () => {
    const server = new Server();
    const own = managed({}, server);
    server.answer = Promise.reject(new Error("hung"));
    await own.look();
    assert.equal(own.selfTests(), ALL & ~SelfTest.WEB_SERVER);
    assert.match(lines[0] ?? "", /web-server fails: hung/);
    server.answer = undefined;
    await own.look();
    assert.equal(own.selfTests(), ALL);
  });

  test("fails it at once when the device of the management address has no carrier", async () => {
    let carrier = true;
    const own = managed({ device: "m0", hasCarrier: (device) => device === "m0" && carrier });
    assert.equal(own.selfTests(), ALL);
    carrier = false;
    assert.equal(own.selfTests(), ALL & ~SelfTest.WEB_SERVER);
    await own.look();
    assert.match(lines[0] ?? "", /web-server fails: m0 has no carrier/);
    carrier = true;
    assert.equal(own.selfTests(), ALL & ~SelfTest.WEB_SERVER, "only the next look shows that it serves again");
    await own.look();
    assert.equal(own.selfTests(), ALL);
  });

  test("fails the process's test when ticks don't come, by the time it is asked", async () => {
    const own = watch();
    nowMs += 2000;
    assert.equal(own.selfTests(), ALL);
    nowMs++;
    assert.equal(own.selfTests(), ALL & ~SelfTest.PROCESS);
    own.beforeTick();
    assert.equal(own.selfTests(), ALL);
  });

  test("has the full server run or not as the module says, also when it said so before there was one", async () => {
    const own = watch();
    const server = new Server();
    await own.setWebServer(WebServerKind.RESTRICTED);
    own.manage(server, folder);
    await own.setWebServer(WebServerKind.FULL);
    await own.setWebServer(WebServerKind.RESTRICTED);
    assert.deepEqual(server.served, ["none", "full", "none"]);
  });

  test("looks again and again once it is managed, and stops when closed", async () => {
    let looks = 0;
    const run = () => {
      looks++;
      return Promise.resolve([{ name: "disk" as const, passed: false, detail: "full" }]);
    };
    const own = managed({ everyMs: 5, run });
    await until("three looks", () => looks >= 3);
    await own.close();
    const before = looks;
    await sleep(30);
    assert.equal(looks, before);
    assert.equal(own.selfTests(), ALL & ~SelfTest.DISK);
  });
});
