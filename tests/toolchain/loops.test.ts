import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkLoops } from "../../host/toolchain/loops.js";
import { parseText } from "../../host/toolchain/source.js";

const CONSTANTS = `export const ROWS: u32 = PROFILE == 0 ? 8 : 64;
export const LARGE: u32 = PROFILE == 2 ? 256 : 255;
`;

/** Problems of one function body, in a file beside one that holds constants. */
function problemsIn(body: string, before = "") {
  const source = parseText(`${before}function step(rows: u32): void {\n${body}\n}\n`, "assembly/loop.ts");
  const constants = parseText(CONSTANTS, "assembly/constants.ts");
  return checkLoops(source, { sources: [source, constants], injected: new Map([["TABLE_COUNT", 5]]) });
}

const BOUNDED: Readonly<Record<string, string>> = {
  "a literal": "for (let i: u32 = 0; i < 8; i++) {}",
  "a constant of another source": "for (let i: u32 = 0; i < ROWS; i++) {}",
  "a constant of the transform": "for (let i: u32 = 0; i < TABLE_COUNT; i += 2) {}",
  "an expression of constants": "for (let i: u32 = rows; i <= ROWS / 2 + 1; ++i) {}",
  "the size of a class": "for (let at: usize = 0; at < offsetof<Row>(); at += 8) {}",
  "downwards, signed": "for (let i: i32 = 7; i >= 0; i--) {}",
  "downwards, unsigned, never below zero": "for (let i: u32 = 8; i > 0; i -= 1) {}",
  "break and continue": "for (let i: u32 = 0; i < ROWS; i++) { if (rows == i) break; if (rows > i) continue; }",
  "loops in a loop": "for (let i: u32 = 0; i < 8; i++) { for (let j: u32 = 0; j < 8; j++) {} }",
  "an assignment to another variable": "for (let i: u32 = 0; i < 8; i++) { rows = i; }",
};

const UNBOUNDED: Readonly<Record<string, [string, RegExp]>> = {
  "a while loop": ["while (rows > 0) rows--;", /a while loop/],
  "a do loop": ["do { rows--; } while (rows > 0);", /a do loop/],
  "a for-of loop": ["for (const row of list) {}", /a for-of loop/],
  "no variable": ["for (; rows < 8; rows++) {}", /doesn't declare one variable/],
  "two variables": ["for (let i: u32 = 0, j: u32 = 0; i < 8; i++) {}", /doesn't declare one variable/],
  "no condition": ["for (let i: u32 = 0; ; i++) {}", /condition is no comparison/],
  "a condition on something else": ["for (let i: u32 = 0; rows < 8; i++) {}", /doesn't compare its variable/],
  "the bound on the left": ["for (let i: u32 = 0; 8 > i; i++) {}", /doesn't compare its variable/],
  "a second condition": ["for (let i: u32 = 0; i < 8 && rows > 0; i++) {}", /doesn't compare its variable/],
  "an inequality, which a step may jump over": ["for (let i: u32 = 0; i != 8; i++) {}", /none of < <= > >=/],
  "a bound that is a parameter": ["for (let i: u32 = 0; i < rows; i++) {}", /bound is no compile-time constant/],
  "a local that hides a constant": [
    "const ROWS = rows; for (let i: u32 = 0; i < ROWS; i++) {}",
    /no compile-time constant/,
  ],
  "a bound that nobody knows": ["for (let i: u32 = 0; i < UNKNOWN; i++) {}", /no compile-time constant/],
  "a bound that is a call": ["for (let i: u32 = 0; i < count(); i++) {}", /no compile-time constant/],
  "no step": ["for (let i: u32 = 0; i < 8; ) {}", /doesn't step by a constant/],
  "a step of another variable": ["for (let i: u32 = 0; i < 8; rows++) {}", /doesn't step by a constant/],
  "a step that is a parameter": ["for (let i: u32 = 0; i < 8; i += rows) {}", /doesn't step by a constant/],
  "a step of zero": ["for (let i: u32 = 0; i < 8; i += 0) {}", /doesn't step by a constant/],
  "a step that multiplies": ["for (let i: u32 = 1; i < 8; i <<= 1) {}", /doesn't step by a constant/],
  "a step away from the bound": ["for (let i: u32 = 0; i < 8; i--) {}", /steps away/],
  "a variable that can't pass its bound": ["for (let i: u8 = 0; i < 256; i++) {}", /goes round before it passes 256/],
  "… in one profile only": ["for (let i: u8 = 0; i < LARGE; i++) {}", /goes round before it passes 256/],
  "downwards to zero, unsigned": ["for (let i: u32 = 8; i >= 0; i--) {}", /goes round before it passes 0/],
  "an assignment in the body": ["for (let i: u32 = 0; i < 8; i++) { i = 0; }", /i is assigned in the body, line 2/],
  "an assignment in an inner loop": [
    "for (let i: u32 = 0; i < 8; i++) { for (let j: u32 = 0; j < 8; j++) i -= 1; }",
    /i is assigned/,
  ],
  "a decrement in the body": ["for (let i: u32 = 0; i < 8; i++) { if (rows > 0) i--; }", /i is assigned/],
};

describe("loops with a compile-time bound pass", () => {
  for (const [what, body] of Object.entries(BOUNDED)) {
    it(what, () => assert.deepEqual(problemsIn(body), []));
  }
});

describe("loops without one fail with file, line and function", () => {
  for (const [what, [body, message]] of Object.entries(UNBOUNDED)) {
    it(what, () => {
      const [problem, ...others] = problemsIn(body);
      assert.deepEqual(others, []);
      assert.match(problem?.message ?? "", message);
      assert.match(problem?.message ?? "", /^loop in step: /);
      assert.equal(problem?.file, "assembly/loop.ts");
      assert.equal(problem?.line, 2);
    });
  }

  it("in a method", () => {
    const [problem] = problemsIn("", "class Row { static at(): void { while (true) {} } }\n");
    assert.match(problem?.message ?? "", /^loop in Row.at: a while loop/);
    assert.equal(problem?.line, 1);
  });

  it("outside of any function", () => {
    const [problem] = problemsIn("", "while (true) {}\n");
    assert.match(problem?.message ?? "", /^loop in top level: a while loop/);
  });

  it("behind a constant of the source's own that has another value elsewhere", () => {
    assert.deepEqual(problemsIn("for (let i: u8 = 0; i < LARGE; i++) {}", "const LARGE: u32 = 9;\n"), []);
  });
});
