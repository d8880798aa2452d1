import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseArray } from "../../../host/array/description.js";
import { topFolder } from "../../../host/cli/exit.js";
import { parseScenario } from "../../../host/scenario/parse.js";

/** A small generator of its own (xorshift32), so that every run sees the same files. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const PIECES = [
  "{",
  "}",
  "[",
  "]",
  ":",
  "- ",
  "\n",
  "  ",
  "null",
  "-1",
  "1e9",
  "true",
  '"',
  "&a ",
  "*a",
  "!!x ",
  "~",
  "%",
  "\t",
  "é",
];

/** The text with a few places cut out, doubled, or replaced by what YAML gives a meaning. */
function damaged(text: string, next: (below: number) => number): string {
  let changed = text;
  for (let count = 1 + next(4); count > 0; count--) {
    const at = next(changed.length);
    const length = next(12);
    const piece = next(3) === 0 ? changed.slice(at, at + length * 4) : (PIECES[next(PIECES.length)] ?? "");
    changed = changed.slice(0, at) + piece + changed.slice(at + length);
  }
  return changed;
}

for (const [file, parse] of [
  ["tests/arrays/dual-controller.yaml", parseArray],
  ["tests/scenarios/seed.yaml", parseScenario],
] as const) {
  test(`${file}, damaged in any way, is read or has problems with places`, () => {
    const text = readFileSync(join(topFolder(), file), "utf8");
    const lines = text.split("\n").length + 50;
    const next = generator(20240229);
    let wrong = 0;
    for (let round = 0; round < 300; round++) {
      const { problems } = parse(damaged(text, next), "damaged.yaml");
      if (problems.length > 0) wrong++;
      for (const { line, column, message, expected } of problems) {
        assert.ok(line >= 1 && line < lines && column >= 1, `${line}:${column}`);
        assert.ok(message.length > 0 && expected.length > 0);
      }
    }
    assert.ok(wrong > 100, `${wrong} of 300 were wrong`);
  });
}
