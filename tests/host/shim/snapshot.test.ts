import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { FileError } from "../../../host/shim/errors.js";
import { LinkState } from "../../../host/shim/generated/layout.js";
import type { Shim } from "../../../host/shim/shim.js";
import { decodeSnapshot, readSnapshot, snapshotBytes, writeSnapshot } from "../../../host/shim/snapshot.js";
import { type Started, snapshotForStart, startShim } from "../../../host/shim/start.js";
import { arrayOf, moduleBytes, newCore, observeAll, runTicks, SEED_TEXT, startedShim } from "./support.js";

const NOW = 1_700_000_000_000;

function running(): Shim {
  const shim = startedShim();
  for (const [index, name] of ["10a", "10b"].entries()) shim.login(shim.initiator(name), index, index, 0);
  runTicks(shim, 20, 1000);
  return shim;
}

function restarted(shim: Shim, ageMs = 0, module = moduleBytes()): Started {
  const snapshot = decodeSnapshot(snapshotBytes(shim, NOW), "snapshot");
  return startShim({ module, snapshot, nowMs: NOW + ageMs, maxAgeMs: 60_000 });
}

describe("a warm start", () => {
  test("goes on with the kept memory under a larger incarnation", () => {
    const before = running();
    const { shim, attached, reason } = restarted(before);
    assert.equal(reason, "");
    assert.equal(attached, true);
    assert.equal(shim.incarnation, 2);
    assert.deepEqual(shim.names.ports.names(), ["41a", "41b"]);
    assert.equal(shim.names.initiators.row("10b"), before.names.initiators.row("10b"));
    assert.equal(shim.core.views.header.nowMs(0), before.core.views.header.nowMs(0));
  });

  test("sessions that are there again keep their rows, others end", () => {
    const before = running();
    const kept = before.findSession(before.initiator("10b"), 1, 1);
    const generation = before.core.views.sessionInput.generation(kept);
    const { shim } = restarted(before);
    shim.start(100_000);
    assert.deepEqual(shim.configure(arrayOf(SEED_TEXT)), []);
    assert.equal(shim.login(shim.initiator("10b"), 1, 1, 0), kept);
    assert.equal(shim.core.views.sessionInput.generation(kept), generation);
    const fresh = shim.login(shim.initiator("10c"), 2, 0, 0);
    assert.notEqual(fresh, kept);
    assert.equal(shim.dropUnseenSessions(), 1);
    assert.equal(shim.dropUnseenSessions(), 0);
    assert.equal(shim.isLoggedIn(kept), true);
    assert.equal(shim.findSession(shim.initiator("10a"), 0, 0), -1);
    observeAll(shim);
    runTicks(shim, 30, 100_000);
    assert.equal(shim.core.views.targetPortState.sessions(0), 1);
    assert.equal(shim.core.views.targetPortState.sessions(1), 1);
  });

  test("links and registrations count as unknown until they are written anew", () => {
    const { shim } = restarted(running());
    shim.start(100_000);
    const { targetPortInput, registrationInput } = shim.core.views;
    assert.equal(targetPortInput.incarnation(0), 1);
    shim.setLink(0, LinkState.UP);
    shim.setRegistrations(0, [0, 1]);
    assert.equal(targetPortInput.incarnation(0), 2);
    assert.equal(registrationInput.incarnation(0), 2);
    assert.equal(registrationInput.isChanged(0), true);
  });

  test("one too old, from the future, of another profile or damaged is not attached, but ids and incarnation go on", () => {
    const before = running();
    for (const [started, why] of [
      [restarted(before, 60_001), "too old"],
      [restarted(before, -1), "too old"],
      [restarted(before, 0, moduleBytes("standard")), "another layout"],
    ] as const) {
      assert.equal(started.attached, false);
      assert.equal(started.reason, why);
      assert.equal(started.shim.incarnation, 2);
      assert.equal(started.shim.idBook.idOf("ports", "41b"), 2);
      assert.equal(started.shim.core.views.header.generation(0), 0);
    }
  });

  test("a host that died inside a call, or a broken row, is found by attach", () => {
    const died = running();
    died.core.views.header.setCallUnderWay(0, 3);
    assert.match(restarted(died).reason, /CALL_UNDER_WAY/);
    const broken = running();
    broken.core.views.targetPortState.setLoadPermille(0, 12345);
    const { attached, reason, shim } = restarted(broken);
    assert.equal(attached, false);
    assert.match(reason, /BROKEN_SEAL/);
    assert.equal(shim.incarnation, 2);
  });

  test("without a snapshot the first incarnation begins", () => {
    const started = startShim({ module: moduleBytes(), snapshot: undefined, nowMs: NOW, maxAgeMs: 1 });
    assert.equal(started.shim.incarnation, 1);
    assert.equal(started.reason, "no snapshot");
  });
});

