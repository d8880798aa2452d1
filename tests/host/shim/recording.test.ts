import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { FileError } from "../../../host/shim/errors.js";
import { layouts, OutcomeResult, SessionFlag } from "../../../host/shim/generated/layout.js";
import { fileSink, memorySink, Recorder } from "../../../host/shim/recorder.js";
import { RECORD_HEAD_BYTES, RECORDING_HEADER_BYTES, RecordKind } from "../../../host/shim/recording-format.js";
import { replay } from "../../../host/shim/replayer.js";
import type { Shim } from "../../../host/shim/shim.js";
import { arrayOf, type Kind, newCore, runTicks, SEED_TEXT, startedShim } from "./support.js";

/** A run with everything in it: logins, decisions, outcomes, a reconfiguration, scrubbing. */
function story(shim: Shim, fromMs = 1000): number {
  const rows = ["10a", "10b", "10c"].map((name, index) =>
    shim.login(shim.initiator(name), index, 0, SessionFlag.ASYNC_LOGOUT),
  );
  let hostMs = runTicks(shim, 40, fromMs, (decision) => {
    shim.outcome(decision.incarnation, decision.sequence, OutcomeResult.DONE);
  });
  shim.setRegistrations(0, [1]);
  hostMs = runTicks(shim, 5, hostMs);
  shim.logout(rows[0] as number);
  shim.login(shim.initiator("10a"), 0, 1, 0);
  shim.configure(arrayOf(SEED_TEXT.replace("eui.0003", "eui.0004")));
  shim.scrub(50);
  return runTicks(shim, 60, hostMs);
}

function recorded(kind: Kind): { bytes: Uint8Array; digest: string } {
  const sink = memorySink();
  const recorder = new Recorder(sink);
  story(startedShim(SEED_TEXT, { recorder }, newCore("small", kind)));
  const digest = recorder.digestHex;
  recorder.close();
  return { bytes: sink.bytes(), digest };
}

interface Found {
  at: number;
  kind: number;
  detail: number;
}

function recordsOf(bytes: Uint8Array): Found[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Found[] = [];
  for (let at = RECORDING_HEADER_BYTES; at < bytes.length; ) {
    found.push({ at, kind: view.getUint8(at), detail: view.getUint8(at + 1) });
    at += RECORD_HEAD_BYTES + ((view.getUint32(at + 12, true) + 3) & ~3);
  }
  return found;
}

describe("a recording", () => {
  for (const kind of ["plain", "shared"] as const) {
    for (const on of ["plain", "shared"] as const) {
      test(`of a ${kind} module replays on a ${on} one with the same decisions`, () => {
        const { bytes, digest } = recorded(kind);
        const report = replay(bytes, "run.flr", newCore("small", on));
        assert.deepEqual(report.parting, undefined);
        assert.equal(report.digest, digest);
        assert.equal(report.ticks, 105);
        assert.ok(report.decisions >= 3, `${report.decisions} decisions`);
        assert.equal(report.whole, true);
      });
    }
  }

  test("may begin in the middle of a run", () => {
    const shim = startedShim();
    const hostMs = story(shim);
    const sink = memorySink();
    const recorder = new Recorder(sink);
    shim.record(recorder);
    shim.setRegistrations(1, []);
    runTicks(shim, 30, hostMs);
    shim.record(undefined);
    recorder.close();
    const report = replay(sink.bytes(), "late.flr", newCore());
    assert.equal(report.parting, undefined);
    assert.equal(report.digest, recorder.digestHex);
    assert.ok(report.decisions > 0);
  });

  test("changes nothing of what it records", () => {
    const plain = startedShim();
    story(plain);
    const sink = memorySink();
    const watched = startedShim(SEED_TEXT, { recorder: new Recorder(sink) });
    story(watched);
    assert.deepEqual(new Uint8Array(watched.core.memory.buffer), new Uint8Array(plain.core.memory.buffer));
  });

  test("goes to a file whole", () => {
    const folder = mkdtempSync(join(tmpdir(), "fairlead-"));
    const file = join(folder, "run.flr");
    const recorder = new Recorder(fileSink(file));
    story(startedShim(SEED_TEXT, { recorder }));
    recorder.close();
    const bytes = new Uint8Array(readFileSync(file));
    rmSync(folder, { recursive: true });
    assert.deepEqual(bytes, recorded("plain").bytes);
  });
});

