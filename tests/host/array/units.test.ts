import assert from "node:assert/strict";
import { test } from "node:test";
import { expandRange } from "../../../host/array/ranges.js";
import { patternOf, quantity } from "../../../host/array/units.js";

test("quantities are worked out to the field's unit", () => {
  const cases: [unknown, string, number][] = [
    [500, "ms", 500],
    ["500ms", "ms", 500],
    ["0.5s", "ms", 500],
    ["2 min", "ms", 120_000],
    ["1h", "ms", 3_600_000],
    ["80%", "permille", 800],
    ["12.5%", "permille", 125],
    ["750permille", "permille", 750],
    ["15%", "us/s", 150_000],
    ["1.5cpu", "us/s", 1_500_000],
    ["10Gbit/s", "KiB/s", 1_220_703],
    ["1GiB/s", "KiB/s", 1_048_576],
    ["100MB/s", "KiB/s", 97_656],
    ["20k/s", "1/s", 20_000],
    [7, "tag", 7],
  ];
  for (const [written, unit, expected] of cases)
    assert.equal(quantity(written, unit), expected, `${written} in ${unit}`);
});

test("what is no quantity of the unit is none", () => {
  const wrong: [unknown, string][] = [
    ["500", "ms"],
    ["5 apples", "ms"],
    ["10Gbit/s", "ms"],
    ["-5s", "ms"],
    ["5s", "tag"],
    [1.5, "ms"],
    [true, "ms"],
    [null, "ms"],
  ];
  for (const [written, unit] of wrong) assert.equal(quantity(written, unit), undefined, `${written} in ${unit}`);
});

test("the schema's pattern takes what the reader takes", () => {
  const pattern = new RegExp(patternOf("ms") ?? "", "u");
  for (const text of ["500ms", "0.5s", "2 min"]) assert.ok(pattern.test(text), text);
  for (const text of ["500", "5 apples", "s", "5ss", "5s "]) assert.ok(!pattern.test(text), text);
  assert.equal(patternOf("samples"), undefined);
});

test("a range in a name stands for many", () => {
  assert.deepEqual(expandRange("p{1..3}"), ["p1", "p2", "p3"]);
  assert.deepEqual(expandRange("eui.{0009..0011}"), ["eui.0009", "eui.0010", "eui.0011"]);
  assert.deepEqual(expandRange("10.0.0.{1..2}:3260"), ["10.0.0.1:3260", "10.0.0.2:3260"]);
  for (const text of ["plain", "p{3..1}", "p{1..99999}", "p{a..c}"]) assert.deepEqual(expandRange(text), [text]);
});
