import assert from "node:assert/strict";
import { describe, it } from "node:test";
import stringWidth from "string-width";
import { clip, fit, Line } from "../../../../host/cli/view/line.js";

const marked = (text: string) => `<${text}>`;

describe("a line of the view", () => {
  it("cuts by columns, and never through a wide character", () => {
    assert.equal(clip("abcdef", 4), "abcd");
    assert.equal(clip("貯蔵庫", 5), "貯蔵");
    assert.equal(clip("é!", 1), "é", "a combined character is one");
    assert.equal(fit("貯蔵庫", 5), "貯蔵 ");
    assert.equal(fit("7", 3, "right"), "  7");
    assert.equal(fit("12345", 3, "right"), "123");
  });

  it("styles what is shown and not what was cut off", () => {
    const line = new Line(5).add("abc", marked).add("defg", marked).add("hij", marked);
    assert.equal(line.toString(), "<abc><de>");
    assert.equal(line.left, 0);
  });

  it("puts a text at the right end only where there is room for it", () => {
    assert.equal(new Line(10).add("abc").right("xy").toString(), "abc     xy");
    assert.equal(new Line(6).add("abc").right("xy").toString(), "abc xy");
    assert.equal(new Line(5).add("abc").right("xy").toString(), "abc");
  });

  it("lets no control character of a name reach the terminal", () => {
    const shown = new Line(20).add("vol\u001b[2J\u0007\u009b1m").toString();
    assert.equal(shown, "vol [2J  1m");
    assert.equal(stringWidth(shown), 11);
  });
});
