import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { CountersWriter, type LatchedTable } from "../../../host/shim/latched-rows.js";
import { createMailbox, type LatchSink, MAILBOX_RETRY_MAX, MailboxLatch } from "../../../host/shim/mailbox.js";
import { Shim } from "../../../host/shim/shim.js";
import { memorySink, Recorder } from "../../../host/shim/recorder.js";
import { replay } from "../../../host/shim/replayer.js";
import type { WriterTask } from "./latch-writer.js";
import { newCore, observeAll, startedShim } from "./support.js";

const ARRAY = "name: latch\nprofile: small\nports: ['p{1..8}']\ntargets: [t]\n";
/** Numbers that each row gets at least: without the second look at the sequence word, some hundred torn rows get through. */
const LEAST = 400_000;
/** One row a thread, so that the writers are in it most of the time. */
const ROWS = [2, 5];

/** Threads that write, one a row. */
class Writers {
  running = ROWS.length;
  /** The last number of each row, once its writer is done. */
  readonly last = new Map<number, number>();
  private readonly enough = new Int32Array(new SharedArrayBuffer(4));
  private readonly threads: Worker[];

  constructor(shim: Shim) {
    this.threads = ROWS.map((row) => {
      const [table, generation] = [shim.counters, shim.portGeneration(row)];
      const task: WriterTask = { table, rows: [row], generation, least: LEAST, enough: this.enough };
      const thread = new Worker(new URL("./latch-writer.js", import.meta.url), { workerData: task });
      void once(thread, "message").then(([last]) => {
        this.last.set(row, last as number);
        this.running--;
      });
      return thread;
    });
  }

  /** From here on they may end: on a busy machine they could be done before the reader has had a turn. */
  mayEnd(): void {
    Atomics.store(this.enough, 0, 1);
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.terminate()));
  }
}

/** Every word of a row holds the same number, and that number never goes back. */
function checkRow(shim: Shim, row: number, before: number): number {
  const latched = shim.core.views.targetPortCountersLatched;
  const number = latched.sampledMs(row);
  const words = [latched.queueDepth(row), latched.busyUs(row), latched.bytes(row), latched.operations(row)];
  if (words.some((word) => word !== number)) assert.fail(`torn row ${row}: ${[number, ...words]}`);
  if (number < before) assert.fail(`row ${row} went from ${before} back to ${number}`);
  assert.equal(latched.sequence(row) & 1, 0);
  return number;
}

for (const kind of ["plain", "shared"] as const) {
  test(`${kind}: no torn row gets through while threads write, and no change is slept over`, async () => {
    const shim = startedShim(ARRAY, {}, newCore("small", kind));
    const writers = new Writers(shim);
    const seen = new Array<number>(8).fill(0);
    let changes = 0;
    let hostMs = 1000;
    const step = () => {
      shim.tick(++hostMs, () => {});
      for (const row of ROWS) {
        const number = checkRow(shim, row, seen[row] as number);
        if (number !== seen[row]) changes++;
        seen[row] = number;
      }
    };
    const endMs = performance.now() + 60_000;
    while (writers.running > 0) {
      for (let tick = 0; tick < 100; tick++) step();
      if (changes > ROWS.length || performance.now() > endMs) writers.mayEnd();
      await turn();
    }
    step();
    for (const row of ROWS) assert.equal(seen[row], writers.last.get(row), "the last write of every row has come");
    assert.ok(changes > ROWS.length, "ticks ran while threads wrote");
    await writers.close();
  });
}

test("a recording of a shared module holds what its latch took, whatever threads did meanwhile", async () => {
  const sink = memorySink();
  const recorder = new Recorder(sink);
  const shim = startedShim(ARRAY, { recorder }, newCore("small", "shared"));
  for (let index = 0; index < 12; index++) shim.login(shim.initiator(`i${index}`), 0, index % 8, 0);
  const writers = new Writers(shim);
  writers.mayEnd();
  let hostMs = 1000;
  const twentyTicks = () => {
    for (let tick = 0; tick < 20; tick++) {
      hostMs += 100;
      shim.tick(hostMs, () => {});
    }
  };
  while (writers.running > 0) {
    twentyTicks();
    await turn();
  }
  twentyTicks();
  await writers.close();
  recorder.close();
  for (const kind of ["plain", "shared"] as const) {
    const core = newCore("small", kind);
    const report = replay(sink.bytes(), "threads.flr", core);
    assert.equal(report.parting, undefined);
    assert.equal(report.digest, recorder.digestHex);
    for (const row of ROWS) assert.equal(core.views.targetPortCountersLatched.bytes(row), writers.last.get(row));
  }
});

