import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Program } from "assemblyscript";
import { CompileError, compileTarget, TARGETS, type Target } from "../../host/toolchain/compile.js";
import { DIRECTORY_ENTRY_BYTES } from "../../host/toolchain/memory-map.js";
import { buildModel } from "../../host/toolchain/model.js";
import { checkOffsets } from "../../host/toolchain/offsets.js";
import { SourceProblems } from "../../host/toolchain/problems.js";
import { type Change, THING_FILE, writeFixture } from "./fixture.js";

const [SMALL, SMALL_SHARED] = TARGETS as [Target, Target];
const INDEX = "assembly/index.ts";

interface Calls {
  abiVersion(): number;
  attach(): number;
  configure(): number;
  tick(): number;
}

async function compileFixture(name: string, changes: readonly Change[] = [], target = SMALL) {
  const root = writeFixture(name, changes);
  await compileTarget(root, target);
  const bytes = readFileSync(join(root, target.file));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: target.shared });
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  return { root, bytes, calls: instance.exports as unknown as Calls, view: new DataView(memory.buffer) };
}

describe("the transform", () => {
  it("gives the core the places of its tables", async () => {
    const { root, calls, view } = await compileFixture("transform");
    const map = buildModel(root).maps[0];
    const input = map?.tables.find((table) => table.name === "thing-input");
    const state = map?.tables.find((table) => table.name === "thing-state");
    assert.ok(input && state);
    view.setUint32(input.base, 1, true);
    view.setUint32(input.changedAddress, 20, true);
    view.setUint32(state.deadlinesAddress, 300, true);
    assert.equal(calls.tick(), 321);
    assert.equal(calls.attach(), 1, "rows of the header, from the directory in the data segment");
  });

  it("writes a directory entry for each table", async () => {
    const { root, view } = await compileFixture("transform-directory");
    const map = buildModel(root).maps[0];
    assert.ok(map);
    for (const table of map.tables) {
      const at: number = map.directoryAddress + table.number * DIRECTORY_ENTRY_BYTES;
      assert.equal(view.getUint32(at, true), table.base, table.name);
      assert.equal(view.getUint32(at + 4, true), table.row.stride, table.name);
      assert.equal(view.getUint32(at + 8, true), table.capacity, table.name);
      assert.equal(view.getUint32(at + 16, true), table.changedAddress, table.name);
      assert.equal(view.getUint32(at + 20, true), table.deadlinesAddress, table.name);
    }
  });

  it("writes the checks of a configuration row", async () => {
    const { root, calls, view } = await compileFixture("transform-checks");
    const staged = buildModel(root).maps[0]?.tables.find((table) => table.name === "thing-config-staged");
    assert.ok(staged);
    const OUT_OF_RANGE = 8;
    const fill = (row: number, lookMs: number, most: number, kind: number, flags: number) => {
      const at = staged.base + row * staged.row.stride;
      view.setUint32(at + 4, lookMs, true);
      view.setUint8(at + 8, most);
      view.setUint8(at + 9, kind);
      view.setUint16(at + 10, flags, true);
    };
    for (let row = 0; row < staged.capacity; row++) fill(row, 10, 1, 0, 0);
    const refused = (offset: number) => (offset << 8) | OUT_OF_RANGE;
    assert.equal(calls.configure(), 0, "all least values");
    fill(3, 60000, 255, 2, 5);
    assert.equal(calls.configure(), 0, "all largest values, all flags");
    fill(3, 9, 1, 0, 0);
    assert.equal(calls.configure(), refused(4), "a knob below its range");
    fill(3, 60001, 1, 0, 0);
    assert.equal(calls.configure(), refused(4), "a knob above its range");
    fill(3, 10, 0, 0, 0);
    assert.equal(calls.configure(), refused(8), "a knob of one byte");
    fill(3, 10, 1, 3, 0);
    assert.equal(calls.configure(), refused(9), "an enum");
    fill(3, 10, 1, 0, 2);
    assert.equal(calls.configure(), refused(10), "a flag that isn't one");
  });

  it("says in the custom section which layout it is", async () => {
    const { root, bytes } = await compileFixture("transform-section");
    const sections = WebAssembly.Module.customSections(new WebAssembly.Module(bytes), "fairlead.layout");
    const text = new TextDecoder().decode(sections[0]);
    assert.deepEqual(JSON.parse(text), { version: 1, profile: 0, hash: buildModel(root).layoutHash });
  });

  it("names file, line and function of a loop without a bound", async () => {
    const from = "store<u32>(0, 0x31444c46);";
    const to = `let rows = load<u32>(0);\n  while (rows > 0) rows--;\n  ${from}`;
    await assert.rejects(compileFixture("transform-loop", [{ file: INDEX, from, to }]), (error) => {
      assert.ok(error instanceof CompileError);
      assert.match(error.message, /assembly\/index\.ts:11: loop in reset: a while loop; expected for \(let/);
      return true;
    });
  });

  it("names file and line of a wrong mark", async () => {
    const change = { file: THING_FILE, from: '@field("counter")', to: '@field("tally")' };
    await assert.rejects(
      compileFixture("transform-mark", [change]),
      /assembly\/tables\/thing\.ts:\d+: field bytes has the unknown role 'tally'/,
    );
  });

  it("finds an offset that the compiler sees elsewhere", async () => {
    const root = writeFixture("transform-offsets");
    const model = buildModel(root);
    const moved = model.classes.map((row) => {
      if (row.name !== "ThingState") return row;
      return { ...row, fields: row.fields.map((field) => (field.name === "check" ? { ...field, offset: 8 } : field)) };
    });
    const wider = moved.map((row) => (row.name === "ThingInput" ? { ...row, stride: 24 } : row));
    const found: string[] = [];
    class Probe {
      afterInitialize(program: Program): void {
        assert.throws(
          () => checkOffsets(program, { ...model, classes: wider }),
          (error) => {
            assert.ok(error instanceof SourceProblems);
            found.push(...error.problems.map((problem) => `${problem.message}; expected ${problem.expected}`));
            return true;
          },
        );
        checkOffsets(program, model);
      }
    }
    await compileTarget(root, SMALL, SMALL.file, [Probe]);
    assert.deepEqual(found, [
      "ThingInput takes 16 bytes for the compiler; expected 24",
      "ThingState.check lies at 4 for the compiler; expected 8",
    ]);
  });

  it("keeps a fence between the loads that it separates, in the shared build", async () => {
    const from = "return load<u32>(THING_INPUT_BASE)";
    const to = `const first = atomic.load<u32>(THING_INPUT_BASE);
  const inside = load<u32>(THING_INPUT_BASE, 4);
  atomic.fence();
  return first == atomic.load<u32>(THING_INPUT_BASE) ? inside : load<u32>(THING_INPUT_BASE)`;
    const { bytes } = await compileFixture("transform-fence", [{ file: INDEX, from, to }], SMALL_SHARED);
    const atomicLoad = [0xfe, 0x10];
    const fence = [0xfe, 0x03, 0x00];
    const text = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const hex = (code: number[]) => code.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const [first, between, last] = [
      text.indexOf(hex(atomicLoad)),
      text.indexOf(hex(fence)),
      text.lastIndexOf(hex(atomicLoad)),
    ];
    assert.ok(first >= 0 && first < between && between < last, `${first} ${between} ${last}`);
  });
});