describe("a replay", () => {
  test("says at which tick, decision and field a recording parts", () => {
    const { bytes } = recorded("plain");
    const field = layouts.small.tables
      .find(({ name }) => name === "decision")
      ?.fields.find(({ name }) => name === "reason");
    const decisions = recordsOf(bytes).filter(({ kind }) => kind === RecordKind.DECISIONS);
    const second = decisions[1] as Found;
    const changed = Uint8Array.from(bytes);
    const at = second.at + RECORD_HEAD_BYTES + (field?.offset ?? 0);
    changed[at] = 99;
    const { parting } = replay(changed, "run.flr", newCore());
    assert.equal(parting?.field, "reason");
    assert.equal(parting?.recorded, "99");
    assert.equal(parting?.replayed, String(bytes[at]));
    assert.equal(parting?.sequence, 2);
    assert.ok((parting?.tick ?? 0) > 1);
  });

  test("parts where an input was changed", () => {
    const { bytes } = recorded("plain");
    const changed = Uint8Array.from(bytes);
    const logins = recordsOf(bytes).filter(({ kind, detail }) => kind === RecordKind.ROWS && detail === 1);
    const table = layouts.small.tables.find(({ name }) => name === "session-input");
    const view = new DataView(changed.buffer);
    const login = logins.find(({ at }) => view.getUint16(at + 2, true) === table?.number) as Found;
    const flags = table?.fields.find(({ name }) => name === "flags");
    view.setUint16(login.at + RECORD_HEAD_BYTES + (flags?.offset ?? 0), 0, true);
    const { parting } = replay(changed, "run.flr", newCore());
    assert.notEqual(parting, undefined);
  });

  test("tells a recording that was cut off, at every record and inside one", () => {
    const { bytes } = recorded("plain");
    const records = recordsOf(bytes);
    for (const index of [0, 1, records.length >> 1, records.length - 1]) {
      const { at } = records[index] as Found;
      for (const length of [at, at + 7, at + RECORD_HEAD_BYTES]) {
        const report = replay(bytes.subarray(0, length), "cut.flr", newCore());
        assert.equal(report.whole, false);
        assert.equal(report.parting, undefined);
      }
    }
  });

  test("refuses what is no recording, another layout, and what is damaged", () => {
    const { bytes } = recorded("plain");
    const refuse = (change: (copy: Uint8Array, view: DataView) => Uint8Array | undefined, message: RegExp) => {
      const copy = Uint8Array.from(bytes);
      const changed = change(copy, new DataView(copy.buffer)) ?? copy;
      assert.throws(
        () => replay(changed, "bad.flr", newCore()),
        (error) => error instanceof FileError && message.test(error.message) && error.message.startsWith("bad.flr: "),
      );
    };
    refuse(() => new Uint8Array(0), /no recording/);
    refuse(() => new TextEncoder().encode("name: array\n"), /no recording/);
    refuse((copy) => copy.subarray(0, 20), /cut off at byte 20/);
    refuse((_, view) => void view.setUint32(4, 999, true), /layout version 999/);
    refuse((_, view) => void view.setUint32(8, 1, true), /hash/);
    refuse((_, view) => void view.setUint32(16, 7, true), /profile 7/);
    refuse((_, view) => void view.setUint8(RECORDING_HEADER_BYTES, 77), /unknown record 77/);
    const rows = recordsOf(bytes).find(({ kind }) => kind === RecordKind.ROWS) as Found;
    refuse((_, view) => void view.setUint16(rows.at + 2, 999, true), /no table 999/);
    refuse((_, view) => void view.setUint32(rows.at + 4, 1e6, true), /beyond the end of table/);
    assert.throws(() => replay(bytes, "run.flr", newCore("standard")), FileError);
  });
});