describe("the mailbox", () => {
  /** A mailbox, and a module memory of as many words in which rows are marked by number. */
  function place(): {
    table: LatchedTable;
    latch: MailboxLatch;
    mailbox: ReturnType<typeof createMailbox>;
    sink: LatchSink;
    marked: number[];
  } {
    const mailbox = createMailbox("small");
    const marked: number[] = [];
    const table = mailbox.tables.find(({ name }) => name === "target-port-counters") as LatchedTable;
    const sink = {
      words: new Int32Array(table.buffer.byteLength >> 2),
      bases: mailbox.tables.map(({ rowsAddress }) => rowsAddress >> 2),
      mark: mailbox.tables.map(() => (row: number) => void marked.push(row)),
    };
    return { table, latch: new MailboxLatch(mailbox, sink), mailbox, sink, marked };
  }

  test("copies what was written since the last time, and nothing else", () => {
    const { table, latch, sink, marked } = place();
    const writer = new CountersWriter(table);
    latch.latch();
    assert.deepEqual(marked, []);
    writer.write(3, 9, 100, 2 ** 40 + 5, 2 ** 33, 7, 4);
    writer.write(5, 9, 100, 1, 2, 3, 4);
    latch.latch();
    assert.deepEqual(marked.sort(), [3, 5]);
    const row = (table.rowsAddress >> 2) + 3 * 16;
    assert.equal(sink.words[row], 2, "an even sequence word");
    assert.deepEqual([...sink.words.subarray(row + 4, row + 8)], [5, 2 ** 8, 0, 2]);
    latch.latch();
    assert.equal(marked.length, 2);
  });

  test("leaves a row that a writer is in, counts it, and takes it once the writer is done", () => {
    const { table, latch, mailbox, sink, marked } = place();
    const words = new Int32Array(table.buffer);
    const row = table.rowsAddress >> 2;
    new CountersWriter(table).write(0, 1, 1, 1, 1, 1, 1);
    Atomics.add(words, row, 1);
    Atomics.store(words, row + 2, 77);
    for (let attempt = 1; attempt <= 3; attempt++) {
      latch.latch();
      assert.deepEqual(marked, []);
      assert.equal(sink.words[row + 2], 0);
      assert.equal(mailbox.tornRows, attempt);
    }
    Atomics.add(words, row, 1);
    latch.latch();
    assert.deepEqual(marked, [0]);
    assert.equal(sink.words[row + 2], 77);
    assert.ok(MAILBOX_RETRY_MAX >= 1);
  });

  test("refuses a row that the table has not", () => {
    const { table } = place();
    assert.throws(() => new CountersWriter(table).write(8, 1, 1, 1, 1, 1, 1), RangeError);
    assert.throws(() => new CountersWriter(table).write(-1, 1, 1, 1, 1, 1, 1), RangeError);
  });
});

test("rows that an earlier host left go on; one that a writer was in is empty until it is written again", () => {
  for (const kind of ["plain", "shared"] as const) {
    const core = newCore("small", kind);
    const before = startedShim(ARRAY, {}, core);
    before.portCounters(0, 2000, 5, 6, 7, 8);
    before.portCounters(1, 2000, 5, 6, 7, 8);
    before.tick(2000, () => {});
    const { targetPortCounters } = core.views;
    targetPortCounters.setSequence(1, 3);
    const after = new Shim(core, { incarnation: 2, attached: true, book: before.idBook });
    assert.equal(targetPortCounters.sequence(0), 2);
    assert.equal(targetPortCounters.bytes(0), 6);
    assert.equal(targetPortCounters.sequence(1), 4);
    assert.equal(targetPortCounters.generation(1), 0);
    after.portCounters(0, 3000, 10, 12, 14, 8);
    after.portCounters(1, 3000, 10, 12, 14, 8);
    after.tick(3000, () => {});
    const latched = core.views.targetPortCountersLatched;
    assert.deepEqual([latched.sequence(0), latched.bytes(0)], [4, 12]);
    assert.deepEqual([latched.sequence(1), latched.bytes(1)], [6, 12]);
  }
});

test("observations of a shared build go in as those of a plain one", () => {
  const states = (["plain", "shared"] as const).map((kind) => {
    const shim = startedShim(ARRAY, {}, newCore("small", kind));
    observeAll(shim);
    for (let hostMs = 1000; hostMs < 5000; hostMs += 100) {
      for (const row of shim.names.ports.rows()) shim.portCounters(row, hostMs, hostMs * 100 * row, 0, hostMs, 0);
      shim.tick(hostMs, () => {});
    }
    return shim.names.ports.rows().map((row) => shim.core.views.targetPortState.processorUsage(row));
  });
  assert.deepEqual(states[0], states[1]);
  assert.ok((states[0] as number[])[7] !== 0, "counters were taken");
});
