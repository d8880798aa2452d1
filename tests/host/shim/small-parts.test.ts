import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fnv64 } from "../../../host/shim/digest.js";
import { createViews, layouts } from "../../../host/shim/generated/layout.js";
import { IdBook } from "../../../host/shim/id-book.js";
import { NameTable } from "../../../host/shim/names.js";
import { Outcomes } from "../../../host/shim/outcomes.js";
import { RowPool } from "../../../host/shim/row-pool.js";
import { WriterConfirmations } from "../../../host/shim/writers.js";

describe("Fnv64", () => {
  /** The same digest by its definition. */
  function reference(bytes: Uint8Array): string {
    let hash = 0xcbf29ce484222325n;
    for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
    return hash.toString(16).padStart(16, "0");
  }

  test("is FNV-1a with 64 bits", () => {
    const digest = new Fnv64();
    assert.equal(digest.hex(), "cbf29ce484222325");
    digest.update(new TextEncoder().encode("foobar"));
    assert.equal(digest.hex(), "85944171f73967e8");
    const all = Uint8Array.from({ length: 4096 }, (_, index) => (index * 131 + (index >> 3)) & 0xff);
    digest.reset();
    digest.update(all, 0, 1000);
    digest.update(all, 1000);
    assert.equal(digest.hex(), reference(all));
  });
});

describe("IdBook", () => {
  test("gives ids in order of appearance and keeps them over files that lack the name", () => {
    const book = new IdBook();
    assert.deepEqual(book.assign("ports", [{ name: "a" }, { name: "b" }]), [1, 2]);
    assert.deepEqual(book.assign("ports", [{ name: "b" }, { name: "c" }]), [2, 3]);
    assert.deepEqual(book.assign("ports", [{ name: "c" }, { name: "a" }]), [3, 1]);
    assert.deepEqual(book.assign("targets", [{ name: "a" }]), [1]);
  });

  test("an explicit id wins, also over the name that held it", () => {
    const book = new IdBook();
    book.assign("ports", [{ name: "old" }, { name: "other" }]);
    // Renamed: the same thing under another name.
    assert.deepEqual(book.assign("ports", [{ name: "new", id: 1 }, { name: "other" }]), [1, 2]);
    assert.deepEqual(book.assign("ports", [{ name: "far", id: 100 }, { name: "next" }]), [100, 101]);
    // The name that lost its id gets another one, never an old one.
    assert.deepEqual(book.assign("ports", [{ name: "old" }]), [102]);
  });

  test("comes back whole from its contents, whatever the names", () => {
    const book = new IdBook();
    const names = ["10", "2", "__proto__", "constructor"];
    const ids = book.assign(
      "initiators",
      names.map((name) => ({ name })),
    );
    const copy = new IdBook(JSON.parse(JSON.stringify(book.contents())));
    assert.deepEqual(
      names.map((name) => copy.idOf("initiators", name)),
      ids,
    );
    assert.equal(copy.idOf("initiators", "more"), names.length + 1);
    assert.equal(copy.namesById("initiators").get(3), "__proto__");
  });
});

describe("RowPool", () => {
  test("gives the row that has rested longest and never one twice", () => {
    const pool = new RowPool(3, (row) => row === 1);
    assert.equal(pool.free, 2);
    assert.equal(pool.take(), 0);
    assert.equal(pool.take(), 2);
    assert.equal(pool.take(), -1);
    pool.release(2);
    pool.release(2);
    pool.release(0);
    assert.equal(pool.free, 2);
    assert.deepEqual([pool.take(), pool.take(), pool.take()], [2, 0, -1]);
  });
});

describe("NameTable", () => {
  test("knows rows by name and names by row", () => {
    const table = new NameTable();
    table.set(4, "a");
    table.set(2, "b");
    table.set(4, "c");
    assert.deepEqual([table.row("a"), table.row("b"), table.row("c")], [-1, 2, 4]);
    assert.deepEqual(table.names(), ["b", "c"]);
    table.remove(2);
    assert.equal(table.name(2), "");
    assert.equal(table.size, 1);
  });

  test("a name that moved to another row stays there when its old row is taken", () => {
    const table = new NameTable();
    table.set(1, "a");
    table.set(2, "a");
    table.set(1, "b");
    assert.equal(table.row("a"), 2);
  });
});

describe("Outcomes", () => {
  const views = () => createViews(new ArrayBuffer(layouts.small.memoryBytes), "small");

  /** Sequences in slots that are marked. */
  function marked(all: ReturnType<typeof views>): number[] {
    const taken: number[] = [];
    for (let slot = 0; slot < all.outcome.capacity; slot++) {
      if (all.outcome.isChanged(slot)) taken.push(all.outcome.sequence(slot));
    }
    return taken;
  }

  test("fills free slots in order, keeps the rest, and writes it when slots are free", () => {
    const buffer = new ArrayBuffer(layouts.small.memoryBytes);
    const all = createViews(buffer, "small");
    const outcomes = new Outcomes(all);
    const capacity = all.outcome.capacity;
    for (let sequence = 1; sequence <= capacity; sequence++) assert.equal(outcomes.report(1, sequence, 1, 0), true);
    assert.equal(outcomes.report(1, capacity + 1, 1, 7), false);
    assert.equal(outcomes.report(1, capacity + 2, 2, 0), false);
    outcomes.flush();
    assert.deepEqual(marked(all).at(-1), capacity);
    new Uint32Array(buffer).fill(0, all.outcome.table.changedAddress >> 2, (all.outcome.table.changedAddress >> 2) + 1);
    outcomes.flush();
    assert.deepEqual(marked(all), [capacity + 1, capacity + 2]);
    assert.equal(all.outcome.detail(0), 7);
    assert.equal(outcomes.dropped, 0);
  });

  test("a full queue drops its oldest entry and counts it", () => {
    const all = views();
    const outcomes = new Outcomes(all);
    const room = all.outcome.capacity + all.outcome.capacity * 4;
    for (let sequence = 1; sequence <= room + 3; sequence++) outcomes.report(1, sequence, 1, 0);
    assert.equal(outcomes.dropped, 3);
  });
});

describe("WriterConfirmations", () => {
  test("a generation is known when the slowest writer knows it", () => {
    const confirmations = new WriterConfirmations();
    assert.equal(confirmations.known(5), 5);
    const fast = confirmations.writer("fast", 1);
    const slow = confirmations.writer("slow", 1);
    fast.confirm(3);
    assert.equal(confirmations.known(3), 1);
    slow.confirm(2);
    assert.equal(confirmations.known(3), 2);
    slow.confirm(1);
    assert.equal(confirmations.known(3), 2);
    slow.close();
    assert.equal(confirmations.known(3), 3);
    slow.confirm(1);
    assert.equal(confirmations.known(3), 3);
    fast.close();
    assert.equal(confirmations.known(9), 9);
  });
});
