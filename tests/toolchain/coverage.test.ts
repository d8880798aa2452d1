import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { compileTarget, TARGETS, type Target } from "../../host/toolchain/compile.js";
import { coverageTransform } from "../../host/toolchain/coverage/instrument.js";
import { bitOf, type Places } from "../../host/toolchain/coverage/places.js";
import { coverageOf, type FileCoverage } from "../../host/toolchain/coverage/report.js";
import { parseSource } from "../../host/toolchain/source.js";
import { type Change, lineOfText, writeFixture } from "./fixture.js";

const [SMALL] = TARGETS as [Target];
const INDEX = "assembly/index.ts";
const SCRUB = `export function scrub(rows: u32): u32 {
  return rows;
}`;
/** A function whose every branch shows in the memory, so that the optimizer has to keep it. */
const BRANCHES = `export function scrub(rows: u32): u32 {
  if (rows == 1) {
    store<u32>(THING_INPUT_BASE, 11);
  }
  if (rows > 2 && touched() != 0) {
    store<u32>(THING_INPUT_BASE, 22);
  }
  for (let row: u32 = 0; row < THING_MAX; row++) {
    if (row == rows) break;
    store<u32>(THING_INPUT_BASE + row * 16, row, 8);
  }
  if (rows > 1000) broken();
  if (rows > 2000) {
    store<u32>(THING_INPUT_BASE, 33); // assertion
  }
  return rows;
}
function touched(): u32 {
  store<u32>(THING_INPUT_BASE, 5, 12);
  return load<u32>(THING_INPUT_BASE, 4);
}
function broken(): void {
  store<u32>(0, 0);
}`;

interface Measured {
  text: string;
  run(rows: number): void;
  coverage(): FileCoverage;
}

/** The fixture with these branches, instrumented. */
async function measure(): Promise<Measured> {
  const change: Change = { file: INDEX, from: SCRUB, to: BRANCHES };
  const root = writeFixture("coverage", [change]);
  const found: Places[] = [];
  await compileTarget(root, SMALL, SMALL.file, [coverageTransform((places) => found.push(places))]);
  const [places] = found;
  assert.ok(places);
  const module = new WebAssembly.Module(readFileSync(join(root, SMALL.file)));
  const count = WebAssembly.Module.imports(module).filter((entry) => entry.module === "coverage").length;
  const globals = Array.from({ length: count }, () => new WebAssembly.Global({ value: "i64", mutable: true }, 0n));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const imports = { env: { memory }, coverage: Object.fromEntries(globals.map((global, at) => [String(at), global])) };
  const instance = new WebAssembly.Instance(module, imports);
  const scrub = instance.exports["scrub"] as (rows: number) => number;
  const source = parseSource(root, INDEX);
  return {
    text: source.text,
    run: (rows) => assert.equal(scrub(rows), rows),
    coverage: () => {
      const words = globals.map((global) => BigInt.asUintN(64, global.value as bigint));
      const [file] = coverageOf([source], [{ places, words }]).files;
      assert.ok(file);
      return file;
    },
  };
}

describe("coverage of a final module", () => {
  it("knows which lines ran and which conditions went both ways", async () => {
    const { text, run, coverage } = await measure();
    const line = (part: string) => lineOfText(text, part);
    const eleven = line("INPUT_BASE, 11)");
    const twentyTwo = line("INPUT_BASE, 22)");
    assert.ok(coverage().lines.uncovered.includes(line("rows == 1")), "nothing ran yet");
    assert.equal(coverage().lines.covered, 0);

    run(0);
    const first = coverage();
    assert.ok(first.lines.uncovered.includes(eleven));
    assert.ok(first.lines.uncovered.includes(twentyTwo));
    assert.ok(!first.lines.uncovered.includes(line("rows == 1")));
    assert.equal(seen(first, "rows == 1"), "one way");
    assert.equal(seen(first, "touched() != 0"), "never");

    run(1);
    const second = coverage();
    assert.ok(!second.lines.uncovered.includes(eleven));
    assert.equal(seen(second, "rows == 1"), "both");
    assert.ok(second.lines.uncovered.includes(twentyTwo));

    run(3);
    assert.equal(seen(coverage(), "touched() != 0"), "one way");
    assert.equal(seen(coverage(), "rows > 2"), "both");
  });

  it("leaves assertions out", async () => {
    const { text, run, coverage } = await measure();
    run(5000);
    run(0);
    const report = coverage();
    const assertions = ["rows > 1000", "INPUT_BASE, 33)"].map((part) => lineOfText(text, part));
    for (const line of assertions) assert.ok(!report.lines.uncovered.includes(line));
    assert.equal(
      report.branches.uncovered.find(({ text: condition }) => condition === "rows > 1000"),
      undefined,
    );
  });

  it("keeps the two bits of a branch in one word", () => {
    for (const lineCount of [0, 1, 62, 63, 64, 127]) {
      const taken = new Set(
        Array.from({ length: lineCount }, (_, id) => Object.values(bitOf(false, id, lineCount)).join()),
      );
      for (let id = 0; id < 200; id++) {
        const { word, bit } = bitOf(true, id, lineCount);
        assert.ok(bit < 63);
        for (const each of [`${word},${bit}`, `${word},${bit + 1}`]) {
          assert.ok(!taken.has(each), each);
          taken.add(each);
        }
      }
    }
  });
});

/** Whether a condition was seen both ways; "no code" if no final instruction decides by it. */
function seen(file: FileCoverage, condition: string): string {
  const found = file.branches.uncovered.find((branch) => branch.text === condition);
  return found?.seen ?? "both";
}
