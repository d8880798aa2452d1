import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { CoordinationMemory } from "../../../../host/coordination/commands/memory.js";
import { DurableFile, type DurableStore } from "../../../../host/coordination/durable.js";

const folder = mkdtempSync(join(tmpdir(), "fairlead-memory-"));
after(() => rmSync(folder, { recursive: true }));

const silent = () => undefined;
let files = 0;
const fileName = () => join(folder, `state${files++}`, "epochs.json");

describe("what a controller must not forget", () => {
  it("is there again after its end: epochs that only grow, and the longest promise", async () => {
    const file = fileName();
    const memory = await CoordinationMemory.open(new DurableFile(file), silent);
    await memory.raise("group/0", 7);
    await memory.raise("group/0", 5);
    await memory.raise("array", 2 ** 40);
    await memory.promise(3000);
    await memory.promise(1000);
    const again = await CoordinationMemory.open(new DurableFile(file), silent);
    assert.deepEqual([again.highest("group/0"), again.highest("array"), again.highest("pair/a")], [7, 2 ** 40, 0]);
    assert.equal(again.promisedForMs, 3000);
    await again.promisesEnded();
    assert.equal((await CoordinationMemory.open(new DurableFile(file), silent)).promisedForMs, 0);
  });

  it("is in a file that only its owner can read, and nothing is left beside it", async () => {
    const file = fileName();
    await (await CoordinationMemory.open(new DurableFile(file), silent)).raise("array", 1);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(join(file, "..")), ["epochs.json"]);
  });

  for (const text of ["", "{", "[]", '{"version":2}', '{"version":1,"epochs":{"a":-1},"promisedForMs":0}']) {
    it(`begins anew, and says so, where the file holds ${JSON.stringify(text)}`, async () => {
      const file = join(folder, `bad${files++}`);
      writeFileSync(file, text);
      const lines: string[] = [];
      const memory = await CoordinationMemory.open(new DurableFile(file), (line) => void lines.push(line));
      assert.equal(memory.highest("a"), 0);
      assert.equal(lines.length, 1);
      await memory.raise("a", 3);
      assert.match(readFileSync(file, "utf8"), /"a":3/);
    });
  }

  it("never begins two writes at one time, also where something is noted in the moment that one ends", async () => {
    let busy = 0;
    let last = "";
    const store: DurableStore = {
      read: () => Promise.resolve(undefined),
      write: async (text) => {
        assert.equal(++busy, 1);
        await new Promise((resolve) => setImmediate(resolve));
        busy--;
        last = text;
      },
    };
    const memory = await CoordinationMemory.open(store, silent);
    const first = memory.raise("a", 1);
    const second = memory.raise("b", 2);
    const third = first.then(() => memory.raise("c", 3));
    await Promise.all([first, second, third]);
    assert.deepEqual(JSON.parse(last).epochs, { a: 1, b: 2, c: 3 });
  });

  it("is durable when told so, also what is noted while a write is under way; never two writes at one time", async () => {
    const written: string[] = [];
    let finish: (() => void)[] = [];
    const store: DurableStore = {
      read: () => Promise.resolve(undefined),
      write: (text) => new Promise((resolve) => finish.push(() => resolve(void written.push(text)))),
    };
    const memory = await CoordinationMemory.open(store, silent);
    const done: string[] = [];
    const notes = [
      memory.raise("a", 1).then(() => done.push("a")),
      memory.raise("b", 1).then(() => done.push("b")),
      memory.raise("c", 1).then(() => done.push("c")),
    ];
    assert.equal(finish.length, 1);
    assert.equal(memory.highest("c"), 1);
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    finish[0]?.();
    await turn();
    assert.deepEqual(done, ["a"]);
    assert.equal(finish.length, 2);
    finish[1]?.();
    await Promise.all(notes);
    assert.equal(written.length, 2);
    assert.match(written[1] ?? "", /"a":1,"b":1,"c":1/);
    finish = [];
  });

  it("tells that it could not be written, and writes it with the next", async () => {
    let fails = true;
    let last = "";
    const store: DurableStore = {
      read: () => Promise.resolve(undefined),
      async write(text) {
        if (fails) throw new Error("disk full");
        last = text;
      },
    };
    const memory = await CoordinationMemory.open(store, silent);
    await assert.rejects(memory.raise("a", 1), /disk full/);
    fails = false;
    await memory.raise("b", 1);
    assert.match(last, /"a":1,"b":1/);
  });
});