describe("the snapshot file", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fairlead-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("comes back as it was written", () => {
    const shim = running();
    const file = join(folder, "state");
    writeSnapshot(file, shim, NOW);
    writeSnapshot(file, shim, NOW + 5);
    assert.deepEqual(readdirSync(folder), ["state"]);
    const snapshot = readSnapshot(file);
    assert.equal(snapshot?.savedMs, NOW + 5);
    assert.equal(snapshot?.sameLayout, true);
    assert.deepEqual(snapshot?.memory, new Uint8Array(shim.core.memory.buffer).slice());
    assert.deepEqual(snapshot?.book.contents(), shim.idBook.contents());
  });

  test("a host that dies in the middle of writing leaves the earlier one", () => {
    const file = join(folder, "state");
    writeSnapshot(file, running(), NOW);
    writeFileSync(`${file}.tmp`, snapshotBytes(running(), NOW + 9).subarray(0, 5000));
    assert.equal(readSnapshot(file)?.savedMs, NOW);
    writeSnapshot(file, running(), NOW + 10);
    assert.equal(existsSync(`${file}.tmp`), false);
  });

  test("there may be none", () => {
    assert.equal(readSnapshot(join(folder, "none")), undefined);
  });

  test("one that is cut off, changed or foreign is told, and counts as none for a start", () => {
    const file = join(folder, "state");
    const bytes = snapshotBytes(running(), NOW);
    const refused = (content: Uint8Array) => {
      writeFileSync(file, content);
      assert.throws(() => readSnapshot(file), FileError);
      const warnings: string[] = [];
      assert.equal(
        snapshotForStart(file, (message) => warnings.push(message)),
        undefined,
      );
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? "", /state: /);
    };
    for (const length of [0, 3, 30, 48, 1000, bytes.length - 1]) refused(bytes.subarray(0, length));
    for (const at of [5, 30, 60, bytes.length >> 1, bytes.length - 1]) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] as number) ^ 0x10;
      refused(changed);
    }
    refused(new TextEncoder().encode("cases: []\n"));
    writeFileSync(file, bytes);
    truncateSync(file, 100);
    refused(bytes.subarray(0, 100));
  });

  test("a snapshot of another layout keeps its ids and its incarnation", () => {
    const shim = startedShim(SEED_TEXT, { incarnation: 41 });
    const snapshot = decodeSnapshot(snapshotBytes(shim, NOW), "snapshot");
    const other = { ...snapshot, sameLayout: false };
    const started = startShim({ module: moduleBytes(), snapshot: other, nowMs: NOW, maxAgeMs: 1000 });
    assert.equal(started.reason, "another layout");
    assert.equal(started.shim.incarnation, 42);
    assert.deepEqual(started.shim.idBook.contents(), shim.idBook.contents());
  });
});

test("a core that was reset is empty whatever was in its memory", () => {
  const used = running();
  used.core.exports.reset();
  const fresh = newCore();
  fresh.exports.reset();
  assert.deepEqual(new Uint8Array(used.core.memory.buffer), new Uint8Array(fresh.memory.buffer));
});
